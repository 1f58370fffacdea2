import assert from 'node:assert/strict';
import { chooseDevices, realDevices, virtualDevices } from '../../../src/devices/choose.ts';
import type { Camera } from '../../../src/devices/device.ts';
import type { FoundDevices } from '../../../src/devices/discover.ts';
import { SPEECH_RATE, synthesizeSpeech } from '../../../src/devices/speech.ts';

const camera = (id: string): Camera => ({ id, name: id, virtual: false, source: () => '' });
const found: FoundDevices = {
  cameras: [camera('v4l2:a'), camera('v4l2:b')],
  microphones: [
    { id: 'alsa:Jabra:0', name: 'Jabra', virtual: false, source: 'alsasrc', beeper: null, array: null, card: null },
  ],
  speakers: [],
  displays: [
    { id: 'drm:HDMI-A-1', name: 'HDMI', virtual: false, width: 1920, height: 1080, inSession: false, sink: 'kmssink' },
  ],
  serialPorts: [],
};
const nothing: FoundDevices = { cameras: [], microphones: [], speakers: [], displays: [], serialPorts: [] };
const means = { speechPath: '/cache/speech.raw', arrayPath: null, hasSession: false };

describe('choice of devices', () => {
  it('takes the first real ones and reports each that is missing, with something to do', () => {
    const { devices, problems } = chooseDevices(realDevices, found, means);
    assert.equal(devices.camera?.id, 'v4l2:a');
    assert.equal(devices.speaker, null);
    assert.deepEqual(
      problems.map((p) => p.code),
      ['device/speaker-missing'],
    );
    assert.ok(problems[0]?.action);
  });

  it('never puts a virtual device in the place of a missing real one', () => {
    const { devices, problems } = chooseDevices({ ...realDevices, camera: 'v4l2:gone' }, nothing, means);
    assert.deepEqual(devices, {
      camera: null,
      screen: null,
      microphone: null,
      speaker: null,
      display: null,
      secondDisplay: null,
    });
    assert.equal(problems.length, 4);
  });

  it('takes virtual ones when the configuration says so, even where real ones are', () => {
    const { devices, problems } = chooseDevices(virtualDevices, found, means);
    assert.ok(
      devices.camera?.virtual && devices.microphone?.virtual && devices.speaker?.virtual && devices.display?.virtual,
    );
    assert.deepEqual(problems, []);
  });

  it('keeps the grabber for the screen out of the automatic camera', () => {
    const { devices } = chooseDevices({ ...realDevices, screen: 'v4l2:a' }, found, means);
    assert.deepEqual([devices.camera?.id, devices.screen?.id], ['v4l2:b', 'v4l2:a']);
  });

  it('takes as second display another one than the first, and reports it when there is none', () => {
    const [hdmi] = found.displays;
    assert.ok(hdmi);
    const both = { ...found, displays: [hdmi, { ...hdmi, id: 'drm:HDMI-A-2' }] };
    const wish = { ...realDevices, secondDisplay: 'auto' };
    assert.equal(chooseDevices(wish, both, means).devices.secondDisplay?.id, 'drm:HDMI-A-2');
    const swapped = chooseDevices({ ...wish, display: 'drm:HDMI-A-2' }, both, means).devices;
    assert.deepEqual([swapped.display?.id, swapped.secondDisplay?.id], ['drm:HDMI-A-2', 'drm:HDMI-A-1']);
    const missing = chooseDevices(wish, found, means);
    assert.equal(missing.devices.secondDisplay, null);
    assert.ok(missing.problems.some(({ code }) => code === 'device/second-display-missing'));
    assert.ok(
      chooseDevices({ ...virtualDevices, secondDisplay: 'virtual' }, nothing, means).devices.secondDisplay?.virtual,
    );
  });

  it('records what is played where the configuration names a file', () => {
    const { devices } = chooseDevices({ ...virtualDevices, speaker: 'virtual:file:/run/a "b"' }, nothing, means);
    assert.match(devices.speaker?.sink ?? '', /location="\/run\/a \\"b\\""/);
  });

  it('reads test tones and reports an unknown virtual name as missing', () => {
    const tone = chooseDevices({ ...virtualDevices, microphone: 'virtual:tone:440' }, nothing, means);
    assert.match(tone.devices.microphone?.source ?? '', /freq=440/);
    for (const microphone of ['virtual:tone:5', 'virtual:tone:x', 'virtual:other'])
      assert.deepEqual(
        chooseDevices({ ...virtualDevices, microphone }, nothing, means).problems.map((p) => p.code),
        ['device/microphone-missing'],
      );
  });
});

describe('speech-like sound', () => {
  it('has the loudness of speech, pauses, and silence at both ends', () => {
    const pcm = synthesizeSpeech();
    const rms = (from: number, count: number): number => {
      let sum = 0;
      for (let i = from; i < from + count; i++) sum += (pcm.readInt16LE(i * 2) / 32_768) ** 2;
      return Math.sqrt(sum / count);
    };
    const windows = Array.from({ length: 160 }, (_, i) => rms(i * SPEECH_RATE * 0.05, SPEECH_RATE * 0.05));
    const loudness = 20 * Math.log10(rms(0, pcm.length / 2));
    assert.ok(loudness > -30 && loudness < -14, `loudness ${loudness}`);
    assert.ok(windows.filter((w) => w < 0.003).length > 15);
    assert.ok((windows[0] ?? 1) < 0.003 && (windows.at(-1) ?? 1) < 0.003);
  });
});
