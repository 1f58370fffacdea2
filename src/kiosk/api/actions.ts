import type { LayoutMode, RoomLayout } from '../../call/call-state.ts';
import type { DeviceActionName, DeviceActions, RoomDevice } from '../../devices/room-device.ts';
import type { RoomState } from '../room-state.ts';

/** Asks something of a device by its id. @throws {UsageError} device/unknown, device/action-unsupported, device/preset-out-of-range. */
export type ActOnDevice = <N extends DeviceActionName>(
  id: string,
  name: N,
  ...args: Parameters<DeviceActions[N]>
) => Promise<Awaited<ReturnType<DeviceActions[N]>>>;

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
  join(target: { link: string } | { next: true }, options: { muted: boolean; cameraOff: boolean }): Promise<void>;
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
