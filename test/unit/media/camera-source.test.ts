import assert from 'node:assert/strict';
import { CameraSource } from '../../../src/call/media/camera-source.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { virtualCamera } from '../../../src/devices/virtual.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';

/** A pipeline on a camera that can be unplugged, broken and mended; 30 pictures a second while it plays and all is well. */
class FakeCamera {
  isThere = true;
  isBroken = false;
  isMute = false;
  playing = false;
  /** When it was opened. */
  readonly opened: number[] = [];
  readonly cured: number[] = [];
  cureHelps = false;
  #listener: ((isThere: boolean) => void) | null = null;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get isWatched(): boolean {
    return this.#listener !== null;
  }

  plug(isThere: boolean): void {
    this.isThere = isThere;
    this.#listener?.(isThere);
  }

  readonly presence = {
    isThere: (): boolean => this.isThere,
    onChange: (listener: (isThere: boolean) => void): (() => void) => {
      this.#listener = listener;
      return () => (this.#listener = null);
    },
  };

  readonly cure = async (): Promise<void> => {
    this.cured.push(this.#clock.nowMs());
    if (this.cureHelps) this.isBroken = false;
  };

  readonly gst: MediaGst = {
    play: () => {
      this.playing = true;
      this.opened.push(this.#clock.nowMs());
    },
    stop: () => (this.playing = false),
    setNumber: () => undefined,
    setBoolean: () => undefined,
    setString: () => undefined,
    getNumber: () =>
      this.playing && this.isThere && !this.isBroken && !this.isMute ? Math.floor(this.#clock.nowMs() / 33) : 0,
    push: () => undefined,
    pull: () => undefined,
    failure: () => (this.playing && (!this.isThere || this.isBroken) ? 'Could not read from resource.' : null),
  };
}

function bench(withPresence = true): {
  clock: ManualClock;
  camera: FakeCamera;
  source: CameraSource;
  told: (string | null)[];
} {
  const clock = new ManualClock();
  const camera = new FakeCamera(clock);
  const told: (string | null)[] = [];
  const source = new CameraSource({
    open: () => camera.gst,
    clock,
    log: silentLogger,
    camera: virtualCamera(),
    source: 'camera',
    capture: 'as-sent',
    listeners: { onLayer: () => undefined, onProblem: (code) => told.push(code) },
    presence: withPresence ? camera.presence : null,
    cure: camera.cure,
  });
  source.start();
  clock.advance(2_000);
  assert.deepEqual(told, []);
  return { clock, camera, source, told };
}

describe('the camera of a call', () => {
  it('unplugged for a minute: nothing is opened meanwhile, and the picture is back within 3 s', () => {
    const { clock, camera, source, told } = bench();
    const goneMs = clock.wallMs();
    camera.plug(false);
    clock.advance(60_000);
    assert.deepEqual(told, ['device/camera-gone']);
    assert.equal(camera.opened.length, 1);
    const since = source.problem?.sinceMs ?? 0;
    assert.ok(since >= goneMs && since <= goneMs + 500);
    camera.plug(true);
    clock.advance(3_000);
    assert.deepEqual(told, ['device/camera-gone', null]);
    assert.equal(source.problem, null);
  });

  it('there, every ioctl failing: opened again in growing distances, cured, and back', () => {
    const { clock, camera, told } = bench();
    camera.isBroken = true;
    clock.advance(30 * 60_000);
    assert.deepEqual(told, ['device/camera-failed']);
    const distances = camera.opened.slice(2).map((openedMs, i) => openedMs - (camera.opened[i + 1] ?? 0));
    assert.deepEqual(distances.slice(0, 6), [1_500, 2_500, 4_500, 8_500, 16_500, 30_500]);
    assert.ok(camera.opened.length < 70, `${camera.opened.length}`);
    assert.ok(camera.cured.length > 5 && camera.cured.length < 20, `${camera.cured.length}`);
    camera.isBroken = false;
    clock.advance(31_000);
    assert.deepEqual(told, ['device/camera-failed', null]);
  });

  it('cured by the fourth failure', () => {
    const { clock, camera, told } = bench();
    camera.isBroken = camera.cureHelps = true;
    clock.advance(20_000);
    assert.equal(camera.cured.length, 1);
    assert.deepEqual(told, ['device/camera-failed', null]);
  });

  it('open and without pictures counts as failing', () => {
    const { clock, camera, told } = bench();
    camera.isMute = true;
    clock.advance(6_000);
    assert.deepEqual(told, ['device/camera-failed']);
  });

  it('failing, then gone: says the one and then the other, since the same time', () => {
    const { clock, camera, source, told } = bench();
    camera.isBroken = true;
    clock.advance(5_000);
    const since = source.problem?.sinceMs;
    camera.plug(false);
    const opened = camera.opened.length;
    clock.advance(60_000);
    assert.deepEqual(told, ['device/camera-failed', 'device/camera-gone']);
    assert.equal(source.problem?.sinceMs, since);
    assert.equal(camera.opened.length, opened);
  });

  it('without anybody who tells what is plugged in, it is tried again by time', () => {
    const { clock, camera, told } = bench(false);
    camera.plug(false);
    clock.advance(10_000);
    assert.deepEqual(told, ['device/camera-failed']);
    camera.plug(true);
    clock.advance(10_000);
    assert.deepEqual(told, ['device/camera-failed', null]);
  });

  it('stopped while it is gone: nothing is left, and starting opens it again', () => {
    const { clock, camera, source } = bench();
    camera.plug(false);
    clock.advance(2_000);
    source.stop();
    assert.equal(camera.isWatched, false);
    assert.equal(clock.pending, 0);
    camera.plug(true);
    source.start();
    clock.advance(1_000);
    assert.equal(camera.playing, true);
    assert.equal(source.problem, null);
    source.stop();
    assert.equal(camera.playing, false);
  });

  it('starting twice opens it once', () => {
    const { camera, source } = bench();
    source.start();
    assert.equal(camera.opened.length, 1);
  });
});
