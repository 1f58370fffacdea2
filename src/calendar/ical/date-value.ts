/** Dates and times as iCalendar writes them, before anybody asks for the instant. */
import type { Zone } from '../zone/zone.ts';
import { toUtc, toWall, utcZone } from '../zone/zone.ts';
import { parameterOf, type Property } from './property.ts';

export interface DateValue {
  readonly kind: 'date' | 'utc' | 'floating' | 'zoned';
  /** Midnight for a date. */
  readonly wallMs: number;
  /** Null unless `zoned`. */
  readonly zone: Zone | null;
}

/** `days` are the wall's, `ms` are exact (RFC 5545 section 3.3.6). */
export interface Duration {
  readonly days: number;
  readonly ms: number;
}

/** The zone of a TZID, as far as it is known. */
export type ZoneFinder = (tzid: string) => Zone;

/** Values before this year are no dates of meetings. 1601 is Windows' first. */
const FIRST_YEAR = 1_000;

/** All dates of a property; null when one of them is none. */
export function datesOf(property: Property, zoneOf: ZoneFinder): DateValue[] | null {
  const tzid = parameterOf(property, 'tzid');
  const dates = property.values.map((value) => (typeof value === 'string' ? parseDate(value, tzid, zoneOf) : null));
  return dates.every((date) => date !== null) ? dates : null;
}

/** Of jCal's form: `2025-03-01`, `2025-03-01T10:00:00Z`. A date written where a time was announced ends with `T::`. */
export function parseDate(text: string, tzid: string | null, zoneOf: ZoneFinder): DateValue | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:T(?::*|(\d\d):(\d\d):(\d\d)(Z)?))?$/.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  const dayMs = Date.UTC(year, month - 1, day);
  if (year < FIRST_YEAR || new Date(dayMs).getUTCMonth() !== month - 1 || day < 1) return null;
  if (match[4] === undefined) return { kind: 'date', wallMs: dayMs, zone: null };
  const [hour = 0, minute = 0, second = 0] = match.slice(4, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 60) return null;
  // A leap second counts as the one before it (RFC 5545 section 3.3.12).
  const wallMs = dayMs + ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1_000;
  if (match[7] !== undefined) return { kind: 'utc', wallMs, zone: null };
  return tzid === null ? { kind: 'floating', wallMs, zone: null } : { kind: 'zoned', wallMs, zone: zoneOf(tzid) };
}

export function parseDuration(text: string): Duration | null {
  const match = /^([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$/.exec(
    text,
  );
  if (match === null || !/\d/.test(text)) return null;
  const sign = match[1] === '-' ? -1 : 1;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(2)
    .map((part: string | undefined) => Number(part ?? 0));
  return { days: sign * (weeks * 7 + days), ms: sign * ((hours * 60 + minutes) * 60 + seconds) * 1_000 };
}

/** The zone that a value is read in; `local` is the room's, or the series' own for its exceptions. */
export function zoneOfDate(date: DateValue, local: Zone): Zone {
  return date.kind === 'utc' ? utcZone : (date.zone ?? local);
}

export function instantOf(date: DateValue, local: Zone): number {
  return toUtc(zoneOfDate(date, local), date.wallMs);
}

/** The same moment on the wall of `zone`; dates stay the dates that they are. */
export function wallIn(zone: Zone, date: DateValue, local: Zone): number {
  return date.kind === 'date' ? date.wallMs : toWall(zone, instantOf(date, local));
}
