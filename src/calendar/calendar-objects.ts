import type { CalendarReading, TimeWindow } from './calendar-event.ts';
import type { NewBooking } from './calendar-source.ts';

/** One iCalendar object (RFC 5545 `VCALENDAR`): a single event, a series with its exceptions, or a whole calendar. */
export interface CalendarObject {
  readonly event: string;
  /** An object with the version that it had before is not parsed again; null: it always is. */
  readonly version: string | null;
  readonly text: string;
}

/**
 * Turns objects into the occurrences that overlap a window; what cannot be used costs that object and is named. A source has
 * one of its own, and closes it. One that refers by object makes `EventReference.event` of the object's `event`, one that
 * refers by UID of the event's UID; `EventReference.version` is that of the object.
 */
export interface ObjectExpander {
  /** @throws the signal's reason when aborted; {CalendarError} when the objects are too much for it. */
  expand(objects: readonly CalendarObject[], window: TimeWindow, signal: AbortSignal): Promise<CalendarReading>;
  close(): Promise<void>;
}

/** What is meant in an object. */
export interface EventTarget {
  /** Null: the object has one event. */
  readonly uid: string | null;
  /** As `EventReference.occurrence`. */
  readonly occurrence: number | null;
}

/**
 * Makes and changes iCalendar texts, keeping what it does not understand.
 * @throws {CalendarError} `calendar/unreadable` for a text that is no calendar, `calendar/not-found` for what it does not have.
 */
export interface CalendarWriter {
  /** A whole object of one event, made by the room. `uid` is unique for ever. */
  create(booking: NewBooking, uid: string): string;
  /** A calendar with the events of another besides its own. */
  add(calendar: string, other: string): string;
  /** With another end; of a series one occurrence becomes an exception. */
  changeEnd(text: string, target: EventTarget, endMs: number): string;
  /** With the room saying no; null when it is not invited by an address that is known. */
  decline(text: string, target: EventTarget): string | null;
  /** Without the event or the occurrence; null when nothing remains. */
  remove(text: string, target: EventTarget): string | null;
}
