/**
 * RTP packets (RFC 3550 section 5.1) with one-byte header extensions (RFC 8285 section 4.2), read and written in place.
 * This is the hot path: one object is reused for every packet read, and packets are written into the caller's buffer.
 */
import type { HeaderExtensionIds } from './ports.ts';

export const RTP_HEADER_BYTES = 12;
/** Larger than any packet that fits a path: what is longer is refused unread. */
export const MAX_PACKET_BYTES = 2_048;
const ONE_BYTE_PROFILE = 0xbede;
/** Id 15 ends the extension block (RFC 8285 section 4.2). */
const STOP_ID = 15;

/** The fields of the packet parsed last; offsets are into the buffer that was given to `parseRtp`. */
export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** End of header and extensions. */
  payloadOffset: number;
  /** Without padding. */
  payloadLength: number;
  /** Where the one-byte extension elements begin; 0 when there are none. */
  extensionOffset: number;
  extensionLength: number;
}

export function createRtpHeader(): RtpHeader {
  return {
    marker: false,
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    payloadOffset: 0,
    payloadLength: 0,
    extensionOffset: 0,
    extensionLength: 0,
  };
}

/** Reads `packet` into `into`, without copying. False for anything that is not a whole RTP packet; `into` is then undefined. */
export function parseRtp(packet: Buffer, into: RtpHeader): boolean {
  const length = packet.length;
  if (length < RTP_HEADER_BYTES || length > MAX_PACKET_BYTES) return false;
  const first = byte(packet, 0);
  if (first >> 6 !== 2) return false;
  const second = byte(packet, 1);
  into.marker = second >= 0x80;
  into.payloadType = second & 0x7f;
  into.sequence = (byte(packet, 2) << 8) | byte(packet, 3);
  into.timestamp = read32(packet, 4);
  into.ssrc = read32(packet, 8);
  into.extensionOffset = 0;
  into.extensionLength = 0;
  let offset = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (offset + 4 > length) return false;
    const bytes = ((byte(packet, offset + 2) << 8) | byte(packet, offset + 3)) * 4;
    if (((byte(packet, offset) << 8) | byte(packet, offset + 1)) === ONE_BYTE_PROFILE) {
      into.extensionOffset = offset + 4;
      into.extensionLength = bytes;
    }
    offset += 4 + bytes;
  }
  if (offset > length) return false;
  let end = length;
  if (first & 0x20) {
    const padding = byte(packet, length - 1);
    if (padding === 0 || padding > length - offset) return false;
    end -= padding;
  }
  into.payloadOffset = offset;
  into.payloadLength = end - offset;
  return true;
}

/** Offset of the data of extension `id`, or −1; its length is `extensionDataLength(packet, offset)`. */
export function findExtension(packet: Buffer, header: RtpHeader, id: number): number {
  let at = header.extensionOffset;
  const end = at + header.extensionLength;
  while (at < end) {
    const element = byte(packet, at);
    if (element === 0) {
      at++;
      continue;
    }
    const elementId = element >> 4;
    if (elementId === STOP_ID) return -1;
    const next = at + 2 + (element & 0x0f);
    if (next > end) return -1;
    if (elementId === id) return at + 1;
    at = next;
  }
  return -1;
}

export function extensionDataLength(packet: Buffer, dataOffset: number): number {
  return (byte(packet, dataOffset - 1) & 0x0f) + 1;
}

/** What is constant in the header of one outgoing stream, laid out once: `write` then costs a copy and a few bytes. */
export class RtpHeaderWriter {
  readonly #template: Buffer;
  /** Offset of the abs-send-time data within the packet; 0 when not negotiated. */
  readonly absSendTimeOffset: number;
  /** Offset of the transport-wide sequence number within the packet; 0 when not negotiated. */
  readonly transportCcOffset: number;

