/** Makes the certificates of an organisation, its devices and their logins: Ed25519 throughout. identity.ts checks them. */
import 'reflect-metadata';
import type { PublicKey } from '@peculiar/x509';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { fromBase64Url, toBase64Url } from '../lib/bytes.ts';
import { UsageError } from '../lib/errors.ts';
import { cleanName } from './data-message.ts';

export const LOGIN_VALIDITY_MS = 24 * 3_600_000;
/** Clocks of rooms and guests may differ this much. */
export const CLOCK_SKEW_MS = 3_600_000;
const YEAR_MS = 365.25 * 24 * 3_600_000;
const algorithm = { name: 'Ed25519' } as const;

/** The certificate authority of an organisation's rooms. Its private key belongs on a fleet server. */
export interface Organisation {
  /** Self-signed, DER. */
  readonly certificate: Uint8Array;
  readonly privateKey: CryptoKey;
}

/** What a room is recognised by; its private key never leaves the room. */
export interface DeviceIdentity {
  /** Issued by `authority`, DER. */
  readonly certificate: Uint8Array;
  /** The organisation's CA certificate, DER. */
  readonly authority: Uint8Array;
  readonly privateKey: CryptoKey;
}

/** A device identity as JSON holds it. Secret: readable by the room's service only. */
export interface StoredDeviceIdentity {
  readonly certificate: string;
  readonly authority: string;
  /** PKCS #8. */
  readonly privateKey: string;
}

/** A new organisation. `name` is what people see beside verified participants. @throws {UsageError} for an empty name. */
export async function createOrganisation(options: {
  name: string;
  nowMs: number;
  years: number;
}): Promise<Organisation> {
  const name = cleanName(options.name);
  if (!name) throw new UsageError('crypto/name-invalid', 'an organisation needs a name');
  const keys = await generateKeys();
  const subject = new Name([{ O: [name] }, { CN: [`${name} rooms`] }]);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: subject,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    ...validity(options.nowMs, options.years * YEAR_MS),
    extensions: authorityExtensions(1),
  });
  return { certificate: new Uint8Array(certificate.rawData), privateKey: keys.privateKey };
}

/** A new device key with its certificate. `device` names the device to administrators. */
export async function createDeviceIdentity(
  organisation: Organisation,
  options: { device: string; nowMs: number; years: number },
): Promise<DeviceIdentity> {
  const keys = await generateKeys();
  const certificate = await issueDeviceCertificate(organisation, { ...options, publicKey: keys.publicKey });
  return { certificate, authority: organisation.certificate, privateKey: keys.privateKey };
}

/** A device's certificate for a key that was made on the device. It may issue login certificates and nothing below them. */
export async function issueDeviceCertificate(
  organisation: Organisation,
  options: { device: string; publicKey: CryptoKey | PublicKey; nowMs: number; years: number },
): Promise<Uint8Array> {
  const device = cleanName(options.device);
  if (!device) throw new UsageError('crypto/name-invalid', 'a device needs a name');
  const authority = new X509Certificate(copy(organisation.certificate));
  const certificate = await X509CertificateGenerator.create({
    subject: new Name([{ CN: [device] }]),
    issuer: authority.subjectName,
    publicKey: options.publicKey,
    signingKey: organisation.privateKey,
    signingAlgorithm: algorithm,
    ...validity(options.nowMs, options.years * YEAR_MS),
    extensions: authorityExtensions(0),
  });
  return new Uint8Array(certificate.rawData);
}

/** Certifies the signature key of one login, for a day, under its peer id. Returns the chain of a credential, DER. */
export async function issueLoginChain(
  device: DeviceIdentity,
  options: { peer: string; signatureKey: Uint8Array; nowMs: number },
): Promise<Uint8Array[]> {
  const publicKey = await crypto.subtle.importKey('raw', copy(options.signatureKey), algorithm, true, ['verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: new Name([{ CN: [options.peer] }]),
    issuer: new X509Certificate(copy(device.certificate)).subjectName,
    publicKey,
    signingKey: device.privateKey,
    signingAlgorithm: algorithm,
    ...validity(options.nowMs, LOGIN_VALIDITY_MS),
    extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
  });
  return [new Uint8Array(certificate.rawData), device.certificate, device.authority];
}

export async function storeDeviceIdentity(identity: DeviceIdentity): Promise<StoredDeviceIdentity> {
  return {
    certificate: toBase64Url(identity.certificate),
    authority: toBase64Url(identity.authority),
    privateKey: toBase64Url(await exportPrivateKey(identity.privateKey)),
  };
}

/** @throws {UsageError} `crypto/identity-unreadable`. The key cannot be exported again. */
export async function loadDeviceIdentity(stored: StoredDeviceIdentity): Promise<DeviceIdentity> {
  const [certificate, authority, key] = [stored.certificate, stored.authority, stored.privateKey].map(fromBase64Url);
  if (!certificate || !authority || !key) throw unreadable();
  return { certificate, authority, privateKey: await importPrivateKey(key, false) };
}

/** PKCS #8. */
export async function exportPrivateKey(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey('pkcs8', key));
}

/** @throws {UsageError} `crypto/identity-unreadable` */
export async function importPrivateKey(pkcs8: Uint8Array, extractable: boolean): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('pkcs8', copy(pkcs8), algorithm, extractable, ['sign']);
  } catch (cause) {
    throw unreadable(cause);
  }
}

async function generateKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(nowMs: number, lengthMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(nowMs - CLOCK_SKEW_MS), notAfter: new Date(nowMs + lengthMs) };
}

function authorityExtensions(pathLength: number): [BasicConstraintsExtension, KeyUsagesExtension] {
  return [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
  ];
}

function unreadable(cause?: unknown): UsageError {
  return new UsageError('crypto/identity-unreadable', 'the stored identity of this device cannot be read', { cause });
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
