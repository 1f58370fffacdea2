import assert from 'node:assert/strict';
import { randomBytes, webcrypto } from 'node:crypto';
import fc from 'fast-check';
import type { DeviceIdentity, Organisation, StoredDeviceIdentity } from '../../../src/crypto/certificates.ts';
import {
  createDeviceIdentity,
  createOrganisation,
  issueLoginChain,
  loadDeviceIdentity,
  LOGIN_VALIDITY_MS,
  storeDeviceIdentity,
} from '../../../src/crypto/certificates.ts';
import type { TrustAnchors } from '../../../src/crypto/identity.ts';
import { checkIdentity, createIdentityCheck } from '../../../src/crypto/identity.ts';
import { anchorOf } from '../../../src/crypto/link.ts';
import { toBase64Url } from '../../../src/lib/bytes.ts';
import { UsageError } from '../../../src/lib/errors.ts';

const now = Date.UTC(2026, 5, 1);
const nobody: TrustAnchors = { certificates: [], anchor: null };
const peer = toBase64Url(randomBytes(16));

async function rawKey(): Promise<Uint8Array> {
  const keys = (await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return new Uint8Array(await webcrypto.subtle.exportKey('raw', keys.publicKey));
}

describe('identity', () => {
  let organisation: Organisation;
  let device: DeviceIdentity;
  let key: Uint8Array;
  let chain: Uint8Array[];
  let trusting: TrustAnchors;
  const check = (certificates: Uint8Array[], anchors = trusting, at = now, signatureKey = key) =>
    checkIdentity({ kind: 'x509', certificates }, signatureKey, anchors, at);

  before(async () => {
    organisation = await createOrganisation({ name: 'Ačme, Ltd.+x', nowMs: now, years: 10 });
    device = await createDeviceIdentity(organisation, { device: 'room-1', nowMs: now, years: 2 });
    key = await rawKey();
    chain = await issueLoginChain(device, { peer, signatureKey: key, nowMs: now });
    trusting = { certificates: [organisation.certificate], anchor: null };
  });

  it('a room of a configured organisation is verified', async () => {
    assert.deepEqual(await check(chain), {
      accepted: true,
      peer,
      kind: 'room',
      verification: { kind: 'organisation', organisation: 'Ačme, Ltd.+x' },
    });
  });

  it('a room of the organisation that the link names is verified', async () => {
    const result = await check(chain, { certificates: [], anchor: anchorOf(organisation.certificate) });
    assert.ok(result.accepted && result.verification.kind === 'organisation');
  });

  it('a room of an unknown organisation is let in unverified', async () => {
    for (const anchors of [nobody, { certificates: [randomBytes(300)], anchor: anchorOf(randomBytes(9)) }])
      assert.deepEqual(await check(chain, anchors), {
        accepted: true,
        peer,
        kind: 'room',
        verification: { kind: 'unverified' },
      });
  });

  it('a room is let in however short or long its name is', async () => {
    for (const length of [1, 2, 3, 4, 5, 64]) {
      const named = await createDeviceIdentity(organisation, { device: 'R'.repeat(length), nowMs: now, years: 2 });
      const result = await check(await issueLoginChain(named, { peer, signatureKey: key, nowMs: now }));
      assert.ok(result.accepted, `${length} characters: ${JSON.stringify(result)}`);
    }
  });

  it('a guest is whoever it says, unverified', async () => {
    assert.deepEqual(await checkIdentity({ kind: 'basic', identity: new Uint8Array(16) }, key, trusting, now), {
      accepted: true,
      peer: toBase64Url(new Uint8Array(16)),
      kind: 'guest',
      verification: { kind: 'unverified' },
    });
    assert.equal(
      (await checkIdentity({ kind: 'basic', identity: new Uint8Array(15) }, key, trusting, now)).accepted,
      false,
    );
  });

  it('rejects the certificate of another key, an expired or future one', async () => {
    assert.equal((await check(chain, trusting, now, await rawKey())).accepted, false);
    assert.equal((await check(chain, trusting, now + LOGIN_VALIDITY_MS + 1_000)).accepted, false);
    assert.equal((await check(chain, trusting, now - 2 * 3_600_000)).accepted, false);
  });

  it('rejects a forged organisation of the same name, and chains put together from two', async () => {
    const forged = await createOrganisation({ name: 'Ačme, Ltd.+x', nowMs: now, years: 10 });
    const thief = await createDeviceIdentity(forged, { device: 'room-1', nowMs: now, years: 2 });
    const theirs = await issueLoginChain(thief, { peer, signatureKey: key, nowMs: now });
    const result = await check(theirs);
    assert.ok(result.accepted && result.verification.kind === 'unverified');
    const [login, dev, ca] = chain as [Uint8Array, Uint8Array, Uint8Array];
    const [login2, dev2, ca2] = theirs as [Uint8Array, Uint8Array, Uint8Array];
    for (const mixed of [
      [login2, dev, ca],
      [login, dev2, ca],
      [login2, dev2, ca],
      [login, dev, ca2],
      [login, dev],
      [dev, ca, ca],
      [login, ca, ca],
      [],
      [...chain, ca],
    ])
      assert.equal((await check(mixed)).accepted, false);
  });

  it('rejects a login key that certifies another, and a device that certifies a device', async () => {
    const pair = (await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
    const loginKey = new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey));
    const [login, dev] = (await issueLoginChain(device, { peer, signatureKey: loginKey, nowMs: now })) as [
      Uint8Array,
      Uint8Array,
    ];
    const asDevice = { certificate: login, authority: dev, privateKey: pair.privateKey };
    assert.equal(
      (await check(await issueLoginChain(asDevice, { peer, signatureKey: key, nowMs: now }))).accepted,
      false,
    );
    const rogue = await createDeviceIdentity(
      { certificate: device.certificate, privateKey: device.privateKey },
      { device: 'x', nowMs: now, years: 1 },
    );
    assert.equal((await check(await issueLoginChain(rogue, { peer, signatureKey: key, nowMs: now }))).accepted, false);
  });

  it('rejects every byte flipped in any certificate of a verified chain', async () => {
    for (const [i, der] of chain.entries()) {
      for (let at = 0; at < der.length; at += 3) {
        const bad = chain.map((each) => Uint8Array.from(each));
        const target = bad[i];
        if (target) target[at] = (target[at] ?? 0) ^ 1;
        const result = await check(bad);
        assert.equal(result.accepted, false, `certificate ${i} byte ${at}`);
      }
    }
  });

  it('never throws on garbage, nor on oversized or padded certificates', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 }), async (certificates) => {
        assert.equal((await check(certificates)).accepted, false);
      }),
    );
    const padded = chain.map((each) => Uint8Array.from([...each, 0]));
    assert.equal((await check(padded)).accepted, false);
    assert.equal((await check([new Uint8Array(100_000).fill(0x30), ...chain.slice(1)])).accepted, false);
  });

  it('a remembered answer is the same answer', async () => {
    const remembered = createIdentityCheck(trusting, () => now);
    const first = await remembered({ kind: 'x509', certificates: chain }, key);
    assert.equal(await remembered({ kind: 'x509', certificates: chain }, key), first);
    assert.equal((await remembered({ kind: 'x509', certificates: chain }, await rawKey())).accepted, false);
  });

  it('a device identity survives being stored; its key cannot be taken out again', async () => {
    const loaded = await loadDeviceIdentity(
      JSON.parse(JSON.stringify(await storeDeviceIdentity(device))) as StoredDeviceIdentity,
    );
    assert.ok((await check(await issueLoginChain(loaded, { peer, signatureKey: key, nowMs: now }))).accepted);
    await assert.rejects(storeDeviceIdentity(loaded));
    await assert.rejects(loadDeviceIdentity({ certificate: 'x', authority: 'AA', privateKey: 'AA' }), UsageError);
    await assert.rejects(loadDeviceIdentity({ certificate: 'AA', authority: 'AA', privateKey: 'AA' }), UsageError);
  });
});
