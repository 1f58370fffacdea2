import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DecodeBudget } from '../../../../src/call/demand/decode-capacity.ts';
import { layerScale, pictureRate } from '../../../../src/call/demand/layers.ts';
import {
  demandsOf,
  sameDecisions,
  startViewer,
  stepViewer,
  type VideoWindow,
  type ViewerDecision,
  type ViewerState,
} from '../../../../src/call/demand/viewer-demand.ts';

const plenty: DecodeBudget = { msPerMegapixel: 5, msPerSecond: 10_000, load: 0.2 };
const tile = (consumer: string, width: number, more: Partial<VideoWindow> = {}): VideoWindow => ({
  consumer,
  source: 'camera',
  width,
  height: (width * 9) / 16,
  hidden: false,
  cover: false,
  speaker: false,
  pinned: false,
  ...more,
});

function step(windows: readonly VideoWindow[], budget = plenty, state: ViewerState = startViewer(), nowMs = 0) {
  const result = stepViewer(state, { windows, budget }, nowMs);
  return { ...result, of: (consumer: string) => result.decisions.find((decision) => decision.consumer === consumer) };
}

const spatials = (windows: readonly VideoWindow[], budget?: DecodeBudget) =>
  Object.fromEntries(
    step(windows, budget).decisions.map(({ consumer, layers }) => [consumer, layers?.spatial ?? null]),
  );

/** Megapixels a second. */
function rateOf(decision: ViewerDecision | undefined, source: VideoWindow['source']): number {
  if (!decision?.layers) return 0;
  const full = source === 'screen' ? 1_920 * 1_080 : 1_280 * 720;
  return (full * layerScale(decision.layers.spatial) ** 2 * pictureRate(source, decision.layers.temporal)) / 1e6;
}

const window: fc.Arbitrary<VideoWindow> = fc.record({
  consumer: fc.constantFrom(...'abcdefghijklmnopqrst'),
  source: fc.constantFrom('camera', 'screen'),
  width: fc.integer({ min: 0, max: 4_000 }),
  height: fc.integer({ min: 0, max: 2_200 }),
  hidden: fc.boolean(),
  cover: fc.boolean(),
  speaker: fc.boolean(),
  pinned: fc.boolean(),
});
const layout = fc.uniqueArray(window, { selector: ({ consumer }) => consumer, maxLength: 20 });
const megapixels = fc.double({ min: 0.1, max: 400, noNaN: true });
const budgetFor = (rate: number): DecodeBudget => ({ msPerMegapixel: 10, msPerSecond: rate * 10, load: null });

