import type {
  CameraCapabilities,
  CameraPosition,
  CameraPower,
  CameraVelocity,
  Exposure,
  FocusMode,
  PowerLineFrequency,
  WhiteBalance,
} from './camera-control.ts';
import type { DisplayCapabilities, PowerState, PowerWish } from './display-control/display-control.ts';
import type { FramingModeName } from './framing/camera-framing.ts';
import type { Outcome } from './outcome.ts';

export type { CameraCapabilities, CameraPosition, CameraVelocity } from './camera-control.ts';
export type { FramingModeName } from './framing/camera-framing.ts';
export type { Outcome } from './outcome.ts';

export const roomDeviceKinds = [
  'camera',
  'screen',
  'microphone',
  'speaker',
  'display',
  'camera-control',
  'display-control',
  'button',
  'light',
  'presence-sensor',
  'speakerphone',
  'control-surface',
] as const;

export type RoomDeviceKind = (typeof roomDeviceKinds)[number];

/** One thing that is wrong with a device now, in a person's words. */
export interface RoomDeviceProblem {
  /** Of docs/errors.md. */
  readonly code: string;
  /** Wall clock, milliseconds. */
  readonly since: number;
  readonly message: string;
  /** What a person can do; empty when it mends itself. */
  readonly action: string;
}

/**
 * What a device can be asked to do. Each resolves with what the device says of itself afterwards; values out of range are cut
 * where an order is known, and are `unsupported` otherwise. @throws {UsageError} device/preset-out-of-range.
 */
export interface DeviceActions {
  power(power: PowerWish): Promise<Outcome<PowerState | CameraPower>>;
  input(input: string): Promise<Outcome<string>>;
  /** Percent, 0 to 100. */
  volume(percent: number): Promise<Outcome<number>>;
  mute(muted: boolean): Promise<Outcome<boolean>>;
  blank(blanked: boolean): Promise<Outcome<boolean>>;
  /** Moves with this speed from now on, until `stop` or half a second after the last of these. */
  move(velocity: CameraVelocity): Promise<void>;
  stop(): Promise<Outcome<CameraPosition>>;
  /** In the units of the capabilities; axes that are null stay. */
  position(position: CameraPosition): Promise<Outcome<CameraPosition>>;
  home(): Promise<Outcome<CameraPosition>>;
  recallPreset(preset: number): Promise<Outcome<CameraPosition>>;
  storePreset(preset: number): Promise<Outcome<number>>;
  /** Who decides where the camera looks: people alone, or the talker. */
  framing(mode: FramingModeName): Promise<Outcome<FramingModeName>>;
  focus(mode: FocusMode): Promise<Outcome<FocusMode>>;
  whiteBalance(mode: WhiteBalance): Promise<Outcome<WhiteBalance>>;
  exposure(mode: Exposure): Promise<Outcome<Exposure>>;
  powerLineFrequency(frequency: PowerLineFrequency): Promise<Outcome<PowerLineFrequency>>;
}

export type DeviceActionName = keyof DeviceActions;

/** What can be asked of a device, and within which limits. */
export interface RoomDeviceCapabilities {
  readonly actions: readonly DeviceActionName[];
  /** Null unless it can be moved or set as a camera. */
  readonly camera: CameraCapabilities | null;
  /** Ways of framing to choose from; empty where there is no choice. */
  readonly framing: readonly FramingModeName[];
  /** Null unless it can be set as a display. */
  readonly display: DisplayCapabilities | null;
}

export const nothingToAsk: RoomDeviceCapabilities = { actions: [], camera: null, framing: [], display: null };

/** One device as the rest of the product sees it: plain data, the same over HTTP, for the panel and for `incamera doctor`. */
export interface RoomDevice {
  /** Stable over reboots and replugging, unique in the room. */
  readonly id: string;
  readonly kind: RoomDeviceKind;
  /** For a person. */
  readonly name: string;
  readonly virtual: boolean;
  /** Whether it answers, or where it never says anything, whether it is there. */
  readonly connected: boolean;
  readonly capabilities: RoomDeviceCapabilities;
  /** What is known of it now, by words of its kind (`power`, `pattern`, `muted`…). */
  readonly state: Readonly<Record<string, string | number | boolean | null>>;
  /** Those that are there now; one that ended is gone. */
  readonly problems: readonly RoomDeviceProblem[];
}
