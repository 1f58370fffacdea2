import type { CalendarReading, TimeWindow } from './calendar-event.ts';
import type { NewBooking } from './calendar-source.ts';

/** One iCalendar object (RFC 5545 `VCALENDAR`): a single event, or a series with its exceptions, and the zones they name. */
export interface CalendarObject {
  /** What `EventReference.event` becomes. */
  readonly event: string;
  /** What `EventReference.version` becomes. */
  readonly version: string | null;
  readonly text: string;
}

/**
 * Turns objects into the occurrences that overlap a window; what cannot be used costs that object and is named. A source has
 * one of its own, and closes it.
 */
export interface ObjectExpander {
  /** @throws the signal's reason when aborted; never for what an object holds. */
  expand(objects: readonly CalendarObject[], window: TimeWindow, signal: AbortSignal): Promise<CalendarReading>;
  close(): Promise<void>;
}

/**
 * Makes and changes iCalendar texts, keeping what it does not understand.
 * @throws {CalendarError} `calendar/unreadable` for a text that is no calendar, `calendar/not-found` for an occurrence that it
 * does not have.
 */
export interface CalendarWriter {
  /** A whole object of one event, made by the room. `uid` is unique for ever. */
  create(booking: NewBooking, uid: string): string;
  /** The object with another end; of a series one occurrence (its original start, ms since 1970) becomes an exception. */
  changeEnd(text: string, occurrence: number | null, endMs: number): string;
  /** The object of a series without one occurrence. */
  cancelOccurrence(text: string, occurrence: number): string;
}
