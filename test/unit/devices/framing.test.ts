import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  calmMotion,
  cropRectangle,
  easeFrame,
  type Frame,
  keepInside,
  wholeFrame,
} from '../../../src/devices/framing/crop.ts';
import {
  calmFraming,
  FramingDirector,
  type FramingMode,
  frameCentreOf,
} from '../../../src/devices/framing/director.ts';

const anyNumber = fc.oneof(fc.double({ min: -3, max: 3 }), fc.constantFrom(NaN, Infinity, -Infinity, 0, 1));
const anyFrame: fc.Arbitrary<Frame> = fc.record({ x: anyNumber, y: anyNumber, size: anyNumber });
const isInside = ({ x, y, size }: Frame): boolean =>
  size >= 0.25 - 1e-9 && size <= 1 && [x, y].every((at) => at - size / 2 >= -1e-9 && at + size / 2 <= 1 + 1e-9);

describe('digital pan, tilt and zoom', () => {
  it('never leaves the picture on the way, whatever is wanted', () => {
    fc.assert(
      fc.property(
        anyFrame,
        fc.array(fc.tuple(anyFrame, fc.integer({ min: 0, max: 2_000 })), { maxLength: 20 }),
        (from, wishes) => {
          let frame = keepInside(from, 4);
          for (const [wanted, ms] of wishes) {
            const next = easeFrame(frame, wanted, ms, calmMotion);
            assert.ok(isInside(next), JSON.stringify(next));
            const most = (calmMotion.mostPerS * ms) / 1000 + 1 / 4_000;
            assert.ok(
              [next.x - frame.x, next.y - frame.y, next.size - frame.size].every((step) => Math.abs(step) <= most),
            );
            frame = next;
          }
        },
      ),
    );
  });

  it('gets there, and stays', () => {
    fc.assert(
      fc.property(anyFrame, anyFrame, (from, wanted) => {
        let frame = from;
        for (let i = 0; i < 400; i++) frame = easeFrame(frame, wanted, 33, calmMotion);
        assert.deepEqual(frame, keepInside(wanted, 4));
      }),
    );
  });

  it('makes even rectangles within any picture', () => {
    const side = fc.integer({ min: 2, max: 4_096 });
    fc.assert(
      fc.property(anyFrame, side, side, (frame, width, height) => {
        const { left, top, width: w, height: h } = cropRectangle(frame, width, height);
        assert.ok([left, top, w, h].every((x) => Number.isInteger(x) && x % 2 === 0 && x >= 0));
        assert.ok(w >= 2 && h >= 2 && left + w <= width && top + h <= height);
      }),
    );
    assert.deepEqual(cropRectangle(wholeFrame, 1920, 1080), { left: 0, top: 0, width: 1920, height: 1080 });
    assert.deepEqual(cropRectangle({ x: 1, y: 0, size: 0.5 }, 1920, 1080), {
      left: 960,
      top: 0,
      width: 960,
      height: 540,
    });
  });

  it('starts and ends softly', () => {
    const steps: number[] = [];
    let frame = { x: 0.25, y: 0.5, size: 0.5 };
    for (let i = 0; i < 60; i++) {
      const next = easeFrame(frame, { x: 0.75, y: 0.5, size: 0.5 }, 33, calmMotion);
      steps.push(next.x - frame.x);
      frame = next;
    }
    assert.ok(Math.max(...steps) <= 0.6 * 0.033 + 1e-9);
    assert.ok(steps.every((step, i) => step >= 0 && step <= (steps[i - 1] ?? 1) + 1e-9));
  });
});

const byPresets: FramingMode = {
  kind: 'follow-presets',
  homePreset: 0,
  sectors: [
    { preset: 1, centreDeg: 40, halfWidthDeg: 20 },
    { preset: 2, centreDeg: 90, halfWidthDeg: 20 },
    { preset: 3, centreDeg: 350, halfWidthDeg: 20 },
  ],
};

function run(director: FramingDirector, talkerDeg: number | null, fromMs: number, toMs: number, farEndSpeaks = false) {
  const moves: { atMs: number; to: number | 'home' }[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += 100) {
    const target = director.update({ talkerDeg, farEndSpeaks }, atMs);
    if (!target) continue;
    const to = target.kind === 'preset' ? target.preset : target.kind === 'pan' ? target.panDeg : ('home' as const);
    moves.push({ atMs, to });
  }
  return moves;
}

