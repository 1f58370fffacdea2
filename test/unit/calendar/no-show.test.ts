import assert from 'node:assert/strict';
import { CalendarError } from '../../../src/calendar/calendar-error.ts';
import type { ReleaseRules } from '../../../src/calendar/release.ts';
import { isReleasable, releaseTimes } from '../../../src/calendar/release.ts';
import { toBooking } from '../../../src/calendar/booking.ts';
import type { RoomSchedule } from '../../../src/calendar/schedule.ts';
import { pass, settle } from '../../support/manual-time.ts';
import {
  calendarEvent,
  HOUR,
  JumpingClock,
  MemoryStore,
  MINUTE,
  roomSchedule,
  ScriptedCalendar,
  TEN,
  testMeans,
} from '../../support/scripted-calendar.ts';

const rules: ReleaseRules = { afterMinutes: 10, exceptTitles: [], exceptHours: 0, exceptOrganizers: [] };
const STEP = 5_000;

describe('which bookings may be given back', () => {
  const may = (event: Parameters<typeof calendarEvent>[0], more: Partial<ReleaseRules> = {}): boolean =>
    isReleasable(toBooking(calendarEvent(event), testMeans), { ...rules, ...more });

  it('none unless it is switched on, and none of whole days or that leave the room free', () => {
    assert.equal(may({}), true);
    assert.equal(may({}, { afterMinutes: 0 }), false);
    assert.equal(may({ allDay: true }), false);
    assert.equal(may({ isFree: true }), false);
  });

  it('not those excepted by title, length or organizer', () => {
    assert.equal(may({ title: 'CEO: board meeting' }, { exceptTitles: ['Board'] }), false);
    assert.equal(may({ title: 'Budget' }, { exceptTitles: ['Board'] }), true);
    assert.equal(may({ endMs: TEN + 4 * HOUR }, { exceptHours: 4 }), false);
    assert.equal(may({ endMs: TEN + 4 * HOUR - 1 }, { exceptHours: 4 }), true);
    assert.equal(may({ organizer: 'Ana Ruiz' }, { exceptOrganizers: ['ana ruiz'] }), false);
    assert.equal(may({ organizer: 'Ana Ruiz-Lopez' }, { exceptOrganizers: ['ana ruiz'] }), true);
    assert.equal(may({ organizer: null }, { exceptOrganizers: ['ana ruiz'] }), true);
  });

  it('waits from when the room has been watching, and not for what would be over', () => {
    const booking = toBooking(calendarEvent({ endMs: TEN + 30 * MINUTE }), testMeans);
    assert.deepEqual(releaseTimes(booking, rules, 0), { announceMs: TEN + 8 * MINUTE, releaseMs: TEN + 10 * MINUTE });
    assert.equal(releaseTimes(booking, rules, TEN + 15 * MINUTE)?.releaseMs, TEN + 25 * MINUTE);
    assert.equal(releaseTimes(booking, rules, TEN + 20 * MINUTE), null);
    const quick = releaseTimes(booking, { ...rules, afterMinutes: 1 }, 0);
    assert.deepEqual(quick, { announceMs: TEN, releaseMs: TEN + MINUTE }, 'a minute to say that one is there');
  });
});

