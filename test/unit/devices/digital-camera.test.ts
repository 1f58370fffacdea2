import assert from 'node:assert/strict';
import fc from 'fast-check';
import { keepInside, wholeFrame } from '../../../src/devices/framing/crop.ts';
import { DigitalView } from '../../../src/devices/framing/digital-view.ts';
import { cameraControlContract } from '../../contract/camera-control.ts';
import { digitalBench } from '../../support/digital-bench.ts';
import { pass, passUntil } from '../../support/manual-time.ts';
import { memoryPresets } from '../../support/uvc-bench.ts';

const nowhere = { pan: null, tilt: null, zoom: null };

cameraControlContract('a part of the picture', false, async () => {
  const { clock, camera } = digitalBench();
  return {
    camera,
    until: (promise) => passUntil(clock, promise),
    pass: (ms) => pass(clock, ms, 20),
    cut: null,
    close: () => passUntil(clock, camera.close()),
  };
});

describe('DigitalView', () => {
  const view = new DigitalView(80);

  it('is the whole picture at zoom 100, and a corner at the end of every range', () => {
    assert.deepEqual(view.positionOf(wholeFrame), { pan: 0, tilt: 0, zoom: 100 });
    const { pan, tilt, zoom } = view.axes;
    const corner = view.frameOf({ pan: pan.max, tilt: tilt.max, zoom: zoom.max }, wholeFrame);
    assert.equal(corner.size, 0.25);
    assert.ok(Math.abs(corner.x - 0.875) < 0.001 && Math.abs(corner.y - 0.125) < 0.001, JSON.stringify(corner));
  });

  it('goes from frame to position and back', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.double({ min: 0.25, max: 1, noNaN: true }), (x, y, size) => {
        const frame = keepInside({ x, y, size }, 4);
        const back = view.frameOf(view.positionOf(frame), wholeFrame);
        for (const part of ['x', 'y', 'size'] as const) assert.ok(Math.abs(back[part] - frame[part]) < 0.001);
      }),
    );
  });

  it('makes room for a direction that is asked for alone, and shifts one that comes with a zoom', () => {
    const alone = view.frameOf({ ...nowhere, pan: 25 }, wholeFrame);
    assert.ok(alone.size < 0.5 && Math.abs(view.positionOf(alone).pan ?? 0) - 25 < 0.01);
    assert.ok(Math.abs(alone.x + alone.size / 2 - 1) < 1e-9, 'it reaches the edge');
    const wide = view.frameOf({ pan: 25, tilt: null, zoom: 100 }, wholeFrame);
    assert.deepEqual(wide, wholeFrame);
    assert.equal(view.isAt({ pan: 25, tilt: null, zoom: 100 }, view.positionOf(wide)), false);
  });
});