describe('FramingDirector', () => {
  it('shows the talker after the settling time, once', () => {
    const director = new FramingDirector(byPresets);
    assert.deepEqual(run(director, 45, 0, 10_000), [{ atMs: 1_500, to: 1 }]);
  });

  it('does not move for a short remark, nor oftener than it may', () => {
    const director = new FramingDirector(byPresets);
    run(director, 45, 0, 2_000);
    assert.deepEqual(run(director, 92, 2_000, 3_000), []);
    assert.deepEqual(run(director, 45, 3_000, 4_000), []);
    assert.deepEqual(run(director, 92, 4_000, 9_000), [{ atMs: 7_500, to: 2 }]);
  });

  it('holds a sector a little beyond its edge, across north too, and ignores directions that belong to none', () => {
    const director = new FramingDirector(byPresets);
    assert.deepEqual(run(director, 5, 0, 10_000), [{ atMs: 1_500, to: 3 }]);
    assert.deepEqual(run(director, 15, 10_000, 20_000), []);
    assert.deepEqual(
      run(director, 22, 20_000, 30_000).map((move) => move.to),
      [1],
    );
    assert.deepEqual(run(director, 200, 30_000, 60_000), []);
  });

  it('ignores directions while the far end speaks', () => {
    const director = new FramingDirector(byPresets);
    assert.deepEqual(run(director, 45, 0, 20_000, true), []);
    assert.equal(director.current, null);
  });

  it('goes home after long silence, not while the far end speaks', () => {
    const director = new FramingDirector(byPresets);
    run(director, 45, 0, 5_000);
    assert.deepEqual(run(director, null, 5_000, 60_000, true), []);
    const moves = run(director, null, 60_000, 120_000);
    assert.deepEqual(
      moves.map((move) => move.to),
      [0],
    );
    assert.ok((moves[0]?.atMs ?? 0) >= 80_000);
  });

  it('rests after a person moved the camera', () => {
    const director = new FramingDirector(byPresets);
    director.movedByHand({ kind: 'preset', preset: 2 }, 0);
    const moves = run(director, 45, 0, 10_000);
    assert.deepEqual(moves, [{ atMs: calmFraming.restMs, to: 1 }]);
  });

  it('pans to an angle, to the right for a talker clockwise of the middle, no further than the camera can', () => {
    const director = new FramingDirector({ kind: 'follow-angle', cameraDeg: 90, mostPanDeg: 60 });
    assert.deepEqual(run(director, 60, 0, 5_000), [{ atMs: 1_500, to: 30 }]);
    assert.deepEqual(run(director, 56, 5_000, 15_000), []);
    assert.deepEqual(
      run(director, 200, 15_000, 25_000).map((move) => move.to),
      [-60],
    );
    assert.deepEqual(
      run(director, null, 25_000, 90_000).map((move) => move.to),
      ['home'],
    );
  });

  it('never moves in the modes fixed and presets', () => {
    for (const kind of ['fixed', 'presets'] as const)
      assert.deepEqual(run(new FramingDirector({ kind }), 45, 0, 60_000), []);
  });

  it('never moves oftener than it may, nor while the far end speaks, whatever comes', () => {
    const step = fc.record({
      talkerDeg: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 359 })),
      farEndSpeaks: fc.boolean(),
      ms: fc.integer({ min: 1, max: 3_000 }),
    });
    const modes = fc.constantFrom<FramingMode>(byPresets, { kind: 'follow-angle', cameraDeg: 0, mostPanDeg: 80 });
    fc.assert(
      fc.property(modes, fc.array(step, { maxLength: 100 }), (mode, steps) => {
        const director = new FramingDirector(mode);
        let nowMs = 0;
        let movedMs = -Infinity;
        for (const { ms, ...input } of steps) {
          nowMs += ms;
          const before = director.current;
          const target = director.update(input, nowMs);
          if (target === null) continue;
          assert.ok(!input.farEndSpeaks);
          assert.ok(nowMs - movedMs >= calmFraming.restMs);
          assert.notDeepEqual(target, before);
          if (target.kind === 'pan') assert.ok(Math.abs(target.panDeg) <= 80);
          movedMs = nowMs;
        }
      }),
    );
  });
});

describe('frameCentreOf', () => {
  it('maps pans to the picture by the lens', () => {
    assert.equal(frameCentreOf(0, 90), 0.5);
    assert.ok(Math.abs(frameCentreOf(45, 90) - 1) < 1e-9);
    assert.ok(Math.abs(frameCentreOf(-45, 90)) < 1e-9);
    assert.equal(frameCentreOf(170, 90), 1);
    assert.ok(frameCentreOf(22.5, 90) < 0.75);
  });
});
