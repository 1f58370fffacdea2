import { CalendarError } from '../calendar-error.ts';
import type { NewBooking } from '../calendar-source.ts';
import type { Zone } from '../zone/zone.ts';
import { DAY_MS, toWall } from '../zone/zone.ts';
import { ZoneBook } from '../zone/zone-book.ts';
import { parseTree, TreeComponent } from './component-tree.ts';
import { readComponents } from './components.ts';
import { type DateValue, instantOf, zoneOfDate } from './date-value.ts';
import { addressOf } from './event-details.ts';
import { type EventValue, readEvent } from './event-value.ts';
import { calendarLimits } from './limits.ts';
import { ObjectZones } from './object-zones.ts';
import { parseProperty } from './property.ts';
import { isLater, isRepeated, originalOf } from './series.ts';

/** The occurrence of an object that is meant, and what a change needs to know. */
export interface WriteContext {
  /** Where the object has several events, the UID; null: it has one. */
  readonly uid: string | null;
  /** As `EventReference.occurrence`. */
  readonly occurrence: number | null;
  /** The room's, an IANA name. */
  readonly zone: string;
  /** Wall clock, ms since 1970. */
  readonly nowMs: number;
}

export interface NewEvent extends NewBooking {
  /** Of its own, for all time: a random UUID. */
  readonly uid: string;
  readonly nowMs: number;
  /** Who books, `mailto:room@example.org`; null where the calendar knows. */
  readonly organizer: string | null;
}

const PRODUCT = '-//Incamera//Room//EN';

/** A calendar object with one event, in UTC: it needs no VTIMEZONE and is the same moment to everybody. */
export function writeEvent(event: NewEvent): string {
  const { uid, nowMs, title, startMs, endMs, organizer } = event;
  const lines = [
    `UID:${escapeText(uid)}`,
    `DTSTAMP:${utcText(nowMs)}`,
    `CREATED:${utcText(nowMs)}`,
    `LAST-MODIFIED:${utcText(nowMs)}`,
    'SEQUENCE:0',
    `DTSTART:${utcText(startMs)}`,
    `DTEND:${utcText(endMs)}`,
    `SUMMARY:${escapeText(title)}`,
    ...(organizer === null ? [] : [`ORGANIZER:${organizer.replaceAll(/[\s\p{Cc}]/gu, '')}`]),
    'STATUS:CONFIRMED',
    'TRANSP:OPAQUE',
  ];
  const entries = ['VERSION:2.0', `PRODID:${PRODUCT}`, 'CALSCALE:GREGORIAN', new TreeComponent('VEVENT', lines)];
  return new TreeComponent('VCALENDAR', entries).toString();
}

/**
 * The object with another end: of the event, or of one occurrence of a series, which then differs by an exception. All else
 * stays as it was. An all-day event ends with a day: the one that `endMs` is in.
 *
 * @throws {CalendarError} `calendar/unreadable`, `calendar/not-found` when there is no such event or series.
 */
export function changeEnd(text: string, context: WriteContext, endMs: number): string {
  const object = openObject(text, context);
  const target = object.exception() ?? object.newException() ?? object.single();
  const { value } = target;
  const zone = value.start.kind === 'date' ? object.room : zoneOfDate(value.start, object.room);
  target.component.remove('DURATION');
  target.component.set('DTEND', dateLine('DTEND', endMs, value.start, object.tzidOf(target.component), zone));
  object.touch(target.component);
  return object.toString();
}

/**
 * The object without one occurrence: its exception is taken away and it is excluded from the series. An exception that is
 * alone in its object is marked as cancelled instead, because its series elsewhere would bring the occurrence back.
 * @throws {CalendarError} `calendar/unreadable`, `calendar/not-found`.
 */
export function cancelOccurrence(text: string, context: WriteContext): string {
  const object = openObject(text, context);
  const exception = object.exception();
  const { master } = object;
  const { occurrence } = context;
  if (occurrence === null) throw notFound();
  if (master === null) {
    if (exception === null) throw notFound();
    exception.component.set('STATUS', 'STATUS:CANCELLED');
    object.touch(exception.component);
    return object.toString();
  }
  if (exception === null && !object.isSeries()) throw notFound();
  if (exception !== null) object.tree.drop(exception.component);
  const { value, component } = master;
  const zone = value.start.kind === 'date' ? object.room : zoneOfDate(value.start, object.room);
  component.add(dateLine('EXDATE', occurrence, value.start, object.tzidOf(component), zone));
  object.touch(component);
  return object.toString();
}

