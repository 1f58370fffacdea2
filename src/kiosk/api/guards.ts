import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Names under which the panel's address may be asked for: any other Host is a DNS rebinding attempt. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Only this machine's own browser, on pages of our own: Host and Origin must both be loopback. */
export function onlyLocal(): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    response.set({
      'Content-Security-Policy': CSP,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    });
    const host = request.headers.host ?? '';
    const origin = request.headers.origin;
    if (isLoopback(host) && (origin === undefined || origin === `http://${host}`)) return next();
    response.status(403).json({ error: { code: 'api/not-local', message: 'Open the panel on the room itself.' } });
  };
}

function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.replace(/:\d{1,5}$/, '').toLowerCase());
}
