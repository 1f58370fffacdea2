import assert from 'node:assert/strict';
import type { BookingView, ScheduleView } from '../../../src/calendar/schedule-state.ts';
import { offeredOf, statusOf } from '../../../src/kiosk/panel/offer.ts';
import { booking, schedule } from '../../support/panel-states.ts';

const none: ReadonlySet<string> = new Set();
const NOW = Date.UTC(2026, 10, 26, 12, 0);
const at = (minutes: number): number => NOW + minutes * 60_000;
const day = (...bookings: readonly BookingView[]): ScheduleView => schedule(NOW, { bookings });
const offered = (view: ScheduleView, skipped = none): string | null => offeredOf(view, skipped)?.id ?? null;

describe('the one Join', () => {
  it('is nobody’s while nothing is near or nothing has a link', () => {
    assert.equal(offeredOf(null, none), null);
    assert.equal(offered(day()), null);
    assert.equal(offered(day(booking(NOW, 'later', 60, 90))), null);
    assert.equal(offered(day(booking(NOW, 'bare', -5, 30, { meeting: 'none', canJoin: false }))), null);
  });

  it('overlapping: of what runs, the one that began last; running before coming; joinable before others’', () => {
    const long = booking(NOW, 'long', -60, 60);
    const fresh = booking(NOW, 'fresh', -5, 30);
    const coming = booking(NOW, 'coming', 5, 30);
    assert.equal(offered(day(long, fresh, coming)), 'fresh');
    assert.equal(offered(day(long, coming)), 'long');
    assert.equal(offered(day(coming)), 'coming');
    const teams = booking(NOW, 'teams', -5, 30, { meeting: 'other', service: 'Microsoft Teams', canJoin: false });
    assert.equal(offered(day(teams, coming)), 'coming');
    assert.equal(offered(day(teams)), 'teams');
  });

  it('not-this-one: the next in line has it', () => {
    const long = booking(NOW, 'long', -60, 60);
    const fresh = booking(NOW, 'fresh', -5, 30);
    assert.equal(offered(day(long, fresh), new Set(['fresh'])), 'long');
    assert.equal(offered(day(fresh), new Set(['fresh'])), null);
  });
});

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
