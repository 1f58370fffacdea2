import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ladderFrom } from '../../../../src/call/demand/layers.ts';
import {
  costOf,
  leastKbps,
  mostKbps,
  shareUplink,
  startSender,
  stepSender,
  type SenderDecision,
  type SenderInput,
  type SenderState,
} from '../../../../src/call/demand/sender-ladder.ts';

const all = { spatial: 2, temporal: 2 };
const easy: SenderInput = {
  source: 'camera',
  demand: all,
  targetKbps: 3_000,
  encodeMs: 8,
  load: 0.3,
  throttled: false,
};

/** Steps four times a second; the decisions in order. */
function run(
  input: SenderInput | ((atMs: number, last: SenderDecision | null) => SenderInput),
  forMs: number,
  from: SenderState = startSender(),
  startMs = 0,
) {
  const decisions: SenderDecision[] = [];
  let state = from;
  for (let atMs = startMs; atMs < startMs + forMs; atMs += 250) {
    const step = stepSender(state, typeof input === 'function' ? input(atMs, decisions.at(-1) ?? null) : input, atMs);
    state = step.state;
    decisions.push(step.decision);
  }
  const last = decisions.at(-1);
  if (!last) throw new Error('no steps');
  return { state, decisions, last };
}

const layersOf = ({ maxSpatial, maxTemporal }: SenderDecision) => ({ spatial: maxSpatial, temporal: maxTemporal });
const rankOf = (decision: SenderDecision) => (decision.maxSpatial < 0 ? 0 : costOf(layersOf(decision)));

const layer = fc.integer({ min: 0, max: 2 });
const demand = fc.option(fc.record({ spatial: layer, temporal: layer }), { nil: null });
const input: fc.Arbitrary<SenderInput> = fc.record({
  source: fc.constantFrom('camera', 'screen'),
  demand,
  targetKbps: fc.double({ min: 0, max: 4_000, noNaN: true }),
  encodeMs: fc.option(fc.double({ min: 0, max: 200, noNaN: true }), { nil: null }),
  load: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
  throttled: fc.boolean(),
});
const inputs = fc.array(input, { minLength: 1, maxLength: 30 });

