import type { CalendarEvent, LinkPlaces } from '../calendar-event.ts';
import { parameterOf, type Property, textOf } from './property.ts';

/** What an event says of itself but its time. */
export interface EventDetails extends Pick<
  CalendarEvent,
  'title' | 'organizer' | 'isPrivate' | 'isFree' | 'attendees'
> {
  /** The room itself said no. */
  readonly isDeclined: boolean;
}

const MAX_TITLE_CHARS = 300;
const MAX_NAME_CHARS = 200;
const MAX_URL_CHARS = 4_096;
const MAX_LOCATION_CHARS = 4_096;
const MAX_DESCRIPTION_CHARS = 100_000;
const MAX_URLS = 20;

const providerProperties = [
  'x-google-conference',
  'x-microsoft-skypeteamsmeetingurl',
  'x-microsoft-onlinemeetingexternallink',
  'x-microsoft-onlinemeetingconflink',
];

/** `room`: its address in small letters, so that what it declined is known. */
export function detailsOf(
  properties: readonly Property[],
  room: string | null,
): { readonly details: EventDetails; readonly places: LinkPlaces } {
  const attendees = properties.filter(({ name }) => name === 'attendee');
  const organizer = find(properties, 'organizer');
  const ours = room === null ? undefined : attendees.find((attendee) => addressOf(attendee) === room);
  const busy = text(properties, 'x-microsoft-cdo-busystatus').toUpperCase();
  return {
    details: {
      // Rooms of Exchange have the organiser's name for a title by default: it is shown as the calendar has it.
      title: cut(text(properties, 'summary'), MAX_TITLE_CHARS),
      organizer: organizer === undefined ? null : nameOf(organizer),
      isPrivate: /^(PRIVATE|CONFIDENTIAL)$/i.test(text(properties, 'class').trim()),
      isFree: /^TRANSPARENT$/i.test(text(properties, 'transp').trim()) || busy === 'FREE',
      attendees: attendees.filter((attendee) => isPerson(attendee) && addressOf(attendee) !== room).length,
      isDeclined: ours !== undefined && /^DECLINED$/i.test(parameterOf(ours, 'partstat') ?? ''),
    },
    places: {
      conferences: urls(properties, ['conference']),
      provider: urls(properties, providerProperties),
      url: orNull(cut(text(properties, 'url').trim(), MAX_URL_CHARS)),
      location: orNull(cut(text(properties, 'location'), MAX_LOCATION_CHARS)),
      description: orNull(description(properties)),
    },
  };
}

/** The plain text, and the HTML that often has the link where the plain text has only its name. */
function description(properties: readonly Property[]): string {
  const plain = text(properties, 'description');
  const html = ['x-alt-desc', 'styled-description']
    .map((name) => find(properties, name))
    .filter((property) => property !== undefined)
    // ical.js leaves types that it does not know as they are written.
    .map((property) => (property.type === 'text' ? textOf(property) : unescaped(textOf(property))));
  return cut([plain, ...html].filter((part) => part !== '').join('\n'), MAX_DESCRIPTION_CHARS);
}

function urls(properties: readonly Property[], names: readonly string[]): string[] {
  return names
    .flatMap((name) => properties.filter((property) => property.name === name))
    .map((property) => textOf(property).trim())
    .filter((url) => url !== '' && url.length <= MAX_URL_CHARS)
    .slice(0, MAX_URLS);
}

function nameOf(organizer: Property): string | null {
  const name = parameterOf(organizer, 'cn')?.trim() ?? '';
  return orNull(cut(name === '' ? addressOf(organizer) : name, MAX_NAME_CHARS));
}

/** In small letters, without `mailto:`. */
export function addressOf(person: Property): string {
  const address = parameterOf(person, 'email') ?? textOf(person);
  return address
    .trim()
    .replace(/^mailto:/i, '')
    .toLowerCase();
}

function isPerson(attendee: Property): boolean {
  return !/^(ROOM|RESOURCE)$/i.test(parameterOf(attendee, 'cutype') ?? '');
}

function find(properties: readonly Property[], name: string): Property | undefined {
  return properties.find((property) => property.name === name);
}

function text(properties: readonly Property[], name: string): string {
  const property = find(properties, name);
  if (property === undefined) return '';
  return property.type === 'unknown' ? unescaped(textOf(property)) : textOf(property);
}

function unescaped(value: string): string {
  return value.replaceAll(/\\([\\,;nN])/g, (_, char: string) => (char.toLowerCase() === 'n' ? '\n' : char));
}

/** Not in the middle of a character. */
function cut(value: string, max: number): string {
  return (value.length <= max ? value : value.slice(0, max)).toWellFormed();
}

function orNull(value: string): string | null {
  return value === '' ? null : value;
}
