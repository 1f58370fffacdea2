import type { CalendarReader, Reading } from './calendar-reader.ts';
import { isLasting } from './calendar-reader.ts';
import type { ScheduleView } from './schedule-state.ts';

/** A list from the future was kept under another clock: nobody knows how old it is. */
const CLOCK_SLACK_MS = 60_000;

/** When a list read at `readAtMs` begins to be called old: one reading may fail without a word. */
export function staleAt(readAtMs: number, pollMs: number): number {
  return readAtMs + pollMs * 2 + 60_000;
}

export function readingState(
  reading: Reading | null,
  failure: CalendarReader['failure'],
  nowMs: number,
  pollMs: number,
): ScheduleView['state'] {
  if (!reading) return failure === null ? 'loading' : 'failed';
  const { readAtMs } = reading;
  return nowMs >= staleAt(readAtMs, pollMs) || nowMs < readAtMs - CLOCK_SLACK_MS ? 'stale' : 'fresh';
}

/** What is wrong now. What passes by itself is told when the list has become old, what does not at once. */
export function readingProblems(
  reading: Reading | null,
  failure: CalendarReader['failure'],
  state: ScheduleView['state'],
  nowMs: number,
): readonly { readonly code: string; readonly sinceMs: number }[] {
  const isTold = failure !== null && (isLasting(failure.code) || state !== 'fresh');
  const ofReading = (reading?.problems ?? []).map((code) => ({ code, sinceMs: nowMs }));
  return [...(isTold ? [failure] : []), ...ofReading];
}
