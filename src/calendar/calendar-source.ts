import type { CalendarEvent, CalendarReading, EventReference, TimeWindow } from './calendar-event.ts';

/** What the room books for itself. */
export interface NewBooking extends TimeWindow {
  readonly title: string;
}

/**
 * Where the room's bookings are. A source keeps what makes the next reading cheap (sync tokens, ETags), and forgets it when it
 * is refused; it neither retries nor waits between readings, which is the schedule's part.
 *
 * Failures are `CalendarError`s that say what a person can do:
 * - `calendar/unreachable`: network, DNS, TLS, timeout, 5xx;
 * - `calendar/throttled`: 429 or 503 with `retryAfterMs`;
 * - `calendar/refused`: credentials or rights;
 * - `calendar/not-found`: the calendar or the event is not there;
 * - `calendar/conflict`: 409 or 412, somebody changed it meanwhile: read again;
 * - `calendar/unreadable`: an answer that is no calendar;
 * - `calendar/read-only`: the source takes no changes.
 */
export interface CalendarSource {
  readonly kind: 'caldav' | 'graph' | 'google' | 'ics' | 'local';
  /** Bookings can be made, shortened and taken back. */
  readonly isWritable: boolean;
  /** Everything that overlaps `window`; at most one reading at a time. @throws {CalendarError} as above. */
  read(window: TimeWindow, signal: AbortSignal): Promise<CalendarReading>;
  /** @throws {CalendarError} as above. */
  create(booking: NewBooking, signal: AbortSignal): Promise<CalendarEvent>;
  /** Changes the end of one occurrence (of a series: makes an exception). Returns it as it is afterwards. @throws {CalendarError} as above. */
  changeEnd(reference: EventReference, endMs: number, signal: AbortSignal): Promise<CalendarEvent>;
  /** Takes the occurrence off the room's calendar: deleted when the room made it, else declined or, where that cannot be, cancelled. @throws {CalendarError} as above. */
  release(reference: EventReference, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
