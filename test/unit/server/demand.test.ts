import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DemandState } from '../../../server/demand.ts';
import { highestLayers, initialDemand, sameLayers, stepDemand } from '../../../server/demand.ts';
import type { Layers } from '../../../src/call/signalling/messages.ts';

const HOLD = 1_000;
const layers = fc.record(
  { spatial: fc.integer({ min: 0, max: 2 }), temporal: fc.integer({ min: 0, max: 2 }) },
  { noNullPrototype: true },
);
const want = fc.option(layers, { nil: null });
const history = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 1_500 }), want }), {
  minLength: 1,
  maxLength: 40,
});

/** Runs a history as the tracker does, rechecks included; returns what was told, and when. */
function run(steps: readonly { afterMs: number; want: Layers | null }[]): { atMs: number; told: Layers | null }[] {
  let state: DemandState = initialDemand();
  const told: { atMs: number; told: Layers | null }[] = [];
  let nowMs = 0;
  let recheckAt = Infinity;
  let wanted: Layers | null = null;
  const step = (): void => {
    const result = stepDemand(state, wanted, nowMs, HOLD);
    state = result.state;
    if (result.tell !== undefined) told.push({ atMs: nowMs, told: result.tell });
    recheckAt = result.recheckInMs === null ? Infinity : nowMs + result.recheckInMs;
  };
  for (const next of [...steps, null]) {
    const until = next === null ? Infinity : nowMs + next.afterMs;
    while (recheckAt <= until && recheckAt !== Infinity) {
      nowMs = recheckAt;
      step();
    }
    if (next === null) break;
    nowMs = until;
    wanted = next.want;
    step();
  }
  return told;
}

describe('the demand told to a sender', () => {
  it('is the highest of each layer, null when nobody wants any', () => {
    assert.equal(highestLayers([]), null);
    assert.equal(highestLayers([null, null]), null);
    const wants = [{ spatial: 2, temporal: 0 }, null, { spatial: 0, temporal: 1 }];
    assert.deepEqual(highestLayers(wants), { spatial: 2, temporal: 1 });
  });

  it('is never below what any viewer wants, and exactly it once the hold is over', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const told = run(steps);
        let atMs = 0;
        for (const { afterMs, want: wanted } of steps) {
          atMs += afterMs;
          const now = told.findLast((one) => one.atMs <= atMs)?.told;
          if (wanted) assert.ok(now && now.spatial >= wanted.spatial && now.temporal >= wanted.temporal);
        }
        assert.deepEqual(told.at(-1)?.told, steps.at(-1)?.want);
      }),
    );
  });

  it('goes up at once and down only after nobody has wanted more for the hold', () => {
    fc.assert(
      fc.property(want, want, (first, second) => {
        const told = run([
          { afterMs: 0, want: first },
          { afterMs: 100, want: second },
        ]);
        const rises = second !== null && highestLayers([first, second]);
        if (rises && !sameLayers(rises, first)) assert.deepEqual(told[1], { atMs: 100, told: rises });
        const falls = !sameLayers(second, highestLayers([first, second]));
        if (falls) assert.deepEqual(told.at(-1), { atMs: 100 + HOLD, told: second });
      }),
    );
  });

  it('never says the same twice running, and is quiet under constant input', () => {
    fc.assert(
      fc.property(history, want, (steps, last) => {
        const told = run(steps);
        for (const [i, one] of told.entries())
          if (i > 0) assert.ok(!sameLayers(one.told, told[i - 1]?.told ?? null) || one.told === null);
        let state = stepDemand(initialDemand(), last, 0, HOLD).state;
        for (let nowMs = 1; nowMs < 5_000; nowMs += 250) {
          const step = stepDemand(state, last, nowMs, HOLD);
          assert.equal(step.tell, undefined);
          assert.equal(step.recheckInMs, null);
          state = step.state;
        }
      }),
    );
  });

  it('does not take a layer back that is wanted again within the hold', () => {
    const high = { spatial: 2, temporal: 2 };
    const told = run([
      { afterMs: 0, want: high },
      { afterMs: 100, want: null },
      { afterMs: 900, want: high },
    ]);
    assert.deepEqual(told, [{ atMs: 0, told: high }]);
  });
});
