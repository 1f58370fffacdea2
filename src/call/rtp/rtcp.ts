/**
 * RTCP (RFC 3550 section 6, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb-03). Our own code: it runs once a second a
 * stream, is small, must count bad input instead of throwing, and the libraries at hand lack FIR and REMB and mind
 * neither the wrap of NACKs nor 24-bit losses (rtp.js), or are whole WebRTC stacks (werift). rtp.js is the tests' second opinion.
 */
import { write32 } from './rtp-packet.ts';

export interface ReportBlock {
  readonly ssrc: number;
  /** 0 to 255, in 256ths of the packets expected since the report before. */
  readonly fractionLost: number;
  /** Signed, 24 bits. */
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** In units of the RTP clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report; 0 when none was received. */
  readonly lastSr: number;
  /** In 65,536ths of a second. */
  readonly delaySinceLastSr: number;
}

export type RtcpPacket =
  | {
      readonly kind: 'sr';
      readonly ssrc: number;
      readonly ntpMs: number;
      readonly ntpMiddle: number;
      readonly rtpTimestamp: number;
      readonly packets: number;
      readonly octets: number;
      readonly blocks: readonly ReportBlock[];
    }
  | { readonly kind: 'rr'; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly kind: 'sdes'; readonly ssrcs: readonly number[] }
  | { readonly kind: 'bye'; readonly ssrcs: readonly number[] }
  | { readonly kind: 'nack'; readonly sender: number; readonly media: number; readonly sequences: readonly number[] }
  | { readonly kind: 'pli'; readonly sender: number; readonly media: number }
  | {
      readonly kind: 'fir';
      readonly sender: number;
      readonly requests: readonly { readonly ssrc: number; readonly number: number }[];
    }
  | { readonly kind: 'remb'; readonly sender: number; readonly bitrateBps: number; readonly ssrcs: readonly number[] }
  | {
      readonly kind: 'transport-feedback';
      readonly sender: number;
      readonly media: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly kind: 'other'; readonly type: number; readonly format: number };

/** `malformed` counts packets that were cut off or did not hold what their type says; the others of the compound stand. */
export interface ParsedRtcp {
  readonly packets: readonly RtcpPacket[];
  readonly malformed: number;
}

/** Larger than any compound of ours or of the server's. */
const MAX_COMPOUND_BYTES = 2_048;
const MAX_PACKETS = 32;
/** NTP's epoch is 1900-01-01 (RFC 5905). */
const NTP_EPOCH_OFFSET_S = 2_208_988_800;

const TYPE = { sr: 200, rr: 201, sdes: 202, bye: 203, rtpFeedback: 205, payloadFeedback: 206 } as const;

/** Never throws: what cannot be read is counted. */
export function parseRtcp(compound: Buffer): ParsedRtcp {
  const packets: RtcpPacket[] = [];
  if (compound.length > MAX_COMPOUND_BYTES) return { packets, malformed: 1 };
  let malformed = 0;
  let at = 0;
  while (at < compound.length) {
    const packet = compound.subarray(at);
    const length = packet.length < 4 ? Infinity : 4 + packet.readUInt16BE(2) * 4;
    if (length > packet.length || (packet[0] ?? 0) >> 6 !== 2 || packets.length >= MAX_PACKETS)
      return { packets, malformed: malformed + 1 };
    const parsed = parseOne(packet.subarray(0, length), at);
    if (parsed === null) malformed++;
    else packets.push(parsed);
    at += length;
  }
  return { packets, malformed };
}

function parseOne(packet: Buffer, offset: number): RtcpPacket | null {
  const body = withoutPadding(packet);
  if (body === null) return null;
  const count = (body[0] ?? 0) & 0x1f;
  const type = body[1] ?? 0;
  switch (type) {
    case TYPE.sr:
      return parseSr(body, count);
    case TYPE.rr:
      return parseRr(body, count);
    case TYPE.sdes:
      return parseSdes(body, count);
    case TYPE.bye:
      return body.length < 4 + count * 4 ? null : { kind: 'bye', ssrcs: readSsrcs(body, 4, count) };
    case TYPE.rtpFeedback:
      return parseRtpFeedback(body, count, offset);
    case TYPE.payloadFeedback:
      return parsePayloadFeedback(body, count);
    default:
      return { kind: 'other', type, format: count };
  }
}

function withoutPadding(packet: Buffer): Buffer | null {
  if (((packet[0] ?? 0) & 0x20) === 0) return packet;
  const padding = packet[packet.length - 1] ?? 0;
  return padding === 0 || padding % 4 !== 0 || padding > packet.length - 4
    ? null
    : packet.subarray(0, packet.length - padding);
}

