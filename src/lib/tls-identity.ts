import 'reflect-metadata';
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeFileAtomic } from './atomic-file.ts';
import type { Clock } from './clock.ts';
import { ConfigError, isENOENT } from './errors.ts';

const YEARS = 10;
const YEAR_MS = 365.25 * 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate and its key, PEM; `path` is the certificate's, for clients that pin it. */
export interface TlsIdentity {
  readonly path: string;
  readonly certificate: string;
  readonly key: string;
  readonly selfSigned: boolean;
}

/** @throws {ConfigError} `config/tls-unreadable` when the files cannot be read or do not belong together. */
export async function readTlsFiles(certificatePath: string, keyPath: string): Promise<TlsIdentity> {
  try {
    const [certificate, key] = await Promise.all([readFile(certificatePath, 'utf8'), readFile(keyPath, 'utf8')]);
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) throw new Error('key mismatch');
    return { path: certificatePath, certificate, key, selfSigned: false };
  } catch (error) {
    const what = `The TLS certificate ${certificatePath} and key ${keyPath} cannot be used together`;
    throw new ConfigError('config/tls-unreadable', what, { cause: error });
  }
}

/**
 * A service's own certificate, made on the first run and kept in `stateDir` (files of mode 0600). It stays the same from
 * then on, whatever the names, because clients pin it; only one that has expired is replaced.
 */
export async function selfSignedIdentity(
  commonName: string,
  stateDir: string,
  names: readonly string[],
  clock: Clock,
): Promise<TlsIdentity> {
  const path = join(stateDir, 'certificate.pem');
  const keyPath = join(stateDir, 'private-key.pem');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const existing = await readIfThere(path);
  if (existing !== null && new X509Certificate(existing).validToDate.getTime() > clock.wallMs()) {
    return { ...(await readTlsFiles(path, keyPath)), selfSigned: true };
  }
  const made = await makeSelfSigned(commonName, names, clock);
  // The key first: a crash in between leaves no certificate, and the next run makes both again.
  await writeFileAtomic(keyPath, made.key, 0o600);
  await writeFileAtomic(path, made.certificate, 0o600);
  return { path, ...made, selfSigned: true };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isENOENT(error)) return null;
    throw new ConfigError('config/tls-unreadable', `The TLS certificate ${path} cannot be read`, { cause: error });
  }
}

async function makeSelfSigned(
  commonName: string,
  names: readonly string[],
  clock: Clock,
): Promise<{ certificate: string; key: string }> {
  // Loaded when needed: it takes longer than the rest of the start.
  const x509 = await import('@peculiar/x509');
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notBefore = new Date(clock.wallMs() - 86_400_000);
  const serialNumber = randomBytes(16);
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber.toString('hex'),
      name: `CN=${commonName}`,
      notBefore,
      notAfter: new Date(clock.wallMs() + YEARS * YEAR_MS),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        // A leaf that is its own trust anchor (RFC 5280 section 4.2.1.9): it can sign nothing else.
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          [...new Set(names)].map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
        ),
      ],
    },
    crypto,
  );
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificate: `${certificate.toString('pem')}\n`, key };
}
