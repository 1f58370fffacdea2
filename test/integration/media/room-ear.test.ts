import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioPipeline, type OpusPacket } from '../../../src/call/media/audio-pipeline.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { ArrayEar } from '../../../src/devices/array/ear.ts';
import { angleBetween, arrayGeometry } from '../../../src/devices/array/geometry.ts';
import { TalkerSource } from '../../../src/devices/array/talker-source.ts';
import type { Microphone, Speaker } from '../../../src/devices/device.ts';
import { speechFile } from '../../../src/devices/speech.ts';
import { MicrophoneWatch } from '../../../src/devices/speech-watch/microphone-watch.ts';
import type { SpeechFindings } from '../../../src/devices/speech-watch/speech-watch.ts';
import { toneMicrophone, virtualMicrophone, virtualSpeaker } from '../../../src/devices/virtual.ts';
import { virtualArray, virtualArrayFile } from '../../../src/devices/virtual/virtual-array.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';
import { countsOf } from '../../support/sound-level.ts';

const ECHO_MS = 80;
const array = arrayGeometry('respeaker-usb-4');
/** Hears the speaker through the air with all its channels, as the echo microphone of audio-pipeline.test.ts with one. */
const echoArray: Microphone = {
  id: 'echo',
  name: 'Echo',
  virtual: true,
  source:
    'air. ! queue ! audioconvert ! audio/x-raw,format=F32LE ! audiocheblimit mode=low-pass cutoff=6000 poles=4 ! ' +
    'audioamplify amplification=0.5 ! audioconvert ! audio/x-raw,format=S16LE ! ptsshift name=airdelay ! ' +
    'queue max-size-time=2000000000 max-size-buffers=0 ! clocksync ! queue ! audiometer name=airmeter ! audioresample ! ' +
    `audioconvert mix-matrix="<${Array.from({ length: array.channels }, () => '<(float)1.0>').join(',')}>" ! ` +
    `audio/x-raw,rate=${array.sampleRate},channels=${array.channels}`,
  beeper: null,
  array,
  card: null,
};

