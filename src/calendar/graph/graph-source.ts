import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import type { CalendarEvent, CalendarReading, EventReference, TimeWindow } from '../calendar-event.ts';
import type { CalendarSource, NewBooking } from '../calendar-source.ts';
import { DAY_MS, HOUR_MS, covers, overlaps, widen } from '../time-window.ts';
import { EventView } from './event-view.ts';
import type { DeltaRound, GraphApi } from './graph-api.ts';
import type { GraphEvent } from './graph-event.ts';
import { completed, originalStartOf, takesPlace, toCalendarEvent } from './graph-event.ts';

export interface GraphOptions {
  readonly api: GraphApi;
  /** The instant at which the room's day begins that begins at `dayMs` in UTC. */
  readonly midnightOf: (dayMs: number) => number;
  readonly clock: Clock;
  /** A new UUID each time. */
  readonly makeUid: () => string;
  /** Ends the connections. */
  readonly close: () => void;
}

/** A delta stays bound to the window it began with: it is made wide, and begun anew when the window has left it. */
const BEFORE_MS = DAY_MS;
const AHEAD_MS = 7 * DAY_MS;
/** What a delta should have told and did not is wrong no longer than this. */
const ANEW_MS = 6 * HOUR_MS;
/** Around an occurrence that is looked for by its original start: it may have been moved. */
const MOVED_MS = 31 * DAY_MS;

interface Synced {
  readonly window: TimeWindow;
  readonly begunAtMs: number;
  readonly deltaLink: string;
}

/**
 * A room mailbox of Exchange Online through Microsoft Graph. `EventReference.event` is the immutable id of the event or of
 * its series, `version` the ETag (`W/"changeKey"`).
 *
 * Recurrences are expanded by Exchange and not here, unlike everywhere else. In v1.0 a delta exists for a calendarView alone,
 * which is expanded; and Exchange's occurrences are the ones that its organizers and their Outlook see, with their own ids
 * under which they are changed. Its recurrence patterns are no RRULEs, and its zones no IANA zones: an expansion of ours
 * would be a second opinion.
 */
export class GraphSource implements CalendarSource {
  readonly kind = 'graph';
  readonly isWritable = true;
  readonly #options: GraphOptions;
  #view = new EventView();
  #synced: Synced | null = null;

  constructor(options: GraphOptions) {
    this.#options = options;
  }

  async read(window: TimeWindow, signal: AbortSignal): Promise<CalendarReading> {
    await this.#sync(window, signal);
    await this.#completeSeries(signal);
    const events = this.#view.events
      .filter(takesPlace)
      .map((event) => toCalendarEvent(event, this.#options.midnightOf))
      .filter((event) => overlaps(event, window));
    return { events: events.toSorted((a, b) => a.startMs - b.startMs), problems: this.#view.problems };
  }

  async create(booking: NewBooking, signal: AbortSignal): Promise<CalendarEvent> {
    const event = await this.#options.api.create(booking, this.#options.makeUid(), signal);
    this.#view.put(event, event.id);
    return toCalendarEvent(event, this.#options.midnightOf);
  }

  async changeEnd(reference: EventReference, endMs: number, signal: AbortSignal): Promise<CalendarEvent> {
    const known = await this.#find(reference, signal);
    const changed = await this.#options.api.changeEnd(known.id, reference.version, endMs, signal);
    // An answer may leave out what a delta leaves out; which occurrence it is stays as it was.
    const event = {
      ...completed(changed, known),
      seriesMasterId: known.seriesMasterId,
      originalStart: known.originalStart,
    };
    this.#view.put(event, known.id);
    const { reference: now, ...told } = toCalendarEvent(event, this.#options.midnightOf);
    return { ...told, reference: { ...now, occurrence: reference.occurrence } };
  }

  async release(reference: EventReference, signal: AbortSignal): Promise<void> {
    const { id } = await this.#find(reference, signal);
    // A decline knows no If-Match, and who organizes it may have been left out of the delta: the event as it is now decides.
    const current = await this.#options.api.event(id, signal);
    if (reference.version !== null && current['@odata.etag'] !== reference.version)
      throw new CalendarError('calendar/conflict', 'The event was changed by somebody else meanwhile');
    if (current.isOrganizer === true) await this.#options.api.remove(id, reference.version, signal);
    else await this.#options.api.decline(id, signal);
    this.#view.remove(id);
  }

  async close(): Promise<void> {
    this.#synced = null;
    this.#options.close();
  }

  async #sync(window: TimeWindow, signal: AbortSignal): Promise<void> {
    const synced = this.#isCurrent(this.#synced, window) ? this.#synced : null;
    const more = synced && (await this.#continued(synced.deltaLink, signal));
    if (synced && more) {
      this.#view.apply(more.entries);
      this.#synced = { ...synced, deltaLink: more.deltaLink };
    } else await this.#begin(window, signal);
  }

  async #begin(window: TimeWindow, signal: AbortSignal): Promise<void> {
    const wide = widen(window, BEFORE_MS + DAY_MS, AHEAD_MS + DAY_MS);
    const { entries, deltaLink } = await this.#options.api.firstDelta(wide, signal);
    this.#view = new EventView();
    this.#view.apply(entries);
    this.#synced = { window: wide, begunAtMs: this.#options.clock.nowMs(), deltaLink };
  }

  #isCurrent(synced: Synced | null, window: TimeWindow): boolean {
    if (!synced || this.#options.clock.nowMs() - synced.begunAtMs > ANEW_MS) return false;
    // All-day events are the room's days, up to a day away from those of UTC.
    return covers(synced.window, widen(window, DAY_MS, DAY_MS));
  }

  /** Null when Graph has forgotten what the link continues (410, SyncStateNotFound): it does so of its own accord. */
  async #continued(deltaLink: string, signal: AbortSignal): Promise<DeltaRound | null> {
    try {
      return await this.#options.api.delta(deltaLink, signal);
    } catch (error) {
      if (error instanceof CalendarError && error.code === 'calendar/not-found') return null;
      throw error;
    }
  }

  async #completeSeries(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#view.missingMasters.map((id) => this.#loadMaster(id, signal)));
  }

  async #loadMaster(id: string, signal: AbortSignal): Promise<void> {
    try {
      this.#view.addMaster(await this.#options.api.event(id, signal));
    } catch (error) {
      if (!(error instanceof CalendarError) || error.code !== 'calendar/not-found') throw error;
      this.#view.dropSeries(id);
    }
  }

  /** Also for a reference from before a restart, of which nothing is known yet. @throws {CalendarError} `calendar/not-found`. */
  async #find({ event, occurrence }: EventReference, signal: AbortSignal): Promise<GraphEvent> {
    const isWanted = (candidate: GraphEvent): boolean =>
      occurrence === null ? candidate.id === event : originalStartOf(candidate) === occurrence;
    const known = this.#view.find(event, isWanted);
    if (known) return known;
    if (occurrence === null) return this.#options.api.event(event, signal);
    const around = { startMs: occurrence - MOVED_MS, endMs: occurrence + MOVED_MS };
    const found = (await this.#options.api.instances(event, around, signal)).find(isWanted);
    if (found) return { ...found, seriesMasterId: event };
    throw new CalendarError('calendar/not-found', 'The series does not have this occurrence');
  }
}
