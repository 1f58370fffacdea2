import type { CalendarSource } from './calendar-source.ts';

/** One booking as the panel shows it. Its link stays in the daemon. */
export interface BookingView {
  readonly id: string;
  /** Cleaned for display; null: private, or this room shows no titles. */
  readonly title: string | null;
  readonly organizer: string | null;
  /** ms since 1970, as all times here. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly allDay: boolean;
  readonly isPrivate: boolean;
  /** It does not occupy the room. */
  readonly isFree: boolean;
  readonly isSeries: boolean;
  /** `soon`: it can be joined already; `over`: the room is still in its meeting. */
  readonly phase: 'later' | 'soon' | 'running' | 'over';
  readonly meeting: 'joinable' | 'other' | 'incomplete' | 'none';
  /** Name of the service of an `other` meeting. */
  readonly service: string | null;
  /** `POST /call/join` with its id works now. */
  readonly canJoin: boolean;
  readonly isCheckedIn: boolean;
  /** Made in the room. */
  readonly madeHere: boolean;
}

/** The room's calendar as the panel shows it. An error never empties it: what was read last stays, with its age. */
export interface ScheduleView {
  readonly source: CalendarSource['kind'];
  /** Bookings can be made and changed. */
  readonly isWritable: boolean;
  /**
   * `loading`: not yet read; `fresh`; `stale`: could not be read for a while, this is how it was at `readAt`;
   * `failed`: could not be read and nothing is known of earlier, so nothing is known of the day.
   */
  readonly state: 'loading' | 'fresh' | 'stale' | 'failed';
  readonly readAt: number | null;
  /** Running and coming ones of today, and the first after today; by start, at most 50. */
  readonly bookings: readonly BookingView[];
  /** How many of today did not fit. */
  readonly omitted: number;
  /** Id of the booking that has the room now: of several the one that began last. */
  readonly current: string | null;
  /** Id of the next one that will occupy the room. */
  readonly next: string | null;
  /** End of the unbroken run of bookings; null: nothing is booked now. */
  readonly busyUntil: number | null;
  /** Begin of the next booking; null: booked now, or free as far as is known. */
  readonly freeUntil: number | null;
  /** The booking whose meeting the room is in. */
  readonly inCall: string | null;
  /** There is room for a booking from now on. */
  readonly canBook: boolean;
  /** By how many minutes the current booking can be extended; empty: not at all. */
  readonly extendMinutes: readonly number[];
  /** The current booking can be ended early. */
  readonly canEnd: boolean;
  /** The current booking wants to be checked in, or it will be released. */
  readonly wantsCheckIn: boolean;
  /** It is released at `at` unless somebody shows that the room is used. */
  readonly releasing: { readonly booking: string; readonly at: number } | null;
}

/** What came of reading the calendar once, for the settings page. */
export interface CalendarTest {
  readonly ok: boolean;
  /** Of docs/errors.md. */
  readonly code: string | null;
  /** In words. */
  readonly message: string;
  /** What a person can do; empty when there is nothing to do. */
  readonly action: string;
  /** How many the room knows of, from whenever they are. */
  readonly bookings: number;
  readonly tookMs: number;
}