describe('a camera without motors', () => {
  it('moves in small eased steps, thirty a second at most, and no timer is left when it stands', async () => {
    const { clock, camera, shown } = digitalBench();
    camera.start();
    await pass(clock, 1);
    assert.deepEqual([shown.length, clock.pending], [1, 0]);
    const outcome = await passUntil(clock, camera.moveTo({ pan: 15, tilt: 5, zoom: 250 }, null), 10_000, 1);
    assert.equal(outcome.kind, 'reached');
    assert.equal(clock.pending, 0);
    const gaps = shown.slice(2).map(({ atMs }, i) => atMs - (shown[i + 1]?.atMs ?? 0));
    assert.ok(gaps.every((gap) => gap >= 1_000 / 30));
    for (const [i, { frame }] of shown.entries()) {
      const before = shown[Math.max(0, i - 1)]?.frame ?? frame;
      assert.ok(Math.abs(frame.x - before.x) <= 0.022 && Math.abs(frame.size - before.size) <= 0.022);
      assert.ok(frame.size <= before.size);
    }
  });

  it('driven from the whole picture: makes room first, and stops at the edge of the picture', async () => {
    const { clock, camera, shown } = digitalBench();
    camera.start();
    for (let i = 0; i < 60; i++) {
      camera.drive({ pan: 1, tilt: 0, zoom: 0 });
      await pass(clock, 100);
    }
    const last = shown.at(-1)?.frame;
    assert.ok(last && Math.abs(last.size - 1 / 1.5) < 1e-9 && Math.abs(last.x + last.size / 2 - 1) < 1e-9);
    camera.drive({ pan: 0, tilt: 0, zoom: 0 });
    assert.equal(clock.pending, 0);
  });

  it('a receiver that takes its time is given the newest frame, not a queue', async () => {
    const { clock, camera, shown, faults } = digitalBench();
    faults.answerMs = 500;
    camera.start();
    const outcome = await passUntil(clock, camera.moveTo({ ...nowhere, zoom: 400 }, null), 20_000);
    assert.deepEqual(outcome, { kind: 'reached', value: { pan: 0, tilt: 0, zoom: 400 } });
    assert.equal(shown.at(-1)?.frame.size, 0.25);
    assert.ok(shown.length < 14, `${shown.length}`);
  });

  it('a receiver that takes nothing: says so, and is all right with the next one that is taken', async () => {
    const { clock, camera, shown, faults } = digitalBench();
    camera.start();
    faults.isDeaf = true;
    const outcome = await passUntil(clock, camera.moveTo({ ...nowhere, zoom: 200 }, null));
    assert.deepEqual([outcome.kind, outcome.kind === 'unverified' && outcome.reason], ['unverified', 'no-answer']);
    faults.isDeaf = false;
    // Nothing moves any more, and yet it is shown again.
    const stopped = await passUntil(clock, camera.stop(null));
    assert.deepEqual(stopped, { kind: 'reached', value: { pan: 0, tilt: 0, zoom: 200 } });
    assert.equal(shown.at(-1)?.frame.size, 0.5);
    assert.equal((await passUntil(clock, camera.home(null))).kind, 'reached');
  });

  it('a new wish takes the place of the one before', async () => {
    const { clock, camera } = digitalBench();
    camera.start();
    const first = camera.moveTo({ ...nowhere, zoom: 400 }, null);
    await pass(clock, 100);
    const second = camera.moveTo({ ...nowhere, zoom: 200 }, null);
    assert.equal((await passUntil(clock, second)).kind, 'reached');
    const outcome = await first;
    assert.equal(outcome.kind === 'unverified' && outcome.reason, 'superseded');
  });

  it('unplugged while moving: says so, stands, and is there again with the camera', async () => {
    const { clock, camera } = digitalBench();
    camera.start();
    const moving = camera.moveTo({ ...nowhere, zoom: 400 }, null);
    await pass(clock, 200);
    camera.handlePresence(false);
    assert.deepEqual(await moving, { kind: 'unverified', reason: 'no-answer', value: null });
    assert.deepEqual(
      [camera.isReachable, camera.problems.map(({ code }) => code), clock.pending],
      [false, ['device/camera-control-unreachable'], 0],
    );
    assert.equal((await camera.home(null)).kind, 'unverified');
    camera.handlePresence(true);
    assert.deepEqual(camera.problems, []);
    assert.equal((await passUntil(clock, camera.home(null))).kind, 'reached');
  });

  it('keeps its presets where those of other cameras are kept', async () => {
    const presets = memoryPresets();
    const one = digitalBench(presets);
    one.camera.start();
    const there = await passUntil(one.clock, one.camera.moveTo({ pan: 10, tilt: -4, zoom: 300 }, null));
    await one.camera.storePreset(3, null);
    await one.camera.close();
    const two = digitalBench(presets);
    two.camera.start();
    assert.deepEqual(await passUntil(two.clock, two.camera.recallPreset(3, null)), there);
    assert.deepEqual(await two.camera.recallPreset(4, null), { kind: 'unverified', reason: 'refused', value: null });
  });
});
