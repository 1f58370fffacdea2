import assert from 'node:assert/strict';
import type { CalendarErrorCode } from '../../src/calendar/calendar-error.ts';
import { CalendarError } from '../../src/calendar/calendar-error.ts';
import type { CalendarEvent, TimeWindow } from '../../src/calendar/calendar-event.ts';
import type { CalendarSource } from '../../src/calendar/calendar-source.ts';

/** An event that somebody else puts into the calendar. */
export interface SeededEvent extends TimeWindow {
  readonly title: string;
  /** Every day at the same time, this often; 1: no series. */
  readonly days?: number;
  readonly isCancelled?: boolean;
  readonly isPrivate?: boolean;
  readonly isFree?: boolean;
  /** From midnight to midnight in Berlin. */
  readonly allDay?: boolean;
}

/** A calendar of the room, seen from both sides. */
export interface CalendarBench {
  readonly source: CalendarSource;
  /** The same calendar as a room sees it that has just started. */
  reopen(): CalendarSource;
  seed(event: SeededEvent): Promise<void>;
  /** Somebody else gives the event of this title another one. */
  rename(from: string, to: string): Promise<void>;
  erase(title: string): Promise<void>;
  /** Where there is a server: answers come no more, but connections are taken. */
  readonly hang?: () => Promise<void>;
  readonly disappear?: () => Promise<void>;
  readonly refuse?: () => Promise<void>;
  close(): Promise<void>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday 2026-03-02 00:00 in Berlin. */
export const midnight = Date.UTC(2026, 2, 1, 23);
const week: TimeWindow = { startMs: midnight, endMs: midnight + 5 * DAY };
const never = new AbortController().signal;

const at = (day: number, hour: number, hours = 1): TimeWindow => ({
  startMs: midnight + day * DAY + hour * HOUR,
  endMs: midnight + day * DAY + (hour + hours) * HOUR,
});

const rejectsWith = (code: CalendarErrorCode) => (error: unknown) => {
  assert.ok(error instanceof CalendarError, `a CalendarError, not ${String(error)}`);
  assert.equal(error.code, code);
  return true;
};

export interface CalendarTraits {
  readonly isWritable: boolean;
  readonly hasServer: boolean;
}

/** What every `CalendarSource` keeps. */
export function calendarContract(name: string, traits: CalendarTraits, make: () => Promise<CalendarBench>): void {
  describe(`CalendarSource: ${name}`, () => {
    let bench: CalendarBench;
    let sources: CalendarSource[];

    beforeEach(async () => {
      bench = await make();
      sources = [bench.source];
    });

    afterEach(async () => {
      await Promise.all(sources.map((source) => source.close()));
      await bench.close();
    });

    const read = async (window = week, source = bench.source): Promise<readonly CalendarEvent[]> => {
      const { events, problems } = await source.read(window, never);
      assert.deepEqual(problems, []);
      return events;
    };
    const titles = async (window = week): Promise<string[]> => (await read(window)).map(({ title }) => title);
    const only = async (title: string): Promise<CalendarEvent> => {
      const found = (await read()).filter((event) => event.title === title);
      assert.equal(found.length, 1, `one event of the title ${title}`);
      return found[0] as CalendarEvent;
    };

    it('reads an empty calendar', async () => {
      assert.deepEqual(await read(), []);
    });

    it('reads what overlaps the window, by start', async () => {
      await bench.seed({ title: 'second', ...at(1, 10) });
      await bench.seed({ title: 'first', ...at(0, 9) });
      await bench.seed({ title: 'into the window', startMs: week.startMs - HOUR, endMs: week.startMs + HOUR });
      await bench.seed({ title: 'out of the window', startMs: week.endMs - HOUR, endMs: week.endMs + HOUR });
      await bench.seed({ title: 'before', startMs: week.startMs - HOUR, endMs: week.startMs });
      await bench.seed({ title: 'after', startMs: week.endMs, endMs: week.endMs + HOUR });
      const events = await read();
      assert.deepEqual(
        events.map(({ title, startMs, endMs }) => ({ title, startMs, endMs })),
        [
          { title: 'into the window', startMs: week.startMs - HOUR, endMs: week.startMs + HOUR },
          { title: 'first', ...at(0, 9) },
          { title: 'second', ...at(1, 10) },
          { title: 'out of the window', startMs: week.endMs - HOUR, endMs: week.endMs + HOUR },
        ],
      );
    });

    it('gives what it read again when nothing has changed', async () => {
      await bench.seed({ title: 'steady', ...at(0, 9) });
      await bench.seed({ title: 'daily', ...at(0, 11), days: 3 });
      assert.deepEqual(await read(), await read());
    });

    it('sees what others add, change and take away', async () => {
      await bench.seed({ title: 'old', ...at(0, 9) });
      await bench.seed({ title: 'going', ...at(0, 12) });
      assert.deepEqual(await titles(), ['old', 'going']);
      await bench.rename('old', 'renamed');
      await bench.erase('going');
      await bench.seed({ title: 'new', ...at(2, 9) });
      assert.deepEqual(await titles(), ['renamed', 'new']);
    });

    it('follows a window that moves', async () => {
      await bench.seed({ title: 'this week', ...at(1, 9) });
      await bench.seed({ title: 'next month', ...at(31, 9) });
      assert.deepEqual(await titles(), ['this week']);
      assert.deepEqual(await titles({ startMs: week.startMs + 30 * DAY, endMs: week.endMs + 30 * DAY }), [
        'next month',
      ]);
      assert.deepEqual(await titles(), ['this week']);
    });

    it('gives each occurrence of a series, of the same event and told apart by its original start', async () => {
      await bench.seed({ title: 'daily', ...at(-1, 11), days: 4 });
      const events = await read();
      assert.deepEqual(
        events.map(({ startMs }) => startMs),
        [at(0, 11), at(1, 11), at(2, 11)].map(({ startMs }) => startMs),
      );
      assert.deepEqual(
        events.map(({ reference }) => reference.occurrence),
        events.map(({ startMs }) => startMs),
      );
      assert.equal(new Set(events.map(({ reference }) => reference.event)).size, 1);
      assert.ok(events.every(({ isSeries, title }) => isSeries && title === 'daily'));
    });

    it('leaves out what is cancelled', async () => {
      await bench.seed({ title: 'on', ...at(0, 9) });
      await bench.seed({ title: 'off', ...at(0, 10), isCancelled: true });
      assert.deepEqual(await titles(), ['on']);
    });

    it('tells private, free and all-day events', async () => {
      await bench.seed({ title: 'plain', ...at(0, 9) });
      await bench.seed({ title: 'private', ...at(0, 10), isPrivate: true });
      await bench.seed({ title: 'free', ...at(0, 11), isFree: true });
      await bench.seed({ title: 'day', ...at(2, 0, 24), allDay: true });
      assert.deepEqual(
        (await read()).map(({ title, isPrivate, isFree, allDay, reference }) => [
          title,
          isPrivate,
          isFree,
          allDay,
          reference.occurrence,
        ]),
        [
          ['plain', false, false, false, null],
          ['private', true, false, false, null],
          ['free', false, true, false, null],
          ['day', false, false, true, null],
        ],
      );
      const day = await only('day');
      assert.deepEqual({ startMs: day.startMs, endMs: day.endMs }, at(2, 0, 24));
    });

    it('does not begin when it is aborted already', async () => {
      const reason = new Error('not any more');
      await assert.rejects(bench.source.read(week, AbortSignal.abort(reason)), reason);
    });

    it('can be closed twice', async () => {
      await bench.source.close();
      await bench.source.close();
    });

    if (traits.hasServer) {
      it('gives up an answer that does not come when it is aborted', async () => {
        await bench.seed({ title: 'kept', ...at(0, 9) });
        await bench.hang?.();
        const abort = new AbortController();
        const reason = new Error('not any more');
        const reading = bench.source.read(week, abort.signal);
        abort.abort(reason);
        await assert.rejects(reading, reason);
      });

      it('says when the server is not there', async () => {
        await bench.disappear?.();
        await assert.rejects(bench.source.read(week, never), rejectsWith('calendar/unreachable'));
      });

      it('says when its credentials are not taken', async () => {
        await bench.refuse?.();
        await assert.rejects(bench.source.read(week, never), rejectsWith('calendar/refused'));
      });
    }

    it('says whether it takes changes, and takes none when it does not', async () => {
      assert.equal(bench.source.isWritable, traits.isWritable);
      if (traits.isWritable) return;
      await bench.seed({ title: 'theirs', ...at(0, 9) });
      const { reference } = await only('theirs');
      const refusal = rejectsWith('calendar/read-only');
      await assert.rejects(bench.source.create({ title: 'ours', ...at(1, 9) }, never), refusal);
      await assert.rejects(bench.source.changeEnd(reference, at(0, 9, 2).endMs, never), refusal);
      await assert.rejects(bench.source.release(reference, never), refusal);
    });

    if (!traits.isWritable) return;

    describe('writing', () => {
      it('creates a booking that is read as it was returned', async () => {
        const made = await bench.source.create({ title: 'Äußerst wichtig; ja, "sehr"', ...at(1, 9) }, never);
        assert.equal(made.title, 'Äußerst wichtig; ja, "sehr"');
        assert.deepEqual({ startMs: made.startMs, endMs: made.endMs }, at(1, 9));
        assert.deepEqual([made.isSeries, made.isFree, made.allDay, made.isPrivate], [false, false, false, false]);
        assert.deepEqual(await read(), [made]);
      });

      it('creates two bookings that are told apart', async () => {
        const [first, second] = [
          await bench.source.create({ title: 'same', ...at(1, 9) }, never),
          await bench.source.create({ title: 'same', ...at(1, 9) }, never),
        ];
        assert.notEqual(first.reference.event, second.reference.event);
        assert.equal((await read()).length, 2);
      });

      it('changes the end of an event', async () => {
        await bench.seed({ title: 'theirs', ...at(0, 9) });
        const { reference } = await only('theirs');
        const changed = await bench.source.changeEnd(reference, at(0, 9, 2).endMs, never);
        assert.deepEqual({ startMs: changed.startMs, endMs: changed.endMs }, at(0, 9, 2));
        assert.equal(changed.reference.event, reference.event);
        assert.deepEqual(await read(), [changed]);
      });

      it('changes what it has changed before, by the version it returned', async () => {
        const made = await bench.source.create({ title: 'ours', ...at(0, 9) }, never);
        const longer = await bench.source.changeEnd(made.reference, at(0, 9, 2).endMs, never);
        const shorter = await bench.source.changeEnd(longer.reference, at(0, 9, 1).endMs, never);
        assert.deepEqual(await read(), [shorter]);
      });

      it('changes the end of one occurrence and leaves the others', async () => {
        await bench.seed({ title: 'daily', ...at(0, 9), days: 3 });
        const second = (await read())[1] as CalendarEvent;
        const changed = await bench.source.changeEnd(second.reference, second.endMs - HOUR / 2, never);
        assert.equal(changed.reference.occurrence, second.reference.occurrence);
        assert.equal(changed.endMs, second.endMs - HOUR / 2);
        const after = await read();
        assert.deepEqual(
          after.map(({ startMs, endMs }) => ({ startMs, endMs })),
          [at(0, 9), { startMs: second.startMs, endMs: second.endMs - HOUR / 2 }, at(2, 9)],
        );
        assert.deepEqual(
          after.map(({ reference }) => reference.occurrence),
          [at(0, 9), at(1, 9), at(2, 9)].map(({ startMs }) => startMs),
        );
        assert.equal(new Set(after.map(({ reference }) => reference.event)).size, 1);
      });

      it('refuses to change what somebody else has changed meanwhile', async () => {
        await bench.seed({ title: 'theirs', ...at(0, 9) });
        const { reference } = await only('theirs');
        await bench.rename('theirs', 'changed');
        const conflict = rejectsWith('calendar/conflict');
        await assert.rejects(bench.source.changeEnd(reference, at(0, 9, 2).endMs, never), conflict);
        await assert.rejects(bench.source.release(reference, never), conflict);
        const { startMs, endMs } = await only('changed');
        assert.deepEqual({ startMs, endMs }, at(0, 9));
      });

      it('says when the event is gone', async () => {
        await bench.seed({ title: 'theirs', ...at(0, 9) });
        const { reference } = await only('theirs');
        await bench.erase('theirs');
        await assert.rejects(
          bench.source.changeEnd({ ...reference, version: null }, at(0, 9, 2).endMs, never),
          rejectsWith('calendar/not-found'),
        );
      });

      it('releases what the room booked', async () => {
        const made = await bench.source.create({ title: 'ours', ...at(1, 9) }, never);
        await bench.source.release(made.reference, never);
        assert.deepEqual(await read(), []);
      });

      it('releases what somebody else booked', async () => {
        await bench.seed({ title: 'theirs', ...at(0, 9) });
        await bench.seed({ title: 'kept', ...at(0, 12) });
        await bench.source.release((await only('theirs')).reference, never);
        assert.deepEqual(await titles(), ['kept']);
      });

      it('releases one occurrence and leaves the others', async () => {
        await bench.seed({ title: 'daily', ...at(0, 9), days: 3 });
        const second = (await read())[1] as CalendarEvent;
        await bench.source.release(second.reference, never);
        assert.deepEqual(
          (await read()).map(({ startMs }) => startMs),
          [at(0, 9), at(2, 9)].map(({ startMs }) => startMs),
        );
      });

      it('changes and releases by references from before a restart', async () => {
        await bench.seed({ title: 'single', ...at(0, 12) });
        await bench.seed({ title: 'daily', ...at(0, 9), days: 3 });
        const before = await read();
        const restarted = bench.reopen();
        sources.push(restarted);
        const single = before.find(({ title }) => title === 'single') as CalendarEvent;
        const last = before.findLast(({ title }) => title === 'daily') as CalendarEvent;
        await restarted.changeEnd(single.reference, at(0, 12, 2).endMs, never);
        await restarted.release(last.reference, never);
        assert.deepEqual(
          (await read(week, restarted)).map(({ title, endMs }) => [title, endMs]),
          [
            ['daily', at(0, 9).endMs],
            ['single', at(0, 12, 2).endMs],
            ['daily', at(1, 9).endMs],
          ],
        );
      });
    });
  });
}
