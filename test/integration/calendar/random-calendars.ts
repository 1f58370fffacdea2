/** Calendars as hazard makes them, the same for the same seed. */
import { seededRandom } from '../../support/array-room.ts';

export interface RandomEvent {
  readonly uid: string;
  /** What it has that expanders disagree on; keys of `knownDifferences`. */
  readonly features: readonly string[];
  readonly text: string;
}

export interface RandomCalendar {
  readonly startMs: number;
  readonly endMs: number;
  readonly events: readonly RandomEvent[];
}

const DAY_MS = 86_400_000;
const zones = ['Europe/Paris', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney', 'America/Sao_Paulo'];
const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

class Hazard {
  readonly #random: () => number;
  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }
  /** 0 to n - 1. */
  below(n: number): number {
    return Math.floor(this.#random() * n);
  }
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }
  one<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to choose from');
    return value;
  }
  chance(share: number): boolean {
    return this.#random() < share;
  }
  some<T>(values: readonly T[], count: number): T[] {
    const left = [...values];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.below(left.length), 1)).flat();
  }
}

interface Form {
  readonly kind: 'date' | 'utc' | 'zoned' | 'floating';
  readonly zone: string;
}

/** A property of a wall time, by the form of its event. */
function stamped(name: string, wallMs: number, { kind, zone }: Form): string {
  if (kind === 'date') return `${name};VALUE=DATE:${dateText(wallMs)}`;
  if (kind === 'zoned') return `${name};TZID=${zone}:${timeText(wallMs)}`;
  return `${name}:${timeText(wallMs)}${kind === 'utc' ? 'Z' : ''}`;
}

function dateText(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10).replaceAll('-', '');
}

function timeText(wallMs: number): string {
  return `${dateText(wallMs)}T${new Date(wallMs).toISOString().slice(11, 19).replaceAll(':', '')}`;
}

export function randomCalendar(seed: number): RandomCalendar {
  const hazard = new Hazard(seed);
  // Every season, and the weeks in which clocks change.
  const startMs = Date.UTC(2025, hazard.below(24), hazard.between(1, 28), hazard.below(24));
  const endMs = startMs + 14 * DAY_MS;
  const events = Array.from({ length: hazard.between(1, 4) }, (_, i) => randomEvent(hazard, `e${i}`, startMs));
  return { startMs, endMs, events };
}

export function calendarText(events: readonly RandomEvent[]): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//hazard//EN',
    ...events.map(({ text }) => text),
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

function randomEvent(hazard: Hazard, uid: string, windowMs: number): RandomEvent {
  const kind = hazard.one(['date', 'utc', 'zoned', 'zoned', 'zoned', 'floating'] as const);
  const form: Form = { kind, zone: hazard.one(zones) };
  const features: string[] = [];
  const isSeries = hazard.chance(0.8);
  const ageDays = isSeries ? hazard.one([hazard.between(-5, 30), hazard.between(0, 900)]) : hazard.between(-15, 3);
  const day = Math.floor(windowMs / DAY_MS) - ageDays;
  // Not in the hour that clocks skip or repeat: those are tested by hand.
  const time = kind === 'date' ? 0 : (hazard.between(5, 22) * 60 + hazard.one([0, 15, 30, 45])) * 60_000;
  const wallMs = day * DAY_MS + time;
  const lines = [stamped('DTSTART', wallMs, form), ...length(hazard, wallMs, form)];
  const exceptions: string[] = [];
  if (isSeries) {
    const rule = randomRule(hazard, wallMs, form, features);
    lines.push(rule.line);
    addExceptions(hazard, uid, wallMs, form, lines, exceptions, windowMs);
  }
  const master = ['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20250101T000000Z', ...lines, 'END:VEVENT'];
  return { uid, features, text: [...master, ...exceptions].join('\r\n') };
}

function length(hazard: Hazard, wallMs: number, form: Form): string[] {
  if (form.kind === 'date') return [stamped('DTEND', wallMs + hazard.between(1, 3) * DAY_MS, form)];
  const minutes = hazard.one([0, 15, 30, 60, 90, 480]);
  return [hazard.chance(0.3) ? `DURATION:PT${minutes}M` : stamped('DTEND', wallMs + minutes * 60_000, form)];
}

