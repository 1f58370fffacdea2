import type { Clock } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import { TypedEmitter } from '../lib/events.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import type { WantedLength } from './book.ts';
import type { Booking, BookingMeans } from './booking.ts';
import { BookingChanges, bookingOf } from './booking-changes.ts';
import type { TimeWindow } from './calendar-event.ts';
import type { Reading } from './calendar-reader.ts';
import { CalendarReader } from './calendar-reader.ts';
import type { CalendarSource } from './calendar-source.ts';
import { testCalendar } from './calendar-test.ts';
import { currentOf, isRunning, nextOf } from './day.ts';
import { canJoin, offeredOf, phaseOf } from './joining.ts';
import { LocalDays } from './local-day.ts';
import type { NoShow } from './no-show.ts';
import { NoShowWatch } from './no-show.ts';
import { readingProblems, readingState, staleAt } from './reading-state.ts';
import type { ReleaseRules } from './release.ts';
import { EARLY_USE_MS, isReleasable } from './release.ts';
import type { ScheduleStore } from './schedule-memory.ts';
import { ScheduleMemory } from './schedule-memory.ts';
import type { CalendarProblem } from './schedule-problems.ts';
import { CalendarProblems } from './schedule-problems.ts';
import type { BookingView, CalendarTest, ScheduleView } from './schedule-state.ts';
import type { ScheduleFacts } from './schedule-view.ts';
import { bookingView, nextChange, scheduleView } from './schedule-view.ts';

export interface ScheduleWishes {
  readonly pollMs: number;
  /** How long before its start a meeting can be joined. */
  readonly earlyMs: number;
  readonly showsTitles: boolean;
  /** Title of what is booked in the room. */
  readonly bookTitle: string;
  readonly release: ReleaseRules;
  readonly timeZone: string;
}

export interface RoomScheduleDeps {
  /** Closed here. */
  readonly source: CalendarSource;
  /** Which calendar it is: what was kept of another one is not shown. Holds no secret. */
  readonly identity: string;
  readonly store: ScheduleStore;
  readonly wishes: ScheduleWishes;
  readonly means: BookingMeans;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive), as `Math.random`. */
  readonly random: () => number;
  readonly logger: Logger;
}

const HOUR_MS = 3_600_000;
const BEFORE_MS = 12 * HOUR_MS;
const AHEAD_MS = 8 * 24 * HOUR_MS;
/** Timers go by another clock than the one on the wall: they are set anew at least so often. */
const LONGEST_WAIT_MS = HOUR_MS;
/** A booking may be missing from one reading and be back in the next; what is known of it is kept up to so many. */
const MOST_MARKS = 200;

/**
 * The room's bookings: read from the calendar, kept over failures and restarts, and changed by what people do in the room.
 *
 * INVARIANTS
 * - An error never takes a booking off the list. What is shown is what was read last, with its age, and what the room itself
 *   changed since.
 * - The room books over nobody: every change follows a reading, with nothing in between.
 * - `view` is computed when something changes or a time is reached, and told then; never in between.
 * - After `close` no timer is left, and nothing is told.
 */
export class RoomSchedule {
  readonly #events: TypedEmitter<{ change: []; close: [] }>;
  readonly #deps: RoomScheduleDeps;
  readonly #reader: CalendarReader;
  readonly #changes: BookingChanges;
  readonly #days: LocalDays;
  readonly #noShow: NoShowWatch;
  readonly #memory: ScheduleMemory;
  readonly #problems = new CalendarProblems();
  readonly #checkedIn = new Set<string>();
  readonly #madeHere = new Set<string>();
  readonly #skipped = new Set<string>();
  #inCallBooking: Booking | null = null;
  #isInCall = false;
  #isOccupied = false;
  #releasing = false;
  #learned: Reading | null = null;
  #view: ScheduleView;
  #closing: Promise<void> | null = null;
  #cancelUpdate = (): void => undefined;

