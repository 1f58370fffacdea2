/** Who a member of the group is: the credential in its MLS leaf held against the trust anchors (RFC 9420 section 5.3.1). */
import 'reflect-metadata';
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Certificate } from '@peculiar/x509';
import { fastEqual, fromBase64Url, toBase64Url } from '../lib/bytes.ts';
import { CLOCK_SKEW_MS, LOGIN_VALIDITY_MS } from './certificates.ts';
import { cleanName } from './data-message.ts';
import { anchorOf } from './link.ts';

/** As it stands in an MLS leaf. */
export type MemberCredential =
  | { readonly kind: 'basic'; readonly identity: Uint8Array }
  | { readonly kind: 'x509'; readonly certificates: readonly Uint8Array[] };

export type MemberVerification =
  { readonly kind: 'organisation'; readonly organisation: string } | { readonly kind: 'unverified' };

export interface MemberIdentity {
  readonly peer: string;
  /** What the credential claims; only `verification` says whether anybody vouches for it. */
  readonly kind: 'room' | 'guest';
  readonly verification: MemberVerification;
}

export type IdentityResult =
  | ({ readonly accepted: true } & MemberIdentity)
  /** No such member may be in the group. `reason` is for logs. */
  | { readonly accepted: false; readonly reason: string };

/** What this client trusts: CA certificates (DER) it was configured with, and the CA that the meeting's link names. */
export interface TrustAnchors {
  readonly certificates: readonly Uint8Array[];
  readonly anchor: string | null;
}

export type IdentityCheck = (credential: MemberCredential, signatureKey: Uint8Array) => Promise<IdentityResult>;

const PEER_BYTES = 16;
const MAX_CERTIFICATE_BYTES = 2_048;
/** SubjectPublicKeyInfo of Ed25519 before its 32 bytes (RFC 8410 section 4). */
const ED25519_SPKI = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** How a certificate signed with Ed25519 ends before the 64 bytes of its signature: one encoding, where BER would allow more. */
const ED25519_SIGNATURE = Uint8Array.of(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x41, 0x00);

/**
 * A guest names itself. A room shows three certificates: login key, device, CA. A broken chain is rejected; a sound one to a CA
 * that is no trust anchor is an unverified room. Never throws, whatever is in the credential.
 */
export async function checkIdentity(
  credential: MemberCredential,
  signatureKey: Uint8Array,
  anchors: TrustAnchors,
  nowMs: number,
): Promise<IdentityResult> {
  if (credential.kind === 'basic') return checkGuest(credential.identity);
  try {
    return await checkRoom(credential.certificates, signatureKey, anchors, nowMs);
  } catch {
    return rejected('certificates unreadable');
  }
}

/** `checkIdentity` that remembers up to 512 answers: every member's chain comes up at every join. */
export function createIdentityCheck(anchors: TrustAnchors, nowMs: () => number): IdentityCheck {
  const known = new Map<string, Promise<IdentityResult>>();
  return (credential, signatureKey) => {
    if (credential.kind === 'basic') return checkIdentity(credential, signatureKey, anchors, nowMs());
    const name = [signatureKey, ...credential.certificates].map(toBase64Url).join('.');
    let result = known.get(name);
    if (!result) {
      const oldest = known.size >= 512 ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      known.set(name, (result = checkIdentity(credential, signatureKey, anchors, nowMs())));
    }
    return result;
  };
}

function checkGuest(identity: Uint8Array): IdentityResult {
  if (identity.length !== PEER_BYTES) return rejected('not a peer id');
  return { accepted: true, peer: toBase64Url(identity), kind: 'guest', verification: { kind: 'unverified' } };
}

