import * as v from 'valibot';
import { CalendarError } from '../calendar-error.ts';
import type { EventProblem } from '../calendar-event.ts';
import type { GoogleEntry, GoogleEvent, GoogleMoment } from './google-event.ts';
import { googleCancelled, googleEvent, isCancelled } from './google-event.ts';
import type { GoogleSeries } from './google-ical.ts';

const MAX_ENTRIES = 20_000;

/** What lists have told so far: single events and masters of series, their exceptions, and instances that were taken out. */
export class EventStore {
  readonly #entries = new Map<string, GoogleEntry>();
  readonly #malformed = new Set<string>();

  get problems(): readonly EventProblem[] {
    return [...this.#malformed].map((event) => ({
      code: 'calendar/event-malformed',
      event: event === '' ? null : event,
    }));
  }

  /** Every event with what belongs to it. */
  get series(): readonly GoogleSeries[] {
    const groups = Map.groupBy(this.#entries.values(), (entry) => entry.recurringEventId ?? entry.id);
    return [...groups].map(([id, entries]) => toSeries(id, entries));
  }

  find(id: string): GoogleSeries | null {
    return this.series.find((series) => series.id === id) ?? null;
  }

  /** The entries of a whole round, in their order. */
  apply(entries: readonly unknown[]): void {
    for (const entry of entries) this.#take(entry);
    if (this.#entries.size > MAX_ENTRIES)
      throw new CalendarError('calendar/unreadable', `The calendar holds more than ${MAX_ENTRIES} events`);
  }

  /** What the room wrote itself: seen at once, and told again by the next round. */
  put(event: GoogleEvent): void {
    this.#entries.set(event.id, event);
  }

  /** An event with all its exceptions, or an instance: that is remembered as taken out. */
  remove(event: GoogleEvent): void {
    if (event.recurringEventId === null) this.#forget(event.id);
    else {
      const { id, recurringEventId, originalStartTime } = event;
      this.#entries.set(id, { id, status: 'cancelled', recurringEventId, originalStartTime });
    }
  }

  #take(value: unknown): void {
    const cancelled = v.safeParse(googleCancelled, value);
    const parsed = cancelled.success ? cancelled : v.safeParse(googleEvent, value);
    const id = idOf(value);
    this.#malformed.delete(id);
    if (!parsed.success) {
      this.#malformed.add(id);
      this.#entries.delete(id);
    } else if (isCancelled(parsed.output) && parsed.output.recurringEventId === null) this.#forget(id);
    else this.#entries.set(id, parsed.output);
  }

  #forget(id: string): void {
    for (const entry of [...this.#entries.values()])
      if (entry.id === id || entry.recurringEventId === id) this.#entries.delete(entry.id);
  }
}

function toSeries(id: string, entries: readonly GoogleEntry[]): GoogleSeries {
  const events = entries.filter((entry) => !isCancelled(entry));
  const cancelled = entries
    .filter(isCancelled)
    .flatMap(({ originalStartTime }): GoogleMoment[] => (originalStartTime ? [originalStartTime] : []));
  return {
    id,
    master: events.find((event) => event.id === id) ?? null,
    exceptions: events.filter((event) => event.id !== id),
    cancelled,
  };
}

function idOf(value: unknown): string {
  const parsed = v.safeParse(v.object({ id: v.pipe(v.string(), v.maxLength(512)) }), value);
  return parsed.success ? parsed.output.id : '';
}
