import type { types } from 'mediasoup-client';
import type { EpochKeys } from '../crypto/epoch-keys.ts';
import type { TypedEmitter } from '../lib/events.ts';
import type { Layers, MediaSourceName } from './signalling/messages.ts';

/** Who sends a stream: everything a received frame is held against before it is shown. */
export interface IncomingInfo {
  readonly consumer: string;
  readonly producer: string;
  readonly peer: string;
  readonly source: MediaSourceName;
  readonly kind: 'audio' | 'video';
}

/** What mediasoup-client's `produce()` needs for one local source. */
export interface OutgoingStream {
  readonly track: MediaStreamTrack;
  readonly encodings: types.RtpEncodingParameters[];
  readonly codecOptions: types.ProducerCodecOptions;
  readonly codecMimeType: 'video/VP9' | 'audio/opus';
  /** Called with the sender once it exists and before the first packet: attach encryption here. */
  readonly onRtpSender: (sender: RTCRtpSender) => void;
}

export interface IncomingStream {
  /** Called with the receiver before its first packet: attach decryption here. */
  readonly onRtpReceiver: (receiver: RTCRtpReceiver) => void;
}

/**
 * Why a video is not sent or shown with all its layers: a small window, one that is not seen, nobody who watches, the network,
 * or the processor. For a received video `network` means that the server has forwarded less than asked for, for longer than it
 * takes to follow: our own downlink, or a sender that sends less.
 */
export type StreamLimit = 'window' | 'hidden' | 'nobody' | 'network' | 'cpu';

/** What of a video is asked for and what flows, and why it is not everything; null where it does not apply. */
export interface StreamDemand {
  /** Sent: the highest layers that any viewer wants. Received: what our window can use. Null: nothing, or sound. */
  readonly wanted: Layers | null;
  /** Sent: what is encoded now. Received: what the server forwards now. */
  readonly layers: Layers | null;
  readonly limit: StreamLimit | null;
}

/** Figures of one stream, cumulative since it began; what does not apply is null. */
export interface StreamStats extends StreamDemand {
  /** Consumer id of a received stream, or the source's name of a sent one. */
  readonly id: string;
  readonly direction: 'send' | 'receive';
  readonly peer: string | null;
  readonly source: MediaSourceName;
  readonly packets: number;
  readonly bytes: number;
  readonly packetsLost: number;
  readonly framesEncoded: number | null;
  readonly framesDecoded: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly keyFrames: number | null;
  /** Frames that failed authentication, were replayed, or came under another sender's key: dropped. */
  readonly framesRejected: number;
  /** Frames dropped because their key did not arrive in time. */
  readonly framesWithoutKey: number;
}

/** Of a stream of which nothing is known yet. */
export const noStats = {
  wanted: null,
  layers: null,
  limit: null,
  packets: 0,
  bytes: 0,
  packetsLost: 0,
  framesEncoded: null,
  framesDecoded: null,
  width: null,
  height: null,
  keyFrames: null,
  framesRejected: 0,
  framesWithoutKey: 0,
} as const;

export interface MediaEngineEvents {
  /** Loudness of what a participant says now, dBov (0 loudest, -127 silence); `peer` null is ourselves. At most 5 a second each. */
  audioLevel: [peer: string | null, levelDbov: number];
  /** First decoded picture of a received video shown, once a stream. */
  firstFrame: [consumer: string];
  /** Frames of this stream do not authenticate, or carry another sender's key; at most once a second a stream. */
  framesRejected: [info: IncomingInfo, reason: 'authentication' | 'replay' | 'wrong-sender' | 'malformed'];
  /** A local source failed or came back; `code` is a RoomError code, null when well again. */
  sourceProblem: [source: MediaSourceName, code: string | null];
  /** Network or processor do not carry all that is wanted of a local video: the most that is encoded now; null: no limit. */
  limited: [source: MediaSourceName, layers: Layers | null];
  /** The local screen share ended by the browser's or the grabber's own doing. */
  sourceEnded: [source: MediaSourceName];
}

/**
 * Turns local devices into encrypted RTP and encrypted RTP into pictures and sound. Two engines: GStreamer in the room
 * (src/call/media), the browser's WebRTC at the guest (server/guest). It fails closed: without keys nothing is sent, and
 * nothing received is shown.
 */
export interface MediaEngine {
  readonly events: TypedEmitter<MediaEngineEvents>;
  /** The engine's mediasoup-client device, not yet loaded. */
  createDevice(): Promise<types.Device>;
  /** Begins to connect a new transport without waiting for its first stream, where the engine can; harmless otherwise. */
  connectEarly(transport: types.Transport): void;
  /** Takes effect for sending at once; the previous epoch's receive keys live on for `PREVIOUS_EPOCH_MS`. */
  setKeys(keys: EpochKeys): Promise<void>;
  /** Drops every key: nothing is sent or shown until `setKeys` is called again. */
  clearKeys(): void;
  /** Opens a local source. @throws {DeviceUnavailableError} when it cannot be opened now. */
  open(source: MediaSourceName): Promise<OutgoingStream>;
  /** Stops a source and releases its device; idempotent. */
  release(source: MediaSourceName): Promise<void>;
  /** Keeps the source open and sends nothing (muted) or sends again; returns the state reached. */
  setMuted(source: MediaSourceName, muted: boolean): Promise<boolean>;
  /** Prepares one received stream; call before `consume()`. */
  receive(info: IncomingInfo): IncomingStream;
  /** The consumer stands: `track` plays from now on. */
  started(consumer: string, track: MediaStreamTrack): void;
  stopReceiving(consumer: string): void;
  /** The highest layers any viewer wants of a local video; null: nobody watches, encode nothing. */
  setDemand(source: MediaSourceName, layers: Layers | null): void;
  /** Playout volume, 0 to 100; returns the volume reached. */
  setVolume(percent: number): Promise<number>;
  stats(): Promise<StreamStats[]>;
  close(): Promise<void>;
}