function parseSr(body: Buffer, count: number): RtcpPacket | null {
  if (body.length < 28 + count * 24) return null;
  const seconds = body.readUInt32BE(8);
  const fraction = body.readUInt32BE(12);
  return {
    kind: 'sr',
    ssrc: body.readUInt32BE(4),
    ntpMs: ntpToMs(seconds, fraction),
    ntpMiddle: (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0,
    rtpTimestamp: body.readUInt32BE(16),
    packets: body.readUInt32BE(20),
    octets: body.readUInt32BE(24),
    blocks: parseBlocks(body, 28, count),
  };
}

function parseRr(body: Buffer, count: number): RtcpPacket | null {
  if (body.length < 8 + count * 24) return null;
  return { kind: 'rr', ssrc: body.readUInt32BE(4), blocks: parseBlocks(body, 8, count) };
}

function parseBlocks(body: Buffer, start: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * 24;
    return {
      ssrc: body.readUInt32BE(at),
      fractionLost: body.readUInt8(at + 4),
      cumulativeLost: body.readIntBE(at + 5, 3),
      highestSequence: body.readUInt32BE(at + 8),
      jitter: body.readUInt32BE(at + 12),
      lastSr: body.readUInt32BE(at + 16),
      delaySinceLastSr: body.readUInt32BE(at + 20),
    };
  });
}

/** Only the sources are kept: what they call themselves comes from the MLS roster. */
function parseSdes(body: Buffer, count: number): RtcpPacket | null {
  const ssrcs: number[] = [];
  let at = 4;
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 4 > body.length) return null;
    ssrcs.push(body.readUInt32BE(at));
    at += 4;
    while (at < body.length && body[at] !== 0) at += 2 + (body[at + 1] ?? 0);
    if (at >= body.length) return null;
    at += 4 - (at % 4);
  }
  return { kind: 'sdes', ssrcs };
}

function parseRtpFeedback(body: Buffer, format: number, offset: number): RtcpPacket | null {
  if (body.length < 12) return null;
  const sender = body.readUInt32BE(4);
  const media = body.readUInt32BE(8);
  if (format === 15)
    return body.length < 20 ? null : { kind: 'transport-feedback', sender, media, offset, length: body.length };
  if (format !== 1) return { kind: 'other', type: TYPE.rtpFeedback, format };
  const sequences: number[] = [];
  for (let at = 12; at + 4 <= body.length; at += 4) {
    const first = body.readUInt16BE(at);
    const mask = body.readUInt16BE(at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit++) if (mask & (1 << bit)) sequences.push((first + bit + 1) & 0xffff);
  }
  return sequences.length === 0 ? null : { kind: 'nack', sender, media, sequences };
}

function parsePayloadFeedback(body: Buffer, format: number): RtcpPacket | null {
  if (body.length < 12) return null;
  const sender = body.readUInt32BE(4);
  if (format === 1) return { kind: 'pli', sender, media: body.readUInt32BE(8) };
  if (format === 4) return parseFir(body, sender);
  if (format === 15) return parseRemb(body, sender);
  return { kind: 'other', type: TYPE.payloadFeedback, format };
}

function parseFir(body: Buffer, sender: number): RtcpPacket | null {
  const requests: { ssrc: number; number: number }[] = [];
  for (let at = 12; at + 8 <= body.length; at += 8)
    requests.push({ ssrc: body.readUInt32BE(at), number: body.readUInt8(at + 4) });
  return requests.length === 0 ? null : { kind: 'fir', sender, requests };
}

function parseRemb(body: Buffer, sender: number): RtcpPacket | null {
  if (body.length < 20 || body.toString('latin1', 12, 16) !== 'REMB')
    return { kind: 'other', type: TYPE.payloadFeedback, format: 15 };
  const count = body.readUInt8(16);
  if (body.length < 20 + count * 4) return null;
  const exponent = body.readUInt8(17) >> 2;
  const mantissa = ((body.readUInt8(17) & 0x03) << 16) | body.readUInt16BE(18);
  return { kind: 'remb', sender, bitrateBps: mantissa * 2 ** exponent, ssrcs: readSsrcs(body, 20, count) };
}

function readSsrcs(body: Buffer, start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => body.readUInt32BE(start + i * 4));
}

