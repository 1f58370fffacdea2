/** A time zone as an event brings it along: for names that nobody else knows. */
import type { Zone } from '../zone/zone.ts';
import { DAY_MS } from '../zone/zone.ts';
import type { RawComponent } from './components.ts';
import { parseDate } from './date-value.ts';
import { StepBudget } from './limits.ts';
import { parseProperty, type Property } from './property.ts';
import { expandRule, type RecurrenceRule } from './rule.ts';
import { ruleOf, type WrittenRule } from './rule-value.ts';

/** STANDARD or DAYLIGHT: from its onsets on the wall is `toMs` ahead of UTC. */
interface Observance {
  readonly startMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rules: readonly RecurrenceRule[];
  /** Wall times by `fromMs`, the start among them. */
  readonly dates: readonly number[];
}

interface Onset {
  readonly atMs: number;
  readonly offsetMs: number;
}

const STEPS_PER_YEAR = 2_000;
const MAX_YEARS = 400;
const MAX_DATES = 2_000;
/** A rule may be yearly, and 29 February comes every eight years at the least. */
const LOOK_BACK_MS = 9 * 366 * DAY_MS;

/**
 * Read at the year that is asked for: Outlook's rules begin in 1601, and following them from there to now is what makes
 * others slow or endless.
 */
export class RuleZone implements Zone {
  readonly id: string;
  readonly #observances: readonly Observance[];
  readonly #years = new Map<number, readonly Onset[]>();

  /** Of `vtimezone`; use `zoneOfComponent`. */
  constructor(id: string, observances: readonly Observance[]) {
    this.id = id;
    this.#observances = observances;
  }

  offsetMs(utcMs: number): number {
    const year = new Date(utcMs).getUTCFullYear();
    const onsets = this.#years.get(year) ?? this.#learn(year);
    for (let i = onsets.length - 1; i >= 0; i--) {
      const onset = onsets[i];
      if (onset !== undefined && utcMs >= onset.atMs) return onset.offsetMs;
    }
    return this.#first();
  }

  #learn(year: number): readonly Onset[] {
    if (this.#years.size >= MAX_YEARS) this.#years.clear();
    const endMs = Date.UTC(year + 1, 0, 2);
    const onsets = this.#observances
      .flatMap((observance) => onsetsOf(observance, Date.UTC(year, 0, 1), endMs))
      .sort((a, b) => a.atMs - b.atMs);
    this.#years.set(year, onsets);
    return onsets;
  }

  /** Before the first onset the clock showed what that one changes from. */
  #first(): number {
    const [first] = [...this.#observances].sort((a, b) => a.startMs - b.startMs);
    return first?.fromMs ?? 0;
  }
}

/** Null when there is nothing in it that sets a clock. */
export function zoneOfComponent(id: string, component: RawComponent): Zone | null {
  const observances = component.parts.map(observanceOf).filter((observance) => observance !== null);
  return observances.length === 0 ? null : new RuleZone(id, observances);
}

/** All onsets of the year, and the last before it. */
function onsetsOf(observance: Observance, fromMs: number, endMs: number): readonly Onset[] {
  const { fromMs: before, toMs: offsetMs, startMs, rules, dates } = observance;
  const budget = new StepBudget(STEPS_PER_YEAR * 10, null);
  const walls = rules.flatMap((rule) => {
    // A rule that ended long ago still says what holds since.
    const lastMs = Math.min(endMs, rule.untilWallMs ?? Infinity);
    return expandRule(rule, startMs, { fromMs: Math.min(fromMs, lastMs) - LOOK_BACK_MS, toMs: endMs + DAY_MS }, budget);
  });
  const onsets = [...walls, ...dates]
    .map((wallMs) => ({ atMs: wallMs - before, offsetMs }))
    .filter(({ atMs }) => atMs < endMs);
  const past = onsets.filter(({ atMs }) => atMs < fromMs).map(({ atMs }) => atMs);
  const lastPast = past.reduce((last, atMs) => Math.max(last, atMs), -Infinity);
  return onsets.filter(({ atMs }) => atMs >= lastPast);
}

function observanceOf(part: RawComponent): Observance | null {
  if (part.isTooLarge) return null;
  const properties = part.lines.map(parseProperty).filter((property) => property !== null);
  const startMs = wallOf(properties.find(({ name }) => name === 'dtstart')?.values[0]);
  const fromMs = offsetOf(properties, 'tzoffsetfrom');
  const toMs = offsetOf(properties, 'tzoffsetto');
  if (startMs === null || toMs === null) return null;
  const rules = properties.filter(({ name }) => name === 'rrule').map(ruleOf);
  const rdates = properties.filter(({ name }) => name === 'rdate').flatMap(({ values }) => values.map(wallOf));
  return {
    startMs,
    fromMs: fromMs ?? toMs,
    toMs,
    rules: rules.filter((rule) => rule !== null).map((rule) => inWall(rule, fromMs ?? toMs)),
    dates: [...(rules.length > 0 ? [] : [startMs]), ...rdates.filter((wallMs) => wallMs !== null).slice(0, MAX_DATES)],
  };
}

/** UNTIL of a VTIMEZONE is UTC; some write the wall time. */
function inWall(rule: WrittenRule, offsetMs: number): RecurrenceRule {
  if (rule.until === null) return { ...rule, untilWallMs: null };
  return { ...rule, untilWallMs: rule.until.wallMs + (rule.until.kind === 'utc' ? offsetMs : 0) };
}

function wallOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  return parseDate(value, null, () => ({ id: '', offsetMs: () => 0 }))?.wallMs ?? null;
}

function offsetOf(properties: readonly Property[], name: string): number | null {
  const value = properties.find((property) => property.name === name)?.values[0];
  const match = /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(String(value));
  if (match === null) return null;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part: string | undefined) => Number(part ?? 0));
  return (match[1] === '-' ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}
