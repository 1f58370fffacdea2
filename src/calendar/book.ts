import type { Booking } from './booking.ts';
import type { TimeWindow } from './calendar-event.ts';
import { busyUntil, freeTo, isRunning } from './day.ts';
import { UsageError } from '../lib/errors.ts';

// What may be booked, extended and ended. Pure functions over bookings sorted by start.

const MINUTE_MS = 60_000;
/** Shorter bookings and extensions are not made. */
export const LEAST_MS = 5 * MINUTE_MS;
/** What the panel offers. */
export const EXTENSIONS_MINUTES = [15, 30] as const;

/** How long a booking is wanted: minutes, or up to the next quarter or half of an hour by the clock on the wall. */
export type WantedLength = { readonly minutes: number } | { readonly to: 'quarter-hour' | 'half-hour' };

/**
 * A booking from now on, from the whole minute that has begun, shortened so that it touches no other.
 * @throws {UsageError} calendar/busy, calendar/no-time when under five minutes are left.
 */
export function spanFromNow(
  bookings: readonly Booking[],
  nowMs: number,
  wanted: WantedLength,
  /** Minutes past the hour. */
  minuteOf: (atMs: number) => number,
): TimeWindow {
  if (busyUntil(bookings, nowMs) !== null) throw new UsageError('calendar/busy', 'The room is booked now');
  const startMs = startNow(bookings, nowMs);
  const endMs = freeTo(bookings, nowMs, wantedEnd(startMs, wanted, minuteOf), null);
  if (endMs - startMs < LEAST_MS) throw noTime();
  return { startMs, endMs };
}

/** Whether `spanFromNow` would find any. */
export function canBook(bookings: readonly Booking[], nowMs: number): boolean {
  if (busyUntil(bookings, nowMs) !== null) return false;
  const leastEnd = startNow(bookings, nowMs) + LEAST_MS;
  return freeTo(bookings, nowMs, leastEnd, null) === leastEnd;
}

/** From when on too little is left before a booking that starts then. */
export function tooLateToBook(startMs: number): number {
  return minuteBegun(startMs - LEAST_MS) + MINUTE_MS;
}

/**
 * The end of a running booking extended by so many minutes, or by as many as there are up to the next one.
 * @throws {UsageError} calendar/not-running, calendar/all-day, calendar/no-time.
 */
export function extendedEnd(bookings: readonly Booking[], booking: Booking, nowMs: number, minutes: number): number {
  requireChangeable(booking, nowMs);
  const endMs = freeTo(bookings, booking.endMs, booking.endMs + minutes * MINUTE_MS, booking.id);
  if (endMs - booking.endMs < LEAST_MS) throw noTime();
  return endMs;
}

/** What of 15 and 30 minutes is possible, the second shortened by the next booking where need be. */
export function extensionMinutes(bookings: readonly Booking[], booking: Booking): readonly number[] {
  if (booking.allDay) return [];
  const possible = EXTENSIONS_MINUTES.map((minutes) => {
    const endMs = freeTo(bookings, booking.endMs, booking.endMs + minutes * MINUTE_MS, booking.id);
    return Math.floor((endMs - booking.endMs) / MINUTE_MS);
  });
  return [...new Set(possible)].filter((minutes) => minutes * MINUTE_MS >= LEAST_MS);
}

/**
 * The end of a running booking that is ended now: the whole minute that has begun, at least one after its start.
 * @throws {UsageError} calendar/not-running, calendar/all-day, calendar/no-time when it ends within a minute anyway.
 */
export function endedNow(booking: Booking, nowMs: number): number {
  requireChangeable(booking, nowMs);
  const endMs = Math.max(minuteBegun(nowMs), booking.startMs + MINUTE_MS);
  if (!canEnd(booking, nowMs)) throw new UsageError('calendar/no-time', 'The booking ends within a minute anyway');
  return endMs;
}

export function canEnd(booking: Booking, nowMs: number): boolean {
  const endMs = Math.max(minuteBegun(nowMs), booking.startMs + MINUTE_MS);
  return !booking.allDay && isRunning(booking, nowMs) && booking.endMs - endMs > MINUTE_MS;
}

/** An all-day booking is not for a touch in the room to change: it belongs to whoever blocked the day. */
function requireChangeable(booking: Booking, nowMs: number): void {
  if (!isRunning(booking, nowMs)) throw new UsageError('calendar/not-running', 'This booking is not running now');
  if (booking.allDay) throw new UsageError('calendar/all-day', 'A booking of whole days is not changed in the room');
}

const noTime = (): UsageError =>
  new UsageError('calendar/no-time', 'There are not even five minutes before the next booking');

function minuteBegun(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
}

/** The whole minute that has begun, but not over a booking that ended within it. */
function startNow(bookings: readonly Booking[], nowMs: number): number {
  const ended = bookings.filter((each) => !each.isFree && each.endMs <= nowMs);
  return ended.reduce((startMs, { endMs }) => Math.max(startMs, endMs), minuteBegun(nowMs));
}

function wantedEnd(fromMs: number, wanted: WantedLength, minuteOf: (atMs: number) => number): number {
  if ('minutes' in wanted) return fromMs + wanted.minutes * MINUTE_MS;
  const step = wanted.to === 'quarter-hour' ? 15 : 30;
  const left = step - (minuteOf(fromMs) % step);
  const next = minuteBegun(fromMs) + left * MINUTE_MS;
  // The one after it, when the next is too near.
  return next - fromMs < LEAST_MS ? next + step * MINUTE_MS : next;
}
