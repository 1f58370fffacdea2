/** Logins: fresh keys for each, and the check of what others offer (RFC 9420 section 10). */
import type { Capabilities, Credential, KeyPackage, LeafNode } from 'ts-mls';
import { encodeMlsMessage, generateKeyPackageWithKey } from 'ts-mls';
import { verifyKeyPackage } from 'ts-mls/keyPackage.js';
import { verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js';
import { fromBase64Url, wipe } from '../lib/bytes.ts';
import { isRoomError, UsageError } from '../lib/errors.ts';
import type { DeviceIdentity } from './certificates.ts';
import { CLOCK_SKEW_MS, issueLoginChain, LOGIN_VALIDITY_MS } from './certificates.ts';
import type { MemberIdentity } from './identity.ts';
import type { GroupEnv, LoginKeys } from './mls.ts';
import {
  asOpaqueLogin,
  credentialOf,
  decodeMessage,
  loadSuite,
  malformed,
  MLS_SUITE,
  mlsLimits,
  packagesOf,
} from './mls.ts';

/** Whom a login speaks for. */
export type LoginIdentity = { readonly kind: 'guest' } | { readonly kind: 'room'; readonly device: DeviceIdentity };

export type OfferResult =
  | { readonly kind: 'ok'; readonly member: MemberIdentity; readonly offer: KeyPackageOffer }
  | { readonly kind: 'invalid'; readonly reason: 'identity' | 'key-package' };

/** Bytes of a key package that `checkKeyPackage` found good. */
export interface KeyPackageOffer {
  readonly peer: string;
  readonly keyPackage: Uint8Array;
}

const capabilities: Capabilities = {
  versions: ['mls10'],
  ciphersuites: [MLS_SUITE],
  extensions: [],
  proposals: [],
  credentials: ['basic', 'x509'],
};
/** X-Wing public keys: ML-KEM-768 and X25519. */
const XWING_PUBLIC_BYTES = 1_216;

/** New Ed25519 and X-Wing keys, held in memory only, good for a day. `peer` is 16 bytes as base64url. */
export async function createLogin(peer: string, identity: LoginIdentity, wallMs: number): Promise<LoginKeys> {
  const peerBytes = fromBase64Url(peer);
  if (peerBytes?.length !== 16) throw new UsageError('crypto/peer-invalid', 'a peer id is 16 bytes');
  const suite = await loadSuite();
  const keys = await suite.signature.keygen();
  const credential: Credential =
    identity.kind === 'guest'
      ? { credentialType: 'basic', identity: peerBytes }
      : {
          credentialType: 'x509',
          certificates: await issueLoginChain(identity.device, { peer, signatureKey: keys.publicKey, nowMs: wallMs }),
        };
  const lifetime = { notBefore: seconds(wallMs - CLOCK_SKEW_MS), notAfter: seconds(wallMs + LOGIN_VALIDITY_MS) };
  const packages = await generateKeyPackageWithKey(credential, capabilities, lifetime, [], keys, suite);
  const keyPackage = encodeMlsMessage({
    version: 'mls10',
    wireformat: 'mls_key_package',
    keyPackage: packages.publicPackage,
  });
  return { peer, keyPackage, mls: asOpaqueLogin(packages) };
}

/** Once the login is in a group, its init key is spent: whoever had it could open the Welcome again (RFC 9420 section 10). */
export function wipeInitKey(login: LoginKeys): void {
  wipe(packagesOf(login).privatePackage.initPrivateKey);
}

/** The end of a login, whether or not it came into a group. */
export function wipeLogin(login: LoginKeys): void {
  const { initPrivateKey, hpkePrivateKey, signaturePrivateKey } = packagesOf(login).privatePackage;
  wipe(initPrivateKey, hpkePrivateKey, signaturePrivateKey);
}

/** Whether what `peer` offers may be added to a group. Never throws for anything in `bytes`. */
export async function checkKeyPackage(peer: string, bytes: Uint8Array, env: GroupEnv): Promise<OfferResult> {
  try {
    const keyPackage = decodeKeyPackage(bytes);
    if (!(await isSoundKeyPackage(keyPackage, env.wallMs()))) return { kind: 'invalid', reason: 'key-package' };
    const { credential, signaturePublicKey } = keyPackage.leafNode;
    const identity = await env.identify(credentialOf(credential), signaturePublicKey);
    if (!identity.accepted || identity.peer !== peer) return { kind: 'invalid', reason: 'identity' };
    return { kind: 'ok', member: identity, offer: { peer, keyPackage: bytes } };
  } catch (error) {
    if (!isRoomError(error) && !(error instanceof Error)) throw error;
    return { kind: 'invalid', reason: 'key-package' };
  }
}

/** @throws {ProtocolError} `crypto/mls-malformed` */
export function decodeKeyPackage(bytes: Uint8Array): KeyPackage {
  const message = decodeMessage(bytes, mlsLimits.keyPackageBytes);
  if (message.wireformat !== 'mls_key_package') throw malformed('no key package');
  return message.keyPackage;
}

/** Signatures, suite, lifetime, keys that others can encrypt to. Members apply it to every Add, not the committer alone. */
export async function isSoundKeyPackage(keyPackage: KeyPackage, wallMs: number): Promise<boolean> {
  const suite = await loadSuite();
  const { leafNode, initKey, cipherSuite, extensions } = keyPackage;
  if (cipherSuite !== MLS_SUITE || extensions.length > 0 || !isSoundLeaf(leafNode)) return false;
  if (initKey.length !== XWING_PUBLIC_BYTES || !isAlive(leafNode.lifetime, wallMs)) return false;
  if (
    !(await verifyLeafNodeSignatureKeyPackage(leafNode, suite.signature)) ||
    !(await verifyKeyPackage(keyPackage, suite.signature))
  )
    return false;
  // Throws for keys that nobody could encrypt to, which would stop every later commit.
  await suite.hpke.exportSecret(
    await suite.hpke.importPublicKey(leafNode.hpkePublicKey),
    new Uint8Array(0),
    32,
    new Uint8Array(0),
  );
  return true;
}

/** What a leaf must be for the members that come later to accept the tree, too. */
export function isSoundLeaf(leaf: LeafNode): boolean {
  const can = leaf.capabilities;
  return (
    leaf.hpkePublicKey.length === XWING_PUBLIC_BYTES &&
    leaf.extensions.length === 0 &&
    can.versions.includes('mls10') &&
    can.ciphersuites.includes(MLS_SUITE) &&
    can.credentials.includes('basic') &&
    can.credentials.includes('x509')
  );
}

function isAlive(lifetime: { notBefore: bigint; notAfter: bigint }, wallMs: number): boolean {
  const now = seconds(wallMs);
  const longest = seconds(LOGIN_VALIDITY_MS + CLOCK_SKEW_MS) + 1n;
  return lifetime.notBefore <= now && now <= lifetime.notAfter && lifetime.notAfter - lifetime.notBefore <= longest;
}

function seconds(ms: number): bigint {
  return BigInt(Math.floor(ms / 1_000));
}
