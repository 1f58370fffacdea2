import type { ControlProblem } from './control-problem.ts';
import type { Outcome } from './outcome.ts';

/**
 * How far a camera can be moved along one axis. Degrees count from the middle, positive to the right and upwards; steps are
 * the camera's own and mean something only between `min` and `max`. Zoom in steps is `min` at its widest.
 */
export type CameraAxis =
  | { readonly kind: 'absolute'; readonly min: number; readonly max: number; readonly unit: 'degrees' | 'steps' }
  /** Can be driven, but not sent to a position nor asked for it. */
  | { readonly kind: 'speed-only' }
  | { readonly kind: 'none' };

export type FocusMode = 'auto' | 'manual';
export type WhiteBalance = 'auto' | 'indoor' | 'outdoor' | 'one-push' | 'manual';
export type Exposure = 'auto' | 'manual' | 'shutter' | 'iris';
/** The mains frequency that flicker is suppressed for. */
export type PowerLineFrequency = 'off' | '50 Hz' | '60 Hz';
export type CameraPower = 'on' | 'standby';

export interface CameraCapabilities {
  readonly pan: CameraAxis;
  readonly tilt: CameraAxis;
  readonly zoom: CameraAxis;
  readonly home: boolean;
  /** Numbers that presets may have, both included, or `null` for none. */
  readonly presets: { readonly first: number; readonly last: number } | null;
  readonly focus: readonly FocusMode[];
  readonly focusDrive: boolean;
  readonly whiteBalance: readonly WhiteBalance[];
  readonly exposure: readonly Exposure[];
  readonly powerLineFrequency: readonly PowerLineFrequency[];
  readonly power: boolean;
}

/** In the units of the capabilities; `null` where the camera does not say. */
export interface CameraPosition {
  readonly pan: number | null;
  readonly tilt: number | null;
  readonly zoom: number | null;
}

/** Each from -1 to 1 of the camera's fastest: positive to the right, upwards, inwards. */
export interface CameraVelocity {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

export const standStill: CameraVelocity = { pan: 0, tilt: 0, zoom: 0 };

/** `null` where the camera does not say. */
export interface CameraState {
  readonly power: CameraPower | null;
  readonly position: CameraPosition;
  readonly focus: FocusMode | null;
  readonly whiteBalance: WhiteBalance | null;
  readonly exposure: Exposure | null;
  readonly powerLineFrequency: PowerLineFrequency | null;
}

export interface CameraControlEvents {
  /** It can be reached now, or no longer. */
  reachable: [boolean];
  /** `problems` has changed. */
  problems: [];
  /** `capabilities` has changed, as when the camera was identified. */
  capabilities: [];
}

/**
 * Moves and sets one camera, whatever it speaks. Everything that waits is given up when `signal` is aborted, rejecting with
 * its reason; giving up does not stop the camera. Everything that waits has a deadline of its own besides, after which it
 * resolves as `unverified` with `no-answer`. What a camera cannot do resolves as `unsupported` and sends nothing.
 *
 * Unplugged: setters resolve as `no-answer`, `reachable` says no, `problems` holds `device/camera-control-unreachable`, and
 * the driver comes back by itself. After `close` nothing is sent; what was pending resolves as `no-answer`.
 */
export interface CameraControl {
  /** Stable over reboots and replugging. */
  readonly id: string;
  readonly virtual: boolean;
  readonly capabilities: CameraCapabilities;
  readonly isReachable: boolean;
  readonly problems: readonly ControlProblem[];

  /** Begins to reach the camera; until then nothing is opened. */
  start(): void;
  on<K extends keyof CameraControlEvents>(event: K, listener: (...args: CameraControlEvents[K]) => void): () => void;

  /** Asks the camera. */
  state(signal: AbortSignal | null): Promise<CameraState>;

  /**
   * Moves with this speed from now on; returns at once, and of several calls in a row the last one counts. A movement has to
   * be repeated at least every `deadManMs`, or it is stopped: whoever moves the camera may be gone.
   */
  drive(velocity: CameraVelocity): void;
  readonly deadManMs: number;
  /** Stops at once; sent again until the camera has acknowledged it, also after this has resolved as `no-answer`. */
  stop(signal: AbortSignal | null): Promise<Outcome<CameraPosition>>;

  /** Resolves when the camera stands; axes that are `null` stay where they are. Values beyond the range are cut to it. */
  moveTo(position: CameraPosition, signal: AbortSignal | null): Promise<Outcome<CameraPosition>>;
  home(signal: AbortSignal | null): Promise<Outcome<CameraPosition>>;
  /** Keeps where the camera stands now. @throws {UsageError} for a number out of range. */
  storePreset(preset: number, signal: AbortSignal | null): Promise<Outcome<number>>;
  /** Resolves when the camera stands. @throws {UsageError} for a number out of range. */
  recallPreset(preset: number, signal: AbortSignal | null): Promise<Outcome<CameraPosition>>;

  setPower(power: CameraPower, signal: AbortSignal | null): Promise<Outcome<CameraPower>>;
  setFocus(mode: FocusMode, signal: AbortSignal | null): Promise<Outcome<FocusMode>>;
  /** From -1 (near) to 1 (far), 0 stops; works in manual focus, under the same dead-man rule as `drive`. */
  driveFocus(speed: number): void;
  setWhiteBalance(mode: WhiteBalance, signal: AbortSignal | null): Promise<Outcome<WhiteBalance>>;
  setExposure(mode: Exposure, signal: AbortSignal | null): Promise<Outcome<Exposure>>;
  setPowerLineFrequency(
    frequency: PowerLineFrequency,
    signal: AbortSignal | null,
  ): Promise<Outcome<PowerLineFrequency>>;

  /** Idempotent; stops the camera if it is moving, as far as it answers within a second. */
  close(): Promise<void>;
}