describe('what a sender encodes', () => {
  it('is all that is wanted while network and processor carry it', () => {
    assert.deepEqual(run(easy, 1_000).last, { maxSpatial: 2, maxTemporal: 2, bitrateKbps: 1_500, reason: null });
  });

  it('is nothing while nobody watches', () => {
    assert.deepEqual(run({ ...easy, demand: null }, 1_000).last, {
      maxSpatial: -1,
      maxTemporal: 0,
      bitrateKbps: 0,
      reason: 'nobody',
    });
  });

  it('grows at once with the demand', () => {
    const thumbnail = run({ ...easy, demand: { spatial: 0, temporal: 2 } }, 5_000);
    assert.equal(thumbnail.last.reason, 'window');
    assert.equal(stepSender(thumbnail.state, easy, 5_001).decision.maxSpatial, 2);
  });

  it('gives up frames before size to a narrow network, and size before frames below half the rate', () => {
    const of = (targetKbps: number) => layersOf(run({ ...easy, targetKbps }, 250).last);
    assert.deepEqual([600, 599, 419, 199, 139, 59, 41].map(of), [
      all,
      { spatial: 2, temporal: 1 },
      { spatial: 1, temporal: 2 },
      { spatial: 1, temporal: 1 },
      { spatial: 0, temporal: 2 },
      { spatial: 0, temporal: 1 },
      { spatial: 0, temporal: 0 },
    ]);
    assert.equal(run({ ...easy, targetKbps: 29 }, 250).last.reason, 'network');
  });

  it('keeps a shared screen at full size down to its last frames', () => {
    const of = (targetKbps: number) => layersOf(run({ ...easy, source: 'screen', targetKbps }, 250).last);
    assert.deepEqual([419, 299].map(of), [
      { spatial: 2, temporal: 0 },
      { spatial: 1, temporal: 1 },
    ]);
  });

  it('comes back two seconds after the network does, and later when that did not last', () => {
    const narrow = run({ ...easy, targetKbps: 300 }, 1_000);
    const back = run(easy, 2_250, narrow.state, 1_000);
    assert.deepEqual(
      back.decisions.map(({ maxSpatial }) => maxSpatial),
      [1, 1, 1, 1, 1, 1, 1, 1, 2],
    );
    const again = run({ ...easy, targetKbps: 300 }, 500, back.state, 3_250);
    assert.equal(again.last.maxSpatial, 1);
    const later = run(easy, 4_250, again.state, 3_750);
    assert.equal(
      later.decisions.findIndex(({ maxSpatial }) => maxSpatial === 2),
      16,
    );
  });

  it('does not make a new viewer wait for a network that nobody used', () => {
    const unwatched = run({ ...easy, demand: null, targetKbps: 0 }, 10_000);
    assert.deepEqual(layersOf(run(easy, 250, unwatched.state, 10_000).last), all);
    const narrow = run({ ...easy, targetKbps: 300 }, 250, unwatched.state, 10_000).last;
    assert.deepEqual([narrow.maxSpatial, narrow.reason], [1, 'network']);
  });

  it('brings an overloaded processor back under its budget within three seconds', () => {
    // A machine that becomes ten times slower while all layers are encoded.
    const model =
      (fullMs: number) =>
      (_atMs: number, last: SenderDecision | null): SenderInput => {
        const { spatial } = last ? layersOf(last) : all;
        return { ...easy, encodeMs: fullMs * costOf({ spatial, temporal: 2 }) };
      };
    const fast = run(model(10), 5_000);
    assert.equal(fast.last.reason, null);
    const slow = run(model(100), 3_000, fast.state, 5_000);
    assert.equal(slow.last.reason, 'cpu');
    const { encodeMs } = model(100)(0, slow.last);
    assert.ok((encodeMs ?? 0) * 30 * 2 ** (slow.last.maxTemporal - 2) < 700, `still ${String(encodeMs)} ms a picture`);
    assert.equal(slow.last.maxSpatial, 1, 'no more than needed');
    const better = run(model(10), 20_000, slow.state, 8_000);
    assert.equal(better.last.reason, null);
  });

  it('takes less of a processor that heat slows down', () => {
    const warm = { ...easy, encodeMs: 24 };
    assert.equal(run(warm, 2_000).last.maxTemporal, 2);
    assert.equal(run({ ...warm, throttled: true }, 2_000).last.maxTemporal, 1);
  });

  it('is never above the demand nor the target, whatever came before', () => {
    fc.assert(
      fc.property(inputs, (steps) => {
        let state = startSender();
        steps.forEach((step, i) => {
          const { decision, state: next } = stepSender(state, step, i * 300);
          state = next;
          assert.ok(decision.maxSpatial <= (step.demand?.spatial ?? -1));
          assert.ok(decision.maxSpatial < 0 || decision.maxTemporal <= (step.demand?.temporal ?? -1));
          assert.ok(decision.bitrateKbps <= step.targetKbps);
          assert.equal(decision.maxSpatial < 0, decision.bitrateKbps === 0);
          if (decision.maxSpatial >= 0) assert.ok(decision.bitrateKbps <= mostKbps(step.source, layersOf(decision)));
        });
      }),
    );
  });

  it('comes to rest under constant input, without going to and fro', () => {
    fc.assert(
      fc.property(inputs, input, (before, constant) => {
        let state = startSender();
        before.forEach((step, i) => (state = stepSender(state, { ...step, source: constant.source }, i * 300).state));
        const { decisions } = run(constant, 600_000, state, 10_000);
        const ranks = decisions.map(rankOf);
        const moves = ranks
          .slice(1)
          .map((rank, i) => Math.sign(rank - (ranks[i] ?? 0)))
          .filter((move) => move !== 0);
        const turns = moves.slice(1).filter((move, i) => move !== moves[i]).length;
        // The network may come back before it is seen that the processor does not carry as much.
        assert.ok(turns <= 2, `turned ${turns} times`);
        assert.equal(new Set(ranks.slice(-400)).size, 1, 'still moving after minutes');
      }),
      { numRuns: 60 },
    );
  });

  it('does not become less when network, processor or the wanted size become more', () => {
    const better = fc.record({
      targetKbps: fc.double({ min: 0, max: 1_000, noNaN: true }),
      spatial: fc.integer({ min: 0, max: 2 }),
      easier: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(inputs, input, better, (before, worse, more) => {
        let state = startSender();
        before.forEach((step, i) => (state = stepSender(state, { ...step, source: worse.source }, i * 300).state));
        const grown = worse.demand && { ...worse.demand, spatial: Math.min(2, worse.demand.spatial + more.spatial) };
        const best: SenderInput = {
          ...worse,
          targetKbps: worse.targetKbps + more.targetKbps,
          demand: grown,
          encodeMs: worse.encodeMs === null ? null : worse.encodeMs * more.easier,
          load: worse.load === null ? null : worse.load * more.easier,
          throttled: false,
        };
        const [low, high] = [worse, best].map((one) => stepSender(state, one, 20_000).decision);
        assert.ok(low && high && rankOf(low) <= rankOf(high));
      }),
    );
  });

  it('takes any numbers', () => {
    const number = fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e308, 0.5, 7);
    const garbage = fc.record({
      source: fc.constantFrom('camera' as const, 'screen' as const),
      demand: fc.option(fc.record({ spatial: number, temporal: number }), { nil: null }),
      targetKbps: number,
      encodeMs: fc.option(number, { nil: null }),
      load: fc.option(number, { nil: null }),
      throttled: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(garbage, { maxLength: 20 }), (steps) => {
        let state = startSender();
        steps.forEach((step, i) => {
          const { decision, state: next } = stepSender(state, step, i * 500);
          state = next;
          assert.ok([-1, 0, 1, 2].includes(decision.maxSpatial) && [0, 1, 2].includes(decision.maxTemporal));
          assert.ok(decision.bitrateKbps >= 0 && decision.bitrateKbps <= 2_500);
        });
      }),
    );
  });
});

