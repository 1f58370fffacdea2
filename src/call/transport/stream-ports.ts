/** The streams on a link, as the media engine sees them: handed out by mediasoup-client's onRtpSender and onRtpReceiver. */
import type { types } from 'mediasoup-client';
import type { HeaderExtensionIds, RtpReceivePort, RtpSendPort } from '../rtp/ports.ts';
import { EXTENSION_URI } from './native-capabilities.ts';

/** What is fixed for the life of a stream. */
export interface StreamIdentity {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly rtxSsrc: number | null;
  readonly rtxPayloadType: number | null;
  readonly cname: string;
  readonly extensions: HeaderExtensionIds;
}

export interface StreamCounters {
  readonly packets: number;
  readonly bytes: number;
  readonly rtxPackets: number;
}

/** Sends on the link; false when it is not connected. */
type SendPacket = (packet: Buffer) => boolean;
type ReportError = (error: unknown) => void;

/** Null when the parameters name no usable SSRC or codec. */
export function identityOf(mid: string, kind: 'audio' | 'video', rtp: types.RtpParameters): StreamIdentity | null {
  const encoding = rtp.encodings?.[0];
  const codec = rtp.codecs.find((c) => !isRtx(c));
  if (encoding?.ssrc === undefined || codec === undefined) return null;
  const rtxCodec = rtp.codecs.find((c) => isRtx(c) && c.parameters?.['apt'] === codec.payloadType);
  const rtxSsrc = rtxCodec === undefined ? undefined : encoding.rtx?.ssrc;
  return {
    mid,
    kind,
    ssrc: encoding.ssrc,
    payloadType: codec.payloadType,
    clockRate: codec.clockRate,
    rtxSsrc: rtxSsrc ?? null,
    rtxPayloadType: rtxSsrc === undefined ? null : (rtxCodec?.payloadType ?? null),
    cname: rtp.rtcp?.cname ?? '',
    extensions: extensionsOf(rtp),
  };
}

export function extensionsOf(rtp: types.RtpParameters): HeaderExtensionIds {
  const idOf = (uri: string): number | null =>
    rtp.headerExtensions?.find((extension) => extension.uri === uri)?.id ?? null;
  return {
    mid: idOf(EXTENSION_URI.mid),
    absSendTime: idOf(EXTENSION_URI.absSendTime),
    transportCc: idOf(EXTENSION_URI.transportCc),
  };
}

function isRtx(codec: types.RtpCodecParameters): boolean {
  return /^(audio|video)\/rtx$/i.test(codec.mimeType);
}

