import assert from 'node:assert/strict';
import fc from 'fast-check';
import { highestLayers, initialDemand, stepDemand } from '../../../server/demand.ts';

const HOLD_MS = 1_000;
type Want = { spatial: number; temporal: number } | null;
const layer = fc.integer({ min: 0, max: 2 });
const plain = fc.tuple(layer, layer).map(([spatial, temporal]) => ({ spatial, temporal }));
const want: fc.Arbitrary<Want> = fc.option(plain, { nil: null });
const history = fc.array(fc.record({ want, forMs: fc.integer({ min: 0, max: 1_500 }) }), { maxLength: 40 });

describe('what a sender is told that its viewers want', () => {
  it('is the highest of each kind, and nothing when nobody wants any', () => {
    fc.assert(
      fc.property(fc.array(want, { maxLength: 50 }), (wants) => {
        const some = wants.filter((one) => one !== null);
        const spatial = Math.max(...some.map((one) => one.spatial));
        const temporal = Math.max(...some.map((one) => one.temporal));
        assert.deepEqual(highestLayers(wants), some.length === 0 ? null : { spatial, temporal });
      }),
    );
  });

  it('is exactly the highest that was wanted within the hold', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let state = initialDemand();
        let nowMs = 0;
        const past: { want: Want; untilMs: number }[] = [];
        for (const { want: wanted, forMs } of steps) {
          state = stepDemand(state, wanted, nowMs, HOLD_MS).state;
          const recent = past.filter(({ untilMs }) => untilMs + HOLD_MS > nowMs).map(({ want: earlier }) => earlier);
          assert.deepEqual(state.told, highestLayers([wanted, ...recent]));
          nowMs += forMs;
          past.push({ want: wanted, untilMs: nowMs });
        }
      }),
    );
  });

  it('is never said twice, and comes to rest within one hold when nothing changes any more', () => {
    fc.assert(
      fc.property(history, want, (steps, last) => {
        let state = initialDemand();
        let nowMs = 0;
        for (const { want: wanted, forMs } of steps) {
          const before = state.told;
          const step = stepDemand(state, wanted, nowMs, HOLD_MS);
          if (step.tell !== undefined) assert.notDeepEqual(step.tell, before);
          state = step.state;
          nowMs += forMs;
        }
        const endMs = nowMs + HOLD_MS;
        let messages = 0;
        let step = stepDemand(state, last, nowMs, HOLD_MS);
        for (; ; step = stepDemand(step.state, last, nowMs, HOLD_MS)) {
          if (step.tell !== undefined) messages++;
          if (step.recheckInMs === null) break;
          nowMs += step.recheckInMs;
          assert.ok(nowMs <= endMs);
        }
        assert.deepEqual(step.state.told, last);
        assert.ok(messages <= 5);
      }),
    );
  });
});
