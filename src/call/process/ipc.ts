import type { StoredDeviceIdentity } from '../../crypto/certificates.ts';
import type { TalkerDirection } from '../../devices/array/talker-tracker.ts';
import type { DeviceWishes } from '../../devices/choose.ts';
import type { Frame } from '../../devices/framing/crop.ts';
import type { CallState, Problem, RoomLayout } from '../call-state.ts';
import type { CaptureSize } from '../media/camera-source.ts';
import type { CheckReport } from '../media/device-check.ts';
import type { Ambient, LayoutChange } from '../media/video-parts.ts';
import type { JoinOptions } from '../session.ts';
import type { ResumeToken } from '../login.ts';

/** What a call process is made for; sent once, over the IPC channel, because argv and environment can be read by others. */
export interface CallProcessConfig {
  readonly roomName: string;
  /** Which devices, as configured: the process finds and opens them itself. */
  readonly devices: DeviceWishes;
  readonly cameraCapture: CaptureSize;
  /** From playing a sound to its return at the microphone, as measured in this room. */
  readonly playoutDelayMs: number;
  /** PEM certificates of meeting servers trusted besides the system's. */
  readonly trustedCertificates: readonly string[];
  /** The room's device identity, and the CA certificates it believes (DER, base64url). */
  readonly identity: { readonly device: StoredDeviceIdentity; readonly trustAnchors: readonly string[] };
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly cacheDirectory: string;
  readonly stateDirectory: string;
}

/** The actions of a call, by name, with their arguments and what they return. */
export interface CallActions {
  join(link: string, options: JoinOptions): Promise<null>;
  leave(): Promise<null>;
  setMicrophoneMuted(muted: boolean): Promise<boolean>;
  setCameraOff(off: boolean): Promise<boolean>;
  setVolume(percent: number): Promise<number>;
  startScreenShare(): Promise<null>;
  stopScreenShare(): Promise<null>;
  sendChat(text: string): Promise<null>;
  setHandRaised(raised: boolean): Promise<null>;
  /**
   * Plays a sweep and finds it in the microphone; two seconds that everybody in the room hears. Null: not heard clearly.
   * The process need not be in a call.
   */
  calibrateEcho(): Promise<{ delayMs: number } | null>;
  /** Between calls: whether the displays are held and black; `join` ends it. */
  setBlack(black: boolean): Promise<null>;
  /** Between calls: what displays show that are not black; null: they are not held. `join` ends it. */
  setAmbient(ambient: Ambient | null): Promise<null>;
  /** A line on the display for somebody in the room; null: none. */
  setNotice(text: string | null): Promise<null>;
  /**
   * Between calls: opens the devices of a call and sends `check` messages until `stopCheck` or `join`. Does nothing while that is
   * under way.
   */
  startCheck(): Promise<null>;
  /** The devices are free then. */
  stopCheck(): Promise<null>;
  /** During a check: three notes through the speaker at this volume, 0 to 100; returns when they were played. */
  playTone(volume: number): Promise<null>;
  /** Returns the layout reached. */
  setLayout(change: LayoutChange): Promise<RoomLayout>;
  /** The part of the camera's picture that is sent; the process need not be in a call. Returns the part reached. */
  setCameraFrame(frame: Frame): Promise<Frame>;
  /** Picture on a display now, PNG; 1 or 2, only where it is virtual. */
  displaySnapshot(display: number): Promise<Uint8Array>;
}

/** A report of the devices with words for what is wrong. */
export type ToldCheck = Omit<CheckReport, 'problems'> & { readonly problems: readonly Problem[] };

export type CallActionName = keyof CallActions;

export type ToCallProcess =
  | { kind: 'prepare'; config: CallProcessConfig }
  | { kind: 'action'; id: number; name: CallActionName; args: unknown[] }
  | { kind: 'stop' };

export type FromCallProcess =
  | { kind: 'ready' }
  /** The event loop turns and the call is not stuck; once a second. */
  | { kind: 'alive' }
  | { kind: 'state'; state: CallState }
  | { kind: 'resume'; token: ResumeToken | null }
  /** Where somebody speaks in the room, as `TalkerReports.onTalker`; null: nobody, or the call has ended. */
  | { kind: 'talker'; direction: TalkerDirection | null }
  /** What the devices gave since the message before; at most 5 a second. */
  | { kind: 'check'; report: ToldCheck }
  | { kind: 'result'; id: number; ok: true; value: unknown }
  | { kind: 'result'; id: number; ok: false; code: string; message: string };
