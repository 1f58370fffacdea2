/**
 * Transport-wide congestion control feedback, an RTCP packet (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3):
 * which packets of a transport arrived, and when. The receiver of media builds it, the sender's estimator reads it.
 */
import { InternalError } from '../../lib/errors.ts';

export interface TransportFeedbackMessage {
  readonly senderSsrc: number;
  /** Of any packet reported on: the receiver of the feedback routes by it. */
  readonly mediaSsrc: number;
  /** Transport-wide sequence number of the first status, 0 to 65535. */
  readonly baseSequence: number;
  /** Units of 64 ms, signed, 24 bits, of the reporter's own clock. */
  readonly referenceTime: number;
  /** 0 to 255, counting feedback packets. */
  readonly feedbackCount: number;
  /**
   * One status a sequence number, from `baseSequence` on, 1 to `MAX_STATUSES`. Null: not received. Otherwise the time since the
   * packet received before it in this list (the first: since the reference time) in 250 µs, −32768 to 32767.
   */
  readonly deltas: readonly (number | null)[];
}

/** Far above what a receiver reports at once; keeps a short hostile packet from expanding into a long list. */
export const MAX_STATUSES = 8_191;
/** Ticks of 250 µs in one unit of the reference time. */
export const TICKS_PER_REFERENCE = 256;

const HEADER_BYTES = 20;
const RTPFB = 205;
const FORMAT = 15;
const LOST = 0;
const SMALL = 1;
const LARGE = 2;

export function fitsDelta(ticks: number): boolean {
  return ticks >= -0x8000 && ticks <= 0x7fff;
}

/** @throws {InternalError} `call/feedback-out-of-range` when a field does not fit its bits. */
export function buildTransportFeedback(message: TransportFeedbackMessage): Buffer {
  const { deltas } = message;
  if (
    deltas.length < 1 ||
    deltas.length > MAX_STATUSES ||
    !deltas.every((delta) => delta === null || fitsDelta(delta))
  ) {
    throw new InternalError('call/feedback-out-of-range', 'Transport feedback does not fit its packet', {
      context: { statuses: deltas.length },
    });
  }
  const symbols = deltas.map(symbolOf);
  const chunks = chunksOf(symbols);
  const deltaBytes = symbols.reduce((sum, symbol) => sum + symbol, 0);
  const used = HEADER_BYTES + chunks.length * 2 + deltaBytes;
  const padding = (4 - (used % 4)) % 4;
  const packet = Buffer.alloc(used + padding);
  writeHeader(packet, message, padding);
  let at = HEADER_BYTES;
  for (const chunk of chunks) at = packet.writeUInt16BE(chunk, at);
  for (const delta of deltas) {
    if (delta === null) continue;
    at = symbolOf(delta) === SMALL ? packet.writeUInt8(delta, at) : packet.writeInt16BE(delta, at);
  }
  return packet;
}

function writeHeader(packet: Buffer, message: TransportFeedbackMessage, padding: number): void {
  packet[0] = 0x80 | (padding > 0 ? 0x20 : 0) | FORMAT;
  packet[1] = RTPFB;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(message.senderSsrc, 4);
  packet.writeUInt32BE(message.mediaSsrc, 8);
  packet.writeUInt16BE(message.baseSequence, 12);
  packet.writeUInt16BE(message.deltas.length, 14);
  packet.writeIntBE(message.referenceTime, 16, 3);
  packet.writeUInt8(message.feedbackCount, 19);
  if (padding > 0) packet[packet.length - 1] = padding;
}

/** A packet's status symbol; its number is also the size of its delta in bytes. */
function symbolOf(delta: number | null): number {
  if (delta === null) return LOST;
  return delta >= 0 && delta <= 0xff ? SMALL : LARGE;
}

