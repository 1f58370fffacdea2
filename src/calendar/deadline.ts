import type { Clock } from '../lib/clock.ts';
import { CalendarError } from './calendar-error.ts';

/**
 * Runs `ask` for at most `limitMs`, or until `ended` aborts; then its signal aborts and nobody waits for it any more.
 * @throws {CalendarError} calendar/unreachable when time is up or `ended`, calendar/unreadable for what is no `CalendarError`.
 */
export async function withDeadline<T>(
  clock: Clock,
  limitMs: number,
  ended: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(new CalendarError('calendar/unreachable', 'The calendar did not answer in time'));
      abort.abort();
    };
  });
  const cancel = clock.after(limitMs, stop);
  ended.addEventListener('abort', stop);
  try {
    if (ended.aborted) stop();
    return await Promise.race([stopped, ask(abort.signal)]);
  } catch (error) {
    throw asCalendarError(error);
  } finally {
    cancel();
    ended.removeEventListener('abort', stop);
  }
}

function asCalendarError(error: unknown): CalendarError {
  if (error instanceof CalendarError) return error;
  return new CalendarError('calendar/unreadable', 'The calendar cannot be used', { cause: error });
}
