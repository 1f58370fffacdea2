import type { TimeWindow } from './calendar-event.ts';

const MINUTE_MS = 60_000;
/** No day is longer: one hour more when clocks go back, and some for zones that changed sides of the date line. */
const LONGEST_DAY_MINUTES = 26 * 60;

/** The day of a time zone that holds a moment. Zones that begin a day at one o'clock have it so. */
export class LocalDays {
  readonly #format: Intl.DateTimeFormat;
  #last: TimeWindow | null = null;

  /** @throws {RangeError} when there is no such zone. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short', calendar: 'gregory' });
  }

  /** Minutes past the hour, 0 to 59: half and quarter hours stand elsewhere in some zones. */
  minuteOf(atMs: number): number {
    return Math.floor((atMs - this.dayOf(atMs).startMs) / MINUTE_MS) % 60;
  }

  dayOf(atMs: number): TimeWindow {
    if (this.#last && this.#last.startMs <= atMs && atMs < this.#last.endMs) return this.#last;
    const minute = Math.floor(atMs / MINUTE_MS);
    const date = this.#format.format(atMs);
    const isThatDay = (at: number): boolean => this.#format.format(at * MINUTE_MS) === date;
    const startMs = firstWhere(minute - LONGEST_DAY_MINUTES, minute, isThatDay) * MINUTE_MS;
    const endMs = firstWhere(minute, minute + LONGEST_DAY_MINUTES, (at) => !isThatDay(at)) * MINUTE_MS;
    this.#last = { startMs, endMs };
    return this.#last;
  }
}

/** The first of `from` (exclusive) to `to` (inclusive) of which `holds`, which holds of all after it. */
function firstWhere(from: number, to: number, holds: (at: number) => boolean): number {
  let [before, after] = [from, to];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle)) after = middle;
    else before = middle;
  }
  return after;
}
