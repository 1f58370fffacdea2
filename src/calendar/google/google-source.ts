import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import type { CalendarEvent, CalendarReading, EventReference, TimeWindow } from '../calendar-event.ts';
import type { ObjectExpander } from '../calendar-objects.ts';
import type { CalendarSource, NewBooking } from '../calendar-source.ts';
import { occurrenceIn } from '../occurrence-in.ts';
import { DAY_MS, HOUR_MS, covers, widen } from '../time-window.ts';
import type { Zone } from '../zone/zone.ts';
import { toUtc, toWall, utcZone } from '../zone/zone.ts';
import type { ZoneBook } from '../zone/zone-book.ts';
import { EventStore } from './event-store.ts';
import type { GoogleApi, GoogleRound } from './google-api.ts';
import type { GoogleEvent, GoogleMoment } from './google-event.ts';
import { isOwn } from './google-event.ts';
import type { GoogleSeries } from './google-ical.ts';
import { toCalendarObject } from './google-ical.ts';

export interface GoogleOptions {
  readonly api: GoogleApi;
  readonly expander: ObjectExpander;
  readonly zones: ZoneBook;
  /** The room's, an IANA name. */
  readonly zone: string;
  readonly clock: Clock;
  /** Ends the connections. */
  readonly close: () => void;
}

/**
 * A list stays bound to the window it began with. It is wide because an instance that was moved out of the window is told by
 * an exception that lies where it was moved to.
 */
const BEFORE_MS = 31 * DAY_MS;
const AHEAD_MS = 92 * DAY_MS;
/** What a round should have told and did not is wrong no longer than this. */
const ANEW_MS = 24 * HOUR_MS;

interface Synced {
  readonly window: TimeWindow;
  readonly begunAtMs: number;
  readonly syncToken: string;
}

/**
 * A calendar of Google Workspace, as a rule that of a room resource, through the Calendar API v3. `EventReference.event` is the
 * id of the event or of its series; `version` the ETag of what would be changed: of the exception, or else of the series.
 */
export class GoogleSource implements CalendarSource {
  readonly kind = 'google';
  readonly isWritable = true;
  readonly #options: GoogleOptions;
  #store = new EventStore();
  #synced: Synced | null = null;

  constructor(options: GoogleOptions) {
    this.#options = options;
  }

