import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8, wipe } from '../lib/bytes.ts';
import type { Uint64 } from './sframe-header.ts';
import { toUint64, writeUint } from './sframe-header.ts';

/** RFC 9605 section 8.1: 4 is AES_128_GCM_SHA256_128, 5 is AES_256_GCM_SHA512_128 (what the product uses). */
export type SFrameSuite = 4 | 5;

export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;

const suites = {
  4: { hash: sha256, keyBytes: 16 },
  5: { hash: sha512, keyBytes: 32 },
} as const;

/** Key and salt of one key id, raw: the caller imports the key and wipes what it does not keep. */
export interface DerivedKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

/** RFC 9605 section 4.4.2. Pure: the same in Node and in a browser. @throws {UsageError} for a kid outside 64 bits. */
export function deriveKeyAndSalt(suite: SFrameSuite, baseKey: Uint8Array, kid: Uint64): DerivedKey {
  const { hash, keyBytes } = suites[suite];
  const context = new Uint8Array(10);
  writeUint(context, 0, 8, toUint64(kid));
  context[9] = suite;
  const secret = extract(hash, baseKey, new Uint8Array(0));
  const key = expand(hash, secret, concatBytes(utf8.encode('SFrame 1.0 Secret key '), context), keyBytes);
  const salt = expand(hash, secret, concatBytes(utf8.encode('SFrame 1.0 Secret salt '), context), NONCE_BYTES);
  wipe(secret);
  return { key, salt };
}

/** The nonce of RFC 9605 section 4.4.3, salt XOR counter, written into `out` (12 bytes). */
export function writeNonce(out: Uint8Array, salt: Uint8Array, ctr: Uint64): void {
  out.set(salt);
  if (typeof ctr === 'number') {
    let rest = ctr;
    for (let i = NONCE_BYTES - 1; rest > 0; i--, rest = Math.floor(rest / 256)) out[i] = (out[i] ?? 0) ^ (rest % 256);
    return;
  }
  let rest = ctr;
  for (let i = NONCE_BYTES - 1; rest > 0n; i--, rest >>= 8n) out[i] = (out[i] ?? 0) ^ Number(rest & 0xffn);
}
