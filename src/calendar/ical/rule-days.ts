/** Which days a rule means: the table of RFC 5545 section 3.3.10 read as conditions that a day of the period meets or not. */
import { DAY_MS, dayOf } from '../zone/zone.ts';
import type { RecurrenceRule, WeekdayRule } from './rule.ts';

interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

type DayRule = Pick<RecurrenceRule, 'byDay' | 'byMonthDay' | 'byYearDay' | 'byWeekNo' | 'byMonth'>;

export class RuleDays {
  readonly #rule: RecurrenceRule;
  readonly #wanted: DayRule;
  readonly #firstDay: number;
  readonly #first: Civil;

  constructor(rule: RecurrenceRule, startMs: number) {
    this.#rule = rule;
    const startDay = dayOf(startMs);
    this.#first = civil(startDay);
    this.#wanted = withDefaults(rule, this.#first, weekdayOf(startDay));
    this.#firstDay = rule.frequency === 'WEEKLY' ? weekStartOf(startDay, rule.weekStart) : startDay;
  }

  /** The last period that is sure to begin at or before a day, or the first. */
  indexBefore(day: number): number {
    const { frequency, interval } = this.#rule;
    const { year, month } = civil(day);
    const passed =
      frequency === 'DAILY'
        ? day - this.#firstDay
        : frequency === 'WEEKLY'
          ? Math.floor((day - this.#firstDay) / 7)
          : frequency === 'MONTHLY'
            ? (year - this.#first.year) * 12 + month - this.#first.month
            : year - this.#first.year;
    return Math.max(0, Math.floor(passed / interval));
  }

  /** The first day of a period. */
  startOf(index: number): number {
    const steps = index * this.#rule.interval;
    if (this.#rule.frequency === 'DAILY') return this.#firstDay + steps;
    if (this.#rule.frequency === 'WEEKLY') return this.#firstDay + 7 * steps;
    if (this.#rule.frequency === 'MONTHLY') return dayNumber(this.#first.year, this.#first.month + steps, 1);
    return dayNumber(this.#first.year + steps, 1, 1);
  }

  /** The days of a period that the rule means, in order. */
  of(index: number): readonly number[] {
    const from = this.startOf(index);
    const days: number[] = [];
    for (let day = from; day < from + this.#lengthOf(from); day++) if (this.isMet(day)) days.push(day);
    return days;
  }

  isMet(day: number): boolean {
    const { byMonth, byMonthDay, byYearDay, byWeekNo, byDay } = this.#wanted;
    if (byDay.length > 0 && !byDay.some((rule) => rule.weekday === weekdayOf(day))) return false;
    const date = civil(day);
    if (byMonth.length > 0 && !byMonth.includes(date.month)) return false;
    if (byMonthDay.length > 0 && !fits(byMonthDay, date.day, daysInMonth(date))) return false;
    if (byYearDay.length > 0 && !fits(byYearDay, day - dayNumber(date.year, 1, 1) + 1, daysInYear(date.year)))
      return false;
    if (byWeekNo.length > 0 && !this.#isInWeek(day, date.year)) return false;
    return byDay.length === 0 || byDay.some((rule) => this.#isWeekday(rule, day, date));
  }

  #lengthOf(from: number): number {
    if (this.#rule.frequency === 'WEEKLY') return 7;
    if (this.#rule.frequency === 'MONTHLY') return daysInMonth(civil(from));
    return this.#rule.frequency === 'YEARLY' ? daysInYear(civil(from).year) : 1;
  }

  /** The n-th Monday counts in the month where there is one, else in the year. */
  #isWeekday({ ordinal, weekday }: WeekdayRule, day: number, date: Civil): boolean {
    if (weekdayOf(day) !== weekday) return false;
    const { frequency, byMonth } = this.#rule;
    if (ordinal === 0 || (frequency !== 'MONTHLY' && frequency !== 'YEARLY')) return true;
    const inMonth = frequency === 'MONTHLY' || byMonth.length > 0;
    const position = inMonth ? date.day : day - dayNumber(date.year, 1, 1) + 1;
    const length = inMonth ? daysInMonth(date) : daysInYear(date.year);
    return ordinal > 0 ? Math.ceil(position / 7) === ordinal : Math.ceil((length - position + 1) / 7) === -ordinal;
  }

  /** Weeks as in ISO 8601, with WKST for Monday; the first has four days of the year or more. */
  #isInWeek(day: number, year: number): boolean {
    const firstOf = (of: number): number => weekStartOf(dayNumber(of, 1, 4), this.#rule.weekStart);
    const weekYear = day >= firstOf(year + 1) ? year + 1 : day < firstOf(year) ? year - 1 : year;
    const weeks = (firstOf(weekYear + 1) - firstOf(weekYear)) / 7;
    return fits(this.#wanted.byWeekNo, Math.floor((day - firstOf(weekYear)) / 7) + 1, weeks);
  }
}

/** What DTSTART says where the rule does not. */
function withDefaults(rule: RecurrenceRule, start: Civil, startWeekday: number): DayRule {
  const { byDay, byMonthDay, byYearDay, byWeekNo, byMonth, frequency } = rule;
  const sameWeekday = [{ ordinal: 0, weekday: startWeekday }];
  if (frequency === 'WEEKLY' && byDay.length === 0) return { ...rule, byDay: sameWeekday };
  if (frequency === 'MONTHLY' && byDay.length === 0 && byMonthDay.length === 0)
    return { ...rule, byMonthDay: [start.day] };
  if (frequency !== 'YEARLY' || byDay.length + byMonthDay.length + byYearDay.length > 0) return rule;
  if (byWeekNo.length > 0) return { ...rule, byDay: sameWeekday };
  return { ...rule, byMonthDay: [start.day], byMonth: byMonth.length > 0 ? byMonth : [start.month] };
}

/** Whether `values` name `position` of 1 to `length`, from the front or, negative, from the end. */
function fits(values: readonly number[], position: number, length: number): boolean {
  return values.includes(position) || values.includes(position - length - 1);
}

function civil(day: number): Civil {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** `month` may be beyond 12. Years below 100 do not occur: dates before 1000 are malformed. */
function dayNumber(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

function daysInMonth({ year, month }: Civil): number {
  return month === 2 ? daysInYear(year) - 337 : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function daysInYear(year: number): number {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 366 : 365;
}

/** 1 January 1970 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

function weekStartOf(day: number, weekStart: number): number {
  return day - ((weekdayOf(day) - weekStart + 7) % 7);
}
