import assert from 'node:assert/strict';
import { blinkingOf } from '../../vm/tests/blinking.ts';

const at = (ms: number, high: boolean): { high: boolean; atUs: number } => ({ high, atUs: ms * 1_000 });

describe('blinking read off a line', () => {
  it('is the median of whole periods and of the time lit', () => {
    const events = [at(0, true), at(500, false), at(1_000, true), at(1_480, false), at(2_000, true), at(2_500, false)];
    assert.deepEqual(blinkingOf(events), { periodMs: 1_000, litMs: 500, periods: 2 });
  });

  it('takes no notice of a line that is set to what it is, nor of one change held up', () => {
    const held = [at(0, true), at(10, true), at(125, false), at(130, false), at(250, true), at(375, false)];
    const late = [at(700, true), at(825, false), at(950, true), at(1_075, false), at(1_200, true)];
    assert.deepEqual(blinkingOf([...held, ...late]), { periodMs: 250, litMs: 125, periods: 4 });
  });

  it('of a steady light has no periods', () => {
    assert.deepEqual(blinkingOf([at(0, true)]), { periodMs: NaN, litMs: NaN, periods: 0 });
  });
});