function randomRule(hazard: Hazard, wallMs: number, form: Form, features: string[]): { line: string } {
  const frequency = hazard.one(['DAILY', 'WEEKLY', 'WEEKLY', 'MONTHLY', 'MONTHLY', 'YEARLY']);
  const parts = [`FREQ=${frequency}`];
  if (hazard.chance(0.4)) parts.push(`INTERVAL=${hazard.between(2, 4)}`);
  const by = randomParts(hazard, frequency).filter((part) => form.kind !== 'date' || !/^BY(HOUR|MINUTE)/.test(part));
  if (by.some((part) => part.startsWith('BYHOUR'))) features.push('several-a-day');
  parts.push(...by);
  if (frequency === 'WEEKLY' && by.some((part) => part.startsWith('BYSETPOS'))) features.push('positions-in-the-week');
  const end = hazard.one(['count', 'until', 'never', 'never', 'never']);
  if (end === 'count') {
    parts.push(`COUNT=${hazard.between(1, 40)}`);
    if (by.length > 0) features.push('count-beside-the-rule');
  } else if (end === 'until') {
    const untilMs = wallMs + hazard.between(1, 900) * DAY_MS;
    if (form.kind === 'date') parts.push(`UNTIL=${dateText(untilMs)}`);
    else if (form.kind === 'floating') parts.push(`UNTIL=${timeText(untilMs)}`);
    else parts.push(`UNTIL=${timeText(untilMs)}Z`);
  }
  if (hazard.chance(0.2)) parts.push(`WKST=${hazard.one(weekdays)}`);
  return { line: `RRULE:${parts.join(';')}` };
}

function randomParts(hazard: Hazard, frequency: string): string[] {
  const byDay = `BYDAY=${hazard.some(weekdays, hazard.between(1, 4)).join(',')}`;
  const byMonth = `BYMONTH=${hazard.some([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], hazard.between(1, 6)).join(',')}`;
  const byMonthDay = `BYMONTHDAY=${hazard.some([1, 2, 5, 10, 15, 20, 28, 29, 30, 31, -1, -2, -10], hazard.between(1, 4)).join(',')}`;
  const ordinal = (max: number): number => hazard.between(1, max) * (hazard.chance(0.4) ? -1 : 1);
  const nth = `BYDAY=${hazard
    .some(weekdays, hazard.between(1, 3))
    .map((day) => `${ordinal(5)}${day}`)
    .join(',')}`;
  const position = `BYSETPOS=${hazard.some([1, 2, -1, -2], hazard.between(1, 2)).join(',')}`;
  const choices: Readonly<Record<string, readonly (readonly string[])[]>> = {
    DAILY: [[], [], [byDay], [byMonth], [byMonthDay], [byMonth, byDay], ['BYHOUR=8,14', 'BYMINUTE=0,30']],
    WEEKLY: [[], [byDay], [byDay], [byDay], [byDay, position], [byMonth, byDay]],
    MONTHLY: [
      [],
      [byMonthDay],
      [byMonthDay],
      [nth],
      [nth],
      [byDay, position],
      [byDay, byMonthDay],
      [byMonthDay, position],
    ],
    YEARLY: [
      [],
      [byMonth],
      [byMonth, byMonthDay],
      [byMonth, nth],
      [byMonth, byDay, position],
      [byMonthDay],
      [byDay],
      [`BYYEARDAY=${hazard.some([1, 50, 100, 200, 300, 366, -1, -100], 3).join(',')}`],
      [`BYWEEKNO=${hazard.some([1, 5, 10, 20, 30, 44, 52, 53, -1], 3).join(',')}`, byDay],
      [byMonth, byDay, byMonthDay],
    ],
  };
  return [...hazard.one(choices[frequency] ?? [[]])];
}

/** EXDATE, RDATE and moved or cancelled occurrences, mostly at days that are none: and then they change nothing but add. */
function addExceptions(
  hazard: Hazard,
  uid: string,
  wallMs: number,
  form: Form,
  lines: string[],
  exceptions: string[],
  windowMs: number,
): void {
  const time = wallMs % DAY_MS;
  const someDay = (): number =>
    Math.max(wallMs, (Math.floor(windowMs / DAY_MS) + hazard.between(0, 14)) * DAY_MS + time);
  for (let i = hazard.below(4); i > 0; i--) lines.push(stamped('EXDATE', someDay(), form));
  if (hazard.chance(0.2)) lines.push(stamped('RDATE', someDay(), form));
  const taken = new Set<number>();
  for (let i = hazard.below(3); i > 0; i--) {
    const original = someDay();
    if (taken.has(original)) continue;
    taken.add(original);
    const moved =
      original + hazard.between(-3, 3) * DAY_MS + (form.kind === 'date' ? 0 : hazard.between(-4, 1) * 3_600_000);
    exceptions.push(
      'BEGIN:VEVENT',
      `UID:${uid}`,
      'DTSTAMP:20250101T000000Z',
      stamped('RECURRENCE-ID', original, form),
      stamped('DTSTART', moved, form),
      stamped('DTEND', form.kind === 'date' ? moved + DAY_MS : moved + 1_800_000, form),
      ...(hazard.chance(0.3) ? ['STATUS:CANCELLED'] : []),
      'END:VEVENT',
    );
  }
}
