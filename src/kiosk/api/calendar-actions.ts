import type { BookingView, CalendarTest, ScheduleView } from '../../calendar/schedule-state.ts';
import type { Problem } from '../../call/call-state.ts';
import { UsageError } from '../../lib/errors.ts';
import type { CalendarActions, WantedLength } from './actions.ts';

/** What the kiosk needs of the room's schedule. */
export interface RoomCalendar {
  readonly view: ScheduleView;
  readonly problems: readonly Problem[];
  /** The booking whose meeting one touch joins; null: none has any. */
  readonly offered: BookingView | null;
  /** Calls back at each change of any of these; returns the function that unsubscribes. */
  onChange(listener: () => void): () => void;
  /** Holds key material. @throws {UsageError} calendar/unknown-booking, -not-joinable, -not-open-yet */
  linkOf(id: string): string;
  /** The room has joined this. */
  joined(target: { readonly booking: string } | { readonly link: string }): void;
  book(wanted: WantedLength): Promise<BookingView>;
  extend(id: string, minutes: number): Promise<BookingView>;
  end(id: string): Promise<BookingView>;
  checkIn(id: string): BookingView;
  skip(id: string): void;
  refresh(): Promise<void>;
  test(): Promise<CalendarTest>;
}

/** What can be done with the bookings of a room that may have no calendar. */
export function calendarActions(calendar: RoomCalendar | null): CalendarActions {
  const required = (): RoomCalendar => requireCalendar(calendar);
  return {
    book: async (wanted) => required().book(wanted),
    extend: async (id, minutes) => required().extend(id, minutes),
    end: async (id) => required().end(id),
    checkIn: async (id) => required().checkIn(id),
    skip: async (id) => required().skip(id),
    refresh: async () => {
      await required().refresh();
      return required().view;
    },
    test: async () => required().test(),
  };
}

/** @throws {UsageError} calendar/none */
export function requireCalendar(calendar: RoomCalendar | null): RoomCalendar {
  if (calendar === null) throw new UsageError('calendar/none', 'This room has no calendar');
  return calendar;
}
