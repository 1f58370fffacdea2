import type { BookingView, ScheduleView } from '../../src/calendar/schedule-state.ts';
import type { OfferedMeeting } from '../../src/kiosk/room-state.ts';
import type { RoomDevice } from '../../src/devices/room-device.ts';

const MINUTE_MS = 60_000;

/** A booking with times in minutes from `nowMs`; `id` is also its title. */
export function booking(
  nowMs: number,
  id: string,
  from: number,
  to: number,
  more: Partial<BookingView> = {},
): BookingView {
  const phase = to <= 0 ? 'over' : from <= 0 ? 'running' : from <= 10 ? 'soon' : 'later';
  return {
    id,
    title: id,
    organizer: 'Ana Ruiz',
    startsAt: nowMs + from * MINUTE_MS,
    endsAt: nowMs + to * MINUTE_MS,
    allDay: false,
    isPrivate: false,
    isFree: false,
    isSeries: false,
    phase,
    meeting: 'joinable',
    service: null,
    canJoin: phase === 'soon' || phase === 'running',
    isCheckedIn: false,
    madeHere: false,
    ...more,
  };
}

/** A schedule just read, with nothing booked. */
export function schedule(nowMs: number, more: Partial<ScheduleView> = {}): ScheduleView {
  return {
    source: 'caldav',
    isWritable: true,
    state: 'fresh',
    readAt: nowMs,
    bookings: [],
    omitted: 0,
    current: null,
    next: null,
    busyUntil: null,
    freeUntil: null,
    inCall: null,
    canBook: true,
    extendMinutes: [],
    canEnd: false,
    wantsCheckIn: false,
    releasing: null,
    ...more,
  };
}

/** A free room with a day before it. */
export function freeDay(nowMs: number): ScheduleView {
  const bookings = [
    booking(nowMs, 'Weekly review', 48, 78),
    booking(nowMs, 'Interview', 120, 180),
    booking(nowMs, 'secret', 240, 270, { title: null, organizer: null, isPrivate: true }),
  ];
  return schedule(nowMs, { bookings, next: 'Weekly review', freeUntil: nowMs + 48 * MINUTE_MS });
}

/** A meeting that begins in four minutes. */
export function aboutToStart(nowMs: number): ScheduleView {
  const bookings = [booking(nowMs, 'Weekly review', 4, 34), booking(nowMs, 'Interview', 120, 180)];
  return schedule(nowMs, { bookings, next: 'Weekly review', freeUntil: nowMs + 4 * MINUTE_MS, canBook: false });
}

/** A meeting without a link in the room, which ends in ten minutes. */
export function occupied(nowMs: number, more: Partial<BookingView> = {}): ScheduleView {
  const current = booking(nowMs, 'Weekly review', -20, 10, { meeting: 'none', canJoin: false, ...more });
  return schedule(nowMs, {
    bookings: [current, booking(nowMs, 'Interview', 120, 180)],
    current: current.id,
    next: 'Interview',
    busyUntil: current.endsAt,
    canBook: false,
    canEnd: true,
    extendMinutes: [15, 30],
  });
}

/** The offer that a room makes of the first that can be joined, or else of its own meeting. */
export function offeredOf(view: ScheduleView | null): OfferedMeeting {
  const found = view?.bookings.find(
    ({ phase, meeting }) => (phase === 'soon' || phase === 'running') && meeting !== 'none',
  );
  if (!found || found.meeting === 'none')
    return {
      id: null,
      title: '',
      organizer: null,
      startsAt: null,
      endsAt: null,
      meeting: 'joinable',
      service: null,
      canJoin: true,
    };
  const { id, organizer, startsAt, endsAt, meeting, service, canJoin } = found;
  return { id, title: found.title ?? '', organizer, startsAt, endsAt, meeting, service, canJoin };
}

/** A camera with motors, presets and somebody to follow. */
export const movedCamera: RoomDevice = {
  id: 'camera:control',
  kind: 'camera-control',
  name: 'Camera',
  virtual: false,
  connected: true,
  capabilities: {
    actions: ['move', 'stop', 'home', 'recallPreset', 'storePreset', 'framing'],
    framing: ['fixed', 'presets', 'follow'],
    camera: {
      pan: { kind: 'absolute', min: -170, max: 170, unit: 'degrees' },
      tilt: { kind: 'absolute', min: -30, max: 90, unit: 'degrees' },
      zoom: { kind: 'absolute', min: 0, max: 100, unit: 'steps' },
      home: true,
      presets: { first: 0, last: 8 },
      focus: [],
      focusDrive: false,
      whiteBalance: [],
      exposure: [],
      powerLineFrequency: [],
      power: false,
    },
    display: null,
  },
  state: { framing: 'follow' },
  problems: [],
};
