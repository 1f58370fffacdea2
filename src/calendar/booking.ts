import { createHash } from 'node:crypto';
import type { CalendarEvent, EventReference, LinkPlaces } from './calendar-event.ts';
import type { FoundMeeting } from './found-meeting.ts';

/** One occurrence as the room keeps it: texts are cleaned for display, and the places of links are reduced to what was found there. */
export interface Booking extends Omit<CalendarEvent, 'places'> {
  /** Stable over readings and restarts; tells nothing of the source. */
  readonly id: string;
  readonly meeting: FoundMeeting;
}

/** How events become bookings; both are pure. */
export interface BookingMeans {
  /** Null: there is no link at all. */
  readonly findMeetingLink: (places: LinkPlaces) => Exclude<FoundMeeting, { kind: 'none' }> | null;
  /** Without controls, invisible characters and line breaks, and at most `maxLength` characters. */
  readonly displayText: (text: string, maxLength: number) => string;
}

const TITLE_LENGTH = 200;
const ORGANIZER_LENGTH = 100;
/** More than a room can hold in the days that are read; what is beyond is cut off, the latest first. */
export const MOST_BOOKINGS = 2_000;

/** 22 characters of base64url. */
export function bookingId({ event, occurrence }: EventReference): string {
  return createHash('sha256')
    .update(JSON.stringify([event, occurrence]))
    .digest('base64url')
    .slice(0, 22);
}

export function toBooking(event: CalendarEvent, means: BookingMeans): Booking {
  const { places, ...rest } = event;
  return {
    ...rest,
    id: bookingId(event.reference),
    title: means.displayText(event.title, TITLE_LENGTH),
    organizer: event.organizer === null ? null : means.displayText(event.organizer, ORGANIZER_LENGTH),
    meeting: means.findMeetingLink(places) ?? { kind: 'none' },
  };
}

/** By start, each once, without those whose times make no sense: one bad event must not cost the others. */
export function toBookings(events: readonly CalendarEvent[], means: BookingMeans): readonly Booking[] {
  const byId = new Map<string, CalendarEvent>();
  const possible = events.filter(({ startMs, endMs }) => Number.isFinite(startMs) && endMs >= startMs);
  for (const event of possible.toSorted((a, b) => a.startMs - b.startMs)) {
    const id = bookingId(event.reference);
    if (!byId.has(id)) byId.set(id, event);
    if (byId.size === MOST_BOOKINGS) break;
  }
  return [...byId.values()].map((event) => toBooking(event, means));
}

/** The list with `changed` in the place of what it was. */
export function withBooking(bookings: readonly Booking[], changed: Booking): readonly Booking[] {
  return [...bookings.filter(({ id }) => id !== changed.id), changed].sort((a, b) => a.startMs - b.startMs);
}
