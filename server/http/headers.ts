import type { RequestHandler } from 'express';
import type { HostPolicy } from './hosts.ts';

/**
 * Strict headers on every answer. No HSTS: a self-signed certificate under HSTS would lock people out of the address.
 * The sockets are named as well as 'self', because not every browser counts ws: among it.
 */
export function securityHeaders(policy: HostPolicy): RequestHandler {
  return (request, response, next) => {
    const { host } = request.headers;
    const socket = policy.isOwnHost(host) ? policy.originFor(host).replace(/^http/, 'ws') : '';
    const csp = [
      "default-src 'none'",
      "script-src 'self'",
      "worker-src 'self'",
      "style-src 'self'",
      "font-src 'self'",
      "img-src 'self' data: blob:",
      "media-src 'self' blob: mediastream:",
      `connect-src 'self' ${socket}`.trimEnd(),
      "manifest-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ];
    response.set({
      'Content-Security-Policy': csp.join('; '),
      'Permissions-Policy':
        'camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=()',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    });
    next();
  };
}
