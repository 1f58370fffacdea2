import type { Booking } from './booking.ts';
import { isOccupying } from './day.ts';

/** When bookings that nobody comes to are given back, and which are not. */
export interface ReleaseRules {
  /** After the start; 0: never. */
  readonly afterMinutes: number;
  /** Words that a title may contain, whatever their case. */
  readonly exceptTitles: readonly string[];
  /** Bookings at least so long; 0: none for their length. */
  readonly exceptHours: number;
  /** Names or addresses, whole, whatever their case. */
  readonly exceptOrganizers: readonly string[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The countdown is shown at least so long. */
export const COUNTDOWN_MS = MINUTE_MS;
const ANNOUNCED_BEFORE_MS = 2 * MINUTE_MS;
/** Coming earlier than that before the start is not coming to it. */
export const EARLY_USE_MS = 5 * MINUTE_MS;

/** Whether the rules let it be released at all; what is known of its use is not looked at. */
export function isReleasable(booking: Booking, rules: ReleaseRules): boolean {
  if (rules.afterMinutes === 0 || booking.allDay || !isOccupying(booking)) return false;
  const { exceptHours, exceptTitles, exceptOrganizers } = rules;
  if (exceptHours > 0 && booking.endMs - booking.startMs >= exceptHours * HOUR_MS) return false;
  const organizer = booking.organizer?.toLowerCase() ?? null;
  if (exceptOrganizers.some((name) => name.toLowerCase() === organizer)) return false;
  const title = booking.title.toLowerCase();
  return !exceptTitles.some((word) => title.includes(word.toLowerCase()));
}

/**
 * When a booking nobody uses is released, and from when that is announced. The room must have been watching for the whole wait:
 * `watchedSinceMs` is when it began to, or when it first knew of the booking. Null: it would be over by then.
 */
export function releaseTimes(
  booking: Booking,
  rules: ReleaseRules,
  watchedSinceMs: number,
): { readonly announceMs: number; readonly releaseMs: number } | null {
  const fromMs = Math.max(booking.startMs, watchedSinceMs);
  const releaseMs = fromMs + Math.max(rules.afterMinutes * MINUTE_MS, COUNTDOWN_MS);
  if (releaseMs >= booking.endMs) return null;
  return { announceMs: Math.max(fromMs, releaseMs - ANNOUNCED_BEFORE_MS), releaseMs };
}
