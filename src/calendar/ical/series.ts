/** All that carries one UID: a master and what differs at single occurrences, whatever objects they came in. */
import type { TimeWindow } from '../calendar-event.ts';
import type { Zone } from '../zone/zone.ts';
import { DAY_MS, dayOf, startOfDay, toUtc, toWall } from '../zone/zone.ts';
import { type DateValue, type Duration, instantOf, wallIn, zoneOfDate } from './date-value.ts';
import type { EventValue } from './event-value.ts';
import type { StepBudget } from './limits.ts';
import { expandRule, type WallSpan } from './rule.ts';
import type { WrittenRule } from './rule-value.ts';

/** A component with the object that it came in. */
export interface SourcedEvent {
  readonly event: EventValue;
  /** Index of the object. */
  readonly object: number;
}

export interface Occurrence extends SourcedEvent {
  readonly startMs: number;
  readonly endMs: number;
  readonly allDay: boolean;
  readonly isSeries: boolean;
  /** Its original start in the series; null for a single event. */
  readonly originalMs: number | null;
}

export interface SeriesParts {
  readonly master: SourcedEvent | null;
  /** For each occurrence at most one, and one that is of all that follow as well. */
  readonly exceptions: readonly SourcedEvent[];
}

/** What an occurrence is like: its own master's, or since a THISANDFUTURE that one's. */
interface Shape extends SourcedEvent {
  /** What it is moved by against the rule, in wall time. */
  readonly shiftMs: number;
}

interface Range extends Shape {
  readonly fromMs: number;
}

/** Two versions of one component: the later counts (RFC 5546 section 2.1.5). */
export function isLater(a: EventValue, b: EventValue): boolean {
  return a.sequence !== b.sequence ? a.sequence > b.sequence : a.changedMs >= b.changedMs;
}

export function isRepeated(event: EventValue): boolean {
  return event.rules.length > 0 || event.added.length > 0;
}

/** The instant that an exception stands for: what makes two of them the same. */
export function originalOf(exception: EventValue, master: EventValue | null, room: Zone): number {
  const id = exception.recurrenceId ?? exception.start;
  const zone = master === null ? room : zoneOfDate(master.start, room);
  // Exchange names occurrences of timed series by their date alone.
  if (id.kind === 'date' && master !== null && master.start.kind !== 'date')
    return toUtc(zone, startOfDay(id.wallMs) + (master.start.wallMs - startOfDay(master.start.wallMs)));
  // And days of all-day series by a time.
  if (id.kind !== 'date' && master?.start.kind === 'date') return toUtc(room, dayNamedBy(id, room) * DAY_MS);
  return instantOf(id, id.kind === 'date' ? room : zone);
}

/** The occurrences that overlap `window`, those left out because cancelled or declined excepted; not sorted. */
export function occurrencesOf(
  { master, exceptions }: SeriesParts,
  window: TimeWindow,
  room: Zone,
  budget: StepBudget,
): Occurrence[] {
  const isSeries = master !== null && isRepeated(master.event);
  const moved = exceptions.map((exception) => ({
    ...exception,
    originalMs: originalOf(exception.event, master?.event ?? null, room),
    // Without its series, or without a rule, it is of one occurrence.
    isRange: exception.event.isRange && isSeries,
  }));
  const ranges = moved.filter(({ isRange }) => isRange);
  const single = moved.filter(({ isRange }) => !isRange);
  const replaced = new Set(single.map(({ originalMs }) => originalMs));
  const own = single.map(({ event, object, originalMs }) => {
    const zone = zoneOfDate(event.start, master === null ? room : zoneOfDate(master.event.start, room));
    return occurrence({ event, object, shiftMs: 0 }, event.start.wallMs, zone, room, originalMs, true);
  });
  const regular = master === null ? [] : regularOf(master, ranges, replaced, window, room, budget);
  return [...regular, ...own].filter((found) => overlaps(found, window) && !isLeftOut(found.event));
}

