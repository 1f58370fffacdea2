import assert from 'node:assert/strict';
import { DelayLine } from '../../../src/call/media/delay-line.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

describe('delay line', () => {
  it('holds each item for the delay, in order, also when the delay falls', () => {
    const clock = new ManualClock();
    const out: [number, number][] = [];
    const line = new DelayLine<number>(clock, 16, (item) => out.push([item, clock.nowMs()]));
    line.push(0);
    line.setDelay(100);
    line.push(1);
    clock.advance(30);
    line.push(2);
    line.setDelay(0);
    line.push(3);
    clock.advance(200);
    assert.deepEqual(out, [
      [0, 0],
      [1, 100],
      [2, 130],
      [3, 130],
    ]);
    assert.equal(clock.pending, 0);
  });

  it('never holds more than its limit and nothing after clear', () => {
    const clock = new ManualClock();
    const out: number[] = [];
    const line = new DelayLine<number>(clock, 3, (item) => out.push(item));
    line.setDelay(1_000);
    for (let i = 0; i < 5; i++) line.push(i);
    assert.deepEqual(out, [0, 1]);
    line.clear();
    clock.advance(5_000);
    assert.deepEqual(out, [0, 1]);
    assert.equal(clock.pending, 0);
  });
});
