import * as v from 'valibot';
import type { CalendarEvent, LinkPlaces } from '../calendar-event.ts';

/** As for the other sources. */
const MAX_TITLE_CHARS = 300;
const MAX_NAME_CHARS = 200;
const MAX_LOCATION_CHARS = 4_096;
const MAX_DESCRIPTION_CHARS = 100_000;

const nullish = <T extends v.GenericSchema>(schema: T) => v.nullish(schema, null);
const text = nullish(v.string());
const moment = v.pipe(
  v.object({ dateTime: v.string(), timeZone: v.nullish(v.string(), 'UTC') }),
  v.transform(({ dateTime, timeZone }) => (isUtc(timeZone) ? utcMs(dateTime) : NaN)),
  v.check((ms) => !Number.isNaN(ms)),
);
const person = nullish(v.object({ emailAddress: nullish(v.object({ name: text, address: text })) }));

/** An `event` of Microsoft Graph v1.0, with what a bare occurrence of a delta lacks as null. */
export const graphEvent = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(512)),
  '@odata.etag': text,
  type: nullish(v.picklist(['singleInstance', 'occurrence', 'exception', 'seriesMaster'])),
  seriesMasterId: nullish(v.pipe(v.string(), v.maxLength(512))),
  originalStart: text,
  start: moment,
  end: moment,
  subject: text,
  isAllDay: nullish(v.boolean()),
  isCancelled: nullish(v.boolean()),
  isOrganizer: nullish(v.boolean()),
  sensitivity: text,
  showAs: text,
  responseStatus: nullish(v.object({ response: text })),
  organizer: person,
  attendees: nullish(v.array(v.unknown())),
  location: nullish(v.object({ displayName: text })),
  body: nullish(v.object({ content: text })),
  onlineMeeting: nullish(v.object({ joinUrl: text })),
  onlineMeetingUrl: text,
});
export type GraphEvent = v.InferOutput<typeof graphEvent>;

/** `{ id, '@removed': … }`: the event is not in the window any more. */
export const graphRemoved = v.object({ id: v.string(), '@removed': v.record(v.string(), v.unknown()) });

/** An occurrence comes from a delta with its times alone; all else is as in the series. */
export function completed(event: GraphEvent, master: GraphEvent | null): GraphEvent {
  if (event.type !== 'occurrence' || !master) return event;
  const told = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)) as Partial<GraphEvent>;
  return { ...master, ...told, originalStart: event.originalStart };
}

/** Cancelled by its organizer, or declined by the room: it does not take place here. */
export function takesPlace(event: GraphEvent): boolean {
  return event.isCancelled !== true && event.responseStatus?.response !== 'declined';
}

/** `midnightOf` gives the instant at which the room's day begins that begins at `dayMs` in UTC. */
export function toCalendarEvent(event: GraphEvent, midnightOf: (dayMs: number) => number): CalendarEvent {
  // Exchange gives an all-day event from midnight to midnight of whatever zone was asked for, here UTC: days, not instants.
  const instant = (ms: number): number => (event.isAllDay === true ? midnightOf(ms) : ms);
  const organizer = event.organizer?.emailAddress;
  const startMs = instant(event.start);
  const endMs = Math.max(startMs, instant(event.end));
  return {
    reference: {
      event: event.seriesMasterId ?? event.id,
      occurrence: event.seriesMasterId === null ? null : originalStartOf(event),
      version: event['@odata.etag'],
    },
    title: cut(event.subject ?? '', MAX_TITLE_CHARS),
    organizer: cut(organizer?.name || organizer?.address || '', MAX_NAME_CHARS) || null,
    startMs,
    endMs,
    allDay: event.isAllDay === true,
    isPrivate: ['private', 'confidential', 'personal'].includes(event.sensitivity ?? ''),
    isFree: event.showAs === 'free',
    isSeries: event.seriesMasterId !== null,
    attendees: event.attendees?.length ?? 0,
    places: placesOf(event),
  };
}

/** An occurrence that was never moved has no `originalStart` in a delta: it is where it began. */
export function originalStartOf(event: GraphEvent): number {
  const original = event.originalStart === null ? NaN : Date.parse(event.originalStart);
  return Number.isNaN(original) ? event.start : original;
}

function placesOf(event: GraphEvent): LinkPlaces {
  const provider = [event.onlineMeeting?.joinUrl, event.onlineMeetingUrl];
  return {
    conferences: [],
    provider: provider.flatMap((url) => url || []),
    url: null,
    location: cut(event.location?.displayName ?? '', MAX_LOCATION_CHARS) || null,
    description: cut(event.body?.content ?? '', MAX_DESCRIPTION_CHARS) || null,
  };
}

/** Not in the middle of a character. */
function cut(value: string, max: number): string {
  return (value.length <= max ? value : value.slice(0, max)).toWellFormed();
}

function isUtc(zone: string): boolean {
  return ['UTC', 'Etc/UTC', 'Etc/GMT', 'tzone://Microsoft/Utc'].includes(zone);
}

/** `2026-01-31T12:00:00.0000000`, in UTC by the Prefer header, with seven digits behind the point. */
function utcMs(dateTime: string): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z?$/.exec(dateTime);
  return match ? Date.parse(`${match[1] ?? ''}Z`) : NaN;
}
