import assert from 'node:assert/strict';
import fc from 'fast-check';
import { startBrake, stepBrake, type BrakeState } from '../../../server/downlink-brake.ts';

const REPORTS = 24;

/** mediasoup's figure of the losses, and a report of each 100 ms. */
class Line {
  readonly limits: { nowMs: number; bps: number }[] = [];
  floorBps = 0;
  nowMs = 0;
  #state: BrakeState = startBrake();
  readonly #reports: number[] = Array<number>(REPORTS).fill(0);

  run(ms: number, loss: () => number, figures: { sentBps: number; availableBps: number; leastBps: number }): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += 50;
      if (this.nowMs % 100 === 0) this.#reports.push(loss());
      if (this.nowMs % 150 !== 0) continue;
      const last = this.#reports.slice(-REPORTS);
      const weighted = last.reduce((sum, each, i) => sum + each * (i + 1), 0) / 300;
      const step = stepBrake(this.#state, { loss: weighted, ...figures }, this.nowMs);
      this.#state = step.state;
      this.floorBps = step.floorBps;
      if (step.limitBps !== null) this.limits.push({ nowMs: this.nowMs, bps: step.limitBps });
    }
  }
}

const wide = { sentBps: 1.5e6, availableBps: 4e6, leastBps: 300_000 };

describe('downlink brake', () => {
  it('limits a line that lost most of its rate within half a second, to about what arrives', () => {
    const line = new Line();
    line.run(3_000, () => 0, wide);
    line.run(600, () => 0.7, wide);
    const [first] = line.limits;
    assert.ok(first && first.nowMs <= 3_500, JSON.stringify(line.limits));
    assert.ok(first.bps >= 330_000 && first.bps <= 500_000, `${first.bps}`);
  });

  it('leaves alone a line that loses 5 % by chance', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const line = new Line();
    line.run(600_000, () => Array.from({ length: 8 }, random).filter((each) => each < 0.05).length / 8, wide);
    assert.deepEqual(line.limits, []);
  });

  it('does not brake again for losses that are over', () => {
    const line = new Line();
    line.run(600, () => 0.8, wide);
    line.run(4_000, () => 0, { ...wide, sentBps: 400_000, availableBps: 400_000 });
    assert.equal(line.limits.length, 1);
  });

  it('keeps room for the smallest pictures, but not on a line that does not carry them', () => {
    const line = new Line();
    const narrow = { sentBps: 400_000, availableBps: 340_000, leastBps: 300_000 };
    line.run(3_000, () => 0.02, narrow);
    assert.equal(line.floorBps, 330_000);
    line.run(4_000, () => 0.5, narrow);
    assert.equal(line.floorBps, 0);
    line.run(15_000, () => 0, narrow);
    assert.equal(line.floorBps, 0);
    line.run(10_000, () => 0, narrow);
    assert.equal(line.floorBps, 330_000);
  });

  it('asks for no floor beyond a narrow line, and never for a limit below it', () => {
    const figures = fc.record({
      loss: fc.double({ min: 0, max: 1, noNaN: true }),
      sentBps: fc.nat(1e8),
      availableBps: fc.nat(1e8),
      leastBps: fc.nat(1e7),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(figures, fc.integer({ min: 1, max: 2_000 })), { maxLength: 60 }), (steps) => {
        let [state, nowMs, brakedAtMs] = [startBrake(), 0, -Infinity];
        for (const [each, passedMs] of steps) {
          nowMs += passedMs;
          const step = stepBrake(state, each, nowMs);
          state = step.state;
          assert.ok(step.floorBps >= 0 && step.floorBps <= 450_000);
          if (step.limitBps === null) continue;
          assert.ok(step.limitBps >= step.floorBps && step.limitBps < each.availableBps);
          assert.ok(nowMs - brakedAtMs >= 600);
          brakedAtMs = nowMs;
        }
      }),
    );
  });
});
