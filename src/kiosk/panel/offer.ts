import type { BookingView, ScheduleView } from '../../calendar/schedule-state.ts';

/**
 * The booking that fills the ambient screen with its one Join: what can be joined before what cannot, running before coming, of
 * those running the one that began last. What people said is not theirs (`skipped`, ids) is left out.
 */
export function offeredOf(schedule: ScheduleView | null, skipped: ReadonlySet<string>): BookingView | null {
  const near = (schedule?.bookings ?? []).filter(
    ({ id, phase, meeting }) => (phase === 'soon' || phase === 'running') && meeting !== 'none' && !skipped.has(id),
  );
  const ranked = [
    ...near.filter(({ phase }) => phase === 'running').reverse(),
    ...near.filter(({ phase }) => phase === 'soon'),
  ];
  return ranked.find(({ canJoin }) => canJoin) ?? ranked[0] ?? null;
}

export type RoomStatus =
  /** `until` null: for the rest of the day, or as far as is known. */
  | { readonly kind: 'free'; readonly until: number | null }
  | { readonly kind: 'soon'; readonly at: number }
  | { readonly kind: 'busy'; readonly until: number | null };

const SOON_MS = 5 * 60_000;

/** What the room is at a moment, for whoever stands before it. */
export function statusOf(schedule: ScheduleView | null, inCall: boolean, nowMs: number): RoomStatus {
  if (schedule?.busyUntil && schedule.busyUntil > nowMs) return { kind: 'busy', until: schedule.busyUntil };
  if (inCall) return { kind: 'busy', until: null };
  const until = schedule?.freeUntil ?? null;
  if (until !== null && until - nowMs <= SOON_MS) return { kind: 'soon', at: until };
  return { kind: 'free', until: until !== null && isToday(until, nowMs) ? until : null };
}

const isToday = (ms: number, nowMs: number): boolean => new Date(ms).toDateString() === new Date(nowMs).toDateString();