describe('what a viewer asks for', () => {
  it('asks for half the pictures for thumbnails, and does not flutter at their edge', () => {
    const layersAt = (widths: readonly number[]) => {
      let state = startViewer();
      return widths.map((width, i) => {
        const next = step([tile('a', width)], plenty, state, i * 2_000);
        state = next.state;
        return next.decisions[0]?.layers;
      });
    };
    const [half, whole] = [
      { spatial: 0, temporal: 1 },
      { spatial: 0, temporal: 2 },
    ];
    assert.deepEqual(layersAt([240, 257, 250, 257, 240]), [half, whole, whole, whole, whole]);
    assert.deepEqual(layersAt([300, 200, 200]), [whole, whole, half]);
  });

  it('is the lowest layer that fills each window', () => {
    const windows = [
      tile('large', 1_280),
      tile('half', 640),
      tile('thumb', 320),
      tile('stretched', 400),
      tile('more', 401),
    ];
    assert.deepEqual(spatials(windows), { large: 2, half: 1, thumb: 0, stretched: 0, more: 1 });
  });

  it('is nothing for what nobody sees', () => {
    const { of } = step([tile('hidden', 1_280, { hidden: true }), tile('empty', 0), tile('nonsense', NaN)]);
    for (const consumer of ['hidden', 'empty', 'nonsense'])
      assert.deepEqual(of(consumer), { consumer, layers: null, priority: 1, reason: 'hidden' });
  });

  it('counts what is cut off a picture that covers its window', () => {
    const tall = { ...tile('tall', 300), height: 700 };
    assert.deepEqual(spatials([tall]), { tall: 0 });
    assert.deepEqual(spatials([{ ...tall, cover: true }]), { tall: 2 });
  });

  it('follows the larger of two windows of the same stream', () => {
    assert.deepEqual(spatials([tile('twice', 1_280), tile('twice', 320), tile('twice', 2_000, { hidden: true })]), {
      twice: 2,
    });
  });

  it('follows a growing window at once and a shrinking one after a second', () => {
    const small = step([tile('a', 320)]);
    const grown = step([tile('a', 1_280)], plenty, small.state, 10);
    assert.equal(grown.of('a')?.layers?.spatial, 2);
    const shrunk = step([tile('a', 320)], plenty, grown.state, 20);
    assert.equal(shrunk.of('a')?.layers?.spatial, 2);
    assert.equal(shrunk.recheckInMs, 1_000);
    assert.equal(step([tile('a', 320)], plenty, shrunk.state, 1_020).of('a')?.layers?.spatial, 0);
  });

  it('keeps its layers while a window flutters around a limit', () => {
    let { state } = step([tile('a', 810)]);
    for (let i = 1; i < 100; i++) {
      const next = step([tile('a', i % 2 ? 790 : 810)], plenty, state, i * 700);
      assert.equal(next.of('a')?.layers?.spatial, 2);
      state = next.state;
    }
  });

  it('ranks the screen above what is pinned, the speaker and the rest, larger first', () => {
    const windows = [
      tile('s', 320),
      tile('l', 1_280),
      tile('talks', 320, { speaker: true }),
      tile('pin', 320, { pinned: true }),
      tile('x', 320, { source: 'screen' }),
    ];
    const { decisions } = step(windows);
    assert.deepEqual(
      decisions.map(({ consumer }) => consumer),
      ['x', 'pin', 'talks', 'l', 's'],
    );
    assert.deepEqual(
      decisions.map(({ priority }) => priority),
      [255, 160, 80, 3, 1],
    );
  });

  it('takes frames, then size from the thumbnails before anything from the speaker', () => {
    const windows = [tile('speaker', 1_280, { speaker: true }), tile('a', 640), tile('b', 640)];
    const speaker = (1_280 * 720 * 30) / 1e6;
    const of = (others: number) =>
      step(windows, budgetFor(speaker + others)).decisions.map(
        ({ layers }) => `${layers?.spatial}.${layers?.temporal}`,
      );
    assert.deepEqual(of(14), ['2.2', '1.2', '1.2']);
    assert.deepEqual(of(10.5), ['2.2', '1.2', '1.1']);
    assert.deepEqual(of(7), ['2.2', '1.1', '1.1']);
    assert.deepEqual(of(3.5), ['2.2', '0.2', '0.2']);
    assert.deepEqual(of(0.9), ['2.2', '0.0', '0.0']);
    assert.deepEqual(of(-1), ['2.1', '0.0', '0.0']);
    assert.equal(step(windows, budgetFor(speaker)).of('a')?.reason, 'cpu');
  });

  it('relieves a busy machine every second until it is calm, and comes back when it stays calm', () => {
    const windows = [tile('a', 1_280), tile('b', 1_280)];
    let { state, decisions } = step(windows, { ...plenty, msPerMegapixel: null });
    const rate = (): number => decisions.reduce((sum, decision) => sum + rateOf(decision, 'camera'), 0);
    const first = rate();
    for (let s = 1; s <= 3; s++)
      ({ state, decisions } = step(windows, { msPerMegapixel: null, msPerSecond: 0, load: 0.97 }, state, s * 1_000));
    assert.ok(rate() < first / 2);
    for (let s = 4; s <= 40; s++)
      ({ state, decisions } = step(windows, { ...plenty, msPerMegapixel: null }, state, s * 1_000));
    assert.equal(rate(), first);
  });

  it('stays within what can be decoded, unless a single picture at its lowest is left', () => {
    fc.assert(
      fc.property(layout, megapixels, (windows, rate) => {
        const { decisions } = step(windows, budgetFor(rate));
        const sourceOf = new Map(windows.map(({ consumer, source }) => [consumer, source]));
        const rates = decisions.map((decision) => rateOf(decision, sourceOf.get(decision.consumer) ?? 'camera'));
        const sum = rates.reduce((a, b) => a + b, 0);
        assert.ok(sum <= rate * 1.000001 || decisions.filter(({ layers }) => layers !== null).length === 1);
      }),
    );
  });

  it('never asks for more than a window shows, and answers each consumer once', () => {
    fc.assert(
      fc.property(layout, megapixels, (windows, rate) => {
        const { decisions } = step(windows, budgetFor(rate));
        const free = step(windows);
        assert.equal(decisions.length, windows.length);
        for (const { consumer, hidden, width, height } of windows) {
          const layers = decisions.find((decision) => decision.consumer === consumer)?.layers ?? null;
          if (hidden || width < 2 || height < 2) assert.equal(layers, null);
          assert.ok((layers?.spatial ?? -1) <= (free.of(consumer)?.layers?.spatial ?? -1));
        }
      }),
    );
  });

  it('takes nothing from a stream before those of lower rank have nothing left to give', () => {
    fc.assert(
      fc.property(layout, megapixels, (windows, rate) => {
        const { decisions } = step(windows, budgetFor(rate));
        const band = ({ priority }: ViewerDecision): number => (priority < 9 ? 0 : priority);
        const hurt = decisions.filter(({ reason, layers }) => reason === 'cpu' && layers !== null);
        for (const one of hurt)
          for (const lower of decisions.filter((other) => band(other) < band(one) && other.layers !== null))
            assert.deepEqual(lower.layers, { spatial: 0, temporal: 0 });
        const firstLost = decisions.findIndex(({ layers, reason }) => layers === null && reason === 'cpu');
        if (firstLost >= 0) assert.ok(decisions.slice(firstLost).every(({ layers }) => layers === null));
      }),
    );
  });

  it('gives every stream at least as much when more can be decoded', () => {
    fc.assert(
      fc.property(layout, megapixels, megapixels, (windows, rate, more) => {
        const [low, high] = [step(windows, budgetFor(rate)), step(windows, budgetFor(rate + more))];
        for (const { consumer, source } of windows)
          assert.ok(rateOf(low.of(consumer), source) <= rateOf(high.of(consumer), source));
      }),
    );
  });

  it('gives a window at least as much when it grows', () => {
    fc.assert(
      fc.property(layout, megapixels, fc.double({ min: 1, max: 4, noNaN: true }), (windows, rate, factor) => {
        const [first] = windows;
        if (!first) return;
        const grown = { ...first, width: first.width * factor, height: first.height * factor };
        const [low, high] = [step(windows, budgetFor(rate)), step([grown, ...windows.slice(1)], budgetFor(rate))];
        if (first.source === 'camera')
          assert.ok(rateOf(low.of(first.consumer), 'camera') <= rateOf(high.of(first.consumer), 'camera'));
      }),
    );
  });

  it('comes to rest under constant input, rising or falling but never both', () => {
    const any = fc.record({
      msPerMegapixel: fc.option(fc.double({ min: 0.1, max: 100, noNaN: true }), { nil: null }),
      msPerSecond: fc.integer({ min: 10, max: 4_000 }),
      load: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
    });
    fc.assert(
      fc.property(layout, any, layout, any, (before, earlier, windows, budget) => {
        let { state, decisions } = step(before, earlier);
        const moves = new Set<number>();
        let last: number | null = null;
        let changedAt = 0;
        for (let s = 0; s < 120; s++) {
          const next = step(windows, budget, state, 1_000 + s * 1_000);
          const rate = next.state.capacity.rate;
          if (last !== null && rate !== last) moves.add(Math.sign(rate - last));
          if (!sameDecisions(decisions, next.decisions)) changedAt = s;
          last = rate;
          ({ state, decisions } = next);
        }
        assert.ok(moves.size <= 1, 'rose and fell');
        assert.ok(changedAt < 100, `changed in second ${changedAt}`);
      }),
    );
  });

  it('takes any numbers', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e308));
    const garbage = fc.record({
      consumer: fc.string(),
      source: fc.constantFrom('camera' as const, 'screen' as const),
      width: number,
      height: number,
      hidden: fc.boolean(),
      cover: fc.boolean(),
      speaker: fc.boolean(),
      pinned: fc.boolean(),
    });
    const budget = fc.record({
      msPerMegapixel: fc.option(number, { nil: null }),
      msPerSecond: number,
      load: fc.option(number, { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(garbage, { maxLength: 9 }), budget), { maxLength: 9 }), (steps) => {
        let state = startViewer();
        steps.forEach(([windows, budget], i) => {
          const next = stepViewer(state, { windows, budget }, i * 500);
          state = next.state;
          assert.equal(next.decisions.length, new Set(windows.map(({ consumer }) => consumer)).size);
          for (const { layers, priority } of demandsOf(next.decisions)) {
            assert.ok(Number.isInteger(priority) && priority >= 1 && priority <= 255);
            if (layers) for (const layer of [layers.spatial, layers.temporal]) assert.ok([0, 1, 2].includes(layer));
          }
        });
      }),
    );
  });
});
