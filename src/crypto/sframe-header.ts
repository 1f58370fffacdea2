import { ProtocolError, UsageError } from '../lib/errors.ts';

/** Unsigned 64-bit key ids and counters: a number is accepted where it is a safe non-negative integer. */
export type Uint64 = bigint | number;

export interface SFrameHeader {
  readonly kid: bigint;
  readonly ctr: bigint;
  /** How many bytes of the frame the header takes, 1 to 17. */
  readonly length: number;
}

/** The header as numbers, for the hot path: exact below 2^53, which is checked where it matters. */
export interface FastHeader {
  kid: number;
  ctr: number;
  length: number;
}

/** Metadata that a frame is not bound to. */
export const noMetadata: Uint8Array = new Uint8Array(0);
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/** Writes an SFrame header (RFC 9605 section 4.3), kid and ctr in the fewest bytes. @throws {UsageError} outside 64 bits. */
export function encodeHeader(kid: Uint64, ctr: Uint64): Uint8Array {
  if (typeof kid === 'number' && typeof ctr === 'number') return encodeFast(kid, ctr);
  const k = toUint64(kid);
  const c = toUint64(ctr);
  const kidBytes = k < 8n ? 0 : byteLengthOf(k);
  const ctrBytes = c < 8n ? 0 : byteLengthOf(c);
  const out = new Uint8Array(1 + kidBytes + ctrBytes);
  out[0] = (configNibble(kidBytes, k) << 4) | configNibble(ctrBytes, c);
  writeUint(out, 1, kidBytes, k);
  writeUint(out, 1 + kidBytes, ctrBytes, c);
  return out;
}

/**
 * Reads the header at the start of a frame, of which more may follow.
 * @throws {ProtocolError} `crypto/sframe-malformed` when it is cut short or not in the fewest bytes (section 4.3: MUST).
 */
export function decodeHeader(frame: Uint8Array): SFrameHeader {
  const config = frame[0];
  if (config === undefined) throw malformed();
  const kidBytes = config & 0x80 ? ((config >> 4) & 7) + 1 : 0;
  const ctrBytes = config & 0x08 ? (config & 7) + 1 : 0;
  const length = 1 + kidBytes + ctrBytes;
  if (frame.length < length) throw malformed();
  const kid = kidBytes === 0 ? BigInt((config >> 4) & 7) : readUint(frame, 1, kidBytes);
  const ctr = ctrBytes === 0 ? BigInt(config & 7) : readUint(frame, 1 + kidBytes, ctrBytes);
  if (!isMinimal(kid, kidBytes) || !isMinimal(ctr, ctrBytes)) throw malformed();
  return { kid, ctr, length };
}

/**
 * `decodeHeader` without allocation or exceptions: false when malformed, or when kid or ctr reach 2^48, which none of our
 * senders use (kids have 16 bits, counters stop far below).
 */
export function readHeader(frame: Uint8Array, out: FastHeader): boolean {
  const config = frame[0];
  if (config === undefined) return false;
  const kidBytes = config & 0x80 ? ((config >> 4) & 7) + 1 : 0;
  const ctrBytes = config & 0x08 ? (config & 7) + 1 : 0;
  const length = 1 + kidBytes + ctrBytes;
  if (frame.length < length || kidBytes > 6 || ctrBytes > 6) return false;
  let kid = (config >> 4) & 7;
  if (kidBytes > 0) {
    kid = 0;
    for (let i = 1; i <= kidBytes; i++) kid = kid * 256 + (frame[i] ?? 0);
    if (kidBytes === 1 ? kid < 8 : frame[1] === 0) return false;
  }
  let ctr = config & 7;
  if (ctrBytes > 0) {
    ctr = 0;
    for (let i = 1 + kidBytes; i < length; i++) ctr = ctr * 256 + (frame[i] ?? 0);
    if (ctrBytes === 1 ? ctr < 8 : frame[1 + kidBytes] === 0) return false;
  }
  out.kid = kid;
  out.ctr = ctr;
  out.length = length;
  return true;
}

/** @throws {UsageError} `crypto/not-uint64` */
export function toUint64(value: Uint64): bigint {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) || value < 0 : value < 0n || value > MAX_UINT64)
    throw notUint64();
  return BigInt(value);
}

/** Big-endian, `bytes` long. */
export function writeUint(out: Uint8Array, at: number, bytes: number, value: bigint): void {
  let rest = value;
  for (let i = at + bytes - 1; i >= at; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

function encodeFast(kid: number, ctr: number): Uint8Array {
  if (!Number.isSafeInteger(kid) || kid < 0 || !Number.isSafeInteger(ctr) || ctr < 0) throw notUint64();
  const kidBytes = fastLength(kid);
  const ctrBytes = fastLength(ctr);
  const out = new Uint8Array(1 + kidBytes + ctrBytes);
  out[0] = ((kidBytes ? 8 | (kidBytes - 1) : kid) << 4) | (ctrBytes ? 8 | (ctrBytes - 1) : ctr);
  let rest = kid;
  for (let i = kidBytes; i >= 1; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  rest = ctr;
  for (let i = kidBytes + ctrBytes; i > kidBytes; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  return out;
}

/** How many bytes follow for a value; 0 when it fits into the config byte itself. */
function fastLength(value: number): number {
  if (value < 8) return 0;
  let bytes = 1;
  for (let limit = 256; value >= limit; limit *= 256) bytes++;
  return bytes;
}

function configNibble(bytes: number, value: bigint): number {
  return bytes === 0 ? Number(value) : 8 | (bytes - 1);
}

function byteLengthOf(value: bigint): number {
  let bytes = 1;
  for (let rest = value >> 8n; rest > 0n; rest >>= 8n) bytes++;
  return bytes;
}

function isMinimal(value: bigint, bytes: number): boolean {
  return bytes === 0 || (value >= 8n && byteLengthOf(value) === bytes);
}

function readUint(from: Uint8Array, at: number, bytes: number): bigint {
  let value = 0n;
  for (let i = at; i < at + bytes; i++) value = (value << 8n) | BigInt(from[i] ?? 0);
  return value;
}

function malformed(): ProtocolError {
  return new ProtocolError('crypto/sframe-malformed', 'an SFrame header is cut short or not in its shortest form');
}

function notUint64(): UsageError {
  return new UsageError('crypto/not-uint64', 'key ids and counters are unsigned 64-bit integers');
}