describe('the fallbacks of a stream', () => {
  it('get cheaper at every step for network and processor, down to the lowest layer', () => {
    for (const source of ['camera', 'screen'] as const)
      for (const spatial of [0, 1, 2])
        for (const temporal of [0, 1, 2]) {
          const rungs = ladderFrom(source, { spatial, temporal });
          assert.deepEqual(rungs[0], { spatial, temporal });
          assert.deepEqual(rungs.at(-1), { spatial: 0, temporal: 0 });
          rungs.slice(1).forEach((rung, i) => {
            const above = rungs[i] ?? all;
            assert.ok(costOf(rung) < costOf(above) && leastKbps(source, rung) < leastKbps(source, above));
          });
        }
  });
});

describe('the parts of one uplink', () => {
  it('add up to no more than there is, and leave the screen its size before the camera', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 5_000, noNaN: true }), demand, demand, (target, camera, screen) => {
        const parts = shareUplink(target, { camera, screen });
        assert.ok(parts.camera >= 0 && parts.screen >= 0 && parts.camera + parts.screen <= target + 1e-6);
        if (camera === null) assert.equal(parts.camera, 0);
        if (camera && screen && parts.camera > 31) assert.ok(parts.screen >= mostKbps('screen', screen));
      }),
    );
    assert.deepEqual(shareUplink(NaN, { camera: all, screen: all }), { camera: 0, screen: 0 });
  });
});
