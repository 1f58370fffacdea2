import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Under which names a listener answers. A name that is not ours is somebody else's page rebound to this address. */
export interface HostPolicy {
  isOwnHost(host: string | undefined): boolean;
  /** Whether a page of this origin may talk to us: only our own pages, seen under the same name. */
  isOwnOrigin(origin: string, host: string | undefined): boolean;
  /** The origin that links made for this request begin with. */
  originFor(host: string | undefined): string;
}

/** For the plain listener on loopback: loopback names only. */
export function loopbackPolicy(): HostPolicy {
  return createPolicy('http', null, (name) => loopbackNames.has(name));
}

/**
 * For the TLS listener: the names of the certificate, the public URL's, loopback names, and literal addresses, which nobody
 * can rebind. `certificate` is asked anew each time, because it may be renewed while the server runs.
 */
export function tlsPolicy(certificate: () => X509Certificate, publicOrigin: string | null): HostPolicy {
  const publicName = publicOrigin === null ? null : new URL(publicOrigin).hostname;
  return createPolicy('https', publicOrigin, (name) => {
    if (name === publicName || loopbackNames.has(name)) return true;
    return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || certificate().checkHost(name) !== undefined;
  });
}

function createPolicy(
  scheme: 'http' | 'https',
  publicOrigin: string | null,
  isOwnName: (name: string) => boolean,
): HostPolicy {
  const originOf = (host: string | undefined): string | null => {
    if (host === undefined || !/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i.test(host)) return null;
    const url = URL.parse(`${scheme}://${host}`);
    return url && isOwnName(url.hostname) ? url.origin : null;
  };
  return {
    isOwnHost: (host) => originOf(host) !== null,
    isOwnOrigin: (origin, host) => origin === publicOrigin || (origin === originOf(host) && origin !== 'null'),
    originFor: (host) => publicOrigin ?? originOf(host) ?? `${scheme}://localhost`,
  };
}
