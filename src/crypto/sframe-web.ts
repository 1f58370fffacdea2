/** The bytes of sframe.ts on WebCrypto, for a browser's worker: asynchronous, keys as non-extractable CryptoKeys. */
import { concatBytes, wipe } from '../lib/bytes.ts';
import { CryptoVerificationError, ProtocolError, UsageError } from '../lib/errors.ts';
import type { SFrameSuite } from './sframe-derivation.ts';
import { NONCE_BYTES, TAG_BYTES, deriveKeyAndSalt, writeNonce } from './sframe-derivation.ts';
import type { Uint64 } from './sframe-header.ts';
import { decodeHeader, encodeHeader, toUint64 } from './sframe-header.ts';

export interface WebSFrameKey {
  readonly suite: SFrameSuite;
  readonly kid: bigint;
  readonly secret: CryptoKey;
  readonly salt: Uint8Array;
}

export type WebKeyLookup = (kid: bigint) => WebSFrameKey | null | undefined;

/** As `deriveKey` in sframe.ts; the raw key is wiped once WebCrypto holds it. */
export async function deriveWebKey(suite: SFrameSuite, baseKey: Uint8Array, kid: Uint64): Promise<WebSFrameKey> {
  const { key, salt } = deriveKeyAndSalt(suite, baseKey, kid);
  try {
    const secret = await crypto.subtle.importKey('raw', exact(key), 'AES-GCM', false, ['encrypt', 'decrypt']);
    return { suite, kid: toUint64(kid), secret, salt };
  } finally {
    wipe(key);
  }
}

/** As `encrypt` in sframe.ts. @throws {UsageError} when `kid` is not the key's. */
export async function encryptWeb(
  key: WebSFrameKey,
  kid: Uint64,
  ctr: Uint64,
  metadata: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  if (BigInt(kid) !== key.kid)
    throw new UsageError('crypto/sframe-kid-mismatch', 'a frame names another key than it is sealed with');
  const header = encodeHeader(kid, ctr);
  const body = await crypto.subtle.encrypt(parameters(key, ctr, header, metadata), key.secret, exact(plaintext));
  return concatBytes(header, new Uint8Array(body));
}

/**
 * As `decrypt` in sframe.ts.
 * @throws {ProtocolError} `crypto/sframe-malformed` @throws {CryptoVerificationError} unknown key or failed authentication
 */
export async function decryptWeb(
  lookup: WebKeyLookup,
  metadata: Uint8Array,
  ciphertext: Uint8Array,
): Promise<Uint8Array> {
  const header = decodeHeader(ciphertext);
  if (ciphertext.length < header.length + TAG_BYTES)
    throw new ProtocolError('crypto/sframe-malformed', 'an SFrame is too short for its tag');
  const key = lookup(header.kid);
  if (!key) throw new CryptoVerificationError('crypto/sframe-unknown-key', 'no key for this SFrame key id');
  const plaintext = await openWithWeb(key, header.ctr, header.length, metadata, ciphertext);
  if (!plaintext) throw new CryptoVerificationError('crypto/sframe-authentication', 'an SFrame does not authenticate');
  return plaintext;
}

/** The AEAD alone; null when the tag does not verify. */
export async function openWithWeb(
  key: WebSFrameKey,
  ctr: Uint64,
  headerBytes: number,
  metadata: Uint8Array,
  frame: Uint8Array,
): Promise<Uint8Array | null> {
  const aad = parameters(key, ctr, frame.subarray(0, headerBytes), metadata);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(aad, key.secret, exact(frame.subarray(headerBytes))));
  } catch {
    return null;
  }
}

function parameters(key: WebSFrameKey, ctr: Uint64, header: Uint8Array, metadata: Uint8Array): AesGcmParams {
  const iv = new Uint8Array(NONCE_BYTES);
  writeNonce(iv, key.salt, ctr);
  const additionalData = metadata.length === 0 ? exact(header) : concatBytes(header, metadata);
  return { name: 'AES-GCM', iv, additionalData: exact(additionalData), tagLength: TAG_BYTES * 8 };
}

/** WebCrypto's types refuse views on shared memory; a copy is made only for those. */
function exact(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
