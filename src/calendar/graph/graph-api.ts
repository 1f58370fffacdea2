import * as v from 'valibot';
import { CalendarError } from '../calendar-error.ts';
import type { TimeWindow } from '../calendar-event.ts';
import type { NewBooking } from '../calendar-source.ts';
import { failure, jsonOf } from '../http/answer.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import type { JsonApi } from '../http/json-api.ts';
import type { GraphEvent } from './graph-event.ts';
import { graphEvent } from './graph-event.ts';

const MAX_PAGES = 500;
const MAX_ROUND_BYTES = 64_000_000;
const link = v.pipe(v.string(), v.maxLength(16_384));
const page = v.object({
  value: v.array(v.unknown()),
  '@odata.nextLink': v.nullish(link),
  '@odata.deltaLink': v.nullish(link),
});

/** Sent with every request, pages included: Graph forgets preferences from one page to the next. */
export const graphHeaders = {
  Prefer: 'outlook.timezone="UTC", IdType="ImmutableId", odata.maxpagesize=50',
};

/** A whole round of a delta query and the link that continues it. */
export interface DeltaRound {
  readonly entries: readonly unknown[];
  readonly deltaLink: string;
}

/** The requests to Microsoft Graph v1.0 for one room mailbox. */
export class GraphApi {
  readonly #json: JsonApi;
  readonly #mailbox: string;

  /** `base` as in `https://graph.microsoft.com`, without a slash at its end. */
  constructor(json: JsonApi, base: string, mailbox: string) {
    this.#json = json;
    this.#mailbox = `${base}/v1.0/users/${encodeURIComponent(mailbox)}`;
  }

  firstDelta(window: TimeWindow, signal: AbortSignal): Promise<DeltaRound> {
    const query = new URLSearchParams({ startDateTime: isoTime(window.startMs), endDateTime: isoTime(window.endMs) });
    return this.delta(`${this.#mailbox}/calendarView/delta?${query.toString()}`, signal);
  }

  /** @throws {CalendarError} `calendar/not-found` when Graph has forgotten the link: begin anew with `firstDelta`. */
  async delta(from: string, signal: AbortSignal): Promise<DeltaRound> {
    const entries: unknown[] = [];
    const until = this.#json.receivedBytes + MAX_ROUND_BYTES;
    let url = from;
    for (let pages = 0; pages < MAX_PAGES && this.#json.receivedBytes < until; pages += 1) {
      const { value, '@odata.nextLink': next, '@odata.deltaLink': deltaLink } = await this.#page(url, signal);
      entries.push(...value);
      if (deltaLink) return { entries, deltaLink };
      if (!next) throw new CalendarError('calendar/unreadable', 'Graph ends a delta without a link to go on from');
      url = next;
    }
    throw new CalendarError('calendar/unreadable', 'The mailbox has more events than a room can have');
  }

  async event(id: string, signal: AbortSignal): Promise<GraphEvent> {
    return decode(await this.#json.send({ method: 'GET', url: this.#eventUrl(id) }, signal));
  }

  /** Occurrences of a series within `window`, as far as they can be read. */
  async instances(series: string, window: TimeWindow, signal: AbortSignal): Promise<GraphEvent[]> {
    const query = new URLSearchParams({ startDateTime: isoTime(window.startMs), endDateTime: isoTime(window.endMs) });
    const { value } = await this.#page(`${this.#eventUrl(series)}/instances?${query.toString()}`, signal);
    return value.flatMap((entry) => {
      const parsed = v.safeParse(graphEvent, entry);
      return parsed.success ? [parsed.output] : [];
    });
  }

  async create(booking: NewBooking, transactionId: string, signal: AbortSignal): Promise<GraphEvent> {
    const body = {
      subject: booking.title,
      start: utcMoment(booking.startMs),
      end: utcMoment(booking.endMs),
      showAs: 'busy',
      isReminderOn: false,
      // Graph makes one event of requests that carry the same id.
      transactionId,
    };
    return decode(await this.#json.send({ method: 'POST', url: `${this.#mailbox}/events`, body }, signal));
  }

  async changeEnd(id: string, version: string | null, endMs: number, signal: AbortSignal): Promise<GraphEvent> {
    const request = { method: 'PATCH', url: this.#eventUrl(id), headers: ifMatch(version) } as const;
    return decode(await this.#json.send({ ...request, body: { end: utcMoment(endMs) } }, signal));
  }

  async remove(id: string, version: string | null, signal: AbortSignal): Promise<void> {
    await this.#json.send({ method: 'DELETE', url: this.#eventUrl(id), headers: ifMatch(version) }, signal);
  }

  /** Takes it off the room's calendar and tells the organizer. */
  async decline(id: string, signal: AbortSignal): Promise<void> {
    const body = { sendResponse: true };
    await this.#json.send({ method: 'POST', url: `${this.#eventUrl(id)}/decline`, body }, signal);
  }

  async #page(url: string, signal: AbortSignal): Promise<v.InferOutput<typeof page>> {
    const parsed = v.safeParse(page, await this.#json.send({ method: 'GET', url }, signal));
    if (!parsed.success) throw unreadable();
    return parsed.output;
  }

  #eventUrl(id: string): string {
    return `${this.#mailbox}/events/${encodeURIComponent(id)}`;
  }
}

/** Codes of Graph's error body that say another thing than the status they come with. */
export function explainGraph(answer: HttpAnswer, failed: CalendarError): CalendarError | null {
  const code = errorCodeOf(answer);
  if (/^(syncState(NotFound|Invalid)|resyncRequired)$/i.test(code))
    return failure('calendar/not-found', 410, null, { code });
  if (/^(ErrorIrresolvableConflict|ErrorChangeKeyRequiredForWriteOperations)$/.test(code))
    return failure('calendar/conflict', answer.status, null, { code });
  if (/^(ApplicationThrottled|TooManyRequests)$/i.test(code))
    return failure('calendar/throttled', answer.status, failed.retryAfterMs, { code });
  return null;
}

function errorCodeOf(answer: HttpAnswer): string {
  try {
    const shape = v.object({ error: v.object({ code: v.pipe(v.string(), v.maxLength(100)) }) });
    const parsed = v.safeParse(shape, jsonOf(answer));
    return parsed.success ? parsed.output.error.code : '';
  } catch {
    return '';
  }
}

function decode(value: unknown): GraphEvent {
  const parsed = v.safeParse(graphEvent, value);
  if (!parsed.success) throw unreadable();
  return parsed.output;
}

function unreadable(): CalendarError {
  return new CalendarError(
    'calendar/unreadable',
    'Microsoft Graph answers in a form that it is not documented to have',
  );
}

function ifMatch(version: string | null): Record<string, string> {
  return version === null ? {} : { 'If-Match': version };
}

function utcMoment(atMs: number): { readonly dateTime: string; readonly timeZone: string } {
  return { dateTime: new Date(atMs).toISOString().slice(0, 19), timeZone: 'UTC' };
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
