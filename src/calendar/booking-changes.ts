import type { Clock } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import type { WantedLength } from './book.ts';
import { endedNow, extendedEnd, spanFromNow } from './book.ts';
import type { Booking, BookingMeans } from './booking.ts';
import { toBooking } from './booking.ts';
import { CalendarError } from './calendar-error.ts';
import type { CalendarEvent } from './calendar-event.ts';
import type { Ask, CalendarReader } from './calendar-reader.ts';
import type { CalendarSource } from './calendar-source.ts';

export interface BookingChangesDeps {
  readonly source: CalendarSource;
  readonly reader: CalendarReader;
  readonly means: BookingMeans;
  readonly clock: Clock;
  readonly bookTitle: string;
  /** Minutes past the hour in the room's time zone. */
  readonly minuteOf: (atMs: number) => number;
}

/** What the room changes in its calendar, each behind a reading. All resolve with the booking as it is afterwards. */
export class BookingChanges {
  readonly #deps: BookingChangesDeps;

  constructor(deps: BookingChangesDeps) {
    this.#deps = deps;
  }

  /** `made` hears of the booking before anybody else. @throws {UsageError} calendar/busy, -no-time @throws {CalendarError} */
  book(wanted: WantedLength, made: (booking: Booking) => void): Promise<Booking> {
    const { source, clock, bookTitle, minuteOf } = this.#deps;
    return this.#change(
      async (bookings, ask) => {
        const span = spanFromNow(bookings, clock.wallMs(), wanted, minuteOf);
        return ask((signal) => source.create({ ...span, title: bookTitle }, signal));
      },
      null,
      made,
    );
  }

  /** @throws {UsageError} calendar/unknown-booking, -not-running, -all-day, -no-time @throws {CalendarError} */
  extend(id: string, minutes: number): Promise<Booking> {
    const { source, clock } = this.#deps;
    return this.#change(async (bookings, ask) => {
      const booking = bookingOf(bookings, id);
      const endMs = extendedEnd(bookings, booking, clock.wallMs(), minutes);
      return ask((signal) => source.changeEnd(booking.reference, endMs, signal));
    }, id);
  }

  /** @throws {UsageError} calendar/unknown-booking, -not-running, -all-day, -no-time @throws {CalendarError} */
  end(id: string): Promise<Booking> {
    const { source, clock } = this.#deps;
    return this.#change(async (bookings, ask) => {
      const booking = bookingOf(bookings, id);
      const endMs = endedNow(booking, clock.wallMs());
      return ask((signal) => source.changeEnd(booking.reference, endMs, signal));
    }, id);
  }

  /** Gives a booking back if it is still there and `mayStill` be; resolves with whether it was. @throws {CalendarError} */
  release(id: string, mayStill: (booking: Booking) => boolean): Promise<boolean> {
    const { source, reader } = this.#deps;
    return reader.change(async (bookings, ask) => {
      const booking = bookings.find((each) => each.id === id);
      if (!booking || !mayStill(booking)) return false;
      await ask((signal) => source.release(booking.reference, signal));
      reader.drop(id);
      return true;
    });
  }

  #change(
    act: (bookings: readonly Booking[], ask: Ask) => Promise<CalendarEvent>,
    /** Id of the booking that is changed: an occurrence may come back as something else. */
    changed: string | null,
    done: (booking: Booking) => void = () => undefined,
  ): Promise<Booking> {
    const { source, reader, means } = this.#deps;
    if (!source.isWritable)
      return Promise.reject(new CalendarError('calendar/read-only', 'The room cannot change this calendar'));
    return reader.change(async (bookings, ask) => {
      const booking = toBooking(await act(bookings, ask), means);
      done(booking);
      reader.accept(booking, changed ?? booking.id);
      return booking;
    });
  }
}

/** @throws {UsageError} calendar/unknown-booking */
export function bookingOf(bookings: readonly Booking[], id: string): Booking {
  const booking = bookings.find((each) => each.id === id);
  if (!booking) throw new UsageError('calendar/unknown-booking', 'This booking is not in the calendar any more');
  return booking;
}