async function checkRoom(
  ders: readonly Uint8Array[],
  signatureKey: Uint8Array,
  anchors: TrustAnchors,
  nowMs: number,
): Promise<IdentityResult> {
  const [loginDer, deviceDer, authorityDer, ...more] = ders;
  if (!loginDer || !deviceDer || !authorityDer || more.length > 0) return rejected('not a chain of three');
  const [login, device, authority] = [parse(loginDer), parse(deviceDer), parse(authorityDer)];
  for (const each of [login, device, authority]) {
    if (nowMs < each.notBefore.getTime() || nowMs > each.notAfter.getTime()) return rejected('outside its validity');
    if (each.extensions.some((extension) => extension.critical && !isKnown(extension)))
      return rejected('unknown critical extension');
  }
  if (login.notAfter.getTime() - login.notBefore.getTime() > LOGIN_VALIDITY_MS + CLOCK_SKEW_MS)
    return rejected('login certified for too long');
  if (!mayIssue(device, 0) || !mayIssue(authority, 1)) return rejected('an issuer is no authority');
  if (
    !(await isIssuedBy(login, device)) ||
    !(await isIssuedBy(device, authority)) ||
    !(await isIssuedBy(authority, authority))
  )
    return rejected('the chain does not hold');
  if (!fastEqual(ed25519KeyOf(login) ?? new Uint8Array(0), signatureKey)) return rejected('certificate of another key');
  const peer = onlyField(login, 'CN');
  if (peer === null || fromBase64Url(peer)?.length !== PEER_BYTES) return rejected('not a peer id');
  return { accepted: true, peer, kind: 'room', verification: verificationOf(authority, authorityDer, anchors) };
}

function verificationOf(authority: X509Certificate, der: Uint8Array, anchors: TrustAnchors): MemberVerification {
  const trusted = anchors.certificates.some((each) => fastEqual(each, der)) || anchors.anchor === anchorOf(der);
  const organisation = cleanName(onlyField(authority, 'O') ?? onlyField(authority, 'CN') ?? '');
  return trusted && organisation ? { kind: 'organisation', organisation } : { kind: 'unverified' };
}

/** @throws when it is not one certificate, signed with Ed25519, and nothing after it. */
function parse(der: Uint8Array): X509Certificate {
  if (der.length > MAX_CERTIFICATE_BYTES) throw new RangeError('certificate too large');
  const certificate = new X509Certificate(new Uint8Array(der));
  if (!fastEqual(new Uint8Array(certificate.rawData), der)) throw new RangeError('bytes after the certificate');
  if (!isOneSequence(der)) throw new RangeError('not DER');
  if (!fastEqual(der.subarray(-64 - ED25519_SIGNATURE.length, -64), ED25519_SIGNATURE))
    throw new RangeError('not signed with Ed25519');
  return certificate;
}

/** One outer SEQUENCE that covers everything, its length written the one way that DER allows (X.690 section 10.1). */
function isOneSequence(der: Uint8Array): boolean {
  const [tag, form, high = 0, low = 0] = der;
  if (tag !== 0x30) return false;
  // A short name makes a certificate of less than 256 bytes.
  if (form === 0x81) return high >= 0x80 && 3 + high === der.length;
  return form === 0x82 && high > 0 && 4 + ((high << 8) | low) === der.length;
}

function mayIssue(certificate: X509Certificate, pathLength: number): boolean {
  const constraints = certificate.getExtension(BasicConstraintsExtension);
  const usages = certificate.getExtension(KeyUsagesExtension);
  return (
    constraints?.ca === true &&
    constraints.pathLength === pathLength &&
    ((usages?.usages ?? 0) & KeyUsageFlags.keyCertSign) !== 0
  );
}

async function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): Promise<boolean> {
  const [named, subject] = [certificate.issuerName.toArrayBuffer(), issuer.subjectName.toArrayBuffer()];
  if (!fastEqual(new Uint8Array(named), new Uint8Array(subject))) return false;
  if (!ed25519KeyOf(issuer)) return false;
  return certificate.verify({ publicKey: issuer.publicKey, signatureOnly: true });
}

function ed25519KeyOf(certificate: X509Certificate): Uint8Array | null {
  const spki = new Uint8Array(certificate.publicKey.rawData);
  const isEd25519 =
    spki.length === ED25519_SPKI.length + 32 && fastEqual(spki.subarray(0, ED25519_SPKI.length), ED25519_SPKI);
  return isEd25519 ? spki.subarray(ED25519_SPKI.length) : null;
}

function onlyField(certificate: X509Certificate, field: string): string | null {
  const values = certificate.subjectName.getField(field);
  return values.length === 1 ? (values[0] ?? null) : null;
}

function isKnown(extension: unknown): boolean {
  return extension instanceof BasicConstraintsExtension || extension instanceof KeyUsagesExtension;
}

function rejected(reason: string): IdentityResult {
  return { accepted: false, reason };
}