/**
 * The object in which the room says no to an event, or to one occurrence by an exception; null when the room is not invited.
 * `roomAddress` without `mailto:`.
 *
 * @throws {CalendarError} `calendar/unreadable`, `calendar/not-found`.
 */
export function declineOccurrence(text: string, context: WriteContext, roomAddress: string): string | null {
  const object = openObject(text, context);
  const isWhole = context.occurrence === null;
  const target = isWhole
    ? (object.master ?? object.single())
    : (object.exception() ?? object.newException() ?? object.single());
  const isOurs = (line: string): boolean => {
    const attendee = parseProperty(line);
    return attendee !== null && addressOf(attendee) === roomAddress.toLowerCase();
  };
  const ours = target.component.lines('ATTENDEE').find(isOurs);
  if (ours === undefined) return null;
  target.component.replace(ours, declined(ours));
  object.touch(target.component);
  return object.toString();
}

/**
 * The object without an event and all its exceptions; null when nothing remains, and the object is to be deleted.
 * @throws {CalendarError} `calendar/unreadable`, `calendar/not-found`.
 */
export function deleteEvent(text: string, context: WriteContext): string | null {
  const object = openObject(text, context);
  for (const { component } of object.parts) object.tree.drop(component);
  return object.tree.components('VEVENT').length === 0 ? null : object.toString();
}

interface Part {
  readonly component: TreeComponent;
  readonly value: EventValue;
}

/** One event of an object, with its exceptions. */
class WritableObject {
  readonly tree: TreeComponent;
  readonly room: Zone;
  readonly parts: readonly Part[];
  readonly master: Part | null;
  readonly #context: WriteContext;

  constructor(tree: TreeComponent, parts: readonly Part[], room: Zone, context: WriteContext) {
    this.tree = tree;
    this.room = room;
    this.parts = parts;
    this.#context = context;
    this.master = latest(parts.filter(({ value }) => value.recurrenceId === null));
  }

  isSeries(): boolean {
    return this.master !== null && isRepeated(this.master.value);
  }

  /** What already differs at the occurrence; of a range only where it begins, and then not: that would change all that follow. */
  exception(): Part | null {
    const { occurrence } = this.#context;
    if (occurrence === null) return null;
    const master = this.master?.value ?? null;
    return latest(
      this.parts.filter(
        ({ value }) =>
          value.recurrenceId !== null && !value.isRange && originalOf(value, master, this.room) === occurrence,
      ),
    );
  }

  /** A new exception for the occurrence, as the series has it there; null for a single event. */
  newException(): Part | null {
    const { occurrence } = this.#context;
    const { master } = this;
    if (occurrence === null || master === null || !this.isSeries()) return null;
    const model = this.#modelAt(occurrence, master);
    const component = model.component.clone();
    component.remove('RRULE', 'RDATE', 'EXRULE', 'EXDATE', 'RECURRENCE-ID', 'DTSTART', 'DTEND');
    const { start } = master.value;
    const zone = start.kind === 'date' ? this.room : zoneOfDate(start, this.room);
    const tzid = this.tzidOf(master.component);
    const startMs = model === master ? occurrence : this.#shifted(occurrence, model, master);
    const ownZone = model.value.start.kind === 'date' ? this.room : zoneOfDate(model.value.start, zone);
    component.add(dateLine('RECURRENCE-ID', occurrence, start, tzid, zone));
    component.add(dateLine('DTSTART', startMs, model.value.start, this.tzidOf(model.component), ownZone));
    this.tree.entries.push(component);
    return { component, value: model.value };
  }

