import type { BookingView, CalendarTest, ScheduleView } from '../../calendar/schedule-state.ts';
import type { LayoutMode, RoomLayout } from '../../call/call-state.ts';
import type { DeviceActionName, DeviceActions, RoomDevice } from '../../devices/room-device.ts';
import type { RoomState } from '../room-state.ts';

/** Asks something of a device by its id. @throws {UsageError} device/unknown, device/action-unsupported, device/preset-out-of-range. */
export type ActOnDevice = <N extends DeviceActionName>(
  id: string,
  name: N,
  ...args: Parameters<DeviceActions[N]>
) => Promise<Awaited<ReturnType<DeviceActions[N]>>>;

/** How long a booking is wanted: minutes, or up to the next quarter or half of an hour. */
export type WantedLength = { readonly minutes: number } | { readonly to: 'quarter-hour' | 'half-hour' };

/** What to join: by its link, what is offered as next, the meeting of a booking, or the room's own. */
export type JoinTarget = { link: string } | { next: true } | { booking: string } | { own: true };

/**
 * What can be done with the room's bookings; each resolves with the booking as it is afterwards. Errors: `calendar/…` as in
 * docs/errors.md, calendar/none where the room has no calendar.
 */
export interface CalendarActions {
  /** From now on, never over another booking: shortened to fit. Used by POST /calendar/book. */
  book(wanted: WantedLength): Promise<BookingView>;
  /** By less than asked where the next booking begins before. Used by POST /calendar/extend. */
  extend(id: string, minutes: number): Promise<BookingView>;
  /** Used by POST /calendar/end. */
  end(id: string): Promise<BookingView>;
  /** Used by POST /calendar/check-in. */
  checkIn(id: string): Promise<BookingView>;
  /** Another meeting than this booking's is to be offered. Used by POST /calendar/skip. */
  skip(id: string): Promise<void>;
  /** Reads the calendar now. Used by POST /calendar/refresh. */
  refresh(): Promise<ScheduleView>;
  /** Reads the calendar now and says in words what came of it. Used by GET /calendar/test. */
  test(): Promise<CalendarTest>;
}

/**
 * What can be done with the room, without HTTP. Every setter returns the state reached, which may differ from the one asked
 * for. Errors are RoomErrors with a code of docs/errors.md.
 */
export interface RoomActions {
  /** Used by GET /state. */
  state(): RoomState;
  /** Calls back at each change, and never after the returned function was called. Used by GET /events. */
  onState(listener: (state: RoomState) => void): () => void;
  /** Makes a meeting on the room's server; the secret is made here and the server never sees it. Used by POST /meetings. */
  createMeeting(): Promise<{ link: string }>;
  /** The link of the room's own meeting, for a person in the room to pass on. Used by GET /meetings/own. */
  ownMeeting(): Promise<{ link: string }>;
  /** Used by POST /call/join. */
  join(target: JoinTarget, options: { muted: boolean; cameraOff: boolean }): Promise<void>;
  /** Used by POST /call/leave. */
  leave(): Promise<void>;
  /** Used by POST /call/mute. */
  setMuted(muted: boolean): Promise<boolean>;
  /** Used by POST /call/camera. */
  setCameraOff(off: boolean): Promise<boolean>;
  /** Used by POST /call/volume; 0 to 100. */
  setVolume(percent: number): Promise<number>;
  /** Used by POST /call/share. */
  setSharing(sharing: boolean): Promise<boolean>;
  /** Used by POST /call/hand. */
  setHandRaised(raised: boolean): Promise<boolean>;
  /** What the displays show; `page` from 1, brought into range. Used by POST /call/layout. */
  setLayout(change: {
    mode?: LayoutMode | undefined;
    page?: number | undefined;
    selfView?: boolean | undefined;
  }): Promise<RoomLayout>;
  /** Used by POST /call/chat. */
  sendChat(text: string): Promise<void>;
  /** Measures the echo delay of the room and keeps it for this and later calls. Used by POST /audio/calibrate. */
  calibrateEcho(): Promise<{ delayMs: number }>;
  /** Somebody has touched the panel: the display wakes. Used by POST /panel/touch. */
  touched(): void;
  readonly calendar: CalendarActions;
  /** Opens camera and microphone to be checked, for 30 s from the last time it was asked. Used by POST /check/start. */
  startCheck(): Promise<void>;
  /** Used by POST /check/stop. */
  stopCheck(): Promise<void>;
  /** Plays three notes through the room's speaker; returns after the last. Used by POST /check/tone. */
  playTone(): Promise<void>;
  /** The newest picture of the check, JPEG; null: none. Used by GET /check/picture.jpg. */
  checkPicture(): Uint8Array | null;
  /** Used by GET /devices. */
  devices(): readonly RoomDevice[];
  /** Used by POST /devices/:id/…; resolves with what the device says of itself afterwards. */
  actOnDevice: ActOnDevice;
  /** What display 1 or 2 shows now, as PNG; only with a virtual display. Used by GET /display.png. */
  displaySnapshot(display: number): Promise<Uint8Array>;
}