function regularOf(
  master: SourcedEvent,
  following: readonly (SourcedEvent & { originalMs: number })[],
  replaced: ReadonlySet<number>,
  window: TimeWindow,
  room: Zone,
  budget: StepBudget,
): Occurrence[] {
  const { event } = master;
  const zone = zoneOfDate(event.start, room);
  if (!isRepeated(event)) {
    if (replaced.has(instantOf(event.start, event.start.kind === 'date' ? room : zone))) return [];
    return [occurrence({ ...master, shiftMs: 0 }, event.start.wallMs, zone, room, null, replaced.size > 0)];
  }
  const plain: Shape = { ...master, shiftMs: 0 };
  const ranges = rangesOf(master.event, following, zone, room);
  const isExcluded = exclusionOf(event, zone, room);
  const found: Occurrence[] = [];
  for (const { wallMs, added } of startsOf(
    event,
    spanFor([plain, ...ranges], window, zone, room),
    zone,
    room,
    budget,
  )) {
    const originalMs = toUtc(zone, wallMs);
    if (replaced.has(originalMs) || isExcluded(wallMs, originalMs)) continue;
    const shape = ranges.findLast((range) => range.fromMs <= originalMs) ?? plain;
    const own = added === null ? shape : { ...shape, event: { ...shape.event, ...added } };
    const shapeZone = shape === plain ? zone : zoneOfDate(shape.event.start, zone);
    found.push(occurrence(own, wallMs + shape.shiftMs, shapeZone, room, originalMs, true));
  }
  return found;
}

type OwnLength = Pick<EventValue, 'start' | 'end' | 'duration'>;

/** Starts by rules, RDATE and DTSTART, each once, in wall time of the series. */
function startsOf(
  event: EventValue,
  span: WallSpan,
  zone: Zone,
  room: Zone,
  budget: StepBudget,
): readonly { wallMs: number; added: OwnLength | null }[] {
  const startMs = event.start.wallMs;
  const isDate = event.start.kind === 'date';
  const expand = (rule: WrittenRule): number[] => {
    const walls = expandRule({ ...rule, untilWallMs: untilOf(rule, event.start, zone, room) }, startMs, span, budget);
    // BYHOUR and the like have no meaning for days (RFC 5545 section 3.3.10).
    return isDate ? walls.map(startOfDay) : walls;
  };
  const starts = new Map<number, OwnLength | null>();
  for (const { start, end, duration } of event.added) {
    const wallMs = isDate ? startOfDay(wallIn(room, start, room)) : wallIn(zone, asTimed(start, event), zone);
    starts.set(wallMs, end === null && duration === null ? null : { start, end, duration });
  }
  for (const wallMs of [startMs, ...event.rules.flatMap(expand)]) if (!starts.has(wallMs)) starts.set(wallMs, null);
  for (const wallMs of event.exRules.flatMap(expand)) starts.delete(wallMs);
  return [...starts]
    .filter(([wallMs]) => wallMs >= span.fromMs && wallMs < span.toMs)
    .map(([wallMs, added]) => ({ wallMs, added }));
}

/** A date among times means the usual time of that day. */
function asTimed(date: DateValue, event: EventValue): DateValue {
  if (date.kind !== 'date') return date;
  return { ...event.start, wallMs: date.wallMs + (event.start.wallMs - startOfDay(event.start.wallMs)) };
}

/** UNTIL in wall time of the series; one that is a date includes that day (RFC 2445 section 4.3.10). */
function untilOf(rule: WrittenRule, start: DateValue, zone: Zone, room: Zone): number | null {
  if (rule.until === null) return null;
  if (rule.until.kind === 'date') return rule.until.wallMs + DAY_MS - 1;
  if (start.kind !== 'date') return wallIn(zone, rule.until, zone);
  return dayNamedBy(rule.until, room) * DAY_MS;
}

/** EXDATE as instants, and as days: Exchange writes dates for timed series, others write times for all-day ones. */
function exclusionOf(event: EventValue, zone: Zone, room: Zone): (wallMs: number, utcMs: number) => boolean {
  const instants = new Set<number>();
  const days = new Set<number>();
  for (const date of event.excluded) {
    if (date.kind === 'date') days.add(dayOf(date.wallMs));
    else if (event.start.kind === 'date') days.add(dayNamedBy(date, room));
    else instants.add(instantOf(date, zone));
  }
  return (wallMs, utcMs) => instants.has(utcMs) || days.has(dayOf(wallMs));
}

