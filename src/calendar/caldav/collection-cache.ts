import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import type { EventProblem, TimeWindow } from '../calendar-event.ts';
import type { CalendarObject } from '../calendar-objects.ts';
import { DAY_MS, covers, widen } from '../time-window.ts';
import type { DavItem } from './dav-answer.ts';
import { pathKey, textOf } from './dav-answer.ts';
import type { DavClient } from './dav-client.ts';

export const caldavLimits = {
  /** In the window; a room has a few dozen a day. */
  objects: 5_000,
  /** Objects asked for in one multiget. */
  batch: 25,
  objectChars: 1_000_000,
  totalChars: 32_000_000,
  /** `EventReference.event`. */
  pathLength: 512,
} as const;

/** All-day and floating times are the server's guess, up to a day away; the days ahead let the window move without a new query. */
const MARGIN_MS = DAY_MS;
const AHEAD_MS = 3 * DAY_MS;
/** Some servers make tokens of the time in whole seconds, so that a change can hide behind an unchanged one. */
const TRUST_TOKEN_MS = 15 * 60_000;

/**
 * What the collection holds around the window. A refresh costs one small PROPFIND while the collection's token (sync-token of
 * RFC 6578, or CTag) stays the same, else the ETags of the window and those objects whose ETag is new.
 */
export class CollectionCache {
  readonly #client: DavClient;
  readonly #clock: Clock;
  readonly #collection: string;
  readonly #objects = new Map<string, CalendarObject>();
  #tooLarge: EventProblem[] = [];
  #queried: TimeWindow | null = null;
  #token: string | null = null;
  #queriedAtMs = 0;

  constructor(client: DavClient, clock: Clock, collection: string) {
    this.#client = client;
    this.#clock = clock;
    this.#collection = collection;
  }

  get collection(): string {
    return this.#collection;
  }

  get objects(): readonly CalendarObject[] {
    return [...this.#objects.values()];
  }

  /** Objects that are not used. */
  get problems(): readonly EventProblem[] {
    return this.#tooLarge;
  }

  async refresh(window: TimeWindow, signal: AbortSignal): Promise<void> {
    // Read before the query: what changes in between is seen the next time.
    const token = await this.#readToken(signal);
    if (this.#isCurrent(token, window)) return;
    const queried = widen(window, MARGIN_MS, AHEAD_MS);
    const items = await this.#client.etagsWithin(this.#collection, queried, signal);
    await this.#take(
      items.filter((item) => item.url.href !== this.#collection),
      signal,
    );
    [this.#token, this.#queried, this.#queriedAtMs] = [token, queried, this.#clock.nowMs()];
  }

  get(path: string): CalendarObject | null {
    return this.#objects.get(path) ?? null;
  }

  /** Remembers what the room itself wrote; the next refresh asks all the same. */
  put(object: CalendarObject): void {
    this.#objects.set(object.event, object);
    this.#token = null;
  }

  remove(path: string): void {
    this.#objects.delete(path);
    this.#token = null;
  }

  #isCurrent(token: string | null, window: TimeWindow): boolean {
    const fresh = this.#clock.nowMs() - this.#queriedAtMs < TRUST_TOKEN_MS;
    return (
      token !== null && token === this.#token && fresh && covers(this.#queried, widen(window, MARGIN_MS, MARGIN_MS))
    );
  }

  async #readToken(signal: AbortSignal): Promise<string | null> {
    const items = await this.#client.properties(this.#collection, ['d:sync-token', 'cs:getctag'], '0', signal);
    return textOf(items[0]?.props['syncToken']) ?? textOf(items[0]?.props['getctag']);
  }

  async #take(items: readonly DavItem[], signal: AbortSignal): Promise<void> {
    if (items.length > caldavLimits.objects)
      throw new CalendarError('calendar/unreadable', `The calendar holds more than ${caldavLimits.objects} events`);
    const etags = new Map(items.map((item) => [item.url.pathname, textOf(item.props['getetag'])]));
    for (const path of this.#objects.keys()) if (!etags.has(path)) this.#objects.delete(path);
    this.#tooLarge = this.#tooLarge.filter(({ event }) => event !== null && etags.has(event));
    const wanted = [...etags].filter(([path, etag]) => etag === null || this.#objects.get(path)?.version !== etag);
    for (let at = 0; at < wanted.length; at += caldavLimits.batch) {
      const paths = wanted.slice(at, at + caldavLimits.batch).map(([path]) => path);
      this.#store(await this.#client.objects(this.#collection, paths, signal), paths);
    }
  }

  /** Only what was asked for: a server that sends more does not fill the memory with it. */
  #store(items: readonly DavItem[], asked: readonly string[]): void {
    for (const path of asked) this.#objects.delete(path);
    this.#tooLarge = this.#tooLarge.filter(({ event }) => event === null || !asked.includes(event));
    const paths = new Map(asked.map((path) => [pathKey(path), path]));
    for (const { url, props, status } of items) {
      const path = paths.get(pathKey(url.pathname));
      const text = textOf(props['calendarData']);
      if (path === undefined || status === 404 || text === null) continue;
      if (text.length > caldavLimits.objectChars || path.length > caldavLimits.pathLength) {
        this.#tooLarge.push({ code: 'calendar/event-too-large', event: path.slice(0, caldavLimits.pathLength) });
      } else this.#objects.set(path, { event: path, version: textOf(props['getetag']), text });
    }
    this.#checkSize();
  }

  #checkSize(): void {
    const chars = this.objects.reduce((sum, { text }) => sum + text.length, 0);
    if (chars > caldavLimits.totalChars)
      throw new CalendarError(
        'calendar/unreadable',
        `The calendar is larger than ${caldavLimits.totalChars} characters`,
      );
  }
}
