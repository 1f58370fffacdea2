/**
 * RRULE (RFC 5545 section 3.3.10) in wall time. Periods that end before the wanted span are passed over by arithmetic where
 * there is no COUNT, so that a daily series of ten years costs as much as a new one, and a rule that can never be met is
 * as cheap as any: what is looked at is the span, not the way to the next occurrence.
 */
import { DAY_MS, dayOf } from '../zone/zone.ts';
import type { StepBudget } from './limits.ts';
import { RuleDays } from './rule-days.ts';

export const frequencies = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
export type Frequency = (typeof frequencies)[number];

/** `ordinal` 0: every such day; -1: the last. `weekday` 0 is Sunday. */
export interface WeekdayRule {
  readonly ordinal: number;
  readonly weekday: number;
}

export interface RecurrenceRule {
  readonly frequency: Frequency;
  /** 1 or more. */
  readonly interval: number;
  readonly count: number | null;
  /** The last moment that may be an occurrence, in wall time of the start's zone. */
  readonly untilWallMs: number | null;
  readonly bySecond: readonly number[];
  readonly byMinute: readonly number[];
  readonly byHour: readonly number[];
  readonly byDay: readonly WeekdayRule[];
  readonly byMonthDay: readonly number[];
  readonly byYearDay: readonly number[];
  readonly byWeekNo: readonly number[];
  readonly byMonth: readonly number[];
  readonly bySetPos: readonly number[];
  /** 0 is Sunday. */
  readonly weekStart: number;
}

/** Wall times, `fromMs` (inclusive) to `toMs` (exclusive). */
export interface WallSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const unitsMs: Readonly<Record<string, number>> = { SECONDLY: 1_000, MINUTELY: 60_000, HOURLY: 3_600_000 };

/**
 * The occurrences of a rule in `span`, in order. The start is one only where the rule meets it; with COUNT it is counted
 * either way, "DTSTART always counts as the first occurrence". Ends early when the budget does.
 */
export function expandRule(rule: RecurrenceRule, startMs: number, span: WallSpan, budget: StepBudget): number[] {
  const periods = new Periods(rule, startMs);
  const endMs = Math.min(span.toMs, rule.untilWallMs === null ? Infinity : rule.untilWallMs + 1);
  const found: number[] = [];
  let counted: number | null = null;
  let index = rule.count === null ? periods.indexBefore(span.fromMs) : 0;
  while (periods.startOf(index) < endMs && budget.spend(1)) {
    for (const wallMs of periods.occurrences(index, rule.count === null ? span.fromMs : startMs, endMs, budget)) {
      if (wallMs < startMs || wallMs >= endMs) continue;
      counted ??= wallMs === startMs ? 0 : 1;
      if (rule.count !== null && counted >= rule.count) return found;
      counted += 1;
      if (wallMs >= span.fromMs) found.push(wallMs);
    }
    index = periods.next(index);
  }
  return found;
}

/** The days, weeks, months... of a rule, numbered from the one that the start is in. */
class Periods {
  readonly #rule: RecurrenceRule;
  readonly #startMs: number;
  readonly #days: RuleDays;
  readonly #times: readonly number[];
  readonly #unitMs: number | null;
  readonly #first: number;

  constructor(rule: RecurrenceRule, startMs: number) {
    this.#rule = rule;
    this.#startMs = startMs;
    this.#days = new RuleDays(rule, startMs);
    this.#times = timesOfDay(rule, startMs);
    this.#unitMs = unitsMs[rule.frequency] ?? null;
    this.#first = this.#unitMs === null ? 0 : Math.floor(startMs / this.#unitMs) * this.#unitMs;
  }