/** Listeners of one stream; what one throws reaches neither the transport nor the other listeners. */
class Listeners<Args extends unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();
  readonly #reportError: ReportError;

  constructor(reportError: ReportError) {
    this.#reportError = reportError;
  }

  add(listener: (...args: Args) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  call(...args: Args): void {
    for (const listener of this.#listeners) {
      try {
        listener(...args);
      } catch (error) {
        this.#reportError(error);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}

export class NativeSendPort implements RtpSendPort {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly payloadType: number;
  readonly rtxSsrc: number | null;
  readonly rtxPayloadType: number | null;
  readonly cname: string;
  readonly extensions: HeaderExtensionIds;
  readonly #sendPacket: SendPacket;
  readonly #rtcp: Listeners<[Buffer]>;
  readonly #closing: Listeners<[]>;
  #open = true;
  #paused = false;
  #packets = 0;
  #bytes = 0;
  #rtxPackets = 0;

  constructor(identity: StreamIdentity, sendPacket: SendPacket, reportError: ReportError) {
    ({ mid: this.mid, kind: this.kind, ssrc: this.ssrc, payloadType: this.payloadType } = identity);
    ({
      rtxSsrc: this.rtxSsrc,
      rtxPayloadType: this.rtxPayloadType,
      cname: this.cname,
      extensions: this.extensions,
    } = identity);
    this.#sendPacket = sendPacket;
    this.#rtcp = new Listeners(reportError);
    this.#closing = new Listeners(reportError);
  }

  get open(): boolean {
    return this.#open;
  }

  /** Cumulative; bytes are whole RTP packets before SRTP. */
  get counters(): StreamCounters {
    return { packets: this.#packets, bytes: this.#bytes, rtxPackets: this.#rtxPackets };
  }

  /** False, too, while paused and for packets of a foreign SSRC. */
  send(packet: Buffer): boolean {
    if (!this.#open || this.#paused || packet.length < 12) return false;
    const ssrc = packet.readUInt32BE(8);
    if (ssrc !== this.ssrc && ssrc !== this.rtxSsrc) return false;
    if (!this.#sendPacket(packet)) return false;
    this.#packets++;
    this.#bytes += packet.length;
    if (ssrc !== this.ssrc) this.#rtxPackets++;
    return true;
  }

  sendRtcp(packet: Buffer): boolean {
    return this.#open && this.#sendPacket(packet);
  }

  /** The same buffer goes to every stream it concerns: listeners must not change it. */
  onRtcp(listener: (packet: Buffer) => void): () => void {
    return this.#rtcp.add(listener);
  }

  onClose(listener: () => void): () => void {
    return this.#closing.add(listener);
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
  }

  handleRtcp(packet: Buffer): void {
    if (this.#open) this.#rtcp.call(packet);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closing.call();
    this.#closing.clear();
    this.#rtcp.clear();
  }
}

export class NativeReceivePort implements RtpReceivePort {
  readonly mid: string;
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockRate: number;
  readonly rtxSsrc: number | null;
  readonly rtxPayloadType: number | null;
  readonly extensions: HeaderExtensionIds;
  readonly #sendPacket: SendPacket;
  readonly #rtp: Listeners<[Buffer, number]>;
  readonly #rtcp: Listeners<[Buffer, number]>;
  readonly #closing: Listeners<[]>;
  #open = true;
  #packets = 0;
  #bytes = 0;
  #rtxPackets = 0;

  constructor(identity: StreamIdentity, sendPacket: SendPacket, reportError: ReportError) {
    ({ mid: this.mid, kind: this.kind, ssrc: this.ssrc, payloadType: this.payloadType } = identity);
    ({
      clockRate: this.clockRate,
      rtxSsrc: this.rtxSsrc,
      rtxPayloadType: this.rtxPayloadType,
      extensions: this.extensions,
    } = identity);
    this.#sendPacket = sendPacket;
    this.#rtp = new Listeners(reportError);
    this.#rtcp = new Listeners(reportError);
    this.#closing = new Listeners(reportError);
  }

  get open(): boolean {
    return this.#open;
  }

  /** Cumulative; bytes are whole RTP packets after SRTP. */
  get counters(): StreamCounters {
    return { packets: this.#packets, bytes: this.#bytes, rtxPackets: this.#rtxPackets };
  }

  onRtp(listener: (packet: Buffer, arrivalMs: number) => void): () => void {
    return this.#rtp.add(listener);
  }

  onRtcp(listener: (packet: Buffer, arrivalMs: number) => void): () => void {
    return this.#rtcp.add(listener);
  }

  sendRtcp(packet: Buffer): boolean {
    return this.#open && this.#sendPacket(packet);
  }

  onClose(listener: () => void): () => void {
    return this.#closing.add(listener);
  }

  handleRtp(packet: Buffer, ssrc: number, arrivalMs: number): void {
    if (!this.#open) return;
    this.#packets++;
    this.#bytes += packet.length;
    if (ssrc !== this.ssrc) this.#rtxPackets++;
    this.#rtp.call(packet, arrivalMs);
  }

  handleRtcp(packet: Buffer, arrivalMs: number): void {
    if (this.#open) this.#rtcp.call(packet, arrivalMs);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closing.call();
    this.#closing.clear();
    this.#rtp.clear();
    this.#rtcp.clear();
  }
}
