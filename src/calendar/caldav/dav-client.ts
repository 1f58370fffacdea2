import type { DAVResponse } from 'tsdav';
import { createCalendarObject, davRequest, deleteCalendarObject, propfind, updateCalendarObject } from 'tsdav';
import type { Clock } from '../../lib/clock.ts';
import type { TimeWindow } from '../calendar-event.ts';
import type { Authorization } from '../http/credentials.ts';
import type { HttpClient } from '../http/http-client.ts';
import { utcStamp } from '../time-window.ts';
import type { DavItem } from './dav-answer.ts';
import { itemsOf } from './dav-answer.ts';
import { davFetch } from './dav-fetch.ts';

export interface DavMeans {
  readonly http: HttpClient;
  readonly authorize: Authorization;
  readonly clock: Clock;
}

const NAMESPACES = {
  'xmlns:d': 'DAV:',
  'xmlns:c': 'urn:ietf:params:xml:ns:caldav',
  'xmlns:cs': 'http://calendarserver.org/ns/',
};
const OBJECT_PROPS = { 'd:getetag': {}, 'c:calendar-data': {} };

/** The requests of CalDAV (RFC 4791) that a room needs. All throw what `davFetch` and `itemsOf` throw. */
export class DavClient {
  readonly #means: DavMeans;

  constructor(means: DavMeans) {
    this.#means = means;
  }

  async properties(url: string, names: readonly string[], depth: '0' | '1', signal: AbortSignal): Promise<DavItem[]> {
    const props = Object.fromEntries(names.map((name) => [name, {}]));
    return itemsOf(await propfind({ url, props, depth, fetch: this.#fetch(signal) }), url);
  }

  /**
   * The ETags of the objects that overlap the window. Both ends are always given: servers fail on ranges without one. `expand`
   * is never asked for: too many servers get it wrong, and no object could be changed afterwards.
   */
  async etagsWithin(url: string, window: TimeWindow, signal: AbortSignal): Promise<DavItem[]> {
    const range = { start: utcStamp(window.startMs), end: utcStamp(window.endMs) };
    const filter = {
      'c:comp-filter': {
        _attributes: { name: 'VCALENDAR' },
        'c:comp-filter': { _attributes: { name: 'VEVENT' }, 'c:time-range': { _attributes: range } },
      },
    };
    return this.#report(url, 'calendar-query', { 'd:prop': { 'd:getetag': {} }, 'c:filter': filter }, signal);
  }

  /** Objects whole; one that is gone meanwhile has status 404. */
  async objects(url: string, paths: readonly string[], signal: AbortSignal): Promise<DavItem[]> {
    return this.#report(url, 'calendar-multiget', { 'd:prop': OBJECT_PROPS, 'd:href': paths }, signal);
  }

  /** @throws {CalendarError} `calendar/conflict` when there is one of that name. */
  async create(collection: string, filename: string, text: string, signal: AbortSignal): Promise<void> {
    const fetch = this.#fetch(signal);
    await createCalendarObject({ calendar: { url: collection }, filename, iCalString: text, fetch });
  }

  /** @throws {CalendarError} `calendar/conflict` when it has another ETag by now. */
  async update(url: string, etag: string, text: string, signal: AbortSignal): Promise<void> {
    await updateCalendarObject({ calendarObject: { url, etag, data: text }, fetch: this.#fetch(signal) });
  }

  /** @throws {CalendarError} `calendar/conflict` when it has another ETag by now. */
  async remove(url: string, etag: string, signal: AbortSignal): Promise<void> {
    await deleteCalendarObject({ calendarObject: { url, etag }, fetch: this.#fetch(signal) });
  }

  // davRequest and not tsdav's calendarQuery: that one fails the whole answer for one object that is gone, quoting the answer.
  async #report(
    url: string,
    name: string,
    body: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<DavItem[]> {
    const init = {
      method: 'REPORT' as const,
      namespace: 'c',
      headers: { Depth: '1' },
      body: { [name]: { _attributes: NAMESPACES, ...body } },
    };
    const responses: DAVResponse[] = await davRequest({ url, init, fetch: this.#fetch(signal) });
    return itemsOf(responses, url);
  }

  #fetch(signal: AbortSignal): typeof fetch {
    const { http, authorize, clock } = this.#means;
    return davFetch(http, authorize, clock, signal);
  }
}