/** Of a time that stands for a day: midnight as it is written, else the day that it is in the room. */
function dayNamedBy(date: DateValue, room: Zone): number {
  return dayOf(date.wallMs % DAY_MS === 0 ? date.wallMs : wallIn(room, date, room));
}

/** In order of where they begin. */
function rangesOf(
  master: EventValue,
  following: readonly (SourcedEvent & { originalMs: number })[],
  zone: Zone,
  room: Zone,
): Range[] {
  const local = master.start.kind === 'date' ? room : zone;
  return following
    .map(({ event, object, originalMs }) => {
      return { event, object, fromMs: originalMs, shiftMs: event.start.wallMs - toWall(local, originalMs) };
    })
    .sort((a, b) => a.fromMs - b.fromMs);
}

/** Wide enough for the longest occurrence, whatever it is moved by and wherever its zone is. */
function spanFor(shapes: readonly Shape[], window: TimeWindow, zone: Zone, room: Zone): WallSpan {
  const margin = 2 * DAY_MS;
  const longest = Math.max(...shapes.map(({ event }) => lengthOf(event, room)), ...lengthsAdded(shapes, room));
  const shifts = shapes.map(({ shiftMs }) => shiftMs);
  return {
    fromMs: toWall(zone, window.startMs) - longest - Math.max(...shifts) - margin,
    toMs: toWall(zone, window.endMs) - Math.min(...shifts) + margin,
  };
}

function lengthsAdded(shapes: readonly Shape[], room: Zone): number[] {
  const added = shapes.flatMap(({ event }) => event.added);
  return added.filter(({ end, duration }) => end !== null || duration !== null).map((own) => lengthOf(own, room));
}

function lengthOf(event: OwnLength, room: Zone): number {
  const { days, ms } = durationOf(event, room, zoneOfDate(event.start, room));
  return days * DAY_MS + ms;
}

function occurrence(
  { event, object }: Shape,
  wallMs: number,
  zone: Zone,
  room: Zone,
  originalMs: number | null,
  isSeries: boolean,
): Occurrence {
  const allDay = event.start.kind === 'date';
  const start = allDay ? startOfDay(wallMs) : wallMs;
  const local = allDay ? room : zone;
  const startMs = toUtc(local, start);
  const { days, ms } = durationOf(event, room, local);
  const endMs = (days === 0 ? startMs : toUtc(local, start + days * DAY_MS)) + ms;
  return { event, object, startMs, endMs: Math.max(startMs, endMs), allDay, isSeries, originalMs };
}

/**
 * From DTEND exactly, from DURATION by days of the wall; an all-day event without either lasts a day, a timed one no time
 * (RFC 5545 section 3.6.1). An end before the start is no length.
 */
function durationOf({ start, end, duration }: OwnLength, room: Zone, zone: Zone): Duration {
  if (start.kind === 'date') {
    const days = end !== null ? Math.ceil((wallIn(room, end, room) - start.wallMs) / DAY_MS) : (duration?.days ?? 1);
    return { days: Math.max(1, days + Math.ceil((end === null ? (duration?.ms ?? 0) : 0) / DAY_MS)), ms: 0 };
  }
  if (end !== null) {
    const ms = instantOf(end, end.kind === 'date' ? room : zone) - instantOf(start, zone);
    return { days: 0, ms: Math.max(0, ms) };
  }
  return duration === null || duration.days < 0 || duration.ms < 0 ? { days: 0, ms: 0 } : duration;
}

function overlaps({ startMs, endMs }: Occurrence, window: TimeWindow): boolean {
  return startMs < window.endMs && (endMs > window.startMs || (startMs === endMs && startMs >= window.startMs));
}

function isLeftOut(event: EventValue): boolean {
  return event.isCancelled || event.details.isDeclined;
}
