import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  canBook,
  canEnd,
  endedNow,
  extendedEnd,
  extensionMinutes,
  spanFromNow,
  tooLateToBook,
} from '../../../src/calendar/book.ts';
import type { Booking } from '../../../src/calendar/booking.ts';
import { BookingMaker, MOST_BOOKINGS, toBooking } from '../../../src/calendar/booking.ts';
import { agendaOf, busyUntil, currentOf, isOccupying, nextOf } from '../../../src/calendar/day.ts';
import { canJoin, offeredOf, phaseOf } from '../../../src/calendar/joining.ts';
import { LocalDays } from '../../../src/calendar/local-day.ts';
import { codeOf } from '../../../src/lib/errors.ts';
import { calendarEvent, HOUR, MINUTE, TEN, testMeans } from '../../support/scripted-calendar.ts';

/** Minutes after ten. */
const at = (minutes: number): number => TEN + minutes * MINUTE;
const booking = (from: number, to: number, more: Parameters<typeof calendarEvent>[0] = {}): Booking =>
  toBooking(calendarEvent({ title: `${from} to ${to}`, startMs: at(from), endMs: at(to), ...more }), testMeans);
const list = (...bookings: Booking[]): readonly Booking[] => bookings.sort((a, b) => a.startMs - b.startMs);
const day = { startMs: TEN - 10 * HOUR, endMs: TEN + 14 * HOUR };
const early = 10 * MINUTE;
const minuteOf = (ms: number): number => new Date(ms).getUTCMinutes();
const code = (act: () => unknown): string => {
  try {
    act();
    return 'none';
  } catch (error) {
    return codeOf(error);
  }
};

describe('what a day of bookings means', () => {
  it('is current from its start, inclusive, to its end, exclusive', () => {
    const bookings = list(booking(0, 60), booking(60, 90));
    assert.deepEqual(
      [-1, 0, 59, 60, 89, 90].map((minutes) => currentOf(bookings, at(minutes))?.title ?? null),
      [null, '0 to 60', '0 to 60', '60 to 90', '60 to 90', null],
    );
    assert.equal(nextOf(bookings, at(0))?.title, '60 to 90');
    assert.equal(nextOf(bookings, at(60)), null);
  });

  it('takes the one that began last of those that overlap, and an all-day one only when there is no other', () => {
    const blocked = booking(-600, 840, { title: 'all day', allDay: true });
    const bookings = list(blocked, booking(0, 60), booking(30, 45));
    assert.equal(currentOf(bookings, at(40))?.title, '30 to 45');
    assert.equal(currentOf(bookings, at(50))?.title, '0 to 60');
    assert.equal(currentOf(bookings, at(70))?.title, 'all day');
    assert.equal(busyUntil(bookings, at(70)), blocked.endMs);
  });

  it('is busy over bookings that leave no gap, and free of those that are free or have no length', () => {
    const bookings = list(
      booking(0, 60),
      booking(60, 90),
      booking(80, 100),
      booking(100, 130, { isFree: true }),
      booking(105, 105),
      booking(110, 140),
    );
    assert.equal(busyUntil(bookings, at(10)), at(100));
    assert.equal(busyUntil(bookings, at(100)), null);
    assert.equal(busyUntil(bookings, at(105)), null);
    assert.equal(nextOf(bookings, at(100))?.title, '110 to 140');
    assert.deepEqual(bookings.map(isOccupying), [true, true, true, false, false, true]);
  });

  it('lists what can still take place today and the first after it', () => {
    const tomorrow = booking(24 * 60, 25 * 60);
    const bookings = list(booking(-60, 0), booking(-30, 30), booking(0, 0), booking(60, 90), tomorrow);
    const { today, after } = agendaOf(bookings, day, TEN);
    assert.deepEqual(
      today.map(({ title }) => title),
      ['-30 to 30', '0 to 0', '60 to 90'],
    );
    assert.equal(after, tomorrow);
  });

  it('drops events whose times make no sense, keeps each once, and no more than it can hold', async () => {
    const maker = new BookingMaker(testMeans);
    const twice = calendarEvent();
    const bad = [calendarEvent({ endMs: TEN - 1 }), calendarEvent({ startMs: NaN, endMs: NaN })];
    assert.equal((await maker.make([twice, ...bad, twice])).length, 1);
    const many = Array.from({ length: MOST_BOOKINGS + 5 }, (_, index) =>
      calendarEvent({ startMs: TEN + (MOST_BOOKINGS + 5 - index) * MINUTE }),
    );
    const kept = await maker.make(many);
    assert.equal(kept.length, MOST_BOOKINGS);
    assert.equal(kept.at(-1)?.startMs, TEN + MOST_BOOKINGS * MINUTE, 'the latest are cut off');
  });

  it('looks at texts again only when they have changed, and takes everything else as it is', async () => {
    let looked = 0;
    const maker = new BookingMaker({
      ...testMeans,
      findMeetingLink: (places) => (looked++, testMeans.findMeetingLink(places)),
    });
    const event = calendarEvent({ link: 'ours:1' });
    await maker.make([event, calendarEvent()]);
    const [longer] = await maker.make([{ ...event, endMs: event.endMs + MINUTE }]);
    assert.deepEqual([looked, longer?.endMs, longer?.meeting.kind], [2, event.endMs + MINUTE, 'joinable']);
    const [other] = await maker.make([{ ...event, places: { ...event.places, location: 'teams:1' } }]);
    assert.deepEqual([looked, other?.meeting.kind], [3, 'other']);
  });

  it('has ids that differ by occurrence, are the same each time and tell nothing', () => {
    const reference = { event: 'https://user:secret@host/cal.ics#uid', occurrence: 1, version: null };
    const first = toBooking(calendarEvent({ reference }), testMeans).id;
    assert.equal(toBooking(calendarEvent({ reference: { ...reference, version: '2' } }), testMeans).id, first);
    assert.notEqual(toBooking(calendarEvent({ reference: { ...reference, occurrence: 2 } }), testMeans).id, first);
    assert.match(first, /^[\w-]{22}$/);
  });
});

