import type { BookingView } from '../../calendar/schedule-state.ts';
import { clockTime } from './format.ts';
import { t } from './strings.ts';

/** What a booking is called where everybody passes by. */
export function titleOf({ title, isPrivate }: BookingView): string {
  if (isPrivate || title === null) return t().privateMeeting;
  return title.trim() || t().untitled;
}

/** `10:30 – 11:00`, or that it takes the day. */
export function spanOf({ startsAt, endsAt, allDay }: BookingView): string {
  return allDay ? t().allDay : `${clockTime(startsAt)} – ${clockTime(endsAt)}`;
}

/** Why it cannot be joined here; empty when it can. */
export function obstacleOf({ meeting, service }: BookingView): string {
  if (meeting === 'other') return t().notHere(service ?? '');
  if (meeting === 'incomplete') return t().linkBroken;
  return meeting === 'none' ? t().noLink : '';
}
