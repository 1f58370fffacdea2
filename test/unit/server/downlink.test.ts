import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isNearFloor,
  startDownlink,
  stepDownlink,
  type DownlinkState,
  type DownlinkVideo,
} from '../../../server/downlink.ts';

const RATES = [180_000, 420_000, 900_000];
const video = (consumer: string, wanted: number, current: number | null, priority = 1): DownlinkVideo => ({
  consumer,
  wanted: { spatial: wanted, temporal: 2 },
  current: current === null ? null : { spatial: current, temporal: 2 },
  priority,
  rates: RATES,
});

describe('downlink', () => {
  /** Steps every 500 ms; the probes and the freed, with their times. */
  const run = (
    state: DownlinkState,
    fromMs: number,
    ms: number,
    available: (nowMs: number) => number,
    videos: () => DownlinkVideo[],
  ) => {
    const probes: { nowMs: number; bps: number }[] = [];
    const freed: { nowMs: number; consumer: string }[] = [];
    for (let nowMs = fromMs; nowMs < fromMs + ms; nowMs += 500) {
      const step = stepDownlink(state, available(nowMs), videos(), nowMs);
      state = step.state;
      if (step.probeBps !== null) probes.push({ nowMs, bps: step.probeBps });
      freed.push(...step.free.map((consumer) => ({ nowMs, consumer })));
    }
    return { state, probes, freed };
  };

  it('leaves a line alone that carries what is wanted', () => {
    const all = (): DownlinkVideo[] => [video('a', 2, 2), video('b', 0, 0)];
    const { probes, freed } = run(startDownlink(), 0, 20_000, () => 3e6, all);
    assert.deepEqual([probes, freed], [[], []]);
  });

  it('probes a narrow line now and then, and climbs at once when probes succeed', () => {
    const all = (): DownlinkVideo[] => [video('a', 2, 0), video('b', 2, 0)];
    const narrow = run(startDownlink(), 0, 12_000, () => 400_000, all);
    assert.ok(narrow.probes.length >= 7 && narrow.probes.length <= 9, `${narrow.probes.length}`);
    assert.ok(narrow.probes.every(({ bps }) => bps === 800_000));
    let estimate = 400_000;
    let state = narrow.state;
    let nowMs = 20_000;
    for (; estimate < 2e6 && nowMs < 40_000; nowMs += 500) {
      const step = stepDownlink(state, estimate, all(), nowMs);
      state = step.state;
      if (step.probeBps !== null) estimate = step.probeBps * 0.9;
    }
    assert.ok(nowMs <= 22_500, `${nowMs - 20_000} ms`);
  });

  it('frees who is held down when there is room for them, once in a while', () => {
    const { freed } = run(
      startDownlink(),
      0,
      10_000,
      () => 1.5e6,
      () => [video('a', 2, 0, 9), video('b', 0, 0)],
    );
    assert.deepEqual(
      freed.map(({ consumer }) => consumer),
      ['a', 'a', 'a'],
    );
    assert.ok((freed[0]?.nowMs ?? Infinity) <= 1_000);
  });

  it('frees nobody for whom there is no room, and the more important first', () => {
    const all = (): DownlinkVideo[] => [video('a', 2, 0, 1), video('b', 2, 0, 9)];
    assert.deepEqual(
      [...new Set(run(startDownlink(), 0, 8_000, () => 1.3e6, all).freed.map(({ consumer }) => consumer))],
      ['b'],
    );
    assert.deepEqual(run(startDownlink(), 0, 8_000, () => 900_000, all).freed, []);
  });

  it('frees nobody who has all that is sent', () => {
    const small = { ...video('a', 2, 0), rates: [150_000, 0, 0] };
    assert.deepEqual(
      run(
        startDownlink(),
        0,
        8_000,
        () => 3e6,
        () => [small],
      ).freed,
      [],
    );
  });

  it('never probes above twice the estimate nor much above what is wanted, nor more than three times a second', () => {
    const anyVideo = fc
      .tuple(
        fc.integer({ min: 0, max: 2 }),
        fc.option(fc.integer({ min: 0, max: 2 })),
        fc.integer({ min: 1, max: 255 }),
      )
      .map(([wanted, current, priority]) => video(String(priority), wanted, current, priority));
    const steps = fc.array(fc.tuple(fc.double({ min: 0, max: 1e8, noNaN: true }), fc.nat(2_000)), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(anyVideo, { maxLength: 6 }), steps, (videos, all) => {
        let state = startDownlink();
        let [nowMs, probedAtMs] = [0, -Infinity];
        const wanted = videos.reduce((sum, each) => sum + (RATES[each.wanted.spatial] ?? 0), 0);
        for (const [available, passed] of all) {
          nowMs += passed;
          const step = stepDownlink(state, available, videos, nowMs);
          state = step.state;
          if (step.probeBps === null) continue;
          assert.ok(step.probeBps <= available * 2 + 1 && step.probeBps <= wanted * 1.4);
          assert.ok(nowMs - probedAtMs >= 300);
          probedAtMs = nowMs;
        }
      }),
    );
  });

  it('takes an estimate near its floor for lower only while more is wanted than it allows', () => {
    assert.equal(isNearFloor(540_000, 520_000, 900_000), true);
    assert.equal(isNearFloor(560_000, 520_000, 552_000), false);
    assert.equal(isNearFloor(800_000, 520_000, 900_000), false);
    assert.equal(isNearFloor(30_000, 0, 900_000), false);
  });
});
