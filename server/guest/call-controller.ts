import type { CallState } from '../../src/call/call-state.ts';
import type { DecodeBudget } from '../../src/call/demand/decode-capacity.ts';
import type { ViewerDecision } from '../../src/call/demand/viewer-demand.ts';
import type { TypedEmitter } from '../../src/lib/events.ts';

/** One remote video that flows now. */
export interface RemotePicture {
  readonly consumer: string;
  readonly peer: string;
  readonly source: 'camera' | 'screen';
  readonly stream: MediaStream;
}

export interface JoinChoice {
  readonly name: string;
  readonly microphone: 'on' | 'muted' | 'none';
  readonly camera: 'on' | 'off' | 'none';
}

export interface CallControllerEvents {
  /** Anything that the getters below return changed. */
  changed: [];
}

/**
 * A call as the page sees and steers it. The page holds no call logic: it draws `state` and the streams, and asks.
 * What is asked shows in `state` when it is reached, never before.
 */
export interface CallController {
  readonly events: TypedEmitter<CallControllerEvents>;
  readonly state: CallState;
  readonly pictures: readonly RemotePicture[];
  /** Our own camera, null while it is off. */
  readonly selfView: MediaStream | null;
  /** Whether this browser can share a screen. */
  readonly canShare: boolean;
  /** What decoding costs here, as measured in this call. */
  readonly decoding: DecodeBudget;
  /** Joins the meeting of `link`, which `parseLink` accepted. */
  join(link: string, choice: JoinChoice): Promise<void>;
  leave(): Promise<void>;
  setMicrophoneMuted(muted: boolean): Promise<void>;
  setCameraOff(off: boolean): Promise<void>;
  /** Resolves false when the person chose nothing to share. */
  startScreenShare(): Promise<boolean>;
  stopScreenShare(): Promise<void>;
  sendChat(text: string): Promise<void>;
  setHandRaised(raised: boolean): Promise<void>;
  /** What the windows can use of each remote video; replaces what was asked before. */
  setDemand(decisions: readonly ViewerDecision[]): void;
}

export type DeviceKind = 'camera' | 'microphone';
/** Why there is no device of a kind: refused by the person or the browser, none there, or taken by another program. */
export type DeviceTrouble = 'blocked' | 'missing' | 'busy';

export interface DeviceList {
  readonly options: readonly { readonly id: string; readonly label: string }[];
  readonly chosen: string | null;
  readonly trouble: DeviceTrouble | null;
}

/** Camera and microphone before and during a call. */
export interface LocalDevices {
  readonly events: TypedEmitter<{ changed: []; level: [level: number] }>;
  readonly camera: DeviceList;
  readonly microphone: DeviceList;
  /** Picture to check before joining; null while off, starting or missing. */
  readonly preview: MediaStream | null;
  /** Opens what can be opened; troubles show in the lists. Emits `level`, 0 to 1, about 20 times a second while open. */
  startPreview(wanted: { camera: boolean; microphone: boolean }): Promise<void>;
  stopPreview(): void;
  choose(kind: DeviceKind, id: string): Promise<void>;
}

/** Meeting links, made and read in the browser; the secret in them never leaves it. */
export interface Links {
  /** Makes a meeting on this page's server. @throws {RoomError} guest/create-failed when the server does not. */
  create(): Promise<string>;
  /** The link in its whole form, or null for anything that is not a complete meeting link. */
  parse(text: string): string | null;
}
