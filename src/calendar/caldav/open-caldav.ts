import type { Clock } from '../../lib/clock.ts';
import type { CalendarWriter, ObjectExpander } from '../calendar-objects.ts';
import type { PasswordCredentials } from '../http/credentials.ts';
import { authorizationOf } from '../http/credentials.ts';
import { HttpClient } from '../http/http-client.ts';
import { CalDavSource } from './caldav-source.ts';

export interface CalDavAccess extends PasswordCredentials {
  /** A calendar's collection, or a server or principal from which it is found. */
  readonly url: string;
  /** Display name or last path segment of the calendar among several; null: there is one. */
  readonly calendar: string | null;
}

export interface CalDavMeans {
  readonly clock: Clock;
  readonly expander: ObjectExpander;
  readonly writer: CalendarWriter;
  readonly makeUid: () => string;
  readonly trustedCertificates: readonly string[];
}

/** A batch of 25 objects, of which few are large. */
const MAX_BYTES = 16_000_000;
/** Small servers expand a year of series to answer a query. */
const TIMEOUT_MS = 30_000;

/** Asks nothing yet. */
export function openCalDavSource(access: CalDavAccess, means: CalDavMeans): CalDavSource {
  const { clock, expander, writer, makeUid, trustedCertificates } = means;
  const limits = { bytes: MAX_BYTES, timeoutMs: TIMEOUT_MS };
  const http = new HttpClient({ clock, origins: [new URL(access.url).origin], trustedCertificates, limits });
  const { url, calendar } = access;
  return new CalDavSource({
    url,
    calendar,
    authorize: authorizationOf(access),
    http,
    expander,
    writer,
    clock,
    makeUid,
  });
}