describe('which meeting one touch joins', () => {
  const ours = (from: number, to: number): Booking => booking(from, to, { link: `ours:${from}` });
  const offered = (bookings: readonly Booking[], minutes: number, skipped: Booking[] = []): string | null =>
    offeredOf(bookings, at(minutes), early, new Set(skipped.map(({ id }) => id)))?.title ?? null;

  it('opens ten minutes before its start and closes at its end', () => {
    const one = ours(0, 60);
    assert.deepEqual(
      [-10.01, -10, 0, 59.9, 60].map((minutes) => [phaseOf(one, at(minutes), early), canJoin(one, at(minutes), early)]),
      [
        ['later', false],
        ['soon', true],
        ['running', true],
        ['running', true],
        ['over', false],
      ],
    );
  });

  it('prefers the one running, of several the one that began last, then the one that begins next', () => {
    const bookings = list(ours(0, 60), ours(30, 60), ours(60, 90), ours(65, 90));
    assert.deepEqual(
      [-5, 10, 40, 55, 60].map((minutes) => offered(bookings, minutes)),
      ['0 to 60', '0 to 60', '30 to 60', '30 to 60', '60 to 90'],
    );
  });

  it('prefers what can be joined, and says otherwise why not; what has no link is not offered', () => {
    const teams = booking(0, 60, { link: 'teams:1' });
    assert.equal(offered(list(teams, booking(0, 60)), 10), '0 to 60');
    assert.equal(offered(list(teams, ours(60, 90)), 10), '0 to 60');
    assert.equal(offered(list(teams, ours(60, 90)), 55), '60 to 90');
    assert.equal(offered(list(booking(0, 60)), 10), null);
  });

  it('not this one: offers the others, and nothing when there is no other', () => {
    const [first, second] = [ours(0, 60), ours(30, 60)];
    const bookings = list(first, second);
    assert.equal(offered(bookings, 40, [second]), '0 to 60');
    assert.equal(offered(bookings, 40, [first, second]), null);
  });
});

