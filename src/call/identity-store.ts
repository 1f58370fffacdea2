import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDeviceIdentity, createOrganisation, storeDeviceIdentity } from '../crypto/certificates.ts';
import type { StoredDeviceIdentity } from '../crypto/certificates.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { fromBase64Url, toBase64Url } from '../lib/bytes.ts';
import { ConfigError, isENOENT } from '../lib/errors.ts';

const YEARS = 20;

export interface IdentityPaths {
  /** PKCS #8, PEM, readable by the room's service only. */
  readonly deviceKey: string;
  /** The device's certificate and its authority's, PEM, in this order. */
  readonly deviceCertificate: string;
}

/**
 * The room's identity; on the first run one is made, with an organisation of its own whose key is thrown away after it has
 * issued this one certificate. A fleet replaces both files by its own.
 * @throws {ConfigError} identity/unreadable, identity/incomplete (one file without the other: nothing is overwritten).
 */
export async function loadOrCreateIdentity(
  paths: IdentityPaths,
  roomName: string,
  nowMs: number,
): Promise<StoredDeviceIdentity> {
  const [key, certificates] = await Promise.all([readOptional(paths.deviceKey), readOptional(paths.deviceCertificate)]);
  if (key !== null && certificates !== null) return parseIdentity(key, certificates, paths);
  if (key !== null || certificates !== null)
    throw new ConfigError(
      'identity/incomplete',
      'The room has a key or a certificate without the other; restore or remove both',
      {
        context: { key: key !== null, certificate: certificates !== null },
      },
    );
  const organisation = await createOrganisation({ name: roomName, nowMs, years: YEARS });
  const identity = await createDeviceIdentity(organisation, { device: roomName, nowMs, years: YEARS });
  const stored = await storeDeviceIdentity(identity);
  await save(paths, stored);
  return stored;
}

async function save(paths: IdentityPaths, identity: StoredDeviceIdentity): Promise<void> {
  for (const path of [paths.deviceKey, paths.deviceCertificate])
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomic(paths.deviceKey, pem('PRIVATE KEY', identity.privateKey), 0o600);
  const chain = pem('CERTIFICATE', identity.certificate) + pem('CERTIFICATE', identity.authority);
  await writeFileAtomic(paths.deviceCertificate, chain, 0o644);
}

function parseIdentity(key: string, certificates: string, paths: IdentityPaths): StoredDeviceIdentity {
  const [privateKey] = blocks(key, 'PRIVATE KEY');
  const [certificate, authority] = blocks(certificates, 'CERTIFICATE');
  if (!privateKey)
    throw new ConfigError('identity/unreadable', `${paths.deviceKey} holds no private key (PKCS #8, PEM)`);
  if (!certificate || !authority)
    throw new ConfigError(
      'identity/unreadable',
      `${paths.deviceCertificate} must hold the room's certificate and its authority's`,
    );
  return { privateKey, certificate, authority };
}

/** PEM files of certificate authorities → DER. @throws {ConfigError} identity/unreadable */
export async function readCertificates(paths: readonly string[]): Promise<Uint8Array[]> {
  const ders: Uint8Array[] = [];
  for (const path of paths) {
    const found = blocks((await readOptional(path)) ?? '', 'CERTIFICATE').map(fromBase64Url);
    if (found.length === 0) throw new ConfigError('identity/unreadable', `${path} holds no certificate (PEM)`);
    ders.push(...found.filter((der) => der !== null));
  }
  return ders;
}

async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isENOENT(cause)) return null;
    throw new ConfigError('identity/unreadable', `${path} cannot be read`, { cause });
  }
}

function pem(label: string, base64url: string): string {
  const bytes = Buffer.from(base64url, 'base64url').toString('base64');
  return `-----BEGIN ${label}-----\n${bytes.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;
}

function blocks(text: string, label: string): string[] {
  const found = text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, 'g'));
  return [...found].map(([, base64 = '']) => toBase64Url(Buffer.from(base64, 'base64')));
}
