import type { BookingView, ScheduleView } from '../../calendar/schedule-state.ts';
import type { RoomState } from '../room-state.ts';

/** The booking that fills the ambient screen with its one Join; which one it is, is the room's decision. */
export function offeredOf({ schedule, next }: Pick<RoomState, 'schedule' | 'next'>): BookingView | null {
  return schedule?.bookings.find(({ id }) => id === next?.id) ?? null;
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
