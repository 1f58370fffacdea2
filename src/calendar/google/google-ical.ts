import { createHash } from 'node:crypto';
import type { CalendarObject } from '../calendar-objects.ts';
import { utcStamp } from '../time-window.ts';
import { toWall } from '../zone/zone.ts';
import type { ZoneBook } from '../zone/zone-book.ts';
import type { GoogleEvent, GoogleMoment } from './google-event.ts';
import { isDeclined } from './google-event.ts';

/** A single event, or a series with what was changed and taken out of it. */
export interface GoogleSeries {
  readonly id: string;
  /** Null: the room was invited to single instances alone. */
  readonly master: GoogleEvent | null;
  readonly exceptions: readonly GoogleEvent[];
  /** Original starts of the instances that do not take place. */
  readonly cancelled: readonly GoogleMoment[];
}

/** The iCalendar text (RFC 5545) of what Google gives as JSON, so that series are expanded as those of every other source. */
export function toCalendarObject(series: GoogleSeries, zones: ZoneBook): CalendarObject {
  const { id, master } = series;
  const exceptions = series.exceptions.filter((event) => !isDeclined(event));
  const declined = series.exceptions.filter(isDeclined).flatMap(({ originalStartTime }) => originalStartTime ?? []);
  const isOn = master !== null && !isDeclined(master);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Incamera//Google Calendar//EN',
    ...(isOn ? eventLines(id, master, [...series.cancelled, ...declined], zones) : []),
    ...exceptions.flatMap((event) => eventLines(id, event, [], zones)),
    'END:VCALENDAR',
  ];
  return { event: id, version: versionOf(series), text: `${lines.join('\r\n')}\r\n` };
}

function versionOf({ master, exceptions, cancelled }: GoogleSeries): string {
  const etags = [master?.etag ?? '', ...exceptions.map(({ etag }) => etag), JSON.stringify(cancelled)];
  return createHash('sha256').update(etags.join('\n')).digest('base64url');
}

function eventLines(uid: string, event: GoogleEvent, excluded: readonly GoogleMoment[], zones: ZoneBook): string[] {
  const line = (name: string, moment: GoogleMoment): string => momentLine(name, moment, zones);
  return [
    'BEGIN:VEVENT',
    property('UID', uid),
    'DTSTAMP:19700101T000000Z',
    line('DTSTART', event.start),
    line('DTEND', event.end),
    ...(event.originalStartTime ? [line('RECURRENCE-ID', event.originalStartTime)] : []),
    ...(event.recurrence ?? []).filter(isRecurrenceLine),
    ...excluded.map((moment) => line('EXDATE', moment)),
    ...detailLines(event),
    'END:VEVENT',
  ];
}

function detailLines(event: GoogleEvent): string[] {
  const isPrivate = event.visibility === 'private' || event.visibility === 'confidential';
  const entries = event.conferenceData?.entryPoints ?? [];
  const video = entries.flatMap(({ entryPointType, uri }) => (entryPointType === 'video' && uri ? [uri] : []));
  return [
    ...optional('SUMMARY', event.summary),
    ...optional('DESCRIPTION', event.description),
    ...optional('LOCATION', event.location),
    ...organizerLines(event),
    // People, and not the rooms and projectors that are invited as well.
    ...(event.attendees ?? []).filter(({ resource }) => resource !== true).map(attendeeLine),
    `CLASS:${isPrivate ? 'PRIVATE' : 'PUBLIC'}`,
    `TRANSP:${event.transparency === 'transparent' ? 'TRANSPARENT' : 'OPAQUE'}`,
    ...video.map((uri) => `CONFERENCE;VALUE=URI;FEATURE=VIDEO:${bare(uri)}`),
    ...(event.hangoutLink ? [`X-GOOGLE-CONFERENCE:${bare(event.hangoutLink)}`] : []),
  ];
}

function organizerLines({ organizer }: GoogleEvent): string[] {
  if (!organizer) return [];
  const name = bare(organizer.displayName ?? '').replaceAll('"', "'");
  return [`ORGANIZER${name === '' ? '' : `;CN="${name}"`}:mailto:${bare(organizer.email ?? '')}`];
}

function attendeeLine({ email }: { readonly email: string | null }): string {
  return `ATTENDEE:mailto:${bare(email ?? '')}`;
}

function momentLine(name: string, moment: GoogleMoment, zones: ZoneBook): string {
  if ('date' in moment) return `${name};VALUE=DATE:${moment.date.replaceAll('-', '')}`;
  const zone = moment.timeZone === null ? null : zones.find(moment.timeZone);
  if (!zone || moment.timeZone === null) return `${name}:${utcStamp(moment.dateTime)}`;
  return `${name};TZID=${moment.timeZone}:${utcStamp(toWall(zone, moment.dateTime)).slice(0, -1)}`;
}

function isRecurrenceLine(line: string): boolean {
  return /^(RRULE|RDATE|EXDATE|EXRULE)[;:][\x20-\x7e]*$/.test(line);
}

function optional(name: string, value: string | null): string[] {
  return value === null || value === '' ? [] : [property(name, value)];
}

/** RFC 5545 section 3.3.11. */
function property(name: string, value: string): string {
  const escaped = value.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/\r?\n/g, '\\n');
  return `${name}:${bare(escaped)}`;
}

/** On one line, whatever it held. */
function bare(value: string): string {
  return value.replaceAll(/(?!\t)\p{Cc}/gu, '');
}
