import type { DAVResponse } from 'tsdav';
import { CalendarError } from '../calendar-error.ts';

/** One `response` of a multistatus (RFC 4918 section 14.24) with the properties that were found. */
export interface DavItem {
  /** Absolute, on the origin that was asked. */
  readonly url: URL;
  readonly status: number;
  readonly props: Readonly<Record<string, unknown>>;
}

/** @throws {CalendarError} `calendar/unreadable` when the answer is no multistatus; `calendar/refused` for a href elsewhere. */
export function itemsOf(responses: readonly DAVResponse[], asked: string): DavItem[] {
  return responses.flatMap((response) => {
    if (response.href === undefined || response.props === undefined) {
      if (isEmptyMultistatus(response)) return [];
      throw new CalendarError('calendar/unreadable', 'The server does not answer as a CalDAV server does');
    }
    return [{ url: resolveHref(response.href, asked), status: response.status, props: propsOf(response.props) }];
  });
}

/** @throws {CalendarError} `calendar/refused` when it leads to another origin: credentials would follow it. */
export function resolveHref(href: unknown, base: string): URL {
  const url = typeof href === 'string' || typeof href === 'number' ? URL.parse(String(href), base) : null;
  if (!url) throw new CalendarError('calendar/unreadable', 'The calendar server names an address that is none');
  if (url.origin !== new URL(base).origin)
    throw new CalendarError('calendar/refused', `The calendar server names another host, ${url.host.slice(0, 100)}`);
  return url;
}

/** One for all the ways in which a server may write the same path: some escape `@` and others in one answer and not in the next. */
export function pathKey(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The text of a property, whether it came as text, CDATA or something that looked like a number; null when it is none. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return textOf(value[0]);
  if (!isRecord(value)) return null;
  const inner = value['_cdata'] ?? value['_text'];
  // CDATA that holds `]]>` comes in pieces (RFC 5545 texts may hold anything).
  return Array.isArray(inner) ? inner.map(String).join('') : typeof inner === 'string' ? inner : null;
}

export function hrefOf(value: unknown): string | null {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return isRecord(first) ? textOf(first['href']) : null;
}

/** Names of the elements within, as in `resourcetype`. */
export function namesIn(value: unknown): string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

/** Component names of `supported-calendar-component-set` (RFC 4791 section 5.2.3); empty when the server does not say. */
export function componentsOf(value: unknown): string[] {
  const comps = isRecord(value) ? [value['comp']].flat() : [];
  return comps.flatMap((comp) => {
    const attributes = isRecord(comp) ? comp['_attributes'] : null;
    const name = isRecord(attributes) ? attributes['name'] : null;
    return typeof name === 'string' ? [name.toUpperCase()] : [];
  });
}

function isEmptyMultistatus(response: DAVResponse): boolean {
  return isRecord(response.raw) && 'multistatus' in response.raw;
}

function propsOf(props: unknown): Readonly<Record<string, unknown>> {
  return isRecord(props) ? props : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
