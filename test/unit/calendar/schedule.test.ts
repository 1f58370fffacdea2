import assert from 'node:assert/strict';
import { codeOf } from '../../../src/lib/errors.ts';
import type { LogFields, Logger } from '../../../src/lib/log.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { CalendarError } from '../../../src/calendar/calendar-error.ts';
import { hasCalendarText } from '../../../src/calendar/calendar-texts.ts';
import type { RoomSchedule } from '../../../src/calendar/schedule.ts';
import type { ScheduleView } from '../../../src/calendar/schedule-state.ts';
import { pass, passUntil, settle } from '../../support/manual-time.ts';
import {
  calendarEvent,
  HOUR,
  JumpingClock,
  MemoryStore,
  MINUTE,
  roomSchedule,
  ScriptedCalendar,
  TEN,
} from '../../support/scripted-calendar.ts';

const titles = ({ bookings }: ScheduleView): (string | null)[] => bookings.map(({ title }) => title);
const STEP = 5_000;

describe("the room's schedule", () => {
  let clock: JumpingClock;
  let source: ScriptedCalendar;
  let schedule: RoomSchedule;

  const begin = async (options: Parameters<typeof roomSchedule>[2] = {}): Promise<void> => {
    schedule = roomSchedule(source, clock, options);
    await schedule.start();
    await settle();
  };
  const codes = (): string[] => schedule.problems.map(({ code }) => code);

  beforeEach(() => {
    clock = new JumpingClock(TEN);
    source = new ScriptedCalendar([
      calendarEvent({ title: 'Now', startMs: TEN - HOUR, endMs: TEN + HOUR, link: 'ours:now' }),
      calendarEvent({ title: 'Lunch', startMs: TEN + 2 * HOUR }),
      calendarEvent({ title: 'Tomorrow', startMs: TEN + 24 * HOUR }),
      calendarEvent({ title: 'Day after', startMs: TEN + 48 * HOUR }),
    ]);
  });

  afterEach(async () => {
    await schedule.close();
    assert.equal(clock.pending, 0, 'no timer is left');
    assert.equal(source.closed, true);
    assert.ok(source.mostAtOnce <= 1, 'one at a time');
  });

  describe('reading', () => {
    it('is loading, then shows the day and the first booking after it', async () => {
      schedule = roomSchedule(source, clock);
      assert.deepEqual([schedule.view.state, schedule.view.bookings], ['loading', []]);
      await schedule.start();
      await settle();
      const { view } = schedule;
      assert.deepEqual([view.state, view.readAt, view.source, view.isWritable], ['fresh', TEN, 'caldav', true]);
      assert.deepEqual(titles(view), ['Now', 'Lunch', 'Tomorrow']);
      assert.deepEqual([view.busyUntil, view.freeUntil], [TEN + HOUR, null]);
      assert.equal(view.current, view.bookings[0]?.id);
      assert.equal(view.next, view.bookings[1]?.id);
      const [window] = source.windows;
      const midnight = TEN - 10 * HOUR;
      assert.deepEqual(window, { startMs: midnight - 12 * HOUR, endMs: midnight + 8 * 24 * HOUR });
    });

    it('goes on every minute, and tells only changes and new readings', async () => {
      await begin();
      let told = 0;
      schedule.onChange(() => (told += 1));
      await pass(clock, 10 * MINUTE, STEP);
      assert.equal(source.asked.length, 11);
      assert.equal(told, 10);
    });

    it('changes at the minute it should, without being asked', async () => {
      await begin({ wishes: { pollMs: 30 * MINUTE } });
      clock.advance(HOUR - 1);
      assert.equal(schedule.view.busyUntil, TEN + HOUR);
      clock.advance(1);
      assert.deepEqual([schedule.view.busyUntil, schedule.view.freeUntil], [null, TEN + 2 * HOUR]);
      assert.deepEqual(titles(schedule.view), ['Lunch', 'Tomorrow']);
      clock.advance(50 * MINUTE);
      assert.equal(schedule.view.bookings[0]?.phase, 'soon');
      clock.advance(6 * MINUTE);
      assert.equal(schedule.view.canBook, false, 'too little is left');
      clock.advance(4 * MINUTE);
      assert.equal(schedule.view.bookings[0]?.phase, 'running');
    });

    it('failing-once: says nothing and keeps the list', async () => {
      await begin();
      source.fail('calendar/unreachable');
      await pass(clock, MINUTE, STEP);
      assert.deepEqual([schedule.view.state, schedule.view.readAt], ['fresh', TEN]);
      source.readFailure = null;
      await pass(clock, MINUTE, STEP);
      assert.deepEqual(codes(), []);
      assert.ok((schedule.view.readAt ?? 0) > TEN + MINUTE);
    });

    it('failing-long: the list stays with its age, and the problem is there as long as it lasts', async () => {
      await begin();
      source.fail('calendar/unreachable');
      await pass(clock, 4 * MINUTE, STEP);
      assert.deepEqual([schedule.view.state, schedule.view.readAt], ['stale', TEN]);
      assert.deepEqual(titles(schedule.view), ['Now', 'Lunch', 'Tomorrow']);
      const [problem] = schedule.problems;
      assert.equal(problem?.code, 'calendar/unreachable');
      assert.ok(problem.since <= TEN + MINUTE && problem.message !== '' && problem.action !== '');
      source.readFailure = null;
      await pass(clock, 6 * MINUTE, STEP);
      assert.deepEqual([schedule.view.state, codes()], ['fresh', []]);
    });

    it('never-read: says so and shows no empty day as if it were one', async () => {
      source.fail('calendar/refused');
      await begin();
      assert.deepEqual([schedule.view.state, schedule.view.readAt, codes()], ['failed', null, ['calendar/refused']]);
      assert.equal(schedule.view.canBook, false);
    });

    it('does not hammer: waits longer each time, up to five minutes, and a refused account at least a minute', async () => {
      source.fail('calendar/unreachable');
      await begin();
      await pass(clock, HOUR, STEP);
      assert.ok(source.asked.length >= 12 && source.asked.length <= 24, `${source.asked.length} times in an hour`);
      const before = source.asked.length;
      source.fail('calendar/refused');
      await pass(clock, 10 * MINUTE, STEP);
      assert.ok(source.asked.length - before <= 10);
    });

    it('throttled: asks nothing before the service allows it, not even for a person', async () => {
      await begin();
      source.fail('calendar/throttled', 10 * MINUTE);
      await pass(clock, MINUTE, STEP);
      const asked = source.asked.length;
      await assert.rejects(schedule.refresh(), { code: 'calendar/throttled' });
      await assert.rejects(schedule.book({ minutes: 15 }), { code: 'calendar/throttled' });
      await pass(clock, 9 * MINUTE, STEP);
      assert.equal(source.asked.length, asked);
      assert.deepEqual(codes(), ['calendar/throttled']);
      source.readFailure = null;
      await pass(clock, 2 * MINUTE, STEP);
      assert.deepEqual([schedule.view.state, codes()], ['fresh', []]);
    });

    it('hanging: is given up after half a minute and tried again', async () => {
      await begin();
      source.hangs = true;
      await pass(clock, 4 * MINUTE, STEP);
      assert.deepEqual([schedule.view.state, codes()], ['stale', ['calendar/unreachable']]);
      assert.ok(source.asked.length >= 4);
      source.hangs = false;
      await pass(clock, 4 * MINUTE, STEP);
      assert.equal(schedule.view.state, 'fresh');
    });

    it('slept: reads at once when the wall clock has jumped', async () => {
      await begin({ wishes: { pollMs: 30 * MINUTE } });
      clock.jump(65 * MINUTE);
      await pass(clock, 15_000, STEP);
      assert.equal(source.asked.length, 2);
      assert.deepEqual([schedule.view.state, schedule.view.busyUntil], ['fresh', null]);
    });

    it('tells of what cannot be used of a calendar, each code once, as long as it is there', async () => {
      source.problems = [
        { code: 'calendar/event-malformed', event: 'a' },
        { code: 'calendar/event-malformed', event: 'b' },
        { code: 'calendar/time-zone-unknown', event: 'c' },
      ];
      await begin();
      await pass(clock, 2 * MINUTE, STEP);
      assert.deepEqual(codes(), ['calendar/event-malformed', 'calendar/time-zone-unknown']);
      assert.equal(schedule.problems[0]?.since, TEN);
      assert.ok(codes().every(hasCalendarText));
      source.problems = [];
      await pass(clock, MINUTE, STEP);
      assert.deepEqual(codes(), []);
    });

    it('hides the titles of private bookings, and all where the room shows none', async () => {
      source.events = [calendarEvent({ isPrivate: true, title: 'Secret', organizer: 'Ana' }), calendarEvent()];
      await begin();
      assert.deepEqual(titles(schedule.view), [null, 'Budget']);
      assert.equal(schedule.view.bookings[0]?.organizer, null);
      await schedule.close();
      await begin({ wishes: { showsTitles: false } });
      assert.deepEqual(titles(schedule.view), [null, null]);
    });

    it('shows at most fifty, what matters among them, and how many more there are', async () => {
      source.events = Array.from({ length: 120 }, (_, index) =>
        calendarEvent({ title: `${index}`, startMs: TEN + index * 5 * MINUTE, endMs: TEN + (index + 1) * 5 * MINUTE }),
      );
      source.events.push(calendarEvent({ title: 'Tomorrow', startMs: TEN + 24 * HOUR }));
      await begin();
      await schedule.refresh();
      assert.equal(schedule.view.bookings.length, 50);
      assert.equal(schedule.view.omitted, 71);
      assert.ok(titles(schedule.view).includes('Tomorrow') && titles(schedule.view).includes('0'));
    });

    it('tests the calendar and says in words what came of it', async () => {
      await begin();
      const good = await schedule.test();
      assert.deepEqual([good.ok, good.code, good.bookings], [true, null, 4]);
      source.fail('calendar/refused');
      const bad = await schedule.test();
      assert.deepEqual([bad.ok, bad.code], [false, 'calendar/refused']);
      assert.ok(bad.message !== '' && bad.action !== '');
    });

    it('computes the state of two thousand bookings in a few milliseconds', async () => {
      source.events = Array.from({ length: 2_000 }, (_, index) =>
        calendarEvent({ startMs: TEN + index * 5 * MINUTE, endMs: TEN + (index + 1) * 5 * MINUTE }),
      );
      await begin();
      await schedule.refresh();
      const times = Array.from({ length: 15 }, (_, index) => {
        const began = performance.now();
        schedule.setOccupied(index % 2 === 0);
        return performance.now() - began;
      }).sort((a, b) => a - b);
      assert.ok((times[7] ?? Infinity) < 10, `${times[7]} ms`);
    });
  });

  describe('over a restart', () => {
    it('shows the last list with its age before anything is read, and keeps it when nothing can be', async () => {
      const store = new MemoryStore();
      await begin({ store });
      await schedule.close();
      clock.advance(30 * MINUTE);
      source.fail('calendar/unreachable');
      source.closed = false;
      schedule = roomSchedule(source, clock, { store });
      await schedule.start();
      assert.deepEqual([schedule.view.state, schedule.view.readAt], ['stale', TEN]);
      assert.deepEqual(titles(schedule.view), ['Now', 'Lunch', 'Tomorrow']);
      await settle();
      assert.deepEqual([schedule.view.state, codes()], ['stale', ['calendar/unreachable']]);
      assert.equal(schedule.linkOf(schedule.view.bookings[0]?.id ?? ''), 'ours:now', 'and can be joined');
    });

    it('does not show what was kept of another calendar, of another version, or nothing sensible', async () => {
      const store = new MemoryStore();
      await begin({ store });
      await schedule.close();
      const kept = store.text ?? '';
      source.fail('calendar/unreachable');
      const broken = [kept.slice(0, -20), kept.replace('"format":1', '"format":2'), '', '[]', '{"format":1}'];
      for (const text of [...broken, kept]) {
        store.text = text;
        await begin({ store, identity: text === kept ? 'another calendar' : 'calendar of the tests' });
        assert.deepEqual([schedule.view.state, schedule.view.bookings], ['failed', []]);
        await schedule.close();
      }
    });

    it('too-old: a list that does not reach today says nothing of it', async () => {
      const store = new MemoryStore();
      await begin({ store });
      await schedule.close();
      source.fail('calendar/unreachable');
      clock.advance(9 * 24 * HOUR);
      await begin({ store });
      assert.deepEqual([schedule.view.state, schedule.view.readAt, schedule.view.bookings], ['failed', null, []]);
    });

    it('is written when something has changed, else seldom', async () => {
      const store = new MemoryStore();
      await begin({ store });
      await pass(clock, 9 * MINUTE, STEP);
      assert.equal(store.writes, 1);
      await pass(clock, 3 * MINUTE, STEP);
      assert.equal(store.writes, 2);
      source.events.pop();
      await pass(clock, MINUTE, STEP);
      assert.equal(store.writes, 3);
    });

    it('a store that fails costs nothing but itself', async () => {
      const fail = (): Promise<never> => Promise.reject(new Error('disk'));
      await begin({ store: { read: fail, write: fail } });
      assert.equal(schedule.view.state, 'fresh');
    });
  });

  describe('changing', () => {
    beforeEach(() => {
      source.events = [calendarEvent({ title: 'Lunch', startMs: TEN + 40 * MINUTE })];
    });

    it('books, shows it at once as checked in and made here, and reads before and after', async () => {
      await begin();
      const booking = await schedule.book({ minutes: 60 });
      assert.deepEqual(
        [booking.title, booking.startsAt, booking.endsAt],
        ['Booked in the room', TEN, TEN + 40 * MINUTE],
      );
      assert.deepEqual([booking.isCheckedIn, booking.madeHere, booking.phase], [true, true, 'running']);
      assert.equal(schedule.view.current, booking.id);
      await settle();
      assert.deepEqual(source.asked, ['read', 'read', 'create', 'read']);
      assert.equal(schedule.view.current, booking.id);
    });

    it('booked-elsewhere: finds it by reading and books over nobody', async () => {
      await begin();
      source.events.push(calendarEvent({ title: 'Just now', startMs: TEN }));
      await assert.rejects(schedule.book({ minutes: 15 }), { code: 'calendar/busy' });
      assert.equal(source.asked.includes('create'), false);
      assert.ok(titles(schedule.view).includes('Just now'));
    });

    it('two taps make one booking', async () => {
      await begin();
      const outcomes = await Promise.allSettled([schedule.book({ minutes: 15 }), schedule.book({ minutes: 15 })]);
      assert.deepEqual(
        outcomes.map((each) => (each.status === 'fulfilled' ? 'made' : codeOf(each.reason))),
        ['made', 'calendar/busy'],
      );
    });

    it('unreachable: changes nothing and says so', async () => {
      await begin();
      source.fail('calendar/unreachable');
      await assert.rejects(schedule.book({ minutes: 15 }), { code: 'calendar/unreachable' });
      assert.deepEqual(titles(schedule.view), ['Lunch']);
    });

    it('read-only: is not even asked', async () => {
      source.isWritable = false;
      await begin();
      await assert.rejects(schedule.book({ minutes: 15 }), { code: 'calendar/read-only' });
      assert.deepEqual([schedule.view.canBook, schedule.view.extendMinutes], [false, []]);
      assert.deepEqual(source.asked, ['read']);
    });

    it('extends, at most to the next one, and ends early, so that the room is free', async () => {
      await begin();
      const { id } = await schedule.book({ minutes: 15 });
      assert.deepEqual(schedule.view.extendMinutes, [15, 25]);
      assert.equal((await schedule.extend(id, 30)).endsAt, TEN + 40 * MINUTE);
      assert.deepEqual([schedule.view.extendMinutes, schedule.view.canEnd], [[], true]);
      clock.advance(10.5 * MINUTE);
      const ended = await schedule.end(id);
      assert.deepEqual([ended.endsAt, ended.phase], [TEN + 10 * MINUTE, 'over']);
      assert.deepEqual([schedule.view.current, schedule.view.canBook], [null, true]);
      await assert.rejects(schedule.end(id), { code: 'calendar/not-running' });
      await assert.rejects(schedule.end('gone'), { code: 'calendar/unknown-booking' });
    });

    it('conflict: says so, and shows what it is now', async () => {
      await begin();
      const { id } = await schedule.book({ minutes: 15 });
      source.beforeChange = () => {
        source.beforeChange = () => undefined;
        source.events = source.events.map((each) =>
          each.title === 'Booked in the room'
            ? { ...each, endMs: TEN + 20 * MINUTE, reference: { ...each.reference, version: 'theirs' } }
            : each,
        );
      };
      await assert.rejects(schedule.extend(id, 15), { code: 'calendar/conflict' });
      assert.equal(schedule.view.busyUntil, TEN + 20 * MINUTE);
      assert.equal((await schedule.extend(id, 15)).endsAt, TEN + 35 * MINUTE);
    });

    it('hanging: is given up while the person still looks', async () => {
      await begin();
      source.hangs = true;
      await assert.rejects(passUntil(clock, schedule.book({ minutes: 15 }), 11_000, 100), {
        code: 'calendar/unreachable',
      });
    });

    it('hanging-poll: a person waits five seconds for it at most', async () => {
      await begin();
      source.hangs = true;
      await pass(clock, MINUTE + STEP, STEP);
      assert.deepEqual(source.asked, ['read', 'read']);
      source.hangs = false;
      const booking = await passUntil(clock, schedule.book({ minutes: 15 }), 5_500, 100);
      assert.equal(booking.phase, 'running');
    });

    it('closing: what waits is refused', async () => {
      await begin();
      source.hangs = true;
      const asked = schedule.book({ minutes: 15 });
      const waiting = schedule.book({ minutes: 15 });
      await settle();
      const closed = schedule.close();
      await assert.rejects(asked, { code: 'calendar/unreachable' });
      await assert.rejects(waiting, { code: 'calendar/unreachable' });
      await closed;
    });
  });

  describe('joining', () => {
    const idOf = (title: string): string => schedule.view.bookings.find((each) => each.title === title)?.id ?? '';
    beforeEach(() => {
      source.events = [
        calendarEvent({ title: 'Ours', link: 'ours:#secret' }),
        calendarEvent({ title: 'Later', startMs: TEN + HOUR, link: 'ours:#later' }),
        calendarEvent({ title: 'Teams', startMs: TEN + 1, endMs: TEN + 2, link: 'teams:1' }),
        calendarEvent({ title: 'Broken', startMs: TEN + 2, endMs: TEN + 3, link: 'broken:1' }),
        calendarEvent({ title: 'None', startMs: TEN + 3, endMs: TEN + 4 }),
      ];
    });

    it('gives the link of one that can be joined now, and says why not of the others', async () => {
      await begin();
      assert.equal(schedule.linkOf(idOf('Ours')), 'ours:#secret');
      for (const [title, code] of [
        ['Later', 'calendar/not-open-yet'],
        ['Teams', 'calendar/not-joinable'],
        ['Broken', 'calendar/not-joinable'],
        ['None', 'calendar/not-joinable'],
        ['Gone', 'calendar/unknown-booking'],
      ] as const)
        assert.throws(() => schedule.linkOf(idOf(title)), { code }, title);
    });

    it('never shows or logs a link', async () => {
      const lines: string[] = [];
      const note = (text: string, fields?: LogFields): void => void lines.push(text + JSON.stringify(fields));
      const logger: Logger = { ...silentLogger, info: note, warn: note, error: note };
      await begin({ logger });
      source.readFailure = new CalendarError('calendar/refused', 'x', { cause: new Error('ours:#secret') });
      await pass(clock, 2 * MINUTE, STEP);
      schedule.joined({ link: 'ours:#secret' });
      assert.ok(lines.length > 0);
      const shown = JSON.stringify([schedule.view, schedule.offered, schedule.problems, lines]);
      assert.equal(shown.includes('secret'), false);
    });

    it('in-call: knows whose meeting it is, by id, by link, or by whose time it is, also past its end', async () => {
      await begin();
      schedule.setInCall(true);
      schedule.joined({ booking: idOf('Ours') });
      assert.equal(schedule.view.inCall, idOf('Ours'));
      assert.equal(schedule.view.bookings.find(({ title }) => title === 'Ours')?.isCheckedIn, true);
      await pass(clock, HOUR + MINUTE, STEP);
      assert.equal(schedule.view.current, idOf('Later'));
      const ours = schedule.view.bookings.find(({ title }) => title === 'Ours');
      assert.deepEqual([ours?.phase, schedule.view.inCall], ['over', ours?.id]);
      schedule.setInCall(false);
      assert.equal(schedule.view.inCall, null);
      assert.equal(idOf('Ours'), '');
      schedule.setInCall(true);
      schedule.joined({ link: 'ours:#later' });
      assert.equal(schedule.view.inCall, idOf('Later'));
      schedule.joined({ link: 'ours:#elsewhere' });
      assert.equal(schedule.view.inCall, idOf('Later'));
    });

    it('not this one: offers another', async () => {
      source.events = [
        calendarEvent({ title: 'First', link: 'ours:1' }),
        calendarEvent({ title: 'Second', startMs: TEN + MINUTE, link: 'ours:2' }),
      ];
      await begin();
      clock.advance(2 * MINUTE);
      assert.equal(schedule.offered?.title, 'Second');
      schedule.skip(idOf('Second'));
      assert.equal(schedule.offered?.title, 'First');
      schedule.skip(idOf('First'));
      assert.equal(schedule.offered, null);
    });
  });
});