/** Milliseconds since 1970; NTP era 1 (from 2036) is recognised by a clear top bit (RFC 4330 section 3). */
export function ntpToMs(seconds: number, fraction: number): number {
  const era = seconds < 0x8000_0000 ? 2 ** 32 : 0;
  return (seconds + era - NTP_EPOCH_OFFSET_S) * 1000 + (fraction / 2 ** 32) * 1000;
}

export function msToNtp(ms: number): { seconds: number; fraction: number } {
  const whole = Math.floor(ms / 1000);
  return {
    seconds: (whole + NTP_EPOCH_OFFSET_S) % 2 ** 32,
    fraction: Math.floor(((ms - whole * 1000) / 1000) * 2 ** 32),
  };
}

/** Middle 32 bits of the NTP time, the unit of LSR and DLSR (RFC 3550 section 6.4.1). */
export function ntpMiddle(ms: number): number {
  const { seconds, fraction } = msToNtp(ms);
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
}

/** A sender report with the CNAME (at most 255 bytes of UTF-8; the rest is cut) that RFC 3550 section 6.1 wants beside it. */
export function buildSr(report: {
  ssrc: number;
  ntpMs: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
  cname: string;
}): Buffer {
  const { seconds, fraction } = msToNtp(report.ntpMs);
  const sr = header(TYPE.sr, 0, 28);
  write32(sr, 4, report.ssrc);
  write32(sr, 8, seconds);
  write32(sr, 12, fraction);
  write32(sr, 16, report.rtpTimestamp);
  write32(sr, 20, report.packets);
  write32(sr, 24, report.octets);
  return Buffer.concat([sr, buildSdes(report.ssrc, report.cname)]);
}

function buildSdes(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname).subarray(0, 255);
  // Items end with at least one zero byte, to the next 32-bit boundary (RFC 3550 section 6.5).
  const sdes = header(TYPE.sdes, 1, 8 + Math.ceil((2 + name.length + 1) / 4) * 4);
  write32(sdes, 4, ssrc);
  sdes[8] = 1;
  sdes[9] = name.length;
  name.copy(sdes, 10);
  return sdes;
}

/** A receiver report; `blocks` at most 31. */
export function buildRr(ssrc: number, blocks: readonly ReportBlock[]): Buffer {
  const rr = header(TYPE.rr, blocks.length, 8 + blocks.length * 24);
  write32(rr, 4, ssrc);
  blocks.forEach((block, i) => {
    const at = 8 + i * 24;
    write32(rr, at, block.ssrc);
    write32(
      rr,
      at + 4,
      (clamp(block.fractionLost, 0, 255) << 24) | (clamp(block.cumulativeLost, -0x80_0000, 0x7f_ffff) & 0xff_ffff),
    );
    write32(rr, at + 8, block.highestSequence);
    write32(rr, at + 12, block.jitter);
    write32(rr, at + 16, block.lastSr);
    write32(rr, at + 20, block.delaySinceLastSr);
  });
  return rr;
}

/** Generic NACK; `sequences` ascending in serial order, at most 500 different ones are taken (one packet's worth). */
export function buildNack(sender: number, media: number, sequences: readonly number[]): Buffer {
  const items: number[] = [];
  for (const sequence of sequences.slice(0, 500)) {
    const last = items.length - 2;
    const step = last < 0 ? 0 : (sequence - (items[last] ?? 0)) & 0xffff;
    if (last >= 0 && step === 0) continue;
    if (last >= 0 && step <= 16) items[last + 1] = (items[last + 1] ?? 0) | (1 << (step - 1));
    else items.push(sequence, 0);
  }
  const nack = feedback(TYPE.rtpFeedback, 1, sender, media, items.length * 2);
  items.forEach((value, i) => nack.writeUInt16BE(value, 12 + i * 2));
  return nack;
}

export function buildPli(sender: number, media: number): Buffer {
  return feedback(TYPE.payloadFeedback, 1, sender, media, 0);
}

/** RFC 5104 section 4.3.1: the media source of the header is 0, the target stands in the entry. */
export function buildFir(sender: number, target: number, number: number): Buffer {
  const fir = feedback(TYPE.payloadFeedback, 4, sender, 0, 8);
  write32(fir, 12, target);
  fir[16] = number & 0xff;
  return fir;
}

function feedback(type: number, format: number, sender: number, media: number, bytes: number): Buffer {
  const packet = header(type, format, 12 + bytes);
  write32(packet, 4, sender);
  write32(packet, 8, media);
  return packet;
}

function header(type: number, count: number, bytes: number): Buffer {
  const packet = Buffer.alloc(bytes);
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(bytes / 4 - 1, 2);
  return packet;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
