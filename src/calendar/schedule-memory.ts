import * as v from 'valibot';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import type { Booking } from './booking.ts';
import { MOST_BOOKINGS } from './booking.ts';
import type { TimeWindow } from './calendar-event.ts';

/** Where what was read last outlives a restart. It holds meeting links: nobody but the service may read it. */
export interface ScheduleStore {
  /** Null: nothing was kept. */
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

/** What was read at a moment, and what the room knows of it. */
export interface KeptSchedule {
  /** Of the calendar it was read from: a list of another one is of no use. */
  readonly source: string;
  readonly readAtMs: number;
  readonly window: TimeWindow;
  readonly bookings: readonly Booking[];
  /** Ids. */
  readonly checkedIn: readonly string[];
  readonly madeHere: readonly string[];
}

const time = v.pipe(v.number(), v.finite());
const words = (length: number): v.GenericSchema<string> => v.pipe(v.string(), v.maxLength(length));
const ids = v.pipe(v.array(words(64)), v.maxLength(MOST_BOOKINGS));

const meeting = v.variant('kind', [
  v.object({ kind: v.literal('joinable'), link: words(2_048) }),
  v.object({ kind: v.literal('other'), service: words(200) }),
  v.object({ kind: v.literal('incomplete') }),
  v.object({ kind: v.literal('none') }),
]);

const booking = v.object({
  id: words(64),
  reference: v.object({ event: words(512), occurrence: v.nullable(time), version: v.nullable(words(2_048)) }),
  title: words(10_000),
  organizer: v.nullable(words(10_000)),
  startMs: time,
  endMs: time,
  allDay: v.boolean(),
  isPrivate: v.boolean(),
  isFree: v.boolean(),
  isSeries: v.boolean(),
  attendees: v.number(),
  meeting,
});

const kept = v.object({
  format: v.literal(1),
  source: words(200),
  readAtMs: time,
  window: v.object({ startMs: time, endMs: time }),
  bookings: v.pipe(v.array(booking), v.maxLength(MOST_BOOKINGS)),
  checkedIn: ids,
  madeHere: ids,
});

export function scheduleText(schedule: KeptSchedule): string {
  return `${JSON.stringify({ format: 1, ...schedule })}\n`;
}

/** Null when the text is none, was written by another version, or is of another calendar. */
export function parseSchedule(text: string, source: string): KeptSchedule | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), kept), text);
  return parsed.success && parsed.output.source === source ? parsed.output : null;
}

/** What is no more than older is not written for: storage wears. */
const REWRITE_MS = 600_000;

export interface ScheduleMemoryDeps {
  readonly store: ScheduleStore;
  readonly source: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the schedule: at once when it has changed, else now and then, so that its age is never told too young. */
export class ScheduleMemory {
  readonly #deps: ScheduleMemoryDeps;
  #written = { what: '', atMs: -Infinity };
  #next: KeptSchedule | null = null;
  #writing: Promise<void> | null = null;

  constructor(deps: ScheduleMemoryDeps) {
    this.#deps = deps;
  }

  /** Null: nothing that could be used was kept. */
  async read(): Promise<KeptSchedule | null> {
    try {
      const text = await this.#deps.store.read();
      return text === null ? null : parseSchedule(text, this.#deps.source);
    } catch (error) {
      this.#deps.logger.warn('the kept schedule cannot be read', errorFields(error));
      return null;
    }
  }

  keep(schedule: Omit<KeptSchedule, 'source'>): void {
    const { source, clock } = this.#deps;
    const { readAtMs, window, bookings, checkedIn, madeHere } = schedule;
    const what = JSON.stringify([bookings, checkedIn, madeHere]);
    if (what === this.#written.what && clock.nowMs() - this.#written.atMs < REWRITE_MS) return;
    this.#written = { what, atMs: clock.nowMs() };
    this.#next = { source, readAtMs, window, bookings, checkedIn, madeHere };
    this.#writing ??= this.#write();
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#next) {
      const next = this.#next;
      this.#next = null;
      try {
        await this.#deps.store.write(scheduleText(next));
      } catch (error) {
        this.#written = { what: '', atMs: -Infinity };
        this.#deps.logger.warn('the schedule cannot be kept', errorFields(error));
      }
    }
    this.#writing = null;
  }
}
