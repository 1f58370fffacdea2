import { canBook, canEnd, extensionMinutes, LEAST_MS, tooLateToBook } from './book.ts';
import type { Booking } from './booking.ts';
import type { TimeWindow } from './calendar-event.ts';
import type { CalendarSource } from './calendar-source.ts';
import { agendaOf, busyUntil, currentOf, isOccupying, nextOf } from './day.ts';
import { canJoin, phaseOf } from './joining.ts';
import type { BookingView, ScheduleView } from './schedule-state.ts';

/** What a view is made from, besides the time. */
export interface ScheduleFacts {
  readonly source: Pick<CalendarSource, 'kind' | 'isWritable'>;
  readonly state: ScheduleView['state'];
  readonly readAtMs: number | null;
  /** Sorted by start. */
  readonly bookings: readonly Booking[];
  readonly today: TimeWindow;
  readonly earlyMs: number;
  readonly showsTitles: boolean;
  readonly checkedIn: ReadonlySet<string>;
  readonly madeHere: ReadonlySet<string>;
  /** The booking whose meeting the room is in. */
  readonly inCall: Booking | null;
  /** Id of the booking that may be released unless somebody checks in. */
  readonly wantsCheckIn: string | null;
  readonly releasing: ScheduleView['releasing'];
}

const MOST_SHOWN = 50;

/** What the panel shows at a moment. Pure. */
export function scheduleView(facts: ScheduleFacts, nowMs: number): ScheduleView {
  const { source, bookings, inCall } = facts;
  const current = currentOf(bookings, nowMs);
  const next = nextOf(bookings, nowMs);
  const until = busyUntil(bookings, nowMs);
  const { shown, omitted } = shownOf(facts, [current, next, inCall], nowMs);
  return {
    source: source.kind,
    isWritable: source.isWritable,
    state: facts.state,
    readAt: facts.readAtMs,
    bookings: shown.map((each) => bookingView(each, facts, nowMs)),
    omitted,
    current: current?.id ?? null,
    next: next?.id ?? null,
    busyUntil: until,
    freeUntil: until === null ? (next?.startMs ?? null) : null,
    inCall: inCall?.id ?? null,
    canBook: source.isWritable && facts.readAtMs !== null && canBook(bookings, nowMs),
    extendMinutes: source.isWritable && current ? extensionMinutes(bookings, current) : [],
    canEnd: source.isWritable && current !== null && canEnd(current, nowMs),
    wantsCheckIn: current !== null && facts.wantsCheckIn === current.id,
    releasing: facts.releasing,
  };
}

/** Times after `nowMs` at which a view of the same facts may differ; the earliest, null when there is none. */
export function nextChange(facts: ScheduleFacts, nowMs: number): number | null {
  let next = facts.today.endMs;
  const consider = (atMs: number): void => {
    if (atMs > nowMs && atMs < next) next = atMs;
  };
  for (const each of facts.bookings) {
    if (each.startMs - Math.max(facts.earlyMs, LEAST_MS) > next) break;
    consider(each.startMs - facts.earlyMs);
    consider(each.startMs);
    consider(each.endMs);
    if (!isOccupying(each)) continue;
    // Too little is left before it to book, and of it to end it early.
    consider(tooLateToBook(each.startMs));
    consider(each.endMs - 60_000);
  }
  return next > nowMs ? next : null;
}

/** What must be shown is, however full the day. */
function shownOf(
  facts: ScheduleFacts,
  needed: readonly (Booking | null)[],
  nowMs: number,
): { shown: readonly Booking[]; omitted: number } {
  const { today, after } = agendaOf(facts.bookings, facts.today, nowMs);
  const must = new Set([...needed, after].filter((each) => each !== null));
  const rest = today.filter((each) => !must.has(each));
  const kept = rest.slice(0, MOST_SHOWN - must.size);
  const shown = [...must, ...kept].sort((a, b) => a.startMs - b.startMs);
  return { shown, omitted: rest.length - kept.length };
}

export function bookingView(booking: Booking, facts: ScheduleFacts, nowMs: number): BookingView {
  const { id, startMs, endMs, allDay, isPrivate, isFree, isSeries, meeting } = booking;
  const isShown = facts.showsTitles && !isPrivate;
  return {
    id,
    title: isShown ? booking.title : null,
    organizer: isShown ? booking.organizer : null,
    startsAt: startMs,
    endsAt: endMs,
    allDay,
    isPrivate,
    isFree,
    isSeries,
    phase: phaseOf(booking, nowMs, facts.earlyMs),
    meeting: meeting.kind,
    service: meeting.kind === 'other' ? meeting.service : null,
    canJoin: canJoin(booking, nowMs, facts.earlyMs),
    isCheckedIn: facts.checkedIn.has(id),
    madeHere: facts.madeHere.has(id),
  };
}
