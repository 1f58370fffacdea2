import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { codeOf, isRoomError, UsageError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import { AdminError } from './admin/admin-error.ts';
import { onlyLocal, onlyPaired, safeHeaders } from './api/access.ts';
import openapi from './api/openapi.json' with { type: 'json' };
import type { ApiDeps } from './api/routes.ts';
import { apiRouter, apiRoutes } from './api/routes.ts';

export interface KioskServerDeps extends ApiDeps {
  readonly log: Logger;
  /** The built panel. */
  readonly panelDir: string;
}

/** Where pages come from: the room itself, over loopback, or the network, over TLS and paired. */
export type KioskReach = 'room' | 'network';

/** The daemon's HTTP API and the pages' files. */
export function createKioskApp(deps: KioskServerDeps, reach: KioskReach): express.Express {
  const { log, panelDir } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => void response.json({ ok: true }));
  app.use(safeHeaders());
  app.use(reach === 'room' ? onlyLocal() : onlyPaired(deps.panels));
  app.use('/api', perSecond(60));
  // Guessing is slow for whoever guesses, and the code on the display cannot be made to flicker.
  app.use(['/api/v1/pairing', '/api/v1/admin/unlock'], perSecond(5));
  app.use('/api/v1', apiRouter(apiRoutes(deps, openapi)));
  app.use('/assets', express.static(`${panelDir}/assets`, { immutable: true, maxAge: '1y' }));
  app.use(
    express.static(panelDir, {
      cacheControl: false,
      setHeaders: (response) => response.setHeader('Cache-Control', 'no-cache'),
    }),
  );
  app.use(
    (_request, response) => void response.status(404).json(publicError('api/not-found', 'There is nothing here.')),
  );
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const isExpected = error instanceof UsageError || error instanceof AdminError;
    if (!isExpected) log.warn('request failed', { ...errorFields(error), path: request.path });
    if (response.headersSent) return void response.end();
    response.status(statusOf(error)).json(bodyOf(error));
  });
  return app;
}

const perSecond = (limit: number): RequestHandler =>
  rateLimit({
    windowMs: 1_000,
    limit,
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (_request, response) =>
      void response.status(429).json(publicError('api/too-many', 'That was too fast: try again in a moment.')),
  });

const timeouts = { requestTimeout: 15_000, headersTimeout: 10_000 } as const;

/** @throws when the address is in use or no loopback address. */
export async function listenKiosk(
  app: express.Express,
  host: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  if (!['127.0.0.1', '::1', 'localhost'].includes(host))
    throw new UsageError('kiosk/not-loopback', 'The panel is served on this machine only: choose a loopback address');
  return listening(createServer(timeouts, app), host, port);
}

/** For panels on the network. @throws when the address is in use. */
export function listenNetworkKiosk(
  app: express.Express,
  { certificate, key }: { readonly certificate: string; readonly key: string },
  host: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  return listening(createTlsServer({ ...timeouts, cert: certificate, key, minVersion: 'TLSv1.3' }, app), host, port);
}

async function listening(server: Server, host: string, port: number): Promise<{ server: Server; port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => (server.off('error', reject), resolve()));
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Sensible, but not in the state that the room or its calendar is in. */
const NOT_NOW = new Set([
  'pairing/busy',
  'call/busy',
  'call/not-in-call',
  'calendar/none',
  'calendar/read-only',
  'calendar/conflict',
  'calendar/busy',
  'calendar/no-time',
  'calendar/not-running',
  'calendar/all-day',
  'calendar/not-joinable',
  'calendar/not-open-yet',
]);

/** One place decides what a failure looks like from outside; texts that are not ours stay inside. */
function statusOf(error: unknown): number {
  const code = codeOf(error);
  if (code === 'device/unknown' || code === 'calendar/unknown-booking' || code === 'call/no-check') return 404;
  if (NOT_NOW.has(code)) return 409;
  if (error instanceof AdminError) return code === 'admin/pin-wait' ? 429 : code === 'admin/locked' ? 401 : 403;
  if (error instanceof UsageError) return 400;
  if (isRoomError(error)) return 503;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

interface PublicError {
  readonly error: { readonly code: string; readonly message: string; readonly retryAfterMs?: number };
}

function bodyOf(error: unknown): PublicError {
  if (!isRoomError(error)) return parserError(error);
  const body = publicError(error.code, error.message);
  const { retryAfterMs } = error instanceof AdminError ? error : { retryAfterMs: null };
  return retryAfterMs === null ? body : { error: { ...body.error, retryAfterMs } };
}

function parserError(error: unknown): PublicError {
  return statusOf(error) < 500
    ? publicError('api/bad-body', 'The request is not understood.')
    : publicError('api/internal', 'Something went wrong in the room; see its log.');
}

function publicError(code: string, message: string): PublicError {
  return { error: { code, message } };
}
