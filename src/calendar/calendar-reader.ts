import { Backoff } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { ExclusiveRunner } from '../lib/exclusive.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import type { Booking, BookingMeans } from './booking.ts';
import { BookingMaker, MOST_BOOKINGS, withBooking } from './booking.ts';
import type { CalendarErrorCode } from './calendar-error.ts';
import { CalendarError } from './calendar-error.ts';
import type { TimeWindow } from './calendar-event.ts';
import type { CalendarSource } from './calendar-source.ts';
import { withDeadline } from './deadline.ts';

/** What the calendar held at a moment. */
export interface Reading {
  readonly readAtMs: number;
  readonly window: TimeWindow;
  /** Sorted by start. */
  readonly bookings: readonly Booking[];
  /** Codes of what could not be used of it, each once. */
  readonly problems: readonly string[];
}

export interface CalendarReaderDeps {
  readonly source: CalendarSource;
  readonly means: BookingMeans;
  readonly windowAt: (nowMs: number) => TimeWindow;
  readonly pollMs: number;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive), as `Math.random`. */
  readonly random: () => number;
  readonly logger: Logger;
  /** `last` or `failure` is another now. */
  readonly onChange: () => void;
  /** The wall clock has jumped, or the machine has slept. */
  readonly onJump: () => void;
}

const READ_MS = 30_000;
/** For what a person waits for. */
const ASK_MS = 10_000;
const PATIENCE_MS = 5_000;
const RETRY = { firstMs: 5_000, capMs: 300_000 } as const;
/** A service that asks for more is asked again all the same. */
const LONGEST_REST_MS = 3_600_000;
const LOOK_MS = 10_000;
const JUMP_MS = 5_000;
/** Asking often does not mend these, and may lock the account. */
const LASTING = new Set<CalendarErrorCode>(['calendar/refused', 'calendar/not-found', 'calendar/unreadable']);

export const isLasting = (code: CalendarErrorCode): boolean => LASTING.has(code);

/**
 * Reads a calendar again and again, and lets nobody else use it meanwhile.
 *
 * INVARIANTS
 * - At most one reading or change at a time.
 * - A failed reading leaves the last one as it was.
 * - While the service asks to be left alone nothing is asked of it.
 * - After `close` no timer is left, and nothing is called back.
 */
export class CalendarReader {
  readonly #deps: CalendarReaderDeps;
  readonly #runner: ExclusiveRunner;
  readonly #backoff: Backoff;
  readonly #maker: BookingMaker;
  readonly #ended = new AbortController();
  #last: Reading | null = null;
  #failure: { readonly error: CalendarError; readonly sinceMs: number } | null = null;
  #restUntilMs = 0;
  #isPollQueued = false;
  #polling: AbortController | null = null;
  #cancelPoll = (): void => undefined;
  #cancelLook = (): void => undefined;
  #offsetMs = 0;

  constructor(deps: CalendarReaderDeps) {
    this.#deps = deps;
    this.#runner = new ExclusiveRunner(() => new CalendarError('calendar/unreachable', 'The room is closing down'));
    this.#maker = new BookingMaker(deps.means);
    this.#backoff = new Backoff({ ...RETRY, random: deps.random });
  }

  get last(): Reading | null {
    return this.#last;
  }

  /** Why the last attempt failed, and since when that is so; null when it did not. */
  get failure(): { readonly code: CalendarErrorCode; readonly sinceMs: number } | null {
    return this.#failure && { code: this.#failure.error.code, sinceMs: this.#failure.sinceMs };
  }

  /** Begins with what was kept of an earlier run, if anything was. */
  start(kept: Reading | null): void {
    const { clock } = this.#deps;
    this.#last = kept;
    this.#offsetMs = clock.wallMs() - clock.nowMs();
    this.#cancelLook = clock.every(LOOK_MS, () => this.#look());
    this.#poll();
  }

  /** Reads for a person who waits for it. @throws {CalendarError} */
  refresh(): Promise<void> {
    return this.#soon(() => this.#read(ASK_MS, this.#ended.signal));
  }

