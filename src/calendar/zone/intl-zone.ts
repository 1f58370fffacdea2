import { DAY_MS, type Zone } from './zone.ts';

interface Change {
  readonly atMs: number;
  readonly offsetMs: number;
}

/** Closer than any two changes of a zone: Morocco goes back for Ramadan, about 30 days. */
const STEP_MS = 9 * DAY_MS;
/** Zones change at whole minutes. */
const PRECISION_MS = 60_000;
const MAX_YEARS = 400;

/**
 * A zone of the IANA database as Node carries it. Asking `Intl` costs microseconds, so the changes of a year are looked for
 * once and kept.
 */
export class IntlZone implements Zone {
  readonly id: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly Change[]>();

  /** `id` is one that `isIanaZone` accepts. */
  constructor(id: string) {
    this.id = id;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: id,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  offsetMs(utcMs: number): number {
    const year = new Date(utcMs).getUTCFullYear();
    const changes = this.#years.get(year) ?? this.#learn(year);
    for (let i = changes.length - 1; i > 0; i--) {
      const change = changes[i];
      if (change !== undefined && utcMs >= change.atMs) return change.offsetMs;
    }
    return changes[0]?.offsetMs ?? 0;
  }

  #learn(year: number): readonly Change[] {
    // Dates of hostile events may name every year there is.
    if (this.#years.size >= MAX_YEARS) this.#years.clear();
    const endMs = Date.UTC(year + 1, 0, 1);
    let atMs = Date.UTC(year, 0, 1);
    const changes: Change[] = [{ atMs, offsetMs: this.#ask(atMs) }];
    while (atMs < endMs) {
      const nextMs = Math.min(endMs, atMs + STEP_MS);
      const last = changes.at(-1)?.offsetMs ?? 0;
      if (this.#ask(nextMs) !== last) changes.push(this.#firstChange(atMs, nextMs, last));
      atMs = nextMs;
    }
    this.#years.set(year, changes);
    return changes;
  }

  /** The first instant after `fromMs` that has not `offsetMs` any more; `toMs` has not. */
  #firstChange(fromMs: number, toMs: number, offsetMs: number): Change {
    let low = fromMs;
    let high = toMs;
    while (high - low > PRECISION_MS) {
      const middle = low + Math.floor((high - low) / 2 / PRECISION_MS) * PRECISION_MS;
      if (middle === low) break;
      if (this.#ask(middle) === offsetMs) low = middle;
      else high = middle;
    }
    return { atMs: high, offsetMs: this.#ask(high) };
  }

  #ask(utcMs: number): number {
    const fields: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(utcMs)) fields[type] = Number(value);
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
    const wall = new Date(0);
    wall.setUTCFullYear(year, month - 1, day);
    wall.setUTCHours(hour, minute, second);
    return wall.getTime() - Math.floor(utcMs / 1_000) * 1_000;
  }
}

/** Whether Node knows the zone; upper and lower case are one to it. */
export function isIanaZone(id: string): boolean {
  // Plain offsets are zones to Intl, but not names.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(id)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: id });
    return true;
  } catch {
    return false;
  }
}
