import type { Clock } from '../lib/clock.ts';
import { CalendarError } from './calendar-error.ts';
import type { CalendarReader } from './calendar-reader.ts';
import { calendarText } from './calendar-texts.ts';
import type { CalendarTest } from './schedule-state.ts';

/** Reads now and says in words what came of it. Never fails. */
export async function testCalendar(reader: CalendarReader, isWritable: boolean, clock: Clock): Promise<CalendarTest> {
  const beganMs = clock.nowMs();
  const code = await reader.refresh().then(
    () => null,
    (error: unknown) => (error instanceof CalendarError ? error.code : 'calendar/unreachable'),
  );
  const outcome = { bookings: reader.last?.bookings.length ?? 0, tookMs: Math.round(clock.nowMs() - beganMs) };
  if (code !== null) return { ok: false, code, ...calendarText(code), ...outcome };
  const changes = isWritable ? 'The room can book and change bookings.' : 'The room can only read it.';
  const message = `The calendar was read; bookings of today and the next days: ${outcome.bookings}. ${changes}`;
  return { ok: true, code: null, message, action: '', ...outcome };
}
