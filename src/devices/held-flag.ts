/** How long a condition must last before it is believed, and be gone before that is believed. */
export interface HoldTimes {
  readonly onMs: number;
  readonly offMs: number;
}

export interface HeldFlag {
  readonly on: boolean;
  /** Since when the condition has been the other way without a break; null when it is not. */
  readonly otherSinceMs: number | null;
}

export const flagOff: HeldFlag = { on: false, otherSinceMs: null };

/**
 * The flag after seeing `condition` at `atMs`. Null says neither, as between the two thresholds of a hysteresis: the flag stays, and what was
 * counted towards a change is kept.
 */
export function holdFlag(flag: HeldFlag, condition: boolean | null, atMs: number, times: HoldTimes): HeldFlag {
  if (condition === null) return flag;
  if (condition === flag.on) return flag.otherSinceMs === null ? flag : { ...flag, otherSinceMs: null };
  const sinceMs = flag.otherSinceMs ?? atMs;
  if (atMs - sinceMs >= (flag.on ? times.offMs : times.onMs)) return { on: condition, otherSinceMs: null };
  return { ...flag, otherSinceMs: sinceMs };
}
