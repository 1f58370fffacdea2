import { CalendarError } from '../calendar-error.ts';
import type { CalendarErrorCode } from '../calendar-error.ts';
import type { HttpAnswer } from './http-client.ts';

const MAX_RETRY_AFTER_MS = 3_600_000;

const codes: Readonly<Record<number, CalendarErrorCode>> = {
  401: 'calendar/refused',
  403: 'calendar/refused',
  404: 'calendar/not-found',
  407: 'calendar/refused',
  409: 'calendar/conflict',
  410: 'calendar/not-found',
  412: 'calendar/conflict',
  // RFC 4918 section 11.3: somebody else holds a lock on it.
  423: 'calendar/conflict',
  429: 'calendar/throttled',
};

const messages: Readonly<Record<CalendarErrorCode, string>> = {
  'calendar/unreachable': 'The calendar server is out of order',
  'calendar/throttled': 'The calendar server asks to be left alone for a while',
  'calendar/refused': 'The calendar server does not accept the credentials, or they lack the right to do this',
  'calendar/not-found': 'The calendar or the event is not there',
  'calendar/conflict': 'The event was changed by somebody else meanwhile',
  'calendar/unreadable': 'The calendar server answers something that is no calendar',
  'calendar/read-only': 'The calendar takes no changes',
};

/** What an answer's status says. `wallMs` is the time now, for a Retry-After that is a date. Null for a success (2xx, 304). */
export function failureOf(answer: HttpAnswer, wallMs: number): CalendarError | null {
  if ((answer.status >= 200 && answer.status < 300) || answer.status === 304) return null;
  const retryAfterMs = retryAfter(answer.header('retry-after'), wallMs);
  return failure(codeOfStatus(answer.status, retryAfterMs), answer.status, retryAfterMs);
}

export function failure(
  code: CalendarErrorCode,
  status: number,
  retryAfterMs: number | null,
  context: Readonly<Record<string, string>> = {},
): CalendarError {
  return new CalendarError(code, messages[code], { retryAfterMs, context: { ...context, status } });
}

function codeOfStatus(status: number, retryAfterMs: number | null): CalendarErrorCode {
  if (status === 503 && retryAfterMs !== null) return 'calendar/throttled';
  return codes[status] ?? (status >= 500 ? 'calendar/unreachable' : 'calendar/unreadable');
}

/** Seconds or a date (RFC 9110 section 10.2.3), as ms from now, at most an hour: a wrong figure must not silence a room for days. */
export function retryAfter(value: string | null, wallMs: number): number | null {
  if (value === null) return null;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - wallMs;
  return Number.isNaN(ms) ? null : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms));
}

/** @throws {CalendarError} `calendar/unreadable` when the body is not JSON. */
export function jsonOf(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    // The parser's own message quotes the content.
    throw new CalendarError('calendar/unreadable', 'The calendar server answers something that is not JSON', {
      context: { status: answer.status },
    });
  }
}
