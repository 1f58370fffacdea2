import type { LineEvent } from './simulated-chip.ts';

/** What a light did, ms: medians over whole periods, which leave out where emulation held a change up. */
export interface Blinking {
  readonly periodMs: number;
  readonly litMs: number;
  readonly periods: number;
}

/** Of changes in order; those that set what was set already, as a line that is taken anew, are no change. */
export function blinkingOf(events: readonly LineEvent[]): Blinking {
  const changes = events.filter(({ high }, i) => high !== events[i - 1]?.high);
  const rises = changes.filter(({ high }) => high);
  const periods = rises.slice(1).map(({ atUs }, i) => (atUs - (rises[i]?.atUs ?? 0)) / 1_000);
  const lit = changes.flatMap(({ high, atUs }, i) => {
    const next = changes[i + 1];
    return high && next ? [(next.atUs - atUs) / 1_000] : [];
  });
  return { periodMs: median(periods), litMs: median(lit), periods: periods.length };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
