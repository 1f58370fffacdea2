import type { Frame } from '../../devices/framing/crop.ts';
import type { LayoutMode, RoomLayout } from '../call-state.ts';
import type { Layers } from '../signalling/messages.ts';
import type { AmbientView } from './ambient-picture.ts';

/** One encoded spatial layer of one picture, before encryption. */
export interface EncodedLayer {
  readonly data: Uint8Array;
  readonly key: boolean;
  readonly spatial: number;
  readonly temporal: number;
  readonly width: number;
  readonly height: number;
  readonly activeSpatialLayers: number;
  /** Picture number; one that was skipped has a number too. */
  readonly picture: number;
  /** CLOCK_MONOTONIC, µs. */
  readonly captureUs: number;
  /** From the picture's arrival at the encoder to the end of this layer, µs. */
  readonly encodeUs: number;
}

export interface VideoSourceListeners {
  readonly onLayer: (layer: EncodedLayer) => void;
  /** The device failed (a RoomError code) or is well again (null); it is tried again by itself. */
  readonly onProblem: (code: string | null) => void;
}

/** A camera with its encoder, as the engine uses it. Reused: `stop` releases the device, `start` opens it again. */
export interface VideoSource {
  start(): void;
  stop(): void;
  /** Null: nothing is encoded. */
  setMaxLayers(layers: Layers | null): void;
  setTargetBitrate(bitsPerSecond: number): void;
  requestKeyPicture(): void;
  /** Shows this part of the picture from now on, and after `stop` and `start` too. */
  setFrame(frame: Frame): void;
}

/** The window of one remote video, from encoded picture to screen. */
export interface RemoteWindow {
  /** A whole VP9 picture, its layers concatenated. */
  show(picture: Buffer, key: boolean): void;
  /** Nothing of it is to be seen until `show` is called again. */
  clear(): void;
  readonly figures: { readonly decoded: number; readonly width: number; readonly height: number };
  close(): void;
}

export interface RemoteWindowListeners {
  /** First decoded picture on the screen. */
  readonly onFirstPicture: () => void;
  /** The decoder shows nothing of what it is given. */
  readonly onDecoderStuck: () => void;
  /** First picture after `clear`. */
  readonly onShownAgain?: () => void;
}

/** One person of the meeting as the display labels them. */
export interface ShownPerson {
  readonly peer: string;
  readonly name: string;
  readonly verified: boolean;
  readonly speaking: boolean;
  readonly muted: boolean;
  /** Off: their last picture must not stay. */
  readonly cameraOn: boolean;
  readonly self: boolean;
}

/** What stands above the pictures. */
export interface ShownStatus {
  readonly room: string;
  /** Verification code; null: not secured yet, and nothing is shown. */
  readonly code: string | null;
  /** What the people in the room must see now, in a few words; null: nothing. */
  readonly warning: string | null;
  /** What somebody in the room may want to know, in a few words; null: nothing. */
  readonly notice: string | null;
}

export interface ShownTile {
  readonly consumer: string;
  /** Pixels of the screen; of the larger window where there are two. */
  readonly width: number;
  readonly height: number;
  /** Made large by somebody's choice, or by the layout. */
  readonly pinned: boolean;
  /** Of the one who speaks. */
  readonly speaker: boolean;
}

/** What is to be changed of the layout; what is absent stays. */
export interface LayoutChange {
  readonly mode?: LayoutMode | undefined;
  /** From 1; brought into range. */
  readonly page?: number | undefined;
  readonly selfView?: boolean | undefined;
}

/** What displays show between calls. */
export interface Ambient {
  readonly view: AmbientView;
  /** Also where a session draws, which it covers: a desktop, or the panel. */
  readonly overSession: boolean;
}

/** The displays of the room, one or two. */
export interface RoomWindows {
  /** Between calls, before `start`: whether displays that nobody else draws on are held and black. `start` ends it. */
  setBlack(black: boolean): void;
  /** Between calls, before `start`: what displays show that are not black; null: nothing is held. `start` ends it. */
  setAmbient(ambient: Ambient | null): void;
  start(): void;
  open(
    window: { consumer: string; peer: string; source: 'camera' | 'screen' },
    listeners: RemoteWindowListeners,
  ): RemoteWindow;
  setPeople(people: readonly ShownPerson[]): void;
  setStatus(status: ShownStatus): void;
  /** How loud somebody is now, dBov: who speaks is shown large. */
  hear(peer: string, levelDbov: number): void;
  readonly layout: RoomLayout;
  /** Returns the layout reached. */
  setLayout(change: LayoutChange): RoomLayout;
  /** Windows that are visible now, one of each consumer; the others are not. */
  tiles(): readonly ShownTile[];
  onLayout(listener: () => void): () => void;
  /** What is on a screen now, PNG; `display` is 1 or 2. @throws {UsageError} media/no-snapshot unless it is virtual and running. */
  snapshot(display: number): Promise<Uint8Array>;
  stop(): void;
}
