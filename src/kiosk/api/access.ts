import { hostname } from 'node:os';
import { isIP } from 'node:net';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { PairedPanels } from '../pairing/paired-panels.ts';

/** Who asks: a page on the room itself, or a paired panel on the network. */
export type Access = { readonly kind: 'room' } | { readonly kind: 'panel' | 'door'; readonly panel: string };

/** Bound to this host and to TLS by its prefix (RFC 6265bis section 4.1.3.2), and out of reach of scripts. */
export const PANEL_COOKIE = '__Host-incamera-panel';
const COOKIE_DAYS = 400;

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

/** What every answer carries, also refusals. */
export function safeHeaders(): RequestHandler {
  return (_request: Request, response: Response, next: NextFunction) => {
    response.set({
      'Content-Security-Policy': CSP,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
    });
    next();
  };
}

/** Names under which the panel's address may be asked for on the room itself: any other Host is a DNS rebinding attempt. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Only this machine's own browser, on pages of our own: Host and Origin must both be loopback. */
export function onlyLocal(): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (!isOwn(request, 'http', (name) => LOOPBACK.has(name)))
      return refuse(response, 403, 'api/not-local', 'Open the panel on the room itself.');
    setAccess(response, { kind: 'room' });
    next();
  };
}

/**
 * Pages may be loaded by anybody on the network, and say how to pair; the API only answers paired panels, and a door display
 * only what is meant for it. Host must be an address or the machine's own name: names of others may be made to lead here.
 */
export function onlyPaired(panels: PairedPanels): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (!isOwn(request, 'https', isOwnName))
      return refuse(response, 403, 'api/not-this-host', 'Open this panel by the address or the name of the room.');
    if (!request.path.startsWith('/api/') || request.path.startsWith('/api/v1/pairing/')) return next();
    findAccess(request, panels)
      .then((access) => {
        if (!access) return refuse(response, 401, 'api/not-paired', 'Pair this panel with the room first.');
        if (access.kind === 'door' && !request.path.startsWith('/api/v1/door/'))
          return refuse(response, 403, 'api/door-only', 'This is a door display: it only shows the room’s bookings.');
        setAccess(response, access);
        next();
      })
      .catch(next);
  };
}

/** Set by the guards above. */
export function accessOf(response: Response): Access {
  return (response.locals as { access: Access }).access;
}

/** Gives the panel its token, out of reach of scripts and of other sites. */
export function setPanelCookie(response: Response, token: string): void {
  response.cookie(PANEL_COOKIE, token, {
    httpOnly: true,
    secure: true,
    sameSite: 'strict',
    path: '/',
    maxAge: COOKIE_DAYS * 86_400_000,
  });
}

function setAccess(response: Response, access: Access): void {
  (response.locals as { access: Access }).access = access;
}

async function findAccess({ headers }: Request, panels: PairedPanels): Promise<Access | null> {
  const token = cookieOf(headers.cookie ?? '');
  const found = token === null ? null : await panels.find(token);
  return found && { kind: found.role, panel: found.id };
}

function cookieOf(header: string): string | null {
  for (const part of header.slice(0, 4_096).split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === PANEL_COOKIE && value !== undefined && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}

function isOwn({ headers }: Request, scheme: string, isName: (name: string) => boolean): boolean {
  const { host = '', origin } = headers;
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return isName(name) && (origin === undefined || origin === `${scheme}://${host}`);
}

function isOwnName(name: string): boolean {
  const own = hostname().toLowerCase();
  return (
    isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || name === own || name === `${own}.local` || name === 'localhost'
  );
}

function refuse(response: Response, status: number, code: string, message: string): void {
  response.status(status).json({ error: { code, message } });
}