describe('what the room hears, on the real pipeline', function () {
  this.timeout(60_000);
  let openMediaGst: (launch: string) => MediaGst;
  let folder = '';
  const closing: (() => void)[] = [];

  before(async () => {
    await nativePlugin();
    ({ openMediaGst } = await import('../../../src/call/media/media-gst.ts'));
    folder = await mkdtemp(join(tmpdir(), 'ear-'));
  });
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  after(() => rm(folder, { recursive: true }));

  function room(microphone: Microphone, speaker: Speaker = virtualSpeaker()) {
    const gst: MediaGst[] = [];
    const talkers = new TalkerSource((error) => assert.fail(String(error)));
    const audio = new AudioPipeline({
      open: (launch) => {
        const made = openMediaGst(launch);
        gst.push(made);
        return made;
      },
      clock: systemClock,
      log: silentLogger,
      devices: { microphone, speaker },
      slots: 2,
      presence: null,
      jitterMs: 60,
      watch: new MicrophoneWatch(() => null),
      ear: microphone.array && new ArrayEar({ geometry: microphone.array, clock: systemClock, talkers }),
    });
    closing.push(() => audio.close());
    const findings: SpeechFindings[] = [];
    audio.events.on('findings', (each) => findings.push(each));
    const packets: OpusPacket[] = [];
    audio.events.on('packet', (packet) => packets.push(packet));
    const levels: number[] = [];
    audio.events.on('level', (stream, level) => stream === null && levels.push(level));
    return { audio, talkers, findings, packets, levels, gst: () => gst.at(-1) };
  }

  for (const azimuthDeg of [60, 255])
    it(`finds a talker at ${azimuthDeg} degrees and sends what is said, with its time`, async () => {
      const talker = { azimuthDeg, walks: false };
      const { audio, talkers, packets, levels } = room(virtualArray(await virtualArrayFile(folder, talker), talker));
      audio.setMicrophone(true);
      await eventually('a talker and packets', 15_000, () => talkers.current !== null && packets.length > 100);
      const error = angleBetween(talkers.current?.azimuthDeg ?? NaN, azimuthDeg);
      console.log(`      ${error.toFixed(1)} degrees off`);
      assert.ok(Math.abs(error) <= 5, `${error} degrees`);
      assert.ok(Math.max(...levels) > -35, `${Math.max(...levels)} dB`);
      const [first, last] = [packets[0], packets.at(-1)];
      assert.ok(first && last);
      const late = Number(process.hrtime.bigint() / 1_000n) - last.captureUs;
      console.log(`      the last packet was recorded ${(late / 1_000).toFixed(0)} ms ago`);
      assert.ok(late > 0 && late < 250_000, `${late} us`);
      const steps = packets.slice(1).map((packet, i) => packet.captureUs - (packets[i]?.captureUs ?? 0));
      assert.ok(steps.every((us) => us > 0));
      audio.setMicrophone(false);
      assert.equal(talkers.current, null);
    });

  it('takes the echo out of every microphone before the beam, at the rate of the array', async () => {
    const far = room(virtualMicrophone(await speechFile(folder)));
    const near = room(echoArray, { ...virtualSpeaker(), sink: 'tee name=air air. ! queue ! fakesink sync=true' });
    near.audio.setVolume(100);
    near.audio.setMicrophone(true);
    far.audio.events.on('packet', ({ captureUs, payload }) => {
      const timestamp = Math.round((captureUs * 48) / 1_000) >>> 0;
      near.audio.play('far', { sequence: far.packets.length & 0xffff, timestamp, payload });
    });
    await eventually('sound of the microphones', 5_000, () => (near.gst()?.getNumber('rawmeter', 'samples') ?? 0) > 0);
    const latencyMs = near.gst()?.getNumber('farheader', 'latency-ms') ?? 0;
    near.gst()?.setNumber('airdelay', 'shift-ms', latencyMs + ECHO_MS);
    const found = await near.audio.calibrate();
    assert.ok(found && Math.abs(found.delayMs - ECHO_MS) < 5, `delay ${found?.delayMs}`);
    far.audio.setMicrophone(true);
    await eventually('what the canceller has to learn by', 20_000, () => far.packets.length > 250);
    near.levels.length = 0;
    const echo: number[] = [];
    await eventually('what is left', 20_000, () => {
      echo.push(near.gst()?.getNumber('airmeter', 'level-db') ?? NaN);
      return far.packets.length > 420;
    });
    const [heard, left] = [Math.max(...echo), Math.max(-100, ...near.levels)];
    console.log(`      echo ${heard.toFixed(0)} dBov at most, ${left.toFixed(0)} dBov left of it`);
    assert.ok(heard > -30, `${heard} dB`);
    assert.ok(heard - left >= 25, `${heard - left} dB`);
  });

  it('costs little more than an ordinary microphone', async () => {
    const talker = { azimuthDeg: 60, walks: false };
    const array = virtualArray(await virtualArrayFile(folder, talker), talker);
    const plain = virtualMicrophone(await speechFile(folder));
    const share = async (microphone: Microphone): Promise<number> => {
      const { audio, packets } = room(microphone);
      audio.setMicrophone(true);
      await eventually('packets', 10_000, () => packets.length > 50);
      const [from, fromMs, count] = [process.cpuUsage(), performance.now(), packets.length];
      await eventually('more packets', 20_000, () => packets.length > count + 200);
      const used = process.cpuUsage(from);
      audio.close();
      return (used.user + used.system) / 10 / (performance.now() - fromMs);
    };
    const [ordinary, listening] = [await share(plain), await share(array)];
    console.log(
      `      ${ordinary.toFixed(1)} % of a core with one microphone, ${listening.toFixed(1)} % with the array`,
    );
    assert.ok(listening - ordinary < 5, `${listening - ordinary} %`);
  });

  it('says that people talk while muted, and takes it back when they are heard', async () => {
    const { audio, findings, packets } = room(virtualMicrophone(await speechFile(folder)));
    audio.setMicrophone(true);
    await eventually('packets', 10_000, () => packets.length > 20);
    audio.setMuted(true);
    await eventually('talk while muted', 10_000, () => findings.at(-1)?.talkingWhileMuted === true);
    audio.setMuted(false);
    await eventually('its end', 2_000, () => findings.at(-1)?.talkingWhileMuted === false);
    assert.equal(findings.length, 2);
  });

  it('says that the microphone clips, and when it has ceased to', async () => {
    const tone = toneMicrophone(440);
    const { audio, findings, gst } = room({
      ...tone,
      source: `${tone.source} ! audioconvert ! audioamplify name=gain amplification=8 clipping-method=clip`,
    });
    audio.setMicrophone(true);
    await eventually('clipping', 10_000, () => findings.at(-1)?.clipping === true);
    gst()?.setNumber('gain', 'amplification', 0.5);
    await eventually('the end of clipping', 20_000, () => findings.at(-1)?.clipping === false);
  });

  it('says that the microphone gives nothing, and forgets it when it is closed', async () => {
    const { audio, findings } = room({
      ...toneMicrophone(440),
      source: 'audiotestsrc is-live=true wave=silence ! audio/x-raw,rate=44100,channels=2',
    });
    audio.setMicrophone(true);
    await eventually('silence', 10_000, () => findings.at(-1)?.digitalSilence === true);
    audio.setMicrophone(false);
    assert.equal(findings.at(-1)?.digitalSilence, false);
  });

  for (const channels of [1, 3])
    it(`counts ${channels} channels as it should`, async () => {
      const samples = Int16Array.from({ length: 3_000 * channels }, (_, i) =>
        Math.floor(i / channels) % 7 < 4 ? 32_700 : 200 * (i % 97),
      );
      const gst = openMediaGst(
        `buswatch name=bus appsrc name=in format=time is-live=true do-timestamp=true ` +
          `caps=audio/x-raw,format=S16LE,rate=16000,channels=${channels},layout=interleaved,channel-mask=(bitmask)0 ! ` +
          'audiometer name=meter ! fakesink sync=false async=false',
      );
      closing.push(() => gst.stop());
      gst.play();
      // In pieces that end within runs.
      const bytes = new Uint8Array(samples.buffer);
      const piece = 2 * channels * 101;
      for (let at = 0; at < bytes.length; at += piece) gst.push('in', bytes.subarray(at, at + piece));
      await eventually('all samples', 5_000, () => gst.getNumber('meter', 'samples') === samples.length);
      const counted = {
        samples: gst.getNumber('meter', 'samples'),
        energy: gst.getNumber('meter', 'energy'),
        clipped: gst.getNumber('meter', 'clipped'),
        changes: gst.getNumber('meter', 'changes'),
      };
      const wanted = countsOf(samples, channels);
      assert.ok(Math.abs(counted.energy - wanted.energy) < 1e-6 * wanted.energy);
      assert.ok(wanted.clipped > 0);
      assert.deepEqual({ ...counted, energy: 0 }, { ...wanted, energy: 0 });
    });
});