describe('booking, extending and ending', () => {
  it('books from the minute that has begun, for the time asked', () => {
    const span = spanFromNow([], at(7.4), { minutes: 30 }, minuteOf);
    assert.deepEqual(span, { startMs: at(7), endMs: at(37) });
  });

  it('books up to the next quarter or half of an hour that is far enough', () => {
    const to = (minutes: number, wanted: 'quarter-hour' | 'half-hour'): number =>
      (spanFromNow([], at(minutes), { to: wanted }, minuteOf).endMs - TEN) / MINUTE;
    assert.deepEqual([to(7.4, 'quarter-hour'), to(10, 'quarter-hour'), to(11, 'quarter-hour')], [15, 15, 30]);
    assert.deepEqual([to(0, 'half-hour'), to(26, 'half-hour')], [30, 60]);
  });

  it('is shortened by the next booking, refused for under five minutes and while it is booked', () => {
    const bookings = list(booking(-30, 0), booking(20, 60));
    assert.equal(spanFromNow(bookings, at(2.5), { minutes: 60 }, minuteOf).endMs, at(20));
    assert.equal(spanFromNow(bookings, at(15.9), { minutes: 60 }, minuteOf).endMs, at(20));
    assert.equal(
      code(() => spanFromNow(bookings, at(16), { minutes: 60 }, minuteOf)),
      'calendar/no-time',
    );
    assert.equal(
      code(() => spanFromNow(bookings, at(20), { minutes: 60 }, minuteOf)),
      'calendar/busy',
    );
    assert.equal(tooLateToBook(at(20)), at(16));
  });

  it('does not begin before one that ended within this minute', () => {
    assert.equal(spanFromNow([booking(-30, 0.5)], at(0.8), { minutes: 15 }, minuteOf).startMs, at(0.5));
  });

  it('extends up to the next one at most', () => {
    const bookings = list(booking(0, 60), booking(80, 90));
    const [running] = bookings as [Booking];
    assert.equal(extendedEnd(bookings, running, at(30), 15), at(75));
    assert.equal(extendedEnd(bookings, running, at(30), 30), at(80));
    assert.deepEqual(extensionMinutes(bookings, running), [15, 20]);
    assert.deepEqual(extensionMinutes(list(running, booking(63, 90)), running), []);
    assert.deepEqual(extensionMinutes(list(running, booking(30, 90)), running), [], 'another one has the time already');
    assert.equal(
      code(() => extendedEnd(list(running, booking(64, 90)), running, at(30), 15)),
      'calendar/no-time',
    );
    assert.equal(
      code(() => extendedEnd(bookings, running, at(60), 15)),
      'calendar/not-running',
    );
  });

  it('ends at the minute that has begun, at least one after the start, and only while that changes something', () => {
    const running = booking(0, 60);
    assert.equal(endedNow(running, at(30.7)), at(30));
    assert.equal(endedNow(running, at(0.2)), at(1));
    assert.equal(canEnd(running, at(58.9)), true);
    assert.equal(canEnd(running, at(59)), false);
    assert.equal(
      code(() => endedNow(running, at(59))),
      'calendar/no-time',
    );
    const allDay = booking(-600, 840, { allDay: true });
    assert.equal(
      code(() => endedNow(allDay, TEN)),
      'calendar/all-day',
    );
    assert.deepEqual(extensionMinutes([allDay], allDay), []);
  });

  it('never books over another, whatever the day, and finds room exactly when it says so', () => {
    const span = fc.tuple(fc.integer({ min: -200, max: 200 }), fc.integer({ min: 0, max: 120 }), fc.boolean());
    const wanted = fc.constantFrom<Parameters<typeof spanFromNow>[2]>(
      { minutes: 15 },
      { minutes: 240 },
      { to: 'quarter-hour' },
      { to: 'half-hour' },
    );
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 12 }),
        fc.integer({ min: 0, max: 59 }),
        wanted,
        (spans, second, length) => {
          const bookings = list(
            ...spans.map(([from, minutes, isFree]) => booking(from / 2, from / 2 + minutes, { isFree })),
          );
          const nowMs = TEN + second * 1_000;
          const found = (() => {
            try {
              return spanFromNow(bookings, nowMs, length, minuteOf);
            } catch {
              return null;
            }
          })();
          assert.equal(found !== null, canBook(bookings, nowMs));
          if (!found) return;
          assert.ok(found.endMs - found.startMs >= 5 * MINUTE && found.startMs <= nowMs);
          const over = bookings.filter(
            (each) => isOccupying(each) && each.startMs < found.endMs && each.endMs > found.startMs,
          );
          assert.deepEqual(over, []);
        },
      ),
    );
  });
});

describe('days of a time zone', () => {
  const dayOf = (zone: string, ms: number): [string, string] => {
    const { startMs, endMs } = new LocalDays(zone).dayOf(ms);
    return [new Date(startMs).toISOString(), new Date(endMs).toISOString()];
  };

  it('are longer, shorter or begin at one when clocks change', () => {
    assert.deepEqual(dayOf('Europe/Paris', Date.UTC(2026, 9, 25, 12)), [
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    assert.deepEqual(dayOf('Europe/Paris', Date.UTC(2026, 2, 29, 0, 30)), [
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    assert.deepEqual(dayOf('America/Santiago', Date.UTC(2026, 8, 6, 12)), [
      '2026-09-06T04:00:00.000Z',
      '2026-09-07T03:00:00.000Z',
    ]);
  });

  it('hold their first moment and not their end', () => {
    const days = new LocalDays('Asia/Kathmandu');
    const { startMs, endMs } = days.dayOf(TEN);
    assert.deepEqual(days.dayOf(startMs), { startMs, endMs });
    assert.deepEqual(new LocalDays('Asia/Kathmandu').dayOf(endMs - 1), { startMs, endMs });
    assert.equal(days.dayOf(endMs).startMs, endMs);
    assert.equal(days.minuteOf(Date.UTC(2026, 10, 26, 9, 0)), 45);
  });
});