  single(): Part {
    const { master } = this;
    if (master === null || this.isSeries() || this.#context.occurrence !== null) throw notFound();
    return master;
  }

  /** The TZID parameter of a component's start, as it is written there. */
  tzidOf(component: TreeComponent): string {
    const head = /^DTSTART((?:;(?:"[^"]*"|[^":;])*)*):/i.exec(component.line('DTSTART') ?? '')?.[1] ?? '';
    return /;TZID=("[^"]*"|[^;:"]*)/i.exec(head)?.[1] ?? '';
  }

  /** What scheduling asks for when something is changed (RFC 5546 section 2.1.4, RFC 5545 section 3.8.7). */
  touch(component: TreeComponent): void {
    const sequence = Number(/:(\d{1,9})\s*$/.exec(component.line('SEQUENCE') ?? '')?.[1] ?? 0);
    component.set('SEQUENCE', `SEQUENCE:${sequence + 1}`);
    component.set('DTSTAMP', `DTSTAMP:${utcText(this.#context.nowMs)}`);
    component.set('LAST-MODIFIED', `LAST-MODIFIED:${utcText(this.#context.nowMs)}`);
  }

  toString(): string {
    return this.tree.toString();
  }

  /** The master, or the last THISANDFUTURE before. */
  #modelAt(occurrence: number, master: Part): Part {
    const ranges = this.parts
      .filter(({ value }) => value.isRange && originalOf(value, master.value, this.room) <= occurrence)
      .sort((a, b) => originalOf(a.value, master.value, this.room) - originalOf(b.value, master.value, this.room));
    return ranges.at(-1) ?? master;
  }

  /** Where a range has moved the occurrence to, by the difference on the wall. */
  #shifted(occurrence: number, model: Part, master: Part): number {
    const zone = zoneOfDate(master.value.start, this.room);
    const original = originalOf(model.value, master.value, this.room);
    const wallMs = toWall(zone, occurrence) - toWall(zone, original) + model.value.start.wallMs;
    return instantOf({ ...model.value.start, wallMs }, model.value.start.kind === 'date' ? this.room : zone);
  }
}

function openObject(text: string, context: WriteContext): WritableObject {
  const tree = text.length <= calendarLimits.objectChars ? parseTree(text) : null;
  if (tree === null)
    throw new CalendarError('calendar/unreadable', 'the event cannot be changed: its calendar object is damaged');
  const book = new ZoneBook();
  const room = book.find(context.zone);
  if (room === null) throw new RangeError(`${context.zone} is not a time zone`);
  const raw = readComponents(text, calendarLimits, { left: calendarLimits.components });
  const zones = new ObjectZones(book, room, raw.zones);
  const components = tree.components('VEVENT');
  const parts = raw.events.flatMap((event, i): Part[] => {
    const component = components[i];
    const read = readEvent(event, zones.find, null);
    return component === undefined || read.kind !== 'ok' ? [] : [{ component, value: read.event }];
  });
  const own = parts.filter(({ value }) => context.uid === null || value.uid === context.uid);
  if (own.length === 0) throw notFound();
  return new WritableObject(tree, own, room, context);
}

function latest(parts: readonly Part[]): Part | null {
  return parts.reduce<Part | null>(
    (best, next) => (best === null || isLater(next.value, best.value) ? next : best),
    null,
  );
}

/** Everything of an ATTENDEE but its answer, and the question for one. */
function declined(line: string): string {
  const match = /^([^:;]+)((?:;(?:"[^"]*"|[^":;])*)*):(.*)$/s.exec(line);
  const parameters = [...(match?.[2] ?? '').matchAll(/;(?:"[^"]*"|[^":;])*/g)].map(([parameter]) => parameter);
  const kept = parameters.filter((parameter) => !/^;(PARTSTAT|RSVP)=/i.test(parameter));
  return `${match?.[1] ?? 'ATTENDEE'}${kept.join('')};PARTSTAT=DECLINED:${match?.[3] ?? ''}`;
}

/** An instant as a property, written the way `like` is. */
function dateLine(name: string, ms: number, like: DateValue, tzid: string, zone: Zone): string {
  if (like.kind === 'utc') return `${name}:${utcText(ms)}`;
  const wallMs = toWall(zone, ms);
  if (like.kind === 'date') return `${name};VALUE=DATE:${dateText(Math.ceil(wallMs / DAY_MS) * DAY_MS)}`;
  const time = utcText(wallMs).slice(0, -1);
  return like.kind === 'zoned' && tzid !== '' ? `${name};TZID=${tzid}:${time}` : `${name}:${time}`;
}

function utcText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

function dateText(ms: number): string {
  return utcText(ms).slice(0, 8);
}

/** Without controls: a title must not begin a property of its own. */
function escapeText(text: string): string {
  const line = text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\\;,]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`);
  return line.replaceAll(/\p{Cc}/gu, '').toWellFormed();
}

function notFound(): CalendarError {
  return new CalendarError('calendar/not-found', 'the event or its occurrence is not in the calendar any more');
}
