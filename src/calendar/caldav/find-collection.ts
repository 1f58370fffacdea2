import { CalendarError } from '../calendar-error.ts';
import type { DavItem } from './dav-answer.ts';
import { componentsOf, hrefOf, namesIn, resolveHref, textOf } from './dav-answer.ts';
import type { DavClient } from './dav-client.ts';

const PLACE_PROPS = ['d:resourcetype', 'd:current-user-principal', 'c:calendar-home-set'];
const CALENDAR_PROPS = ['d:resourcetype', 'd:displayname', 'c:supported-calendar-component-set'];

/**
 * The collection that holds the room's events: the address itself when it is one, else what is found from it: principal
 * (RFC 5397), home set (RFC 4791 section 6.2.1), and there the calendar named `name`, or the only one.
 * @throws {CalendarError} `calendar/not-found` when there is none or several to choose from.
 */
export async function findCollection(
  client: DavClient,
  address: string,
  name: string | null,
  signal: AbortSignal,
): Promise<string> {
  const [place] = await placeOf(client, address, signal);
  if (place && namesIn(place.props['resourcetype']).includes('calendar')) return withSlash(place.url);
  const home = await homeOf(client, address, place, signal);
  const found = await client.properties(home, CALENDAR_PROPS, '1', signal);
  return withSlash(choose(found.filter(holdsEvents), name).url);
}

/** The well-known address (RFC 6764 section 5) is asked when the given one is not there or is no DAV. */
async function placeOf(client: DavClient, address: string, signal: AbortSignal): Promise<DavItem[]> {
  try {
    const found = await client.properties(address, PLACE_PROPS, '0', signal);
    if (found.some((item) => hrefOf(item.props['currentUserPrincipal']) !== null || isPlace(item))) return found;
  } catch (error) {
    if (!(error instanceof CalendarError) || !['calendar/not-found', 'calendar/unreadable'].includes(error.code))
      throw error;
  }
  return client.properties(new URL('/.well-known/caldav', address).href, PLACE_PROPS, '0', signal);
}

function isPlace(item: DavItem): boolean {
  return namesIn(item.props['resourcetype']).includes('calendar') || hrefOf(item.props['calendarHomeSet']) !== null;
}

async function homeOf(
  client: DavClient,
  address: string,
  place: DavItem | undefined,
  signal: AbortSignal,
): Promise<string> {
  const own = hrefOf(place?.props['calendarHomeSet']);
  if (own !== null) return resolveHref(own, address).href;
  const principal = hrefOf(place?.props['currentUserPrincipal']);
  if (principal === null)
    throw new CalendarError('calendar/not-found', 'The address is neither a calendar nor leads to one');
  const found = await client.properties(resolveHref(principal, address).href, ['c:calendar-home-set'], '0', signal);
  const home = found.map((item) => hrefOf(item.props['calendarHomeSet'])).find((href) => href !== null);
  if (home === undefined)
    throw new CalendarError('calendar/not-found', 'The server does not say where the calendars of this user are');
  return resolveHref(home, address).href;
}

function holdsEvents(item: DavItem): boolean {
  const components = componentsOf(item.props['supportedCalendarComponentSet']);
  const types = namesIn(item.props['resourcetype']);
  return types.includes('calendar') && (components.length === 0 || components.includes('VEVENT'));
}

function choose(calendars: readonly DavItem[], name: string | null): DavItem {
  const fitting = name === null ? calendars : calendars.filter((item) => isNamed(item, name));
  const [first, ...others] = fitting;
  if (first && others.length === 0) return first;
  const which = name === null ? 'calendars' : 'calendars of that name';
  throw new CalendarError('calendar/not-found', `There are ${fitting.length} ${which} for this user, not one`, {
    context: { calendars: fitting.length },
  });
}

function isNamed(item: DavItem, name: string): boolean {
  return textOf(item.props['displayname']) === name || lastSegment(item.url) === name;
}

function lastSegment(url: URL): string {
  const segment = url.pathname.split('/').filter(Boolean).at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function withSlash(url: URL): string {
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}
