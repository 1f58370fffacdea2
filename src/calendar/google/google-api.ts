import * as v from 'valibot';
import { CalendarError } from '../calendar-error.ts';
import type { TimeWindow } from '../calendar-event.ts';
import type { NewBooking } from '../calendar-source.ts';
import { failure, jsonOf } from '../http/answer.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import type { JsonApi, JsonRequest } from '../http/json-api.ts';
import type { GoogleEvent } from './google-event.ts';
import { googleEvent } from './google-event.ts';

const MAX_PAGES = 200;
const MAX_ROUND_BYTES = 64_000_000;
const PAGE_SIZE = 250;
const mark = v.nullish(v.pipe(v.string(), v.minLength(1), v.maxLength(4_096)));
const page = v.object({ items: v.nullish(v.array(v.unknown()), []), nextPageToken: mark, nextSyncToken: mark });

/** All entries of a list, and the token that continues it. */
export interface GoogleRound {
  readonly entries: readonly unknown[];
  readonly syncToken: string;
}

/** The requests to the Google Calendar API v3 for one calendar. */
export class GoogleApi {
  readonly #json: JsonApi;
  readonly #events: string;

  /** `base` as in `https://www.googleapis.com`, without a slash at its end. */
  constructor(json: JsonApi, base: string, calendarId: string) {
    this.#json = json;
    this.#events = `${base}/calendar/v3/calendars/${encodeURIComponent(calendarId)}/events`;
  }

  listAll(window: TimeWindow, signal: AbortSignal): Promise<GoogleRound> {
    return this.#list({ timeMin: isoTime(window.startMs), timeMax: isoTime(window.endMs) }, signal);
  }

  /** What has changed since. @throws {CalendarError} `calendar/not-found` when the token is not known any more: begin anew. */
  listChanges(syncToken: string, signal: AbortSignal): Promise<GoogleRound> {
    return this.#list({ syncToken }, signal);
  }

  async event(id: string, signal: AbortSignal): Promise<GoogleEvent> {
    return decode(await this.#json.send({ method: 'GET', url: this.#url(id, {}) }, signal));
  }

  /** The instance of a series that is originally at `start` (RFC 3339, or a day). @throws {CalendarError} `calendar/not-found`. */
  async instance(series: string, start: string, signal: AbortSignal): Promise<GoogleEvent> {
    const url = `${this.#events}/${encodeURIComponent(series)}/instances?${query({ originalStart: start })}`;
    const { items } = await this.#page(url, signal);
    const [first] = items;
    if (first === undefined) throw new CalendarError('calendar/not-found', 'The series does not have this occurrence');
    return decode(first);
  }

  async create(booking: NewBooking, signal: AbortSignal): Promise<GoogleEvent> {
    const body = { summary: booking.title, start: utcMoment(booking.startMs), end: utcMoment(booking.endMs) };
    return decode(await this.#json.send({ method: 'POST', url: this.#events, body }, signal));
  }

  async changeEnd(id: string, etag: string | null, endMs: number, signal: AbortSignal): Promise<GoogleEvent> {
    const body = { end: utcMoment(endMs) };
    return decode(
      await this.#change({ method: 'PATCH', url: this.#url(id, { sendUpdates: 'none' }), body }, etag, signal),
    );
  }

  async remove(id: string, etag: string | null, signal: AbortSignal): Promise<void> {
    await this.#change({ method: 'DELETE', url: this.#url(id, { sendUpdates: 'none' }) }, etag, signal);
  }

  /** The room's own answer and nobody else's; the organizer is told. */
  async decline(id: string, email: string, etag: string | null, signal: AbortSignal): Promise<void> {
    const body = { attendeesOmitted: true, attendees: [{ email, responseStatus: 'declined' }] };
    await this.#change({ method: 'PATCH', url: this.#url(id, { sendUpdates: 'all' }), body }, etag, signal);
  }

  #change(request: JsonRequest, etag: string | null, signal: AbortSignal): Promise<unknown> {
    return this.#json.send({ ...request, headers: etag === null ? {} : { 'If-Match': etag } }, signal);
  }

  async #list(range: Readonly<Record<string, string>>, signal: AbortSignal): Promise<GoogleRound> {
    const entries: unknown[] = [];
    let pageToken: Readonly<Record<string, string>> = {};
    const until = this.#json.receivedBytes + MAX_ROUND_BYTES;
    for (let pages = 0; pages < MAX_PAGES && this.#json.receivedBytes < until; pages += 1) {
      const parameters = query({ singleEvents: 'false', maxResults: String(PAGE_SIZE), ...range, ...pageToken });
      const { items, nextPageToken, nextSyncToken } = await this.#page(`${this.#events}?${parameters}`, signal);
      entries.push(...items);
      if (nextSyncToken) return { entries, syncToken: nextSyncToken };
      if (!nextPageToken)
        throw new CalendarError('calendar/unreadable', 'Google ends a list without a token to go on from');
      pageToken = { pageToken: nextPageToken };
    }
    throw new CalendarError('calendar/unreadable', 'The calendar has more events than a room can have');
  }

  async #page(url: string, signal: AbortSignal): Promise<v.InferOutput<typeof page>> {
    const parsed = v.safeParse(page, await this.#json.send({ method: 'GET', url }, signal));
    if (!parsed.success) throw unreadable();
    return parsed.output;
  }

  #url(id: string, parameters: Readonly<Record<string, string>>): string {
    const tail = query(parameters);
    return `${this.#events}/${encodeURIComponent(id)}${tail === '' ? '' : `?${tail}`}`;
  }
}

const LIMIT_REASONS = ['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded', 'calendarUsageLimitsExceeded'];

/** Google refuses with 403 what is only too much at once (developers.google.com/workspace/calendar/api/guides/errors). */
export function explainGoogle(answer: HttpAnswer, failed: CalendarError): CalendarError | null {
  if (answer.status !== 403) return null;
  const reason = reasonsOf(answer).find((each) => LIMIT_REASONS.includes(each));
  return reason === undefined ? null : failure('calendar/throttled', 403, failed.retryAfterMs, { reason });
}

function reasonsOf(answer: HttpAnswer): string[] {
  try {
    const shape = v.object({ error: v.object({ errors: v.array(v.object({ reason: v.string() })) }) });
    const parsed = v.safeParse(shape, jsonOf(answer));
    return parsed.success ? parsed.output.error.errors.map(({ reason }) => reason) : [];
  } catch {
    return [];
  }
}

function decode(value: unknown): GoogleEvent {
  const parsed = v.safeParse(googleEvent, value);
  if (parsed.success) return parsed.output;
  // A deleted event is still answered for a while, as cancelled.
  if (v.is(v.object({ status: v.literal('cancelled') }), value))
    throw new CalendarError('calendar/not-found', 'The event is not there any more');
  throw unreadable();
}

function unreadable(): CalendarError {
  return new CalendarError('calendar/unreadable', 'Google answers in a form that it is not documented to have');
}

function query(parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parameters).toString();
}

function utcMoment(atMs: number): { readonly dateTime: string; readonly timeZone: string } {
  return { dateTime: isoTime(atMs), timeZone: 'UTC' };
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
