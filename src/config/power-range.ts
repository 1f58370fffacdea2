import type { ValueType } from './value-types.ts';

/** A part of the week in which the display is on. Days 1 Monday to 7 Sunday; minutes since midnight, `to` not later than `from`: the next day. */
export interface WeekRange {
  readonly days: readonly (1 | 2 | 3 | 4 | 5 | 6 | 7)[];
  readonly from: number;
  readonly to: number;
}

const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const PATTERN =
  '^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))?)(?:,(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))?){0,6} (?:[01]\\d|2[0-3]):[0-5]\\d-(?:[01]\\d|2[0-3]):[0-5]\\d$';
const MAX_LENGTH = 80;

/** `Mon-Fri,Sun 08:00-18:30`; null when it is none. Days may go round the end of the week, as in `Sat-Mon`. */
export function parseWeekRange(text: string): WeekRange | null {
  if (text.length > MAX_LENGTH || !new RegExp(PATTERN).test(text)) return null;
  const [days = '', hours = ''] = text.split(' ');
  const [from = 0, to = 0] = hours.split('-').map(minuteOf);
  return { days: [...new Set(days.split(',').flatMap(daysOf))].sort(), from, to };
}

function daysOf(text: string): WeekRange['days'] {
  const [first = '', last = first] = text.split('-');
  const start = names.indexOf(first);
  const count = (names.indexOf(last) - start + 7) % 7;
  return Array.from({ length: count + 1 }, (_, index) => (((start + index) % 7) + 1) as WeekRange['days'][number]);
}

function minuteOf(text: string): number {
  const [hours = '', minutes = ''] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

export const weekRange: ValueType<string> = {
  accepts: 'days and hours, as in "Mon-Fri 08:00-18:30" or "Sat,Sun 10:00-02:00"',
  schema: { type: 'string', maxLength: MAX_LENGTH, pattern: PATTERN },
  path: false,
  repeatable: false,
  is: (value): value is string => typeof value === 'string' && parseWeekRange(value) !== null,
  fromText: (texts) => texts.at(-1),
};
