import assert from 'node:assert/strict';
import fc from 'fast-check';
import { startBrake, stepBrake, type BrakeState, type DownlinkFigures } from '../../../server/downlink-brake.ts';

const REPORTS = 24;
const LONGEST_MS = 30_000;

/** mediasoup's figure of the losses, and a report of each 100 ms. */
class Line {
  readonly limits: { nowMs: number; bps: number }[] = [];
  temporal: number | null = null;
  hopeless = false;
  nowMs = 0;
  #state: BrakeState = startBrake();
  readonly #reports: number[] = Array<number>(REPORTS).fill(0);

  run(ms: number, loss: () => number, figures: Omit<DownlinkFigures, 'loss'>): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += 100;
      this.#reports.push(loss());
      const last = this.#reports.slice(-REPORTS);
      const weighted = last.reduce((sum, each, i) => sum + each * (i + 1), 0) / 300;
      const step = stepBrake(this.#state, { loss: weighted, ...figures }, this.nowMs);
      this.#state = step.state;
      this.temporal = step.temporal;
      this.hopeless = step.hopeless;
      if (step.limitBps !== null) this.limits.push({ nowMs: this.nowMs, bps: step.limitBps });
    }
  }
}

const wide = {
  sentBps: 2e6,
  smallestBps: [200_000, 300_000, 500_000],
  availableBps: 4e6,
  floorBps: 0,
  neededBps: 2e6,
} as const;
/** As it is after a brake, until a probe succeeds. */
const narrow = { ...wide, sentBps: 300_000, availableBps: 240_000 } as const;

describe('downlink brake', () => {
  it('brakes a line that lost most of its rate at the second report, to about what arrives', () => {
    const line = new Line();
    line.run(3_000, () => 0, wide);
    line.run(200, () => 0.75, wide);
    assert.equal(line.temporal, 0);
    const [first] = line.limits;
    assert.ok(first && first.bps >= 250_000 && first.bps <= 500_000, JSON.stringify(line.limits));
  });

  it('leaves alone a line that loses 5 % by chance', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const line = new Line();
    line.run(600_000, () => Array.from({ length: 12 }, random).filter((each) => each < 0.05).length / 12, wide);
    assert.deepEqual(line.limits, []);
  });

  it('does not brake again for losses that are over, and ends when a probe shows that the line carries more', () => {
    const line = new Line();
    line.run(600, () => 0.8, wide);
    line.run(9_000, () => 0, narrow);
    assert.equal(line.limits.length, 1);
    assert.equal(line.temporal, 0);
    line.run(500, () => 0, { ...narrow, availableBps: 900_000 });
    assert.equal(line.temporal, 0);
    line.run(400, () => 0, { ...narrow, availableBps: 900_000 });
    assert.equal(line.temporal, null);
    line.run(5_000, () => 0, narrow);
    assert.equal(line.temporal, null);
  });

  it('shows as many of the smallest pictures as the line was found to carry', () => {
    const line = new Line();
    line.run(600, () => 0.75, wide);
    line.run(3_000, () => 0, { ...narrow, smallestBps: [100_000, 150_000, 250_000] });
    assert.equal(line.temporal, 2);
    line.run(100, () => 0, { ...narrow, smallestBps: [100_000, 150_000, 350_000] });
    assert.equal(line.temporal, 1);
  });

  it('ends when no more is wanted than the estimate allows, and by itself after half a minute', () => {
    const wanted = new Line();
    wanted.run(600, () => 0.8, wide);
    wanted.run(2_500, () => 0, { ...narrow, neededBps: 230_000 });
    assert.equal(wanted.temporal, null);
    const never = new Line();
    never.run(600, () => 0.8, wide);
    never.run(20_000, () => 0, narrow);
    assert.equal(never.temporal, 0);
    never.run(LONGEST_MS - 20_000, () => 0, narrow);
    assert.equal(never.temporal, null);
  });

  it('gives up the smallest pictures on a line that does not carry them, for a while', () => {
    const line = new Line();
    line.run(6_000, () => 0.6, narrow);
    assert.equal(line.hopeless, true);
    assert.ok((line.limits.at(-1)?.bps ?? 0) < wide.smallestBps[0]);
    line.run(15_000, () => 0, narrow);
    assert.equal(line.hopeless, true);
    line.run(12_000, () => 0, narrow);
    assert.equal(line.hopeless, false);
  });

  it('always leaves the smallest pictures and room for them, and lets go after the last brake', () => {
    const figures = fc.record({
      loss: fc.double({ min: 0, max: 1, noNaN: true }),
      sentBps: fc.nat(1e8),
      availableBps: fc.nat(1e8),
      floorBps: fc.nat(6e5),
      neededBps: fc.nat(1e8),
      smallestBps: fc
        .array(fc.nat(1e6), { minLength: 3, maxLength: 3 })
        .map((each) => each.toSorted((a, b) => a - b) as unknown as [number, number, number]),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(figures, fc.integer({ min: 1, max: 2_000 })), { maxLength: 60 }), (steps) => {
        let [state, nowMs, brakedAtMs] = [startBrake(), 0, -Infinity];
        for (const [each, passedMs] of steps) {
          nowMs += passedMs;
          const step = stepBrake(state, each, nowMs);
          state = step.state;
          if (step.limitBps !== null) {
            assert.ok(nowMs - brakedAtMs >= 600);
            assert.ok(step.hopeless || step.limitBps >= each.smallestBps[0]);
            brakedAtMs = nowMs;
          }
          assert.ok(step.temporal === null || nowMs - brakedAtMs < LONGEST_MS);
          assert.ok(step.temporal !== null || !step.drains);
          assert.ok(step.temporal === null || (step.temporal >= 0 && step.temporal <= 2));
        }
      }),
    );
  });
});
