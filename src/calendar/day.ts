import type { Booking } from './booking.ts';
import type { TimeWindow } from './calendar-event.ts';

// Pure functions over bookings sorted by start, at a moment in ms since 1970.

/** Whether it takes the room: events without length and those marked as free do not, all-day bookings do. */
export function isOccupying({ isFree, startMs, endMs }: Booking): boolean {
  return !isFree && endMs > startMs;
}

export function isRunning({ startMs, endMs }: TimeWindow, nowMs: number): boolean {
  return startMs <= nowMs && nowMs < endMs;
}

/** The booking that has the room: of several the one that began last, of those the one that ends first. */
export function currentOf(bookings: readonly Booking[], nowMs: number): Booking | null {
  return bookings.filter((each) => isOccupying(each) && isRunning(each, nowMs)).reduce<Booking | null>(later, null);
}

function later(best: Booking | null, each: Booking): Booking {
  if (best === null || each.startMs > best.startMs) return each;
  return each.startMs === best.startMs && each.endMs < best.endMs ? each : best;
}

/** The next booking that begins and occupies the room. */
export function nextOf(bookings: readonly Booking[], nowMs: number): Booking | null {
  return bookings.find((each) => isOccupying(each) && each.startMs > nowMs) ?? null;
}

/** When the run of bookings that leave no gap ends; null: the room is not booked now. */
export function busyUntil(bookings: readonly Booking[], nowMs: number): number | null {
  let until: number | null = null;
  for (const each of bookings) {
    if (!isOccupying(each) || each.endMs <= nowMs) continue;
    if (each.startMs > (until ?? nowMs)) break;
    until = Math.max(until ?? 0, each.endMs);
  }
  return until;
}

/** How far from `fromMs` no other booking takes the room, at most to `toMs`. `except`: the id of one that does not count. */
export function freeTo(bookings: readonly Booking[], fromMs: number, toMs: number, except: string | null): number {
  const inTheWay = bookings.find(
    (each) => isOccupying(each) && each.id !== except && each.endMs > fromMs && each.startMs < toMs,
  );
  return inTheWay ? Math.max(fromMs, inTheWay.startMs) : toMs;
}

/** What can still take place today, and the first booking after today. */
export function agendaOf(
  bookings: readonly Booking[],
  today: TimeWindow,
  nowMs: number,
): { readonly today: readonly Booking[]; readonly after: Booking | null } {
  const isOver = ({ startMs, endMs }: Booking): boolean => endMs <= nowMs && startMs !== nowMs;
  return {
    today: bookings.filter((each) => each.startMs < today.endMs && !isOver(each)),
    after: bookings.find((each) => each.startMs >= today.endMs) ?? null,
  };
}
