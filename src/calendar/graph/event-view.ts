import * as v from 'valibot';
import { CalendarError } from '../calendar-error.ts';
import type { EventProblem } from '../calendar-event.ts';
import type { GraphEvent } from './graph-event.ts';
import { completed, graphEvent, graphRemoved } from './graph-event.ts';

const MAX_EVENTS = 20_000;

/** What a delta of a calendarView has told so far: the window's single events, occurrences and exceptions, and their series. */
export class EventView {
  readonly #events = new Map<string, GraphEvent>();
  readonly #masters = new Map<string, GraphEvent>();
  readonly #malformed = new Set<string>();

  get problems(): readonly EventProblem[] {
    return [...this.#malformed].map((event) => ({
      code: 'calendar/event-malformed',
      event: event === '' ? null : event,
    }));
  }

  /** Single events, and occurrences completed from their series; an occurrence whose series is not known yet is left out. */
  get events(): readonly GraphEvent[] {
    return [...this.#events.values()].flatMap((event) => {
      if (event.type !== 'occurrence' || event.subject !== null) return [event];
      const master = this.#masterOf(event);
      return master ? [completed(event, master)] : [];
    });
  }

  /** Series that occurrences belong to and that were not told: a series that began before the window is not in its delta. */
  get missingMasters(): readonly string[] {
    const missing = [...this.#events.values()].filter(
      (event) => event.type === 'occurrence' && event.subject === null && !this.#masterOf(event),
    );
    return [...new Set(missing.flatMap((event) => event.seriesMasterId ?? []))];
  }

  /** The entries of one whole round, all its pages together. */
  apply(entries: readonly unknown[]): void {
    const told = this.#decodeAll(entries);
    const whole = wholeSeries(told);
    this.#dropOccurrences((series) => whole.has(series));
    for (const event of told) (isMaster(event) ? this.#masters : this.#events).set(event.id, event);
    if (this.#events.size > MAX_EVENTS)
      throw new CalendarError('calendar/unreadable', `The calendar holds more than ${MAX_EVENTS} events`);
  }

  addMaster(master: GraphEvent): void {
    this.#masters.set(master.id, master);
  }

  /** The series is gone, and its occurrences with it. */
  dropSeries(id: string): void {
    this.#masters.delete(id);
    this.#dropOccurrences((series) => series === id);
  }

  /** The event of a reference: a series' occurrence by its original start, else a single event. */
  find(id: string, isWanted: (event: GraphEvent) => boolean): GraphEvent | null {
    const candidates = [...this.#events.values()].filter((event) => event.id === id || event.seriesMasterId === id);
    return candidates.find(isWanted) ?? null;
  }

  /** What the room wrote itself: seen at once, and told again by the next delta. */
  put(event: GraphEvent, replacedId: string): void {
    this.#events.delete(replacedId);
    this.#events.set(event.id, event);
  }

  remove(id: string): void {
    this.#events.delete(id);
  }

  /** In the order they came: what is removed after it was told is removed. */
  #decodeAll(entries: readonly unknown[]): readonly GraphEvent[] {
    const told = new Map<string, GraphEvent>();
    for (const entry of entries) {
      const id = idOf(entry);
      const parsed = v.safeParse(graphEvent, entry);
      const isRemoved = v.is(graphRemoved, entry);
      told.delete(id);
      this.#malformed.delete(id);
      if (isRemoved) this.#dropAll(id);
      else if (parsed.success) told.set(id, parsed.output);
      else {
        this.#malformed.add(id);
        this.#events.delete(id);
      }
    }
    return [...told.values()];
  }

  /** An event or a whole series. */
  #dropAll(id: string): void {
    this.#events.delete(id);
    this.dropSeries(id);
  }

  #masterOf(event: GraphEvent): GraphEvent | null {
    return event.seriesMasterId === null ? null : (this.#masters.get(event.seriesMasterId) ?? null);
  }

  #dropOccurrences(isOf: (series: string) => boolean): void {
    for (const [id, event] of this.#events)
      if (event.seriesMasterId !== null && isOf(event.seriesMasterId)) this.#events.delete(id);
  }
}

/**
 * The series that came whole. A changed series does: with all its occurrences, and the one that was deleted from it is just
 * not among them any more; no `@removed` tells of it. Its master may be missing when it began before the window, but an
 * occurrence that is no exception changes with its series alone.
 */
function wholeSeries(told: readonly GraphEvent[]): ReadonlySet<string | null> {
  const masters = new Set<string | null>(told.filter(isMaster).map(({ id }) => id));
  const whole = told.filter(({ type, seriesMasterId }) => type === 'occurrence' || masters.has(seriesMasterId));
  return new Set(whole.map(({ seriesMasterId }) => seriesMasterId).filter((id) => id !== null));
}

function isMaster(event: GraphEvent): boolean {
  return event.type === 'seriesMaster';
}

function idOf(entry: unknown): string {
  const parsed = v.safeParse(v.object({ id: v.pipe(v.string(), v.maxLength(512)) }), entry);
  return parsed.success ? parsed.output.id : '';
}
