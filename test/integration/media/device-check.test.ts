import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { createNativeEngine } from '../../../src/call-engine.ts';
import { TONE_HERTZ } from '../../../src/call/media/check-tone.ts';
import type { CheckReport } from '../../../src/call/media/device-check.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import type { NativeEngine } from '../../../src/call/media/native-engine.ts';
import { type DeviceWishes, virtualDevices } from '../../../src/devices/choose.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { codeOf } from '../../../src/lib/errors.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';
import { lastHeard, SOUND_RATE } from '../../support/sound-files.ts';
import { toneStrength } from '../../support/tone.ts';

const [WIDTH, HEIGHT] = [640, 360];

describe('a check of the devices on real pipelines', function () {
  this.timeout(60_000);
  let makeEngine: typeof createNativeEngine;
  let openMediaGst: (launch: string) => MediaGst;
  let folder = '';
  let engine: NativeEngine;

  before(async () => {
    await nativePlugin();
    ({ createNativeEngine: makeEngine } = await import('../../../src/call-engine.ts'));
    ({ openMediaGst } = await import('../../../src/call/media/media-gst.ts'));
    folder = await mkdtemp(join(tmpdir(), 'check-'));
  });
  afterEach(() => engine.close());
  after(() => rm(folder, { recursive: true }));

  async function checking(wishes: Partial<DeviceWishes>): Promise<CheckReport[]> {
    engine = await makeEngine({
      config: {
        devices: { ...virtualDevices, ...wishes },
        playoutDelayMs: 0,
        cacheDirectory: folder,
        stateDirectory: folder,
        cameraCapture: 'as-sent',
      },
      clock: systemClock,
      log: silentLogger,
      onProblem: () => undefined,
    });
    const reports: CheckReport[] = [];
    engine.startCheck((report) => reports.push(report));
    return reports;
  }

  /** RGB, of 640 by 360. */
  async function decode(pictures: readonly Uint8Array[]): Promise<Buffer[]> {
    const gst = openMediaGst(
      'buswatch name=bus\nappsrc name=jpeg caps=image/jpeg format=time do-timestamp=true is-live=true ! jpegdec ! videoconvert ! ' +
        `video/x-raw,format=RGB,width=${WIDTH},height=${HEIGHT} ! appsink name=rgb sync=false`,
    );
    gst.play();
    const found: Buffer[] = [];
    gst.pull('rgb', (bytes) => bytes && found.push(bytes));
    for (const picture of pictures) gst.push('jpeg', picture);
    await eventually('pictures are decoded', 5_000, () => found.length === pictures.length);
    gst.stop();
    return found;
  }

  const picturesOf = (reports: readonly CheckReport[]): Uint8Array[] =>
    reports.flatMap(({ picture }) => (picture === null ? [] : [picture]));

  it('gives pictures of the camera that change, at most 5 a second, and none after its end', async () => {
    const reports = await checking({});
    const tookMs = await eventually('ten pictures', 10_000, () => picturesOf(reports).length >= 10);
    const atMs = performance.now();
    const before = reports.length;
    await eventually('ten more', 10_000, () => picturesOf(reports).length >= 20);
    const perSecond = ((reports.length - before) * 1_000) / (performance.now() - atMs);
    console.log(`      ten pictures in ${Math.round(tookMs)} ms, then ${perSecond.toFixed(1)} reports a second`);
    assert.ok(perSecond <= 5.5, `${perSecond} reports a second`);
    const pictures = picturesOf(reports).slice(-6);
    assert.ok(
      pictures.every(({ length }) => length < 100_000),
      'small',
    );
    const rgb = await decode(pictures);
    for (const picture of rgb) {
      assert.equal(picture.length, WIDTH * HEIGHT * 3);
      assert.ok(spread(picture) > 40, 'colour bars, not one colour');
    }
    for (const [i, picture] of rgb.slice(1).entries()) assert.ok(differs(picture, rgb[i]), `picture ${i} moves`);
    engine.stopCheck();
    const told = reports.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(reports.length, told);
    assert.ok(reports.every(({ problems, hasCamera }) => hasCamera && problems.length === 0));
  });

  it('shows how loud the virtual voice is, in its words and its pauses', async () => {
    const reports = await checking({ camera: 'none' });
    await eventually('ten seconds of voice', 15_000, () => reports.length >= 50);
    const levels = reports.slice(10).map(({ level }) => level ?? -1);
    console.log(`      levels ${Math.min(...levels).toFixed(2)} to ${Math.max(...levels).toFixed(2)}`);
    assert.ok(Math.max(...levels) > 0.4 && Math.max(...levels) <= 1);
    assert.ok(Math.max(...levels) - Math.min(...levels) > 0.15);
    assert.ok(reports.every(({ picture, hasCamera }) => picture === null && !hasCamera));
  });

  it('plays three notes in their order through the speaker, without a microphone too', async () => {
    const heardPath = join(folder, 'heard.raw');
    const reports = await checking({ camera: 'none', microphone: 'none', speaker: `virtual:file:${heardPath}` });
    await eventually('it runs', 5_000, () => reports.length > 2);
    assert.ok(reports.every(({ level }) => level === null));
    await engine.setVolume(60);
    await engine.playTone();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const sound = trimmed(await lastHeard(heardPath, 2.5));
    const third = Math.floor(sound.length / 3);
    for (const [n, hertz] of TONE_HERTZ.entries()) {
      const note = sound.slice(n * third, n * third + Math.round(0.3 * SOUND_RATE));
      const strength = toneStrength(note, SOUND_RATE, hertz);
      assert.ok(strength > 0.8, `note ${n} of ${hertz} Hz: ${strength}`);
    }
    await assert.rejects(
      async () => {
        engine.stopCheck();
        await engine.playTone();
      },
      (error) => codeOf(error) === 'call/no-check',
    );
  });

  it('a call takes the devices over: the check has let them go, and they work again afterwards', async () => {
    const reports = await checking({});
    await eventually('a picture', 10_000, () => picturesOf(reports).length > 0);
    engine.warmUp();
    const told = reports.length;
    await engine.open('camera');
    await engine.open('microphone');
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(reports.length, told, 'nothing is told any more');
    await engine.release('camera');
    await engine.release('microphone');
    const again: CheckReport[] = [];
    engine.startCheck((report) => again.push(report));
    await eventually(
      'pictures and sound again',
      10_000,
      () => again.some(({ picture }) => picture !== null) && again.some(({ level }) => (level ?? 0) > 0.2),
    );
  });
});

/** Standard deviation of the bytes. */
function spread(bytes: Buffer): number {
  const mean = bytes.reduce((sum, each) => sum + each, 0) / bytes.length;
  return Math.sqrt(bytes.reduce((sum, each) => sum + (each - mean) ** 2, 0) / bytes.length);
}

function differs(a: Buffer, b: Buffer | undefined): boolean {
  return (
    b !== undefined && a.reduce((count, each, i) => count + (Math.abs(each - (b[i] ?? 0)) > 40 ? 1 : 0), 0) > 1_000
  );
}

/** From the first to the last sample that is loud. */
function trimmed(sound: Float32Array): Float32Array {
  const loud = (sample: number): boolean => Math.abs(sample) > 0.01;
  return sound.slice(sound.findIndex(loud), sound.findLastIndex(loud) + 1);
}
