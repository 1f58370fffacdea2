import type { ControlProblem } from '../control-problem.ts';
import type { Outcome } from '../outcome.ts';

export type PowerWish = 'on' | 'standby';
/** `warming` and `cooling` are on the way to `on` and `standby`, which projectors are for a minute or two. */
export type PowerState = PowerWish | 'warming' | 'cooling';

/** What can be set at a display; volume in percent, 0 to 100. */
export interface DisplayValues {
  readonly power: PowerState;
  readonly input: string;
  readonly volume: number;
  readonly muted: boolean;
  /** The picture is black while the display stays on. */
  readonly blanked: boolean;
  readonly frozen: boolean;
}

export type DisplayProperty = keyof DisplayValues;

export interface DisplayCapabilities {
  readonly power: boolean;
  /** Names as `hdmi-1`; empty when there is nothing to choose, or not known yet. */
  readonly inputs: readonly string[];
  /** `steps`: louder and quieter only. */
  readonly volume: 'absolute' | 'steps' | 'none';
  readonly mute: boolean;
  readonly blank: boolean;
  readonly freeze: boolean;
}

export interface DisplayControlEvents {
  reachable: [boolean];
  problems: [];
}

/**
 * Controls one display or projector. Setters resolve with what the display says of itself afterwards: `reached` with the
 * state read back (for power also `warming` and `cooling`), or `unverified` with why.
 *
 * Everything that waits is given up when `signal` is aborted, rejecting with its reason, and has a deadline of its own
 * besides: 10 seconds, 40 for what a projector refuses while it warms up. Unplugged or without network: setters and getters
 * resolve (`no-answer`, `null`), `problems` says so, and the driver comes back by itself.
 */
export interface DisplayControl {
  /** Stable over reboots and replugging. */
  readonly id: string;
  readonly virtual: boolean;
  readonly capabilities: DisplayCapabilities;
  /** Whether the last thing asked was answered. */
  readonly isReachable: boolean;
  readonly problems: readonly ControlProblem[];

  start(): void;
  on<K extends keyof DisplayControlEvents>(event: K, listener: (...args: DisplayControlEvents[K]) => void): () => void;

  /** `null` when it does not answer or cannot tell. */
  readPower(signal: AbortSignal | null): Promise<PowerState | null>;
  setPower(power: PowerWish, signal: AbortSignal | null): Promise<Outcome<PowerState>>;
  setInput(input: string, signal: AbortSignal | null): Promise<Outcome<string>>;
  /** Percent, cut to 0 to 100. */
  setVolume(percent: number, signal: AbortSignal | null): Promise<Outcome<number>>;
  /** One step of the display's own; `value` is the volume after it in percent, where that can be read. */
  stepVolume(way: 'up' | 'down', signal: AbortSignal | null): Promise<Outcome<number>>;
  setMuted(isMuted: boolean, signal: AbortSignal | null): Promise<Outcome<boolean>>;
  setBlanked(isBlanked: boolean, signal: AbortSignal | null): Promise<Outcome<boolean>>;
  setFrozen(isFrozen: boolean, signal: AbortSignal | null): Promise<Outcome<boolean>>;

  /** Idempotent; the display stays as it is. */
  close(): Promise<void>;
}
