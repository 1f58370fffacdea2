import type { Clock } from '../../lib/clock.ts';
import type { ObjectExpander } from '../calendar-objects.ts';
import type { PasswordCredentials } from '../http/credentials.ts';
import { authorizationOf } from '../http/credentials.ts';
import { HttpClient } from '../http/http-client.ts';
import { IcsSource } from './ics-source.ts';

export interface IcsAccess extends PasswordCredentials {
  readonly url: string;
}

export interface IcsMeans {
  readonly clock: Clock;
  /** One that refers by UID. */
  readonly expander: ObjectExpander;
  readonly trustedCertificates: readonly string[];
}

/** Beyond what the expander takes of one object, nothing is worth fetching. */
const MAX_BYTES = 20_000_000;
/** Published calendars are often made anew for each request. */
const TIMEOUT_MS = 60_000;

/** Asks nothing yet. */
export function openIcsSource(access: IcsAccess, { clock, expander, trustedCertificates }: IcsMeans): IcsSource {
  const limits = { bytes: MAX_BYTES, timeoutMs: TIMEOUT_MS };
  const http = new HttpClient({ clock, origins: [new URL(access.url).origin], trustedCertificates, limits });
  return new IcsSource({ url: access.url, authorize: authorizationOf(access), http, expander, clock });
}
