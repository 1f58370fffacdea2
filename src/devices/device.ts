import type { ArrayGeometry } from './array/geometry.ts';

/**
 * What the call needs of a device: how GStreamer opens it. `id` is stable across reboots and ports
 * (`/dev/v4l/by-id`, ALSA card id), never an index; `element` is a GStreamer launch fragment that ends in a raw pad of `caps` kind.
 */
export interface Camera {
  readonly id: string;
  readonly name: string;
  readonly virtual: boolean;
  /** Launch fragment giving raw video, any format and size; the call scales and converts. */
  readonly source: (size: { width: number; height: number; framesPerSecond: number }) => string;
}

/** Whether one device is plugged in. */
export interface DevicePresence {
  /** As far as is known. */
  isThere(): boolean;
  /** Told of changes; returns what ends that. */
  onChange(listener: (isThere: boolean) => void): () => void;
}

export interface Microphone {
  readonly id: string;
  readonly name: string;
  readonly virtual: boolean;
  /** Launch fragment giving raw audio, any rate and channel count; of an array, all the channels of its geometry at its rate. */
  readonly source: string;
  /** Name of a `volume` element in `source` to be opened for 60 ms at every whole second: for measuring; else null. */
  readonly beeper: string | null;
  /** Of a microphone array that gives raw channels; null for every other. */
  readonly array: ArrayGeometry | null;
  /** Null for one that is not a sound card. */
  readonly card: CaptureCard | null;
}

/** What the system says of a sound card that records, without opening it. */
export interface CaptureCard {
  /** Ids and place on the bus; null for a card that is not on USB. */
  readonly usb: {
    readonly vendorId: number;
    readonly productId: number;
    readonly bus: number;
    readonly address: number;
  } | null;
  /** Numbers of channels that it can record; empty when that is not known. */
  readonly channels: readonly number[];
}

export interface Speaker {
  readonly id: string;
  readonly name: string;
  readonly virtual: boolean;
  /** Launch fragment that takes raw audio at the device's clock. */
  readonly sink: string;
}

export interface Display {
  readonly id: string;
  readonly name: string;
  readonly virtual: boolean;
  readonly width: number;
  readonly height: number;
  /** A session (X11, Wayland) draws on it when we do not: a desktop, or the panel. */
  readonly inSession: boolean;
  /** Launch fragment that takes raw video and shows it in time (`sync=true`). */
  readonly sink: string;
}

/** The devices one call uses; null where the room has none (a room without a camera still hears and shows). */
export interface RoomDevices {
  readonly camera: Camera | null;
  /** An HDMI grabber: a camera whose picture is shared as the screen; null where the room has none. */
  readonly screen: Camera | null;
  readonly microphone: Microphone | null;
  readonly speaker: Speaker | null;
  readonly display: Display | null;
  /** Null where the room has one display or none. */
  readonly secondDisplay: Display | null;
}