  /** The last period that is sure to begin at or before `wallMs`, or the first. */
  indexBefore(wallMs: number): number {
    if (wallMs <= this.#startMs) return 0;
    if (this.#unitMs !== null)
      return Math.max(0, Math.floor((wallMs - this.#first) / (this.#unitMs * this.#rule.interval)) - 1);
    return this.#days.indexBefore(dayOf(wallMs));
  }

  startOf(index: number): number {
    if (this.#unitMs !== null) return this.#first + index * this.#unitMs * this.#rule.interval;
    return this.#days.startOf(index) * DAY_MS;
  }

  /** The next period that can hold something: of hours and less, those of a day that does not fit are passed over. */
  next(index: number): number {
    if (this.#unitMs === null) return index + 1;
    const day = dayOf(this.startOf(index + 1));
    if (this.#days.isMet(day)) return index + 1;
    const stepMs = this.#unitMs * this.#rule.interval;
    return Math.max(index + 1, Math.ceil(((day + 1) * DAY_MS - this.#first) / stepMs));
  }

  occurrences(index: number, fromMs: number, toMs: number, budget: StepBudget): readonly number[] {
    const all =
      this.#unitMs === null ? this.#ofDays(index, fromMs, toMs, budget) : this.#ofTimes(this.startOf(index), budget);
    return this.#rule.bySetPos.length === 0 ? all : atPositions(all, this.#rule.bySetPos);
  }

  #ofDays(index: number, fromMs: number, toMs: number, budget: StepBudget): readonly number[] {
    const found: number[] = [];
    // Positions count from the ends of the period, whatever part of it is wanted.
    const isWhole = this.#rule.bySetPos.length > 0;
    for (const day of this.#days.of(index)) {
      if (!isWhole && (day < dayOf(fromMs) || day * DAY_MS >= toMs)) continue;
      if (!budget.spend(this.#times.length)) break;
      for (const time of this.#times) found.push(day * DAY_MS + time);
    }
    return found;
  }

  #ofTimes(periodMs: number, budget: StepBudget): readonly number[] {
    const { byHour, byMinute, bySecond, frequency } = this.#rule;
    const at = new Date(periodMs);
    if (!this.#days.isMet(dayOf(periodMs)) || !allows(byHour, at.getUTCHours())) return [];
    const seconds = bySecond.length > 0 ? bySecond : [new Date(this.#startMs).getUTCSeconds()];
    if (frequency === 'SECONDLY')
      return allows(byMinute, at.getUTCMinutes()) && allows(bySecond, at.getUTCSeconds()) ? [periodMs] : [];
    if (frequency === 'MINUTELY')
      return allows(byMinute, at.getUTCMinutes()) ? sorted(seconds.map((second) => periodMs + second * 1_000)) : [];
    const minutes = byMinute.length > 0 ? byMinute : [new Date(this.#startMs).getUTCMinutes()];
    if (!budget.spend(minutes.length * seconds.length)) return [];
    return sorted(minutes.flatMap((minute) => seconds.map((second) => periodMs + minute * 60_000 + second * 1_000)));
  }
}

/** The times of each day, ms after midnight. Distinct values of BYHOUR, BYMINUTE and BYSECOND: at most 86,400. */
function timesOfDay(rule: RecurrenceRule, startMs: number): readonly number[] {
  if (rule.frequency in unitsMs) return [];
  const start = new Date(startMs);
  const hours = rule.byHour.length > 0 ? rule.byHour : [start.getUTCHours()];
  const minutes = rule.byMinute.length > 0 ? rule.byMinute : [start.getUTCMinutes()];
  const seconds = rule.bySecond.length > 0 ? rule.bySecond : [start.getUTCSeconds()];
  return sorted(
    hours.flatMap((hour) =>
      minutes.flatMap((minute) => seconds.map((second) => ((hour * 60 + minute) * 60 + second) * 1_000)),
    ),
  );
}

function atPositions(all: readonly number[], positions: readonly number[]): readonly number[] {
  const chosen = positions.map((position) => all.at(position > 0 ? position - 1 : position));
  return sorted([...new Set(chosen)].filter((wallMs) => wallMs !== undefined));
}

function allows(values: readonly number[], value: number): boolean {
  return values.length === 0 || values.includes(value);
}

function sorted(values: readonly number[]): readonly number[] {
  return values.length < 2 ? values : [...values].sort((a, b) => a - b);
}