  constructor(deps: RoomScheduleDeps) {
    this.#deps = deps;
    const { clock, wishes, logger, source, means, random } = deps;
    this.#events = new TypedEmitter((error) => logger.error('listener failed', errorFields(error)));
    this.#days = new LocalDays(wishes.timeZone);
    this.#noShow = new NoShowWatch(wishes.release, clock.wallMs());
    this.#memory = new ScheduleMemory({ store: deps.store, source: deps.identity, clock, logger });
    this.#reader = new CalendarReader({
      ...{ source, means, clock, random, logger },
      pollMs: wishes.pollMs,
      windowAt: (nowMs) => this.#windowAt(nowMs),
      onChange: () => this.#update(),
      onJump: () => {
        this.#noShow.beginAnew(clock.wallMs());
        this.#update();
      },
    });
    this.#changes = new BookingChanges({
      ...{ source, reader: this.#reader, means, clock },
      bookTitle: wishes.bookTitle,
      minuteOf: (atMs) => this.#days.minuteOf(atMs),
    });
    this.#view = scheduleView(this.#facts({ kind: 'none' }), clock.wallMs());
  }

  /** Resolves when what was kept of an earlier run is shown; reading goes on by itself. */
  async start(): Promise<void> {
    const kept = await this.#memory.read();
    if (this.#closing) return;
    for (const id of kept?.checkedIn ?? []) this.#checkedIn.add(id);
    for (const id of kept?.madeHere ?? []) this.#madeHere.add(id);
    this.#reader.start(kept && { ...kept, problems: [] });
    this.#update();
  }

  get view(): ScheduleView {
    return this.#view;
  }

  get problems(): readonly CalendarProblem[] {
    return this.#problems.list;
  }

  /** The booking whose meeting one touch joins; null: the room's own meeting is what there is. */
  get offered(): BookingView | null {
    const nowMs = this.#nowMs();
    const booking = offeredOf(this.#bookings(), nowMs, this.#deps.wishes.earlyMs, this.#skipped);
    return booking && this.#shown(booking);
  }

  /** Calls back when `view`, `problems` or `offered` may have changed; returns the function that unsubscribes. */
  onChange(listener: () => void): () => void {
    return this.#events.on('change', listener);
  }

  /** Calls back once, when this is closed. */
  onClose(listener: () => void): void {
    this.#events.on('close', listener);
  }

  // What people do

  /**
   * Books the room from now on, shorter than wanted where the next booking begins before.
   * @throws {UsageError} calendar/busy, calendar/no-time @throws {CalendarError}
   */
  async book(wanted: WantedLength): Promise<BookingView> {
    const made = await this.#changes.book(wanted, ({ id }) => {
      this.#madeHere.add(id);
      this.#checkedIn.add(id);
    });
    return this.#shown(made);
  }

  /**
   * Makes a running booking longer, by less than asked where the next one begins before.
   * @throws {UsageError} calendar/unknown-booking, -not-running, -all-day, -no-time @throws {CalendarError}
   */
  async extend(id: string, minutes: number): Promise<BookingView> {
    const extended = await this.#changes.extend(id, minutes);
    this.#markUsed(extended);
    this.#update();
    return this.#shown(extended);
  }

  /**
   * Ends a running booking now, so that the room is free.
   * @throws {UsageError} calendar/unknown-booking, -not-running, -all-day, -no-time @throws {CalendarError}
   */
  async end(id: string): Promise<BookingView> {
    return this.#shown(await this.#changes.end(id));
  }

  /** Somebody says that they are here for it. @throws {UsageError} calendar/unknown-booking, calendar/not-running */
  checkIn(id: string): BookingView {
    const booking = bookingOf(this.#bookings(), id);
    const nowMs = this.#nowMs();
    const phase = phaseOf(booking, nowMs, Math.max(this.#deps.wishes.earlyMs, EARLY_USE_MS));
    if (phase === 'later' || phase === 'over')
      throw new UsageError('calendar/not-running', 'This booking is not running now');
    this.#markUsed(booking);
    this.#update();
    return this.#shown(booking);
  }

  /** Another meeting than this one is to be offered. @throws {UsageError} calendar/unknown-booking */
  skip(id: string): void {
    bookingOf(this.#bookings(), id);
    this.#skipped.add(id);
    this.#update();
  }

  /** Reads now. @throws {CalendarError} */
  refresh(): Promise<void> {
    return this.#reader.refresh();
  }

  /** Reads now and says in words what came of it; never fails. */
  test(): Promise<CalendarTest> {
    const { source, clock } = this.#deps;
    return testCalendar(this.#reader, source.isWritable, clock);
  }

  // Calls and presence

  /**
   * The link of a booking's meeting; it holds key material.
   * @throws {UsageError} calendar/unknown-booking, calendar/not-joinable, calendar/not-open-yet
   */
  linkOf(id: string): string {
    const booking = bookingOf(this.#bookings(), id);
    if (booking.meeting.kind !== 'joinable') throw notJoinable(booking.meeting.kind);
    if (!canJoin(booking, this.#nowMs(), this.#deps.wishes.earlyMs))
      throw new UsageError(
        'calendar/not-open-yet',
        'This meeting can be joined shortly before it begins, until it ends',
      );
    return booking.meeting.link;
  }

  /** The room has joined: the meeting of a booking, by its id, or by whatever link. */
  joined(target: { readonly booking: string } | { readonly link: string }): void {
    const nowMs = this.#nowMs();
    const bookings = this.#bookings();
    const isMeant = (each: Booking): boolean =>
      'booking' in target
        ? each.id === target.booking
        : canJoin(each, nowMs, this.#deps.wishes.earlyMs) &&
          each.meeting.kind === 'joinable' &&
          each.meeting.link === target.link;
    // People who use their booking for another meeting still have to go when it ends.
    this.#inCallBooking = bookings.find(isMeant) ?? currentOf(bookings, nowMs);
    if (this.#inCallBooking) this.#markUsed(this.#inCallBooking);
    this.#update();
  }

  /** A call is there, or on its way. */
  setInCall(isInCall: boolean): void {
    if (isInCall === this.#isInCall) return;
    this.#isInCall = isInCall;
    if (!isInCall) this.#inCallBooking = null;
    if (isInCall) this.used();
    this.#update();
  }

  /** Somebody is in the room, as far as its sensors tell. */
  setOccupied(isOccupied: boolean): void {
    if (isOccupied === this.#isOccupied) return;
    this.#isOccupied = isOccupied;
    if (isOccupied) this.used();
    this.#update();
  }

  /** Somebody uses the room: that is checking in. */
  used(): void {
    const nowMs = this.#nowMs();
    const bookings = this.#bookings();
    const next = nextOf(bookings, nowMs);
    const meant = currentOf(bookings, nowMs) ?? (next && next.startMs - nowMs <= EARLY_USE_MS ? next : null);
    if (!meant || this.#checkedIn.has(meant.id)) return;
    this.#markUsed(meant);
    this.#update();
  }

  /** Idempotent; the source is closed with it. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelUpdate();
    this.#events.emit('close');
    this.#events.clear();
    await this.#reader.close();
    await this.#memory.close();
    await this.#deps.source.close();
  }

  // Inside

  #nowMs(): number {
    return this.#deps.clock.wallMs();
  }

  #windowAt(nowMs: number): TimeWindow {
    const { startMs } = this.#days.dayOf(nowMs);
    return { startMs: startMs - BEFORE_MS, endMs: startMs + AHEAD_MS };
  }

  /** What was read, unless it is so old that it says nothing of today. */
  #reading(): Reading | null {
    const { last } = this.#reader;
    return last && last.window.endMs > this.#days.dayOf(this.#nowMs()).endMs ? last : null;
  }

  #bookings(): readonly Booking[] {
    return this.#reading()?.bookings ?? [];
  }

  #markUsed(booking: Booking): void {
    this.#checkedIn.add(booking.id);
    this.#keep();
  }

  #shown(booking: Booking): BookingView {
    return bookingView(booking, this.#facts({ kind: 'none' }), this.#nowMs());
  }

  async #release({ id }: Booking): Promise<void> {
    const { wishes, logger } = this.#deps;
    const mayStill = (booking: Booking): boolean =>
      !this.#isUsed() &&
      !this.#checkedIn.has(id) &&
      isRunning(booking, this.#nowMs()) &&
      isReleasable(booking, wishes.release);
    if (await this.#changes.release(id, mayStill)) logger.info('a booking nobody came to was released');
  }

  #isUsed(): boolean {
    return this.#isInCall || this.#isOccupied;
  }

  /** Everything that depends on time and on what happened, at once. */
  #update(): void {
    if (this.#closing) return;
    const { clock } = this.#deps;
    const nowMs = clock.wallMs();
    const reading = this.#reading();
    if (reading && reading !== this.#learned) this.#learn(reading, nowMs);
    const noShow = this.#lookForNoShow(reading, nowMs);
    const facts = this.#facts(noShow);
    this.#view = scheduleView(facts, nowMs);
    this.#problems.set(readingProblems(reading, this.#reader.failure, this.#view.state, nowMs));
    this.#armUpdate(facts, noShow, nowMs);
    this.#events.emit('change');
  }

  #learn(reading: Reading, nowMs: number): void {
    this.#learned = reading;
    this.#noShow.learn(reading.bookings, nowMs);
    const ids = new Set(reading.bookings.map(({ id }) => id));
    for (const marks of [this.#checkedIn, this.#madeHere, this.#skipped])
      for (const id of [...marks].slice(0, -MOST_MARKS)) if (!ids.has(id)) marks.delete(id);
    this.#keep();
  }

  #keep(): void {
    const { last } = this.#reader;
    if (last) this.#memory.keep({ ...last, checkedIn: [...this.#checkedIn], madeHere: [...this.#madeHere] });
  }

  /** Nothing is given back on what the calendar said long ago, or by a room that cannot change it. */
  #lookForNoShow(reading: Reading | null, nowMs: number): NoShow {
    const { source } = this.#deps;
    if (!source.isWritable || !reading || this.#stateAt(nowMs) !== 'fresh') return { kind: 'none' };
    const use = { checkedIn: this.#checkedIn, madeHere: this.#madeHere, isUsed: this.#isUsed() };
    const noShow = this.#noShow.look(reading.bookings, use, nowMs);
    if (noShow.kind === 'used') this.#markUsed(noShow.booking);
    if (noShow.kind === 'releasing' && nowMs >= noShow.atMs) this.#beginRelease(noShow.booking);
    return noShow;
  }

  #beginRelease(booking: Booking): void {
    if (this.#releasing) return;
    this.#releasing = true;
    this.#release(booking)
      .catch((error: unknown) => {
        this.#deps.logger.warn('a booking nobody came to could not be released', errorFields(error));
        this.#noShow.waitAnew(booking, this.#nowMs());
      })
      .finally(() => {
        this.#releasing = false;
        this.#update();
      });
  }

  #facts(noShow: NoShow): ScheduleFacts {
    const { source, wishes } = this.#deps;
    const nowMs = this.#nowMs();
    const bookings = this.#bookings();
    const { kind } = noShow;
    return {
      source,
      state: this.#stateAt(nowMs),
      readAtMs: this.#reading()?.readAtMs ?? null,
      bookings,
      today: this.#days.dayOf(nowMs),
      earlyMs: wishes.earlyMs,
      showsTitles: wishes.showsTitles,
      checkedIn: this.#checkedIn,
      madeHere: this.#madeHere,
      inCall: bookings.find(({ id }) => id === this.#inCallBooking?.id) ?? this.#inCallBooking,
      wantsCheckIn: kind === 'waiting' || kind === 'releasing' ? noShow.booking.id : null,
      releasing: kind === 'releasing' ? { booking: noShow.booking.id, at: noShow.atMs } : null,
    };
  }

  #stateAt(nowMs: number): ScheduleView['state'] {
    return readingState(this.#reading(), this.#reader.failure, nowMs, this.#deps.wishes.pollMs);
  }

  #armUpdate(facts: ScheduleFacts, noShow: NoShow, nowMs: number): void {
    const { clock, wishes } = this.#deps;
    const staleMs = facts.readAtMs === null ? null : staleAt(facts.readAtMs, wishes.pollMs);
    const noShowMs = 'atMs' in noShow ? noShow.atMs : null;
    const times = [nextChange(facts, nowMs), staleMs, noShowMs].filter((at) => at !== null && at > nowMs);
    const next = Math.min(nowMs + LONGEST_WAIT_MS, ...times.filter((at) => at !== null));
    this.#cancelUpdate();
    this.#cancelUpdate = clock.after(next - nowMs, () => this.#update());
  }
}

const reasons = {
  other: 'The meeting of this booking is at a service that cannot be joined here',
  incomplete: 'The meeting link of this booking is incomplete: its part after # is missing',
  none: 'This booking has no meeting link',
} as const;

function notJoinable(kind: keyof typeof reasons): UsageError {
  return new UsageError('calendar/not-joinable', reasons[kind]);
}
