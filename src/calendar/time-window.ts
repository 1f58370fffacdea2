import type { TimeWindow } from './calendar-event.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export function widen(window: TimeWindow, beforeMs: number, afterMs: number): TimeWindow {
  return { startMs: window.startMs - beforeMs, endMs: window.endMs + afterMs };
}

export function covers(outer: TimeWindow | null, inner: TimeWindow): boolean {
  return outer !== null && outer.startMs <= inner.startMs && inner.endMs <= outer.endMs;
}

/** Whether an event touches the window; one without length counts at its moment. */
export function overlaps(event: TimeWindow, window: TimeWindow): boolean {
  if (event.startMs >= window.endMs) return false;
  return event.endMs > window.startMs || (event.startMs === event.endMs && event.startMs >= window.startMs);
}

/** `20260131T120000Z`: RFC 5545 section 3.3.5, form 2. */
export function utcStamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
