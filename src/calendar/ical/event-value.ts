import type { LinkPlaces } from '../calendar-event.ts';
import type { RawComponent } from './components.ts';
import { type DateValue, datesOf, type Duration, parseDate, parseDuration, type ZoneFinder } from './date-value.ts';
import { detailsOf, type EventDetails } from './event-details.ts';
import { parameterOf, parseProperty, type Property, textOf } from './property.ts';
import { ruleOf, type WrittenRule } from './rule-value.ts';

export interface AddedDate {
  readonly start: DateValue;
  /** Of a PERIOD; else that of the event. */
  readonly end: DateValue | null;
  readonly duration: Duration | null;
}

/** A VEVENT: a series' master, a single event, or what differs at one occurrence. */
export interface EventValue {
  readonly uid: string | null;
  /** The original start of the occurrence that it replaces; null for a master. */
  readonly recurrenceId: DateValue | null;
  /** RANGE=THISANDFUTURE: and all that follow. */
  readonly isRange: boolean;
  readonly start: DateValue;
  readonly end: DateValue | null;
  readonly duration: Duration | null;
  readonly rules: readonly WrittenRule[];
  readonly exRules: readonly WrittenRule[];
  readonly added: readonly AddedDate[];
  readonly excluded: readonly DateValue[];
  readonly isCancelled: boolean;
  readonly sequence: number;
  /** When it was last changed, ms since 1970; 0 when it does not say. */
  readonly changedMs: number;
  readonly details: EventDetails;
  readonly places: LinkPlaces;
}

export type ReadEvent =
  | { readonly kind: 'ok'; readonly event: EventValue }
  | { readonly kind: 'malformed' | 'too-large'; readonly uid: string | null };

/** `room`: its address in small letters, so that what it declined is known. Never throws. */
export function readEvent(component: RawComponent, zoneOf: ZoneFinder, room: string | null): ReadEvent {
  const properties = component.lines.map(parseProperty).filter((property) => property !== null);
  const uid = trimmed(textOf(first(properties, 'uid') ?? nothing));
  if (component.isTooLarge) return { kind: 'too-large', uid };
  const times = component.isWhole && !hasUnreadTime(component, properties) ? timesOf(properties, zoneOf) : null;
  if (times === null) return { kind: 'malformed', uid };
  return {
    kind: 'ok',
    event: {
      uid,
      ...times,
      isCancelled: valueOf(properties, 'status') === 'CANCELLED',
      sequence: Number(/^\d{1,9}$/.exec(String(first(properties, 'sequence')?.values[0]))?.[0] ?? 0),
      changedMs: Math.max(stampOf(properties, 'last-modified'), stampOf(properties, 'dtstamp')),
      ...detailsOf(properties, room),
    },
  };
}

type EventTimes = Pick<
  EventValue,
  'recurrenceId' | 'isRange' | 'start' | 'end' | 'duration' | 'rules' | 'exRules' | 'added' | 'excluded'
>;

const nothing: Property = { name: '', parameters: {}, type: 'text', values: [] };
const timeLine = /^(DTSTART|DTEND|DURATION|RECURRENCE-ID|RRULE|RDATE|EXDATE|EXRULE)[:;]/i;

/** A line that says when, and could not be parsed: without it the event would be at a wrong time. */
function hasUnreadTime(component: RawComponent, properties: readonly Property[]): boolean {
  const timed = properties.filter(({ name }) => timeLine.test(`${name}:`));
  return component.lines.filter((line) => timeLine.test(line)).length !== timed.length;
}

function timesOf(properties: readonly Property[], zoneOf: ZoneFinder): EventTimes | null {
  const start = dateOf(properties, 'dtstart', zoneOf);
  const end = dateOf(properties, 'dtend', zoneOf);
  const recurrenceId = dateOf(properties, 'recurrence-id', zoneOf);
  const written = first(properties, 'duration');
  const duration = written === undefined ? null : parseDuration(textOf(written));
  const rules = each(properties, 'rrule', ruleOf);
  const exRules = each(properties, 'exrule', ruleOf);
  const added = each(properties, 'rdate', (property) => addedOf(property, zoneOf))?.flat() ?? null;
  const excluded = each(properties, 'exdate', (property) => datesOf(property, zoneOf))?.flat() ?? null;
  if (start === 'unreadable' || end === 'unreadable' || recurrenceId === 'unreadable' || start === null) return null;
  if ((written !== undefined && duration === null) || !rules || !exRules || !added || !excluded) return null;
  const range = recurrenceId === null ? null : parameterOf(first(properties, 'recurrence-id') ?? nothing, 'range');
  const isRange = range?.toUpperCase() === 'THISANDFUTURE';
  return { recurrenceId, isRange, start, end, duration, rules, exRules, added, excluded };
}

function dateOf(properties: readonly Property[], name: string, zoneOf: ZoneFinder): DateValue | 'unreadable' | null {
  const property = first(properties, name);
  if (property === undefined) return null;
  const dates = datesOf(property, zoneOf);
  return dates?.length === 1 && dates[0] !== undefined ? dates[0] : 'unreadable';
}

/** RDATE: dates, times, or periods, which jCal gives as pairs. */
function addedOf(property: Property, zoneOf: ZoneFinder): AddedDate[] | null {
  const tzid = parameterOf(property, 'tzid');
  const added = property.values.map((value): AddedDate | null => {
    const [from = '', to]: readonly (string | undefined)[] = (Array.isArray(value) ? value : [value]).map(String);
    const start = parseDate(from, tzid, zoneOf);
    if (start === null) return null;
    if (to === undefined) return { start, end: null, duration: null };
    const duration = parseDuration(to);
    const end = duration === null ? parseDate(to, tzid, zoneOf) : null;
    return end === null && duration === null ? null : { start, end, duration };
  });
  return added.every((entry) => entry !== null) ? added : null;
}

function first(properties: readonly Property[], name: string): Property | undefined {
  return properties.find((property) => property.name === name);
}

/** Null when one of them is unreadable. */
function each<T>(properties: readonly Property[], name: string, read: (property: Property) => T | null): T[] | null {
  const values = properties.filter((property) => property.name === name).map(read);
  return values.every((value) => value !== null) ? values : null;
}

function valueOf(properties: readonly Property[], name: string): string {
  return textOf(first(properties, name) ?? nothing)
    .trim()
    .toUpperCase();
}

function stampOf(properties: readonly Property[], name: string): number {
  return (
    parseDate(textOf(first(properties, name) ?? nothing), null, () => ({ id: '', offsetMs: () => 0 }))?.wallMs ?? 0
  );
}

function trimmed(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
