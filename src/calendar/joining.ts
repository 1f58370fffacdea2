import type { Booking } from './booking.ts';

export type JoinPhase = 'later' | 'soon' | 'running' | 'over';

/** Where a booking stands; from `soon` until it ends its meeting can be joined. */
export function phaseOf({ startMs, endMs }: Booking, nowMs: number, earlyMs: number): JoinPhase {
  if (nowMs < startMs - earlyMs) return 'later';
  if (nowMs < startMs) return 'soon';
  return nowMs < endMs ? 'running' : 'over';
}

export function canJoin(booking: Booking, nowMs: number, earlyMs: number): boolean {
  const phase = phaseOf(booking, nowMs, earlyMs);
  return booking.meeting.kind === 'joinable' && (phase === 'soon' || phase === 'running');
}

/**
 * The booking that has the one *Join*: what can be joined before what cannot, running before coming, of those running the one
 * that began last, of those coming the one that begins first. Without a link there is nothing to offer. `skipped`: ids of those
 * that people do not want.
 */
export function offeredOf(
  bookings: readonly Booking[],
  nowMs: number,
  earlyMs: number,
  skipped: ReadonlySet<string>,
): Booking | null {
  const open = bookings.filter(({ id, meeting }) => meeting.kind !== 'none' && !skipped.has(id));
  const running = open.filter((each) => phaseOf(each, nowMs, earlyMs) === 'running').toReversed();
  const coming = open.filter((each) => phaseOf(each, nowMs, earlyMs) === 'soon');
  const ranked = [...running, ...coming];
  return ranked.find(({ meeting }) => meeting.kind === 'joinable') ?? ranked[0] ?? null;
}
