import assert from 'node:assert/strict';
import { Touches } from '../../../src/kiosk/panel/touches.ts';

describe('touches of the panel', () => {
  it('are told at once, and of many only one every two seconds', () => {
    const told: number[] = [];
    let now = 0;
    const touches = new Touches(() => told.push(now));
    for (now = 0; now <= 5_000; now += 100) touches.handle(now);
    assert.deepEqual(told, [0, 2_000, 4_000]);
  });
});
