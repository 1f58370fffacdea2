/**
 * SFrame (RFC 9605) on Node's synchronous crypto; sframe-web.ts does the same bytes on WebCrypto.
 * Key ids and counters are accepted as bigint or as number; decoded ones are bigint.
 */
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { wipe } from '../lib/bytes.ts';
import { CryptoVerificationError, ProtocolError, UsageError } from '../lib/errors.ts';
import type { SFrameSuite } from './sframe-derivation.ts';
import { NONCE_BYTES, TAG_BYTES, deriveKeyAndSalt, writeNonce } from './sframe-derivation.ts';
import type { Uint64 } from './sframe-header.ts';
import { decodeHeader, encodeHeader, readHeader, toUint64 } from './sframe-header.ts';

export type { SFrameSuite } from './sframe-derivation.ts';
export type { SFrameHeader, Uint64 } from './sframe-header.ts';
export { decodeHeader, encodeHeader } from './sframe-header.ts';

/** The key of one key id; made by `deriveKey`, spent by `wipeKey`. */
export interface SFrameKey {
  readonly suite: SFrameSuite;
  readonly kid: bigint;
  readonly secret: KeyObject;
  readonly salt: Uint8Array;
  /** Scratch for one synchronous call: the cipher copies it. */
  readonly nonce: Uint8Array;
}

/** A frame in the parts that go onto the wire one after the other, for packetisers that copy anyway. */
export interface SFrameParts {
  readonly header: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export type KeyLookup = (kid: bigint) => SFrameKey | null | undefined;

const algorithms = { 4: 'aes-128-gcm', 5: 'aes-256-gcm' } as const;
const options = { authTagLength: TAG_BYTES };

/** The key of `kid` under a base key of any length (RFC 9605 section 4.4.2). The base key stays the caller's to wipe. */
export function deriveKey(suite: SFrameSuite, baseKey: Uint8Array, kid: Uint64): SFrameKey {
  const { key, salt } = deriveKeyAndSalt(suite, baseKey, kid);
  const secret = createSecretKey(key);
  wipe(key);
  return { suite, kid: toUint64(kid), secret, salt, nonce: new Uint8Array(NONCE_BYTES) };
}

/**
 * One frame: header, ciphertext and 16-byte tag. The caller must never use a counter twice under one key.
 * @throws {UsageError} when `kid` is not the key's, or outside 64 bits.
 */
export function encrypt(
  key: SFrameKey,
  kid: Uint64,
  ctr: Uint64,
  metadata: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const { header, ciphertext, tag } = encryptParts(key, kid, ctr, metadata, plaintext);
  const frame = Buffer.allocUnsafe(header.length + ciphertext.length + TAG_BYTES);
  frame.set(header);
  frame.set(ciphertext, header.length);
  frame.set(tag, header.length + ciphertext.length);
  return frame;
}

/** `encrypt` without the copy that joins the parts. */
export function encryptParts(
  key: SFrameKey,
  kid: Uint64,
  ctr: Uint64,
  metadata: Uint8Array,
  plaintext: Uint8Array,
): SFrameParts {
  if (BigInt(kid) !== key.kid)
    throw new UsageError('crypto/sframe-kid-mismatch', 'a frame names another key than it is sealed with');
  const header = encodeHeader(kid, ctr);
  writeNonce(key.nonce, key.salt, ctr);
  const cipher = createCipheriv(algorithms[key.suite], key.secret, key.nonce, options);
  cipher.setAAD(aadOf(header, metadata));
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { header, ciphertext, tag: cipher.getAuthTag() };
}

/**
 * The plaintext of a frame, released only after its tag was verified.
 * @throws {ProtocolError} `crypto/sframe-malformed`: too short, or no proper header.
 * @throws {CryptoVerificationError} `crypto/sframe-unknown-key` when `lookup` knows no key, `crypto/sframe-authentication`.
 */
export function decrypt(lookup: KeyLookup, metadata: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const fast = { kid: 0, ctr: 0, length: 0 };
  const { kid, ctr, length } = readHeader(ciphertext, fast) ? fast : decodeHeader(ciphertext);
  if (ciphertext.length < length + TAG_BYTES)
    throw new ProtocolError('crypto/sframe-malformed', 'an SFrame is too short for its tag');
  const key = lookup(BigInt(kid));
  if (!key) throw new CryptoVerificationError('crypto/sframe-unknown-key', 'no key for this SFrame key id');
  const plaintext = openWith(key, ctr, length, metadata, ciphertext);
  if (!plaintext) throw new CryptoVerificationError('crypto/sframe-authentication', 'an SFrame does not authenticate');
  return plaintext;
}

/** The AEAD alone, for callers that read the header themselves; null when the tag does not verify. */
export function openWith(
  key: SFrameKey,
  ctr: Uint64,
  headerBytes: number,
  metadata: Uint8Array,
  frame: Uint8Array,
): Uint8Array | null {
  writeNonce(key.nonce, key.salt, ctr);
  const decipher = createDecipheriv(algorithms[key.suite], key.secret, key.nonce, options);
  const end = frame.length - TAG_BYTES;
  decipher.setAuthTag(frame.subarray(end));
  decipher.setAAD(aadOf(frame.subarray(0, headerBytes), metadata));
  const plaintext = decipher.update(frame.subarray(headerBytes, end));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    return null;
  }
  return plaintext;
}

/** The part of a key that lives in JavaScript memory; the rest goes with the key object. */
export function wipeKey(key: SFrameKey): void {
  wipe(key.salt, key.nonce);
}

function aadOf(header: Uint8Array, metadata: Uint8Array): Uint8Array {
  return metadata.length === 0 ? header : Buffer.concat([header, metadata]);
}
