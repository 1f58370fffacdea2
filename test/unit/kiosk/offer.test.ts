import assert from 'node:assert/strict';
import { statusOf } from '../../../src/kiosk/panel/offer.ts';
import { schedule } from '../../support/panel-states.ts';

const NOW = Date.UTC(2026, 10, 26, 12, 0);
const at = (minutes: number): number => NOW + minutes * 60_000;

describe('what the room is', () => {
  it('free, about to begin, busy, and in a call that nobody booked', () => {
    assert.deepEqual(statusOf(null, false, NOW), { kind: 'free', until: null });
    assert.deepEqual(statusOf(null, true, NOW), { kind: 'busy', until: null });
    assert.deepEqual(statusOf(schedule(NOW, { freeUntil: at(48) }), false, NOW), { kind: 'free', until: at(48) });
    assert.deepEqual(statusOf(schedule(NOW, { freeUntil: at(5) }), false, NOW), { kind: 'soon', at: at(5) });
    assert.deepEqual(statusOf(schedule(NOW, { busyUntil: at(9) }), true, NOW), { kind: 'busy', until: at(9) });
    assert.deepEqual(statusOf(schedule(NOW, { busyUntil: at(-1) }), false, NOW), { kind: 'free', until: null });
  });

  it('free until another day is free for the rest of this one', () => {
    assert.deepEqual(statusOf(schedule(NOW, { freeUntil: at(36 * 60) }), false, NOW), { kind: 'free', until: null });
  });
});
