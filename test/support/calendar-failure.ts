import assert from 'node:assert/strict';
import { CalendarError } from '../../src/calendar/calendar-error.ts';

/** The `CalendarError` that a job fails with; anything else fails the test. */
export async function calendarFailure(job: Promise<unknown>): Promise<CalendarError> {
  const error: unknown = await job.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CalendarError) return error;
  throw error;
}
