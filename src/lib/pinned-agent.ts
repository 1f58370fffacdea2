import { Agent } from 'node:https';
import { checkServerIdentity, rootCertificates } from 'node:tls';
import type { PeerCertificate } from 'node:tls';

/** Trusts the system's authorities and, besides them, exactly the certificates of `pinned` (PEM), whatever name they carry. */
export function pinnedAgent(pinned: readonly string[]): Agent {
  return new Agent({ ca: [...rootCertificates, ...pinned], checkServerIdentity: pinnedOrNamed(pinned) });
}

function pinnedOrNamed(pinned: readonly string[]): (host: string, certificate: PeerCertificate) => Error | undefined {
  const ders = pinned.map((pem) => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'));
  return (host, certificate) =>
    ders.some((der) => der.equals(certificate.raw)) ? undefined : checkServerIdentity(host, certificate);
}
