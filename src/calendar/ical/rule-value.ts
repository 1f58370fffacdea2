import { type Frequency, frequencies, type RecurrenceRule, type WeekdayRule } from './rule.ts';
import { type DateValue, parseDate } from './date-value.ts';
import type { Property } from './property.ts';

/** A rule as it is written: UNTIL is not yet in the zone of the start. */
export interface WrittenRule extends Omit<RecurrenceRule, 'untilWallMs'> {
  readonly until: DateValue | null;
}

const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const MAX_INTERVAL = 100_000;
const MAX_VALUES = 400;

/** Null for what is no rule. Parts that iCalendar does not know are passed over. */
export function ruleOf(property: Property): WrittenRule | null {
  const [value] = property.values;
  if (typeof value !== 'object' || value === null) return null;
  const parts = value as Readonly<Record<string, unknown>>;
  const frequency = frequencies.find((name) => name === parts.freq);
  const interval = wholeNumber(parts.interval ?? 1, 1, MAX_INTERVAL);
  const count = parts.count === undefined ? null : wholeNumber(parts.count, 1, Number.MAX_SAFE_INTEGER);
  const until = typeof parts.until === 'string' ? parseDate(parts.until, null, () => neverZoned()) : null;
  const lists = listsOf(parts);
  if (frequency === undefined || interval === null || lists === null) return null;
  if ((parts.count !== undefined && count === null) || (parts.until !== undefined && until === null)) return null;
  return {
    frequency: frequency satisfies Frequency,
    interval,
    count,
    until,
    ...lists,
    weekStart: weekStartOf(parts.wkst),
  };
}

type Lists = Pick<
  RecurrenceRule,
  'bySecond' | 'byMinute' | 'byHour' | 'byDay' | 'byMonthDay' | 'byYearDay' | 'byWeekNo' | 'byMonth' | 'bySetPos'
>;

function listsOf(parts: Readonly<Record<string, unknown>>): Lists | null {
  const lists = {
    bySecond: numbers(parts.bysecond, 0, 60)?.map((second) => Math.min(second, 59)) ?? null,
    byMinute: numbers(parts.byminute, 0, 59),
    byHour: numbers(parts.byhour, 0, 23),
    byDay: weekdaysOf(parts.byday),
    byMonthDay: numbers(parts.bymonthday, -31, 31),
    byYearDay: numbers(parts.byyearday, -366, 366),
    byWeekNo: numbers(parts.byweekno, -53, 53),
    byMonth: numbers(parts.bymonth, 1, 12),
    bySetPos: numbers(parts.bysetpos, -366, 366),
  };
  const { bySecond, byMinute, byHour, byDay, byMonthDay, byYearDay, byWeekNo, byMonth, bySetPos } = lists;
  if (!bySecond || !byMinute || !byHour || !byDay || !byMonthDay || !byYearDay || !byWeekNo || !byMonth || !bySetPos)
    return null;
  return { bySecond, byMinute, byHour, byDay, byMonthDay, byYearDay, byWeekNo, byMonth, bySetPos };
}

/** Without doubles; null when one of them is out of range. Zero is no day, week or position. */
function numbers(value: unknown, min: number, max: number): number[] | null {
  const values = listOf(value).map((entry) => wholeNumber(entry, min, max));
  if (values.length > MAX_VALUES || values.includes(null) || (min < 0 && values.includes(0))) return null;
  return [...new Set(values.filter((entry) => entry !== null))];
}

function weekdaysOf(value: unknown): WeekdayRule[] | null {
  const rules = listOf(value).map((entry) => {
    const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(String(entry).toUpperCase());
    return match === null ? null : { ordinal: Number(match[1] ?? 0), weekday: weekdays.indexOf(match[2] ?? '') };
  });
  return rules.length <= MAX_VALUES && rules.every((rule) => rule !== null) ? rules : null;
}

/** ical.js gives days as `MO` or its own number, Sunday 1. */
function weekStartOf(value: unknown): number {
  if (typeof value === 'number') return (value - 1 + 7) % 7;
  const index = weekdays.indexOf(String(value));
  return index < 0 ? 1 : index;
}

function listOf(value: unknown): readonly unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function wholeNumber(value: unknown, min: number, max: number): number | null {
  const number = typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max ? number : null;
}

function neverZoned(): never {
  throw new RangeError('UNTIL has no TZID');
}