  async read(window: TimeWindow, signal: AbortSignal): Promise<CalendarReading> {
    await this.#sync(window, signal);
    const series = this.#store.series;
    const reading = await this.#options.expander.expand(
      series.map((each) => toCalendarObject(each, this.#options.zones)),
      window,
      signal,
    );
    const byId = new Map(series.map((each) => [each.id, each]));
    return {
      events: reading.events.map((event) => this.#versioned(event, byId.get(event.reference.event) ?? null)),
      problems: [...reading.problems, ...this.#store.problems],
    };
  }

  async create(booking: NewBooking, signal: AbortSignal): Promise<CalendarEvent> {
    const made = await this.#options.api.create(booking, signal);
    this.#store.put(made);
    return this.#told({ event: made.id, occurrence: null }, booking.endMs, signal);
  }

  async changeEnd(reference: EventReference, endMs: number, signal: AbortSignal): Promise<CalendarEvent> {
    const { id, etag } = await this.#unchanged(reference, signal);
    this.#store.put(await this.#options.api.changeEnd(id, etag, endMs, signal));
    return this.#told(reference, endMs, signal);
  }

  async release(reference: EventReference, signal: AbortSignal): Promise<void> {
    const event = await this.#unchanged(reference, signal);
    const own = event.attendees?.find(({ self }) => self === true)?.email ?? null;
    if (isOwn(event) || own === null) await this.#options.api.remove(event.id, event.etag, signal);
    else await this.#options.api.decline(event.id, own, event.etag, signal);
    this.#store.remove(event);
  }

  async close(): Promise<void> {
    this.#synced = null;
    this.#options.close();
    await this.#options.expander.close();
  }

  async #sync(window: TimeWindow, signal: AbortSignal): Promise<void> {
    const synced = this.#isCurrent(this.#synced, window) ? this.#synced : null;
    const more = synced && (await this.#changes(synced.syncToken, signal));
    if (synced && more) {
      this.#store.apply(more.entries);
      this.#synced = { ...synced, syncToken: more.syncToken };
      return;
    }
    const wide = widen(window, BEFORE_MS + DAY_MS, AHEAD_MS + DAY_MS);
    const { entries, syncToken } = await this.#options.api.listAll(wide, signal);
    this.#store = new EventStore();
    this.#store.apply(entries);
    this.#synced = { window: wide, begunAtMs: this.#options.clock.nowMs(), syncToken };
  }

  #isCurrent(synced: Synced | null, window: TimeWindow): boolean {
    if (!synced || this.#options.clock.nowMs() - synced.begunAtMs > ANEW_MS) return false;
    return covers(synced.window, widen(window, DAY_MS, DAY_MS));
  }

  /** Null when Google has forgotten the token (410): it does so of its own accord. */
  async #changes(syncToken: string, signal: AbortSignal): Promise<GoogleRound | null> {
    try {
      return await this.#options.api.listChanges(syncToken, signal);
    } catch (error) {
      if (error instanceof CalendarError && error.code === 'calendar/not-found') return null;
      throw error;
    }
  }

  /** The event or instance as it is now, at the version that the caller has seen. @throws {CalendarError} `calendar/conflict`. */
  async #unchanged(reference: EventReference, signal: AbortSignal): Promise<GoogleEvent> {
    const { event: id, occurrence } = reference;
    if (occurrence === null) return checked(reference, await this.#options.api.event(id, signal));
    // The series as it is now tells whether the instance is an exception by now, and of which version.
    await this.#sync(this.#synced?.window ?? widen({ startMs: occurrence, endMs: occurrence }, DAY_MS, DAY_MS), signal);
    const series = this.#store.find(id);
    const current = series && (exceptionAt(series, occurrence, this.#instantOf) ?? series.master);
    if (!series || !current) throw new CalendarError('calendar/not-found', 'The series is not there any more');
    checked(reference, current);
    return this.#options.api.instance(id, this.#originalStart(series, occurrence), signal);
  }

  /** As it is in the calendar now. */
  async #told(
    { event, occurrence }: Pick<EventReference, 'event' | 'occurrence'>,
    endMs: number,
    signal: AbortSignal,
  ): Promise<CalendarEvent> {
    const { expander, zones } = this.#options;
    const series = this.#store.find(event);
    if (!series) throw new CalendarError('calendar/not-found', 'The event is not there any more');
    const found = await occurrenceIn(toCalendarObject(series, zones), { event, occurrence, endMs }, expander, signal);
    return this.#versioned(found, series);
  }

  #versioned(event: CalendarEvent, series: GoogleSeries | null): CalendarEvent {
    const { occurrence } = event.reference;
    const exception = series && occurrence !== null ? exceptionAt(series, occurrence, this.#instantOf) : null;
    const version = (exception ?? series?.master ?? null)?.etag ?? null;
    return { ...event, reference: { ...event.reference, version } };
  }

  /** As the list of instances wants it: the day of an all-day series, else the instant. */
  #originalStart({ master, exceptions }: GoogleSeries, occurrence: number): string {
    const start = master?.start ?? exceptions[0]?.originalStartTime;
    if (start && !('date' in start)) return new Date(occurrence).toISOString();
    return new Date(toWall(this.#room, occurrence)).toISOString().slice(0, 10);
  }

  readonly #instantOf = (moment: GoogleMoment): number =>
    'date' in moment ? toUtc(this.#room, Date.parse(moment.date)) : moment.dateTime;

  get #room(): Zone {
    return this.#options.zones.find(this.#options.zone) ?? utcZone;
  }
}

function exceptionAt(
  series: GoogleSeries,
  occurrence: number,
  instantOf: (moment: GoogleMoment) => number,
): GoogleEvent | null {
  const isThere = ({ originalStartTime }: GoogleEvent): boolean =>
    originalStartTime !== null && instantOf(originalStartTime) === occurrence;
  return series.exceptions.find(isThere) ?? null;
}

function checked(reference: EventReference, event: GoogleEvent): GoogleEvent {
  if (reference.version === null || reference.version === event.etag) return event;
  throw new CalendarError('calendar/conflict', 'The event was changed by somebody else meanwhile');
}
