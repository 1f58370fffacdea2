import type { FramingModeName } from '../framing/camera-framing.ts';

/** What a control surface shows. */
export interface SurfaceState {
  readonly call: 'idle' | 'joining' | 'in-call' | 'reconnecting';
  readonly isMuted: boolean;
  readonly isCameraOn: boolean;
  /** Percent. */
  readonly volume: number;
  /** People in the call besides this room. */
  readonly participants: number;
  /** Null where there is no choice. */
  readonly framing: FramingModeName | null;
  /** Codes of docs/errors.md. */
  readonly problems: readonly string[];
}

/**
 * What a control surface may do to the room. Actions resolve when they have taken effect, as far as they can know, and
 * reject with a `RoomError`, whose code is shown to the controller.
 */
export interface SurfaceActions {
  setMuted(isMuted: boolean): Promise<void>;
  setCameraOn(isOn: boolean): Promise<void>;
  /** `null` joins the next meeting of the room's calendar, a text the meeting of that link. */
  join(link: string | null): Promise<void>;
  leave(): Promise<void>;
  /** Percent, 0 to 100. */
  setVolume(percent: number): Promise<void>;
  /** @param preset 0 to 254; whether the camera has it is the action's to say. */
  recallPreset(preset: number): Promise<void>;
  storePreset(preset: number): Promise<void>;
  setFraming(mode: FramingModeName): Promise<void>;
  state(): SurfaceState;
  /** Called after every change of `state`. Returns the function that unsubscribes. */
  onState(listener: () => void): () => void;
}
