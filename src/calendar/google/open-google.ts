import type { Clock } from '../../lib/clock.ts';
import type { ObjectExpander } from '../calendar-objects.ts';
import { AccessToken } from '../http/access-token.ts';
import { HttpClient } from '../http/http-client.ts';
import { JsonApi } from '../http/json-api.ts';
import { RequestSlots } from '../http/request-slots.ts';
import { ZoneBook } from '../zone/zone-book.ts';
import { GoogleApi, explainGoogle } from './google-api.ts';
import { googleTokenForm } from './google-sign-in.ts';
import { GoogleSource } from './google-source.ts';

export interface GoogleAccess {
  readonly calendarId: string;
  readonly keyFile: string;
  readonly subject: string | null;
  /** `https://www.googleapis.com` */
  readonly apiOrigin: string;
  /** `https://oauth2.googleapis.com` */
  readonly signInOrigin: string;
}

export interface GoogleMeans {
  readonly clock: Clock;
  readonly expander: ObjectExpander;
  /** The room's, an IANA name. */
  readonly zone: string;
  readonly trustedCertificates: readonly string[];
}

/** A page of 250 events with descriptions of 8 KB and attendees. */
const MAX_BYTES = 32_000_000;
const TIMEOUT_MS = 30_000;
const MAX_AT_ONCE = 4;

/** Asks nothing yet. */
export function openGoogleSource(access: GoogleAccess, means: GoogleMeans): GoogleSource {
  const { clock, expander, zone, trustedCertificates } = means;
  const origins = [access.apiOrigin, access.signInOrigin];
  const limits = { bytes: MAX_BYTES, timeoutMs: TIMEOUT_MS };
  const http = new HttpClient({ clock, origins, trustedCertificates, limits });
  const { keyFile, subject } = access;
  const url = `${access.signInOrigin}/token`;
  const token = new AccessToken({
    url,
    form: () => googleTokenForm({ keyFile, subject, tokenUrl: url, clock }),
    http,
    clock,
  });
  const slots = new RequestSlots(MAX_AT_ONCE);
  const json = new JsonApi({ http, token, slots, clock, headers: {}, explain: explainGoogle });
  const api = new GoogleApi(json, access.apiOrigin, access.calendarId);
  return new GoogleSource({ api, expander, zones: new ZoneBook(), zone, clock, close: () => http.close() });
}
