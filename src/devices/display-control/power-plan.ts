import type { PowerWish } from './display-control.ts';

/** Minutes since midnight, 0 to 1439, in the room's own time. */
export type MinuteOfDay = number;
/** 1 Monday to 7 Sunday (ISO 8601). */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** The display is on from `from` to `to`; when `to` is not later than `from`, until the next day. */
export interface PowerRange {
  readonly days: readonly Weekday[];
  readonly from: MinuteOfDay;
  readonly to: MinuteOfDay;
}

export interface PowerPlan {
  readonly ranges: readonly PowerRange[];
  /** IANA name, as `Europe/Berlin`. */
  readonly timeZone: string;
  /** Somebody in the room wakes the display outside the ranges too. */
  readonly wakesOnPresence: boolean;
  /** In a range, a display that nobody is in front of goes to standby after this; `null`: it stays on. */
  readonly emptyStandbyMs: number | null;
}

export interface RoomOccupancy {
  readonly isInCall: boolean;
  /** A call is about to begin, or a person has just touched the panel. */
  readonly isExpected: boolean;
  /** `null` where the room has no sensor. `sinceMs` is since when it has been so, wall clock. */
  readonly presence: { readonly isPresent: boolean; readonly sinceMs: number } | null;
}

/** Why, for the log and the page of the room's state. */
export type PowerReason = 'call' | 'expected' | 'presence' | 'schedule' | 'empty' | 'outside-schedule';

export interface DesiredPower {
  readonly power: PowerWish;
  readonly reason: PowerReason;
}

/** A person who stands still is not seen by a motion sensor. */
const PRESENCE_HOLD_MS = 5 * 60_000;

/** What the display should be at this moment; ask again every minute and whenever the occupancy changes. */
export function desiredPower(plan: PowerPlan, room: RoomOccupancy, wallMs: number): DesiredPower {
  if (room.isInCall) return { power: 'on', reason: 'call' };
  if (room.isExpected) return { power: 'on', reason: 'expected' };
  const isScheduled = isInRanges(plan.ranges, localTime(wallMs, plan.timeZone));
  const { presence } = room;
  const isEmptyFor = (ms: number): boolean =>
    presence !== null && !presence.isPresent && wallMs - presence.sinceMs >= ms;
  if (isScheduled) {
    const isEmpty = plan.emptyStandbyMs !== null && isEmptyFor(plan.emptyStandbyMs);
    return isEmpty ? { power: 'standby', reason: 'empty' } : { power: 'on', reason: 'schedule' };
  }
  const isWoken = plan.wakesOnPresence && presence !== null && !isEmptyFor(PRESENCE_HOLD_MS);
  return isWoken ? { power: 'on', reason: 'presence' } : { power: 'standby', reason: 'outside-schedule' };
}

interface LocalTime {
  readonly day: Weekday;
  readonly minute: MinuteOfDay;
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** @throws {RangeError} for a time zone that does not exist. */
export function localTime(wallMs: number, timeZone: string): LocalTime {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(wallMs);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((each) => each.type === type)?.value ?? '';
  const day = (weekdays.indexOf(part('weekday')) + 1) as Weekday;
  return { day, minute: Number(part('hour')) * 60 + Number(part('minute')) };
}

function isInRanges(ranges: readonly PowerRange[], { day, minute }: LocalTime): boolean {
  const yesterday = (day === 1 ? 7 : day - 1) as Weekday;
  return ranges.some(({ days, from, to }) => {
    if (to > from) return days.includes(day) && minute >= from && minute < to;
    return (days.includes(day) && minute >= from) || (days.includes(yesterday) && minute < to);
  });
}
