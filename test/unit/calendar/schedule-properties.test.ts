import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CalendarErrorCode } from '../../../src/calendar/calendar-error.ts';
import { CalendarError } from '../../../src/calendar/calendar-error.ts';
import type { CalendarEvent } from '../../../src/calendar/calendar-event.ts';
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
} from '../../support/scripted-calendar.ts';

type Step =
  | { readonly do: 'book' | 'extend'; readonly minutes: number }
  | { readonly do: 'end' | 'check-in' | 'use' | 'refresh' | 'mend' | 'restart' }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'fail' | 'fail-changes'; readonly code: CalendarErrorCode }
  | { readonly do: 'hang' }
  | { readonly do: 'elsewhere'; readonly from: number; readonly minutes: number };

const minutes = fc.constantFrom(5, 15, 30, 60, 240);
const code = fc.constantFrom<CalendarErrorCode>(
  'calendar/unreachable',
  'calendar/throttled',
  'calendar/refused',
  'calendar/not-found',
  'calendar/conflict',
  'calendar/unreadable',
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('book' as const, 'extend' as const), minutes }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom<'end' | 'check-in' | 'use' | 'refresh' | 'mend' | 'restart'>(
        'end',
        'check-in',
        'use',
        'refresh',
        'mend',
        'restart',
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20 * MINUTE }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('fail' as const, 'fail-changes' as const), code }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hang' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('elsewhere' as const),
      from: fc.integer({ min: 0, max: 30 }),
      minutes: fc.integer({ min: 5, max: 90 }),
    }),
  },
);

const overlap = (a: CalendarEvent, b: CalendarEvent): boolean => a.startMs < b.endMs && b.startMs < a.endMs;

describe('the schedule, whatever happens to it', () => {
  it('never shows an empty day because of an error, never books over another, and leaves nothing behind', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const clock = new JumpingClock(TEN);
        const store = new MemoryStore();
        const source = new ScriptedCalendar([
          calendarEvent({ title: 'Theirs', startMs: TEN + 30 * MINUTE, endMs: TEN + HOUR }),
          calendarEvent({ title: 'Never over', startMs: TEN + 24 * HOUR, endMs: TEN + 48 * HOUR }),
        ]);
        const release = { afterMinutes: 10, exceptTitles: ['never'], exceptHours: 0, exceptOrganizers: [] };
        const make = (): ReturnType<typeof roomSchedule> => roomSchedule(source, clock, { store, wishes: { release } });
        let schedule = make();
        await schedule.start();
        await settle();

        const check = (): void => {
          const { view, problems } = schedule;
          // One booking is never over: a list without it was made up.
          assert.ok(
            view.bookings.some(({ title }) => title === 'Never over'),
            `empty while ${view.state}`,
          );
          assert.ok(view.state === 'fresh' || view.state === 'stale');
          assert.equal(view.current !== null, view.busyUntil !== null);
          assert.ok(view.busyUntil === null || view.busyUntil > clock.wallMs());
          assert.ok(view.freeUntil === null || view.freeUntil > clock.wallMs());
          for (const id of [view.current, view.next, view.releasing?.booking ?? null])
            assert.ok(id === null || view.bookings.some((each) => each.id === id));
          assert.equal(new Set(problems.map((each) => each.code)).size, problems.length);
        };
        const attempt = async (asked: () => Promise<unknown>): Promise<void> => {
          let settled = false;
          const done = asked()
            .catch((error: unknown) => assert.match(String(error), /calendar\//))
            .finally(() => (settled = true));
          for (let waited = 0; !settled && waited < 40; waited++) await pass(clock, 1_000, 1_000);
          assert.ok(settled, 'a person is answered');
          await done;
        };
        const take = async (each: Step): Promise<void> => {
          const current = schedule.view.current ?? 'none';
          switch (each.do) {
            case 'book':
              return attempt(() => schedule.book({ minutes: each.minutes }));
            case 'extend':
              return attempt(() => schedule.extend(current, each.minutes));
            case 'end':
              return attempt(() => schedule.end(current));
            case 'refresh':
              return attempt(() => schedule.refresh());
            case 'check-in':
              return attempt(async () => schedule.checkIn(current));
            case 'use':
              return schedule.used();
            case 'pass':
              return pass(clock, each.ms, 10_000);
            case 'fail':
              return source.fail(each.code, each.code === 'calendar/throttled' ? 2 * MINUTE : null);
            case 'fail-changes':
              source.changeFailure = new CalendarError(each.code, 'As scripted');
              return;
            case 'hang':
              source.hangs = true;
              return;
            case 'mend':
              source.readFailure = source.changeFailure = null;
              source.hangs = false;
              return;
            case 'elsewhere': {
              // Calendars of others take no booking over another.
              const nowMs = clock.wallMs();
              const event = calendarEvent({
                title: 'Elsewhere',
                startMs: nowMs + each.from * MINUTE,
                endMs: nowMs + (each.from + each.minutes) * MINUTE,
              });
              if (!source.events.some((other) => overlap(event, other))) source.events.push(event);
              return;
            }
            case 'restart':
              await schedule.close();
              assert.equal(clock.pending, 0);
              schedule = make();
              return schedule.start();
          }
        };
        for (const each of steps) {
          await take(each);
          check();
          await settle();
          check();
        }
        const over = source.events.filter((a, index) =>
          source.events.some((b, other) => other > index && overlap(a, b)),
        );
        assert.deepEqual(over, [], 'booked over another');
        await schedule.close();
        assert.equal(clock.pending, 0, 'a timer is left');
        assert.ok(source.mostAtOnce <= 1);
      }),
      { numRuns: 100 },
    );
  });
});
