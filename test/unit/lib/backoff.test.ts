import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Backoff } from '../../../src/lib/backoff.ts';

describe('Backoff', () => {
  it('doubles up to the cap and begins again after a success', () => {
    const backoff = new Backoff({ firstMs: 100, capMs: 1000, random: () => 0 });
    assert.deepEqual(
      Array.from({ length: 6 }, () => backoff.nextMs()),
      [50, 100, 200, 400, 500, 500],
    );
    assert.equal(backoff.attempt, 6);
    backoff.reset();
    assert.equal(backoff.nextMs(), 50);
  });

  it('stays between half of the range and the cap, however long it goes on', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 600_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (firstMs, capMs, chance) => {
          const backoff = new Backoff({ firstMs, capMs, random: () => chance });
          for (let i = 0; i < 1200; i++) {
            const range = Math.min(capMs, firstMs * 2 ** i);
            const delay = backoff.nextMs();
            assert.ok(delay >= range / 2 && delay <= capMs);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('spreads clients that were cut off together', () => {
    let seed = 0;
    const random = (): number => (seed = (seed + 0.37) % 1);
    const delays = Array.from({ length: 20 }, () => new Backoff({ firstMs: 1000, capMs: 1000, random }).nextMs());
    assert.ok(Math.max(...delays) - Math.min(...delays) > 300);
  });
});