/** Greedy: a run where it covers at least what a vector would, otherwise the denser vector that can hold the symbols. */
function chunksOf(symbols: readonly number[]): number[] {
  const chunks: number[] = [];
  let at = 0;
  while (at < symbols.length) {
    const symbol = symbols[at] ?? LOST;
    const run = runLength(symbols, at);
    const oneBit = symbols.slice(at, at + 14).every((s) => s !== LARGE);
    if (run >= (oneBit ? 14 : 7) || at + run === symbols.length) {
      chunks.push((symbol << 13) | run);
      at += run;
    } else {
      const [count, bits] = oneBit ? [14, 1] : [7, 2];
      let chunk = oneBit ? 0x8000 : 0xc000;
      for (let i = 0; i < count; i++) chunk |= (symbols[at + i] ?? LOST) << (14 - bits * (i + 1));
      chunks.push(chunk);
      at += count;
    }
  }
  return chunks;
}

function runLength(symbols: readonly number[], start: number): number {
  let end = start;
  while (end < symbols.length && symbols[end] === symbols[start]) end++;
  return end - start;
}

/** Reads one whole RTCP packet (not a compound); null for anything malformed, cut off or longer than `MAX_STATUSES`. */
export function parseTransportFeedback(packet: Buffer): TransportFeedbackMessage | null {
  const end = feedbackEnd(packet);
  if (end === null) return null;
  const count = packet.readUInt16BE(14);
  if (count < 1 || count > MAX_STATUSES) return null;
  const read = readSymbols(packet, end, count);
  const deltas = read === null ? null : readDeltas(packet, read.at, end, read.symbols);
  if (deltas === null) return null;
  return {
    senderSsrc: packet.readUInt32BE(4),
    mediaSsrc: packet.readUInt32BE(8),
    baseSequence: packet.readUInt16BE(12),
    referenceTime: packet.readIntBE(16, 3),
    feedbackCount: packet.readUInt8(19),
    deltas,
  };
}

/** Where the packet ends without its padding; null when it is no transport feedback. */
function feedbackEnd(packet: Buffer): number | null {
  if (packet.length < HEADER_BYTES || (packet.readUInt8(0) & 0xdf) !== (0x80 | FORMAT) || packet[1] !== RTPFB)
    return null;
  if (packet.readUInt16BE(2) * 4 + 4 !== packet.length) return null;
  if ((packet.readUInt8(0) & 0x20) === 0) return packet.length;
  const padding = packet.readUInt8(packet.length - 1);
  return padding === 0 || padding > packet.length - HEADER_BYTES ? null : packet.length - padding;
}

function readSymbols(packet: Buffer, end: number, count: number): { symbols: number[]; at: number } | null {
  const symbols: number[] = [];
  let at = HEADER_BYTES;
  while (symbols.length < count) {
    if (at + 2 > end) return null;
    const chunk = packet.readUInt16BE(at);
    at += 2;
    if ((chunk & 0x8000) === 0) {
      // A run may name more packets than are left: what is over does not exist.
      const run = Math.min(chunk & 0x1fff, count - symbols.length);
      if (run === 0) return null;
      for (let i = 0; i < run; i++) symbols.push(chunk >> 13);
    } else {
      const bits = chunk & 0x4000 ? 2 : 1;
      const mask = bits === 2 ? 3 : 1;
      for (let shift = 14 - bits; shift >= 0 && symbols.length < count; shift -= bits)
        symbols.push((chunk >> shift) & mask);
    }
  }
  return { symbols, at };
}

function readDeltas(packet: Buffer, start: number, end: number, symbols: readonly number[]): (number | null)[] | null {
  const deltas: (number | null)[] = [];
  let at = start;
  for (const symbol of symbols) {
    if (symbol > LARGE || at + symbol > end) return null;
    if (symbol === LOST) deltas.push(null);
    else deltas.push(symbol === SMALL ? packet.readUInt8(at) : packet.readInt16BE(at));
    at += symbol;
  }
  return deltas;
}