describe('a booking nobody comes to', () => {
  let clock: JumpingClock;
  let source: ScriptedCalendar;
  let schedule: RoomSchedule;

  /** From ten minutes before ten. */
  const begin = async (options: Parameters<typeof roomSchedule>[2] = {}): Promise<void> => {
    schedule = roomSchedule(source, clock, { wishes: { release: rules }, ...options });
    await schedule.start();
    await settle();
  };
  const until = (ms: number): Promise<void> => pass(clock, ms - clock.wallMs(), STEP);
  const isReleased = (): boolean => source.asked.includes('release');

  beforeEach(() => {
    clock = new JumpingClock(TEN - 10 * MINUTE);
    source = new ScriptedCalendar([calendarEvent({ title: 'Nobody' })]);
  });
  afterEach(async () => {
    await schedule.close();
    assert.equal(clock.pending, 0);
  });

  it('wants a check-in, is announced two minutes before, and given back', async () => {
    await begin();
    assert.equal(schedule.view.wantsCheckIn, false);
    await until(TEN);
    assert.deepEqual([schedule.view.wantsCheckIn, schedule.view.releasing], [true, null]);
    await until(TEN + 8 * MINUTE);
    assert.deepEqual(schedule.view.releasing, { booking: schedule.view.current, at: TEN + 10 * MINUTE });
    await until(TEN + 10 * MINUTE - STEP);
    assert.equal(isReleased(), false);
    await until(TEN + 10 * MINUTE + STEP);
    assert.equal(isReleased(), true);
    assert.deepEqual([schedule.view.current, schedule.view.releasing], [null, null]);
  });

  const uses: [string, (id: string) => unknown][] = [
    ['the check-in button', (id) => schedule.checkIn(id)],
    [
      'joining its meeting',
      (id) => (schedule.setInCall(true), schedule.joined({ booking: id }), schedule.setInCall(false)),
    ],
    ['any call', () => (schedule.setInCall(true), schedule.setInCall(false))],
    ['presence', () => (schedule.setOccupied(true), schedule.setOccupied(false))],
    ['extending it', (id) => schedule.extend(id, 15)],
  ];
  for (const [what, use] of uses)
    for (const atMs of [TEN + MINUTE, TEN + 9 * MINUTE])
      it(`is kept when there was ${what}, ${(atMs - TEN) / MINUTE} min after its start`, async () => {
        await begin();
        await until(atMs);
        await use(schedule.view.current ?? '');
        assert.deepEqual([schedule.view.releasing, schedule.view.wantsCheckIn], [null, false]);
        assert.equal(schedule.view.bookings[0]?.isCheckedIn, true);
        await until(TEN + 50 * MINUTE);
        assert.equal(isReleased(), false);
      });

  it('coming five minutes early counts, earlier does not', async () => {
    await begin();
    schedule.used();
    assert.equal(schedule.view.bookings[0]?.isCheckedIn, false);
    await until(TEN - 5 * MINUTE);
    schedule.used();
    assert.equal(schedule.view.bookings[0]?.isCheckedIn, true);
    await until(TEN + 50 * MINUTE);
    assert.equal(isReleased(), false);
  });

  it('stayed-on: people of the meeting before keep it only when they are still there at the announcement', async () => {
    await begin();
    await until(TEN - 6 * MINUTE);
    schedule.setOccupied(true);
    await until(TEN + 4 * MINUTE);
    assert.equal(schedule.view.bookings[0]?.isCheckedIn, false);
    schedule.setOccupied(false);
    await until(TEN + 11 * MINUTE);
    assert.equal(isReleased(), true);
  });

  it('made in the room: is kept', async () => {
    source.events = [];
    await begin();
    await schedule.book({ minutes: 60 });
    await until(TEN + 40 * MINUTE);
    assert.equal(isReleased(), false);
  });

  it('booked-late: has its whole time to be come to', async () => {
    source.events = [];
    await begin();
    await until(TEN + 10 * MINUTE);
    source.events = [calendarEvent({ title: 'Late' })];
    await until(TEN + 20 * MINUTE);
    assert.equal(isReleased(), false);
    await until(TEN + 22 * MINUTE);
    assert.equal(isReleased(), true);
  });

  it('started-late: the room waits from its own start', async () => {
    clock.advance(25 * MINUTE);
    await begin();
    await until(TEN + 24 * MINUTE);
    assert.equal(isReleased(), false);
    await until(TEN + 26 * MINUTE);
    assert.equal(isReleased(), true);
  });

  it('slept: the room has not seen who came, and waits anew', async () => {
    await begin();
    clock.jump(25 * MINUTE);
    await pass(clock, MINUTE, STEP);
    assert.deepEqual([schedule.view.releasing, isReleased()], [null, false]);
    await pass(clock, 10 * MINUTE, STEP);
    assert.equal(isReleased(), true);
  });

  it('checked in before a restart: stays so', async () => {
    const store = new MemoryStore();
    await begin({ store });
    await until(TEN);
    schedule.checkIn(schedule.view.current ?? '');
    await schedule.close();
    await begin({ store });
    await until(TEN + 30 * MINUTE);
    assert.equal(isReleased(), false);
  });

  it('unreachable: nothing is given back on an old list, and not at once when it is read again', async () => {
    await begin();
    await until(TEN + 5 * MINUTE);
    source.fail('calendar/unreachable');
    await until(TEN + 20 * MINUTE);
    assert.deepEqual([schedule.view.state, schedule.view.releasing], ['stale', null]);
    source.readFailure = null;
    await schedule.refresh();
    const { releasing } = schedule.view;
    assert.ok(releasing && releasing.at >= clock.wallMs() + MINUTE);
    await pass(clock, 2 * MINUTE, STEP);
    assert.equal(isReleased(), true);
  });

  it('refused: is tried again after another wait, announced again, and never in a hurry', async () => {
    await begin();
    source.changeFailure = new CalendarError('calendar/refused', 'As scripted');
    await until(TEN + 45 * MINUTE);
    const tries = source.asked.filter((what) => what === 'release').length;
    assert.ok(tries >= 2 && tries <= 4, `${tries} tries in 45 minutes`);
    assert.notEqual(schedule.view.current, null);
  });

  it('moved or used at the last moment: the reading before it is heeded', async () => {
    await begin();
    await until(TEN + 9 * MINUTE);
    source.events = source.events.map((each) => ({ ...each, startMs: TEN + HOUR, endMs: TEN + 2 * HOUR }));
    await until(TEN + 11 * MINUTE);
    assert.equal(isReleased(), false);
  });

  it('read-only: nothing is announced', async () => {
    source.isWritable = false;
    await begin();
    await until(TEN + 9 * MINUTE);
    assert.deepEqual([schedule.view.releasing, schedule.view.wantsCheckIn], [null, false]);
  });

  it('check-in is for what runs or is about to', async () => {
    await begin();
    source.events.push(calendarEvent({ title: 'Later', startMs: TEN + 2 * HOUR }));
    await until(TEN);
    const id = schedule.view.bookings.find(({ title }) => title === 'Later')?.id ?? '';
    assert.throws(() => schedule.checkIn(id), { code: 'calendar/not-running' });
    assert.throws(() => schedule.checkIn('gone'), { code: 'calendar/unknown-booking' });
  });
});
