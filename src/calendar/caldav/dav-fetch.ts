import type { Clock } from '../../lib/clock.ts';
import { CalendarError } from '../calendar-error.ts';
import { failureOf } from '../http/answer.ts';
import type { Authorization } from '../http/credentials.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { guardXml } from './xml-guard.ts';

export type DavFetch = typeof fetch;

/**
 * `fetch` as tsdav wants it, over the bounded client: every status that is no success is thrown as `CalendarError`, and XML
 * reaches tsdav only when `guardXml` has passed it.
 */
export function davFetch(http: HttpClient, authorize: Authorization, clock: Clock, signal: AbortSignal): DavFetch {
  return async (input, init = {}) => {
    const authorization = await authorize();
    const answer = await http.send(
      {
        method: init.method ?? 'GET',
        url: input instanceof Request ? input.url : String(input),
        headers: { ...plainHeaders(init.headers), ...(authorization !== null && { Authorization: authorization }) },
        body: bodyOf(init.body),
      },
      signal,
    );
    const failed = failureOf(answer, clock.wallMs());
    if (failed) throw failed;
    return responseOf(answer);
  };
}

function plainHeaders(headers: HeadersInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(headers));
}

function bodyOf(body: BodyInit | null | undefined): string | null {
  if (body === null || body === undefined) return null;
  if (typeof body !== 'string') throw new TypeError('DAV bodies are texts');
  return body;
}

function responseOf(answer: HttpAnswer): Response {
  const type = answer.header('content-type') ?? '';
  const text = textOf(answer.body);
  if (type.toLowerCase().includes('xml')) guardXml(text);
  const hasBody = ![204, 205, 304].includes(answer.status);
  return new Response(hasBody ? text : null, {
    status: answer.status,
    headers: type === '' ? {} : { 'Content-Type': type },
  });
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new CalendarError('calendar/unreadable', 'The calendar server answers something that is not UTF-8', {
      cause,
    });
  }
}
