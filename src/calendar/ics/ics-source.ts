import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import type { CalendarEvent, CalendarReading, TimeWindow } from '../calendar-event.ts';
import type { CalendarObject, ObjectExpander } from '../calendar-objects.ts';
import type { CalendarSource } from '../calendar-source.ts';
import { failureOf } from '../http/answer.ts';
import type { Authorization } from '../http/credentials.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { isCalendarText, utf8Text } from '../ical-text.ts';

export interface IcsOptions {
  readonly url: string;
  readonly authorize: Authorization;
  readonly http: HttpClient;
  /** One that refers by UID: the object is the whole file. */
  readonly expander: ObjectExpander;
  readonly clock: Clock;
}

interface Kept {
  readonly object: CalendarObject;
  /** What makes the next request cheap. */
  readonly etag: string | null;
  readonly modified: string | null;
}

/**
 * A calendar published as one iCalendar file at an address, as it is given out for subscribing. Read-only. The address is a
 * secret where it is all that is needed to read it: it is in no error and no log. `EventReference.event` is the UID.
 */
export class IcsSource implements CalendarSource {
  readonly kind = 'ics';
  readonly isWritable = false;
  readonly #options: IcsOptions;
  #kept: Kept | null = null;

  constructor(options: IcsOptions) {
    this.#options = options;
  }

  async read(window: TimeWindow, signal: AbortSignal): Promise<CalendarReading> {
    this.#kept = await this.#fetch(this.#kept, signal);
    return this.#options.expander.expand([this.#kept.object], window, signal);
  }

  create(): Promise<CalendarEvent> {
    return refuse();
  }

  changeEnd(): Promise<CalendarEvent> {
    return refuse();
  }

  release(): Promise<void> {
    return refuse();
  }

  async close(): Promise<void> {
    this.#kept = null;
    this.#options.http.close();
    await this.#options.expander.close();
  }

  async #fetch(kept: Kept | null, signal: AbortSignal): Promise<Kept> {
    const { http, url, authorize, clock } = this.#options;
    const authorization = await authorize();
    const headers = {
      Accept: 'text/calendar',
      ...(authorization !== null && { Authorization: authorization }),
      ...conditionsOf(kept),
    };
    const answer = await http.send({ method: 'GET', url, headers, body: null }, signal);
    const failed = failureOf(answer, clock.wallMs());
    if (failed) throw failed;
    if (answer.status !== 304) return keep(answer, kept);
    if (!kept) throw new CalendarError('calendar/unreadable', 'The server says that nothing has changed since nothing');
    return kept;
  }
}

/** Both, as RFC 9110 section 13.1.3 has it: a server that knows ETags passes over the date. */
function conditionsOf(kept: Kept | null): Record<string, string> {
  return {
    ...(kept?.etag ? { 'If-None-Match': kept.etag } : {}),
    ...(kept?.modified ? { 'If-Modified-Since': kept.modified } : {}),
  };
}

/** Servers that know neither are asked for all each time; the same text is still not read twice. */
function keep(answer: HttpAnswer, kept: Kept | null): Kept {
  const version = createHash('sha256').update(answer.body).digest('base64url');
  const [etag, modified] = [answer.header('etag'), answer.header('last-modified')];
  if (kept?.object.version === version) return { object: kept.object, etag, modified };
  const text = utf8Text(answer.body);
  if (text === null || !isCalendarText(text))
    throw new CalendarError('calendar/unreadable', 'The address gives something that is no calendar');
  return { object: { event: 'calendar', version, text }, etag, modified };
}

function refuse(): Promise<never> {
  return Promise.reject(
    new CalendarError('calendar/read-only', 'A calendar that is only published at an address takes no bookings'),
  );
}