  /**
   * Reads, then runs `act` on what was read, with nothing in between, and reads again when it has asked something of the
   * source: before it fails where somebody else was quicker, else behind it.
   * @throws {CalendarError} of the reading or of `act`, and whatever else `act` throws.
   */
  change<T>(act: (bookings: readonly Booking[], ask: Ask) => Promise<T>): Promise<T> {
    return this.#soon(async () => {
      await this.#read(ASK_MS, this.#ended.signal);
      const asked = { anything: false };
      try {
        return await act(this.#last?.bookings ?? [], (run) => {
          asked.anything = true;
          return withDeadline(this.#deps.clock, ASK_MS, this.#ended.signal, run);
        });
      } catch (error) {
        if (error instanceof CalendarError && error.code === 'calendar/conflict')
          await this.#read(ASK_MS, this.#ended.signal).catch(() => undefined);
        throw error;
      } finally {
        if (asked.anything) this.#poll();
      }
    });
  }

  /** The list as a change of ours has made it, until it is read again: `booking` in the place of the one with the id `instead`. */
  accept(booking: Booking, instead: string): void {
    this.#setBookings((bookings) => withBooking(bookings, booking, instead));
  }

  drop(id: string): void {
    this.#setBookings((bookings) => bookings.filter((each) => each.id !== id));
  }

  /** Idempotent; resolves when nothing runs any more. The source is not closed. */
  async close(): Promise<void> {
    this.#ended.abort();
    this.#cancelPoll();
    this.#cancelLook();
    await this.#runner.close();
  }

  #setBookings(change: (bookings: readonly Booking[]) => readonly Booking[]): void {
    if (this.#last) this.#last = { ...this.#last, bookings: change(this.#last.bookings) };
    if (!this.#ended.signal.aborted) this.#deps.onChange();
  }

  /** Reads as soon as nothing else runs; several that wait are one. */
  #poll(): void {
    if (this.#isPollQueued || this.#ended.signal.aborted) return;
    this.#isPollQueued = true;
    const poll = async (): Promise<void> => {
      this.#isPollQueued = false;
      const { signal } = (this.#polling = new AbortController());
      await this.#read(READ_MS, AbortSignal.any([signal, this.#ended.signal]));
    };
    this.#runner.run(poll).catch(() => undefined);
  }

  /** A person does not wait for a reading of our own that does not come to an end. */
  async #soon<T>(job: () => Promise<T>): Promise<T> {
    const cancel = this.#deps.clock.after(PATIENCE_MS, () => this.#polling?.abort());
    try {
      return await this.#runner.run(() => {
        cancel();
        return job();
      });
    } finally {
      cancel();
    }
  }

  async #read(limitMs: number, ended: AbortSignal): Promise<void> {
    const { source, clock, windowAt, onChange } = this.#deps;
    const restMs = this.#restUntilMs - clock.nowMs();
    if (this.#failure && restMs > 0) {
      // Timers may come a little early: this must not be the end of asking.
      this.#pollIn(restMs + 1);
      throw this.#failure.error;
    }
    this.#cancelPoll();
    try {
      const window = windowAt(clock.wallMs());
      this.#last = await withDeadline(clock, limitMs, ended, async (signal) => {
        const { events, problems } = await source.read(window, signal);
        const codes = problems.map(({ code }) => code);
        if (events.length > MOST_BOOKINGS) codes.push('calendar/too-many');
        const bookings = await this.#maker.make(events);
        return { readAtMs: clock.wallMs(), window, bookings, problems: [...new Set(codes)] };
      });
      this.#succeeded();
    } catch (error) {
      if (!(error instanceof CalendarError)) throw error;
      this.#failed(error);
      throw error;
    } finally {
      if (!this.#ended.signal.aborted) onChange();
    }
  }

  #succeeded(): void {
    if (this.#failure) this.#deps.logger.info('the calendar is read again', { code: this.#failure.error.code });
    this.#failure = null;
    this.#backoff.reset();
    // Rooms that were switched on at one moment do not ask at one moment for ever.
    this.#pollIn(this.#deps.pollMs * (0.9 + this.#deps.random() / 5));
  }

  #failed(error: CalendarError): void {
    const { clock, logger, pollMs } = this.#deps;
    if (this.#ended.signal.aborted) return;
    if (this.#failure?.error.code !== error.code) {
      logger.warn('the calendar cannot be read', errorFields(error));
      this.#failure = { error, sinceMs: clock.wallMs() };
    } else {
      this.#failure = { error, sinceMs: this.#failure.sinceMs };
    }
    const restMs = Math.min(error.retryAfterMs ?? 0, LONGEST_REST_MS);
    this.#restUntilMs = clock.nowMs() + restMs;
    this.#pollIn(Math.max(this.#backoff.nextMs(), restMs, isLasting(error.code) ? pollMs : 0));
  }

  #pollIn(delayMs: number): void {
    this.#cancelPoll();
    if (this.#ended.signal.aborted) return;
    this.#cancelPoll = this.#deps.clock.after(delayMs, () => this.#poll());
  }

  /** Sleep and a corrected clock show in the wall clock having gone elsewhere than the other one. */
  #look(): void {
    const { clock, onJump } = this.#deps;
    const offsetMs = clock.wallMs() - clock.nowMs();
    if (Math.abs(offsetMs - this.#offsetMs) < JUMP_MS) return;
    this.#offsetMs = offsetMs;
    onJump();
    this.#poll();
  }
}

/** Asks the source within the time that people wait. */
export type Ask = <T>(run: (signal: AbortSignal) => Promise<T>) => Promise<T>;
