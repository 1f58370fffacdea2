import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import type { CalendarEvent, CalendarReading, EventReference, TimeWindow } from '../calendar-event.ts';
import type { CalendarObject, CalendarWriter, EventTarget, ObjectExpander } from '../calendar-objects.ts';
import type { CalendarSource, NewBooking } from '../calendar-source.ts';
import type { Authorization } from '../http/credentials.ts';
import type { HttpClient } from '../http/http-client.ts';
import { occurrenceIn } from '../occurrence-in.ts';
import { CollectionCache } from './collection-cache.ts';
import { textOf } from './dav-answer.ts';
import { DavClient } from './dav-client.ts';
import { findCollection } from './find-collection.ts';

export interface CalDavOptions {
  /** A calendar's collection, or a server or principal from which it is found. */
  readonly url: string;
  /** Display name or last path segment of the calendar among several; null: there is one. */
  readonly calendar: string | null;
  readonly authorize: Authorization;
  readonly http: HttpClient;
  readonly expander: ObjectExpander;
  readonly writer: CalendarWriter;
  readonly clock: Clock;
  /** A new UID each time, of characters that need no escaping in a path. */
  readonly makeUid: () => string;
}

/** A calendar on a CalDAV server (RFC 4791). `EventReference.event` is the path of the object, `version` its ETag. */
export class CalDavSource implements CalendarSource {
  readonly kind = 'caldav';
  readonly isWritable = true;
  readonly #options: CalDavOptions;
  readonly #client: DavClient;
  #cache: CollectionCache | null = null;

  constructor(options: CalDavOptions) {
    this.#options = options;
    this.#client = new DavClient(options);
  }

  async read(window: TimeWindow, signal: AbortSignal): Promise<CalendarReading> {
    const cache = await this.#opened(signal);
    try {
      await cache.refresh(window, signal);
    } catch (error) {
      // Moved or made anew: it is looked for again the next time.
      if (error instanceof CalendarError && error.code === 'calendar/not-found') this.#cache = null;
      throw error;
    }
    const reading = await this.#options.expander.expand(cache.objects, window, signal);
    return { events: reading.events, problems: [...reading.problems, ...cache.problems] };
  }

  async create(booking: NewBooking, signal: AbortSignal): Promise<CalendarEvent> {
    const cache = await this.#opened(signal);
    const uid = this.#options.makeUid();
    const name = `${uid}.ics`;
    await this.#client.create(cache.collection, name, this.#options.writer.create(booking, uid), signal);
    const object = await this.#load(cache, new URL(name, cache.collection).pathname, signal);
    cache.put(object);
    return occurrenceIn(
      object,
      { event: object.event, occurrence: null, endMs: booking.endMs },
      this.#options.expander,
      signal,
    );
  }

  async changeEnd(reference: EventReference, endMs: number, signal: AbortSignal): Promise<CalendarEvent> {
    const cache = await this.#opened(signal);
    const { object, etag } = await this.#unchanged(cache, reference, signal);
    const text = this.#options.writer.changeEnd(object.text, targetOf(reference), endMs);
    await this.#client.update(this.#urlOf(cache, object.event), etag, text, signal);
    const changed = await this.#load(cache, object.event, signal);
    cache.put(changed);
    return occurrenceIn(changed, { ...reference, endMs }, this.#options.expander, signal);
  }

  /**
   * An invitation is declined in the room's copy, which a server that does scheduling tells the organizer (RFC 6638 section
   * 3.2.2.1) and every other keeps. Where the room's address is not known, the object is deleted or the occurrence excluded,
   * which means the same to the former and takes it off the calendar of the latter.
   */
  async release(reference: EventReference, signal: AbortSignal): Promise<void> {
    const cache = await this.#opened(signal);
    const { object, etag } = await this.#unchanged(cache, reference, signal);
    const { writer } = this.#options;
    const url = this.#urlOf(cache, object.event);
    const target = targetOf(reference);
    const text = writer.decline(object.text, target) ?? writer.remove(object.text, target);
    if (text === null) {
      await this.#client.remove(url, etag, signal);
      cache.remove(object.event);
    } else {
      await this.#client.update(url, etag, text, signal);
      cache.put(await this.#load(cache, object.event, signal));
    }
  }

  async close(): Promise<void> {
    this.#cache = null;
    this.#options.http.close();
    await this.#options.expander.close();
  }

  async #opened(signal: AbortSignal): Promise<CollectionCache> {
    if (this.#cache) return this.#cache;
    const { url, calendar, clock } = this.#options;
    const collection = await findCollection(this.#client, url, calendar, signal);
    this.#cache ??= new CollectionCache(this.#client, clock, collection);
    return this.#cache;
  }

  /** The object at the version that the caller has seen. @throws {CalendarError} `calendar/conflict` when it has another. */
  async #unchanged(
    cache: CollectionCache,
    reference: EventReference,
    signal: AbortSignal,
  ): Promise<{ readonly object: CalendarObject; readonly etag: string }> {
    const known = cache.get(reference.event);
    const isKnown = known?.version !== null && known?.version === reference.version;
    const object = known && isKnown ? known : await this.#load(cache, reference.event, signal);
    if (reference.version !== null && object.version !== reference.version)
      throw new CalendarError('calendar/conflict', 'The event was changed by somebody else meanwhile');
    if (object.version === null)
      throw new CalendarError(
        'calendar/unreadable',
        'The calendar server gives no ETag, so nothing can be changed safely',
      );
    return { object, etag: object.version };
  }

  /** By the same report as in reading: not every server has the same ETag in the header of an answer. */
  async #load(cache: CollectionCache, path: string, signal: AbortSignal): Promise<CalendarObject> {
    const { pathname } = new URL(this.#urlOf(cache, path));
    const [item] = await this.#client.objects(cache.collection, [pathname], signal);
    const text = textOf(item?.props['calendarData']);
    if (!item || item.status === 404 || text === null)
      throw new CalendarError('calendar/not-found', 'The event is not in the calendar any more');
    return { event: path, version: textOf(item.props['getetag']), text };
  }

  /** @throws {CalendarError} `calendar/not-found` for a reference that is not of this collection. */
  #urlOf(cache: CollectionCache, path: string): string {
    const url = URL.parse(path, cache.collection);
    if (!url?.href.startsWith(cache.collection))
      throw new CalendarError('calendar/not-found', 'The event is not of this calendar');
    return url.href;
  }
}

function targetOf({ occurrence }: EventReference): EventTarget {
  return { uid: null, occurrence };
}
