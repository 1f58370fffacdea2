/**
 * Wall time is a number as well: the milliseconds since 1970 that a clock on the wall would show were it UTC. So days and
 * weeks are plain sums, and only the way to an instant needs a zone.
 */
export interface Zone {
  /** An IANA name, or the TZID of the VTIMEZONE that it was made of. */
  readonly id: string;
  /** What the wall is ahead of UTC at an instant, ms; negative west of Greenwich. */
  offsetMs(utcMs: number): number;
}

export const DAY_MS = 86_400_000;

export const utcZone: Zone = { id: 'UTC', offsetMs: () => 0 };

export function toWall(zone: Zone, utcMs: number): number {
  return utcMs + zone.offsetMs(utcMs);
}

/**
 * The instant at which the wall shows `wallMs`. Shown twice (clocks put back): the first. Never shown (put forward): read by
 * the offset before, so that 02:30 becomes 03:30 (RFC 5545 section 3.3.5).
 */
export function toUtc(zone: Zone, wallMs: number): number {
  const before = zone.offsetMs(wallMs - DAY_MS);
  const after = zone.offsetMs(wallMs + DAY_MS);
  if (before === after || zone.offsetMs(wallMs - before) === before) return wallMs - before;
  return zone.offsetMs(wallMs - after) === after ? wallMs - after : wallMs - before;
}

/** Whole days since 1970 of a wall time. */
export function dayOf(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS);
}

/** Midnight of a wall time's day. */
export function startOfDay(wallMs: number): number {
  return dayOf(wallMs) * DAY_MS;
}
