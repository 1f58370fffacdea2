import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { CryptoVerificationError, ProtocolError, RoomError, UsageError } from '../../../src/lib/errors.ts';
import { deriveKeyAndSalt } from '../../../src/crypto/sframe-derivation.ts';
import { noMetadata, readHeader } from '../../../src/crypto/sframe-header.ts';
import { decryptWeb, deriveWebKey, encryptWeb } from '../../../src/crypto/sframe-web.ts';
import type { SFrameSuite } from '../../../src/crypto/sframe.ts';
import { decodeHeader, decrypt, deriveKey, encodeHeader, encrypt, encryptParts } from '../../../src/crypto/sframe.ts';

interface Vector {
  cipher_suite: SFrameSuite;
  kid: string;
  ctr: string;
  base_key: string;
  sframe_key: string;
  sframe_salt: string;
  metadata: string;
  pt: string;
  ct: string;
}

const vectors = JSON.parse(readFileSync(new URL('../../fixtures/rfc9605.json', import.meta.url), 'utf8')) as {
  header: [kid: string, ctr: string, bytes: string][];
  sframe: Vector[];
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), fc.bigInt({ min: 0n, max: 300n }));

describe('SFrame header', () => {
  it('encodes and decodes every vector of RFC 9605 appendix C.1', () => {
    assert.equal(vectors.header.length, 289);
    for (const [kid, ctr, bytes] of vectors.header) {
      assert.equal(hex(encodeHeader(BigInt(kid), BigInt(ctr))), bytes);
      assert.deepEqual(decodeHeader(unhex(bytes)), { kid: BigInt(kid), ctr: BigInt(ctr), length: bytes.length / 2 });
    }
  });

  it('writes the same bytes for numbers as for bigints', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (kid, ctr) => {
        assert.deepEqual(encodeHeader(kid, ctr), encodeHeader(BigInt(kid), BigInt(ctr)));
      }),
    );
  });

  it('reads any bytes as a header in its only form, or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const fast = { kid: -1, ctr: -1, length: -1 };
        const fastOk = readHeader(bytes, fast);
        try {
          const { kid, ctr, length } = decodeHeader(bytes);
          assert.deepEqual(encodeHeader(kid, ctr), bytes.slice(0, length));
          assert.equal(fastOk, kid < 2n ** 48n && ctr < 2n ** 48n);
          if (fastOk) assert.deepEqual(fast, { kid: Number(kid), ctr: Number(ctr), length });
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          assert.equal(fastOk, false);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a value that is not in its shortest form', () => {
    for (const bytes of ['8001', '0801', '900009', '0900ff', ''])
      assert.throws(() => decodeHeader(unhex(bytes)), ProtocolError, bytes);
  });

  it('refuses what is not an unsigned 64-bit integer', () => {
    for (const bad of [-1, 1.5, NaN, 2 ** 53, -1n, 2n ** 64n]) {
      assert.throws(() => encodeHeader(bad, 0), UsageError);
      assert.throws(() => encodeHeader(0n, bad), UsageError);
    }
  });
});

describe('SFrame', () => {
  for (const vector of vectors.sframe) {
    it(`gives the bytes of RFC 9605 appendix C.3, suite ${vector.cipher_suite}`, async () => {
      const [kid, ctr] = [BigInt(vector.kid), BigInt(vector.ctr)];
      const derived = deriveKeyAndSalt(vector.cipher_suite, unhex(vector.base_key), kid);
      assert.equal(hex(derived.key), vector.sframe_key);
      assert.equal(hex(derived.salt), vector.sframe_salt);
      const key = deriveKey(vector.cipher_suite, unhex(vector.base_key), kid);
      assert.equal(hex(encrypt(key, kid, ctr, unhex(vector.metadata), unhex(vector.pt))), vector.ct);
      assert.equal(hex(encrypt(key, Number(kid), Number(ctr), unhex(vector.metadata), unhex(vector.pt))), vector.ct);
      assert.equal(hex(decrypt((k) => (k === kid ? key : null), unhex(vector.metadata), unhex(vector.ct))), vector.pt);
      const web = await deriveWebKey(vector.cipher_suite, unhex(vector.base_key), kid);
      assert.equal(web.secret.extractable, false);
      assert.equal(hex(await encryptWeb(web, kid, ctr, unhex(vector.metadata), unhex(vector.pt))), vector.ct);
      assert.equal(hex(await decryptWeb(() => web, unhex(vector.metadata), unhex(vector.ct))), vector.pt);
    });
  }

  it('round-trips any frame, Node to WebCrypto and back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<SFrameSuite>(4, 5),
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        uint64,
        uint64,
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 2_000 }),
        async (suite, baseKey, kid, ctr, metadata, plaintext) => {
          const node = deriveKey(suite, baseKey, kid);
          const web = await deriveWebKey(suite, baseKey, kid);
          const frame = encrypt(node, kid, ctr, metadata, plaintext);
          assert.equal(hex(await encryptWeb(web, kid, ctr, metadata, plaintext)), hex(frame));
          assert.equal(hex(await decryptWeb(() => web, metadata, frame)), hex(plaintext));
          assert.equal(hex(decrypt(() => node, metadata, frame)), hex(plaintext));
          const parts = encryptParts(node, kid, ctr, metadata, plaintext);
          assert.equal(hex(parts.header) + hex(parts.ciphertext) + hex(parts.tag), hex(frame));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('rejects a frame with any byte flipped, in any bit', async () => {
    const base = new Uint8Array(32).fill(7);
    const key = deriveKey(5, base, 0x1234);
    const web = await deriveWebKey(5, base, 0x1234);
    const frame = encrypt(key, 0x1234, 77, noMetadata, unhex('00112233445566778899'));
    for (let at = 0; at < frame.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bad = Uint8Array.from(frame);
        bad[at] = (bad[at] ?? 0) ^ (1 << bit);
        assert.throws(() => decrypt(() => key, noMetadata, bad), RoomError);
        await assert.rejects(
          decryptWeb(() => web, noMetadata, bad),
          RoomError,
        );
      }
    }
  });

  it('rejects truncation, other metadata, another key and an unknown key id', () => {
    const key = deriveKey(5, new Uint8Array(32), 9);
    const frame = encrypt(key, 9, 1, unhex('aa'), unhex('0102'));
    for (let length = 0; length < frame.length; length++)
      assert.throws(() => decrypt(() => key, unhex('aa'), frame.subarray(0, length)), RoomError);
    assert.throws(() => decrypt(() => key, unhex('ab'), frame), CryptoVerificationError);
    assert.throws(() => decrypt(() => key, noMetadata, frame), CryptoVerificationError);
    assert.throws(
      () => decrypt(() => deriveKey(5, new Uint8Array(32).fill(1), 9), unhex('aa'), frame),
      CryptoVerificationError,
    );
    assert.throws(() => decrypt(() => null, unhex('aa'), frame), { code: 'crypto/sframe-unknown-key' });
  });

  it('never throws anything but its own errors on garbage', () => {
    const key = deriveKey(5, new Uint8Array(32), 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.throws(() => decrypt(() => key, noMetadata, bytes), RoomError);
      }),
    );
  });

  it('refuses to seal under a key id that is not the key’s', async () => {
    assert.throws(() => encrypt(deriveKey(5, new Uint8Array(32), 1), 2, 0, noMetadata, noMetadata), UsageError);
    await assert.rejects(
      encryptWeb(await deriveWebKey(5, new Uint8Array(32), 1), 2, 0, noMetadata, noMetadata),
      UsageError,
    );
  });
});
