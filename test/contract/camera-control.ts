import assert from 'node:assert/strict';
import type { CameraControl, CameraPosition } from '../../src/devices/camera-control.ts';

/** A camera to be tried, and the time it lives in. */
export interface CameraBench {
  readonly camera: CameraControl;
  /** Lets time go on until the promise has settled. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>;
  /** Lets this much time go by. */
  readonly pass: (ms: number) => Promise<void>;
  /** Cuts the camera off and brings it back, or `null` where that needs a hand. */
  readonly cut: ((isThere: boolean) => void) | null;
  readonly close: () => Promise<void>;
}

/** How near to the place asked for: a hundredth of the range. */
function assertNear(actual: number | null, wanted: number, range: number, what: string): void {
  assert.ok(
    actual !== null && Math.abs(actual - wanted) <= Math.max(range / 100, 1e-9),
    `${what}: ${actual}, not ${wanted}`,
  );
}

const nowhere: CameraPosition = { pan: null, tilt: null, zoom: null };

/**
 * What every `CameraControl` keeps, whatever the camera can do. Runs on simulators, and on the camera in the room when
 * `TEST_CAMERA` names one: it moves, and preset `last` of the camera is overwritten.
 */
export function cameraControlContract(name: string, isCuttable: boolean, make: () => Promise<CameraBench>): void {
  describe(`CameraControl: ${name}`, () => {
    let bench: CameraBench;
    let camera: CameraControl;

    beforeEach(async () => {
      bench = await make();
      camera = bench.camera;
      camera.start();
      for (let i = 0; i < 100 && !camera.isReachable; i++) await bench.pass(50);
      assert.ok(camera.isReachable, 'the camera does not answer');
    });

    afterEach(() => bench.close());

    it('is reachable without problems, and says what it can do', () => {
      assert.deepEqual(camera.problems, []);
      const { pan, tilt, zoom } = camera.capabilities;
      for (const axis of [pan, tilt, zoom]) assert.ok(axis.kind !== 'absolute' || axis.min < axis.max);
      assert.ok(camera.id.length > 0);
    });

    for (const axis of ['pan', 'tilt', 'zoom'] as const) {
      it(`${axis}: goes to a place and says that it is there`, async () => {
        const range = camera.capabilities[axis];
        if (range.kind !== 'absolute') {
          assert.equal((await bench.until(camera.moveTo({ ...nowhere, [axis]: 1 }, null))).kind, 'unverified');
          return;
        }
        // Near the middle, which even a camera that does not tell its range can reach.
        const place = axis === 'zoom' ? range.max / 4 : range.unit === 'degrees' ? 10 : 100;
        const outcome = await bench.until(camera.moveTo({ ...nowhere, [axis]: place }, null));
        assert.equal(outcome.kind, 'reached');
        const state = await bench.until(camera.state(null));
        assertNear(outcome.value?.[axis] ?? null, place, 500, axis);
        assert.equal(state.position[axis], outcome.value?.[axis]);
      });

      it(`${axis}: moves while driven, in the direction asked for, and stands when stopped`, async () => {
        if (camera.capabilities[axis].kind === 'none') return;
        const before = await bench.until(camera.state(null));
        for (let i = 0; i < 4; i++) {
          camera.drive({ pan: 0, tilt: 0, zoom: 0, [axis]: 0.5 });
          await bench.pass(camera.deadManMs / 3);
        }
        const outcome = await bench.until(camera.stop(null));
        assert.equal(outcome.kind, 'reached');
        const stopped = outcome.value?.[axis] ?? null;
        await bench.pass(1_000);
        const later = (await bench.until(camera.state(null))).position[axis];
        if (camera.capabilities[axis].kind !== 'absolute') return;
        assert.ok((stopped ?? 0) > (before.position[axis] ?? 0), `${before.position[axis]} to ${stopped}`);
        assertNear(later, stopped ?? 0, 500, 'after the stop');
      });
    }

    it('stops by itself when nobody goes on driving', async () => {
      camera.drive({ pan: 0.3, tilt: 0, zoom: 0.3 });
      await bench.pass(camera.deadManMs + 1_500);
      const first = (await bench.until(camera.state(null))).position;
      await bench.pass(1_000);
      const second = (await bench.until(camera.state(null))).position;
      assert.deepEqual(second, first);
    });

    it('cuts places beyond the range', async () => {
      const { pan } = camera.capabilities;
      if (pan.kind !== 'absolute' || pan.unit !== 'degrees') return;
      const outcome = await bench.until(camera.moveTo({ ...nowhere, pan: pan.max + 1_000 }, null));
      assertNear(outcome.value?.pan ?? null, pan.max, pan.max - pan.min, 'pan');
    });

    it('goes back to a preset that was stored', async () => {
      const { presets, zoom } = camera.capabilities;
      if (presets === null || zoom.kind !== 'absolute') return;
      const there = await bench.until(camera.moveTo({ ...nowhere, zoom: zoom.max / 2 }, null));
      assert.deepEqual(await bench.until(camera.storePreset(presets.last, null)), {
        kind: 'reached',
        value: presets.last,
      });
      await bench.until(camera.moveTo({ ...nowhere, zoom: 0 }, null));
      const outcome = await bench.until(camera.recallPreset(presets.last, null));
      assert.equal(outcome.kind, 'reached');
      assertNear(outcome.value?.zoom ?? null, there.value?.zoom ?? -1, zoom.max, 'zoom');
    });

    it('refuses presets that it does not have', async () => {
      const { presets } = camera.capabilities;
      for (const preset of [(presets?.last ?? -1) + 1, -1, 1.5, Number.NaN]) {
        await assert.rejects(camera.recallPreset(preset, null), { code: 'device/preset-out-of-range' });
        await assert.rejects(camera.storePreset(preset, null), { code: 'device/preset-out-of-range' });
      }
    });

    it('goes home', async () => {
      const outcome = await bench.until(camera.home(null));
      if (camera.capabilities.home) assert.equal(outcome.kind, 'reached');
      else assert.deepEqual(outcome, { kind: 'unverified', reason: 'unsupported', value: null });
    });

    it('sets every mode that it says it has, and reads it back', async () => {
      const { focus, whiteBalance, exposure, powerLineFrequency } = camera.capabilities;
      for (const mode of [...focus].reverse()) {
        assert.deepEqual(await bench.until(camera.setFocus(mode, null)), { kind: 'reached', value: mode });
      }
      for (const mode of [...whiteBalance].reverse()) {
        assert.deepEqual(await bench.until(camera.setWhiteBalance(mode, null)), { kind: 'reached', value: mode });
      }
      for (const mode of [...exposure].reverse()) {
        assert.deepEqual(await bench.until(camera.setExposure(mode, null)), { kind: 'reached', value: mode });
      }
      for (const frequency of powerLineFrequency) {
        const outcome = await bench.until(camera.setPowerLineFrequency(frequency, null));
        assert.deepEqual(outcome, { kind: 'reached', value: frequency });
      }
    });

    it('sends nothing for what it cannot do', async () => {
      if (camera.capabilities.powerLineFrequency.length > 0) return;
      const outcome = await bench.until(camera.setPowerLineFrequency('50 Hz', null));
      assert.deepEqual(outcome, { kind: 'unverified', reason: 'unsupported', value: null });
    });

    it('gives up waiting when told to', async () => {
      // What it cannot do is not waited for.
      if (camera.capabilities.zoom.kind !== 'absolute') return;
      const abort = new AbortController();
      const waiting = camera.moveTo({ ...nowhere, zoom: 1_000 }, abort.signal);
      const rejected = assert.rejects(waiting, /enough/);
      abort.abort(new Error('enough'));
      await rejected;
    });

    it('refuses nothing and hangs nowhere after it was closed', async () => {
      await bench.until(camera.close());
      await bench.until(camera.close());
      const outcome = await bench.until(camera.setFocus('auto', null));
      assert.deepEqual(outcome, { kind: 'unverified', reason: 'no-answer', value: null });
      assert.equal((await bench.until(camera.stop(null))).kind, 'unverified');
    });

    if (!isCuttable) return;

    it('unplugged-and-back: says so, resolves what was asked meanwhile, and comes back', async () => {
      const seen: boolean[] = [];
      camera.on('reachable', (isReachable) => seen.push(isReachable));
      const waiting = camera.moveTo({ ...nowhere, zoom: 4_000 }, null);
      bench.cut?.(false);
      assert.equal((await bench.until(waiting)).kind, 'unverified');
      await bench.pass(25_000);
      assert.equal(camera.isReachable, false);
      assert.deepEqual(
        camera.problems.map((problem) => problem.code),
        ['device/camera-control-unreachable'],
      );
      assert.deepEqual(await bench.until(camera.setFocus('auto', null)), {
        kind: 'unverified',
        reason: 'no-answer',
        value: null,
      });
      bench.cut?.(true);
      await bench.pass(60_000);
      assert.equal(camera.isReachable, true);
      assert.deepEqual(camera.problems, []);
      assert.deepEqual(await bench.until(camera.setFocus('manual', null)), { kind: 'reached', value: 'manual' });
      assert.deepEqual(seen, [false, true]);
    });
  });
}
