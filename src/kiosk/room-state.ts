import type { BookingView, ScheduleView } from '../calendar/schedule-state.ts';
import type { CallState, Problem } from '../call/call-state.ts';
import type { RoomDevice } from '../devices/room-device.ts';

export interface DeviceSummary {
  readonly name: string;
  readonly virtual: boolean;
}

/** A meeting the panel offers with one touch: a booking's, or the room's own, which is always open. Its link stays in the daemon. */
export interface OfferedMeeting {
  /** Of the booking, for `POST /call/join`; null for the room's own meeting. */
  readonly id: string | null;
  /** Empty for the room's own meeting and where titles are not shown. */
  readonly title: string;
  readonly organizer: string | null;
  /** ms since 1970; null for the room's own meeting, which is always open. */
  readonly startsAt: number | null;
  readonly endsAt: number | null;
  readonly meeting: Exclude<BookingView['meeting'], 'none'>;
  /** Name of the service of an `other` meeting, which cannot be joined here. */
  readonly service: string | null;
  readonly canJoin: boolean;
}

export type PanelRole = 'panel' | 'door';

export interface PairingState {
  readonly role: PanelRole;
  /** 6 digits, of use once. */
  readonly code: string;
  /** ms since 1970. */
  readonly expiresAt: number;
}

export interface DeviceCheckState {
  /** Of the microphone, 0 to 1 as a person hears it; null: no microphone. */
  readonly level: number | null;
  /** Grows with each picture at `GET /check/picture.jpg`; 0: none yet, null: no camera. */
  readonly picture: number | null;
}

/** Everything the panel shows, pushed whole on each change: small, and nothing to merge. */
export interface RoomState {
  readonly version: string;
  readonly room: { readonly name: string };
  readonly call: CallState;
  readonly devices: {
    /** `virtual`: because the configuration says so, never because something failed. */
    readonly mode: 'virtual' | 'auto';
    readonly camera: DeviceSummary | null;
    /** What `POST /call/share` shares. */
    readonly screen: DeviceSummary | null;
    readonly microphone: DeviceSummary | null;
    readonly speaker: DeviceSummary | null;
    readonly display: DeviceSummary | null;
    readonly secondDisplay: DeviceSummary | null;
  };
  /** Every device of the room with what it can do, its state and its problems. */
  readonly roomDevices: readonly RoomDevice[];
  /** What *Join* joins; null while in a call. */
  readonly next: OfferedMeeting | null;
  /** The room's bookings; null: no calendar is set up. */
  readonly schedule: ScheduleView | null;
  /** A panel that wants to be paired: its code is shown here and on the room's display. */
  readonly pairing: PairingState | null;
  /** Devices are being checked from a panel. */
  readonly check: DeviceCheckState | null;
  /** Of the room itself; those of the call are in `call.problems`. */
  readonly problems: readonly Problem[];
}