  /** `mid` at most 16 bytes (a one-byte element's limit): a longer one is left out, the SSRC is signalled anyway. */
  constructor(stream: { ssrc: number; payloadType: number; mid: string; extensions: HeaderExtensionIds }) {
    const elements: number[] = [];
    const { mid, absSendTime, transportCc } = stream.extensions;
    const start = RTP_HEADER_BYTES + 4;
    this.absSendTimeOffset = absSendTime === null ? 0 : start + elements.length + 1;
    if (absSendTime !== null) elements.push((absSendTime << 4) | 2, 0, 0, 0);
    this.transportCcOffset = transportCc === null ? 0 : start + elements.length + 1;
    if (transportCc !== null) elements.push((transportCc << 4) | 1, 0, 0);
    const midBytes = Buffer.from(stream.mid);
    if (mid !== null && midBytes.length >= 1 && midBytes.length <= 16)
      elements.push((mid << 4) | (midBytes.length - 1), ...midBytes);
    while (elements.length % 4 !== 0) elements.push(0);
    const extension =
      elements.length === 0
        ? []
        : [ONE_BYTE_PROFILE >> 8, ONE_BYTE_PROFILE & 0xff, 0, elements.length / 4, ...elements];
    this.#template = Buffer.from([
      0x80 | (extension.length > 0 ? 0x10 : 0),
      stream.payloadType,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...extension,
    ]);
    write32(this.#template, 8, stream.ssrc);
  }

  /** Bytes before the payload. */
  get length(): number {
    return this.#template.length;
  }

  /** Writes the header at the start of `into` and returns its length. */
  write(into: Buffer, sequence: number, timestamp: number, marker: boolean): number {
    const template = this.#template;
    for (let i = 0; i < template.length; i++) into[i] = byte(template, i);
    if (marker) into[1] = byte(template, 1) | 0x80;
    into[2] = (sequence >> 8) & 0xff;
    into[3] = sequence & 0xff;
    write32(into, 4, timestamp);
    return template.length;
  }

  /** Stamps a packet written by this writer just before it leaves. `nextTransportSequence` is asked only where negotiated. */
  stamp(packet: Buffer, nowMs: number, nextTransportSequence: () => number): void {
    if (this.absSendTimeOffset !== 0) writeAbsSendTime(packet, this.absSendTimeOffset, nowMs);
    if (this.transportCcOffset !== 0) {
      const sequence = nextTransportSequence();
      packet[this.transportCcOffset] = (sequence >> 8) & 0xff;
      packet[this.transportCcOffset + 1] = sequence & 0xff;
    }
  }
}

/** abs-send-time: seconds as 6.18 fixed point, 24 bits, of any clock (webrtc.org/experiments/rtp-hdrext/abs-send-time). */
export function writeAbsSendTime(packet: Buffer, dataOffset: number, nowMs: number): void {
  const value = Math.floor((nowMs % 64_000) * (2 ** 18 / 1000));
  packet[dataOffset] = (value >> 16) & 0xff;
  packet[dataOffset + 1] = (value >> 8) & 0xff;
  packet[dataOffset + 2] = value & 0xff;
}

/**
 * Turns a retransmission into the packet it repeats (RFC 4588 section 4), in place: the header moves two bytes up.
 * Returns a view of the same memory, or null when it holds no original sequence number (padding used as a probe).
 */
export function unwrapRtx(packet: Buffer, header: RtpHeader, ssrc: number, payloadType: number): Buffer | null {
  if (header.payloadLength < 2) return null;
  const at = header.payloadOffset;
  const sequence = (byte(packet, at) << 8) | byte(packet, at + 1);
  packet.copyWithin(2, 0, at);
  const original = packet.subarray(2);
  original[1] = (byte(original, 1) & 0x80) | payloadType;
  original[2] = sequence >> 8;
  original[3] = sequence & 0xff;
  write32(original, 8, ssrc);
  return original;
}

export function write32(into: Buffer, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = (value >>> 16) & 0xff;
  into[at + 2] = (value >>> 8) & 0xff;
  into[at + 3] = value & 0xff;
}

function read32(from: Buffer, at: number): number {
  return ((byte(from, at) << 24) | (byte(from, at + 1) << 16) | (byte(from, at + 2) << 8) | byte(from, at + 3)) >>> 0;
}

function byte(from: Buffer, at: number): number {
  return from[at] ?? 0;
}
