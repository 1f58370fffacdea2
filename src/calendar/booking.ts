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
/** Texts of so many are looked through before others get their turn. */
const AT_ONCE = 20;

/** 22 characters of base64url. */
export function bookingId({ event, occurrence }: EventReference): string {
  return digestOf([event, occurrence]);
}

const digestOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);

/** What is read out of an event's texts: the costly part of a booking. */
type Readable = Pick<Booking, 'title' | 'organizer' | 'meeting'>;

export function toBooking(event: CalendarEvent, means: BookingMeans): Booking {
  return { ...plainPart(event), ...readable(event, means) };
}

/** Bookings of one calendar, made again at each reading: texts that have not changed are not looked at again. */
export class BookingMaker {
  readonly #means: BookingMeans;
  #known = new Map<string, { readonly digest: string; readonly readable: Readable }>();

  constructor(means: BookingMeans) {
    this.#means = means;
  }

  /**
   * By start, each once, at most 2,000, without those whose times make no sense: one bad event must not cost the others.
   * Others get their turn in between.
   */
  async make(events: readonly CalendarEvent[]): Promise<readonly Booking[]> {
    const known = new Map<string, { readonly digest: string; readonly readable: Readable }>();
    const bookings: Booking[] = [];
    for (const event of distinct(events)) {
      const booking = plainPart(event);
      const digest = digestOf([event.title, event.organizer, event.places]);
      const before = this.#known.get(booking.id);
      const isKnown = before?.digest === digest;
      const entry = isKnown ? before : { digest, readable: readable(event, this.#means) };
      known.set(booking.id, entry);
      bookings.push({ ...booking, ...entry.readable });
      if (!isKnown && known.size % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#known = known;
    return bookings;
  }
}

function distinct(events: readonly CalendarEvent[]): readonly CalendarEvent[] {
  const possible = events.filter(({ startMs, endMs }) => Number.isFinite(startMs) && endMs >= startMs);
  const byId = new Map<string, CalendarEvent>();
  for (const event of possible.toSorted((a, b) => a.startMs - b.startMs)) {
    const id = bookingId(event.reference);
    if (!byId.has(id)) byId.set(id, event);
    if (byId.size === MOST_BOOKINGS) break;
  }
  return [...byId.values()];
}

function plainPart({ places: _places, ...event }: CalendarEvent): Omit<Booking, 'meeting'> {
  return { ...event, id: bookingId(event.reference) };
}

function readable({ title, organizer, places }: CalendarEvent, means: BookingMeans): Readable {
  return {
    title: means.displayText(title, TITLE_LENGTH),
    organizer: organizer === null ? null : means.displayText(organizer, ORGANIZER_LENGTH),
    meeting: means.findMeetingLink(places) ?? { kind: 'none' },
  };
}

/** The list with `changed` in the place of what it was, and of what had the id `instead`. */
export function withBooking(bookings: readonly Booking[], changed: Booking, instead: string): readonly Booking[] {
  return [...bookings.filter(({ id }) => id !== changed.id && id !== instead), changed].sort(
    (a, b) => a.startMs - b.startMs,
  );
}
