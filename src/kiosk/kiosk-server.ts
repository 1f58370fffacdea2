import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { NextFunction, Request, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { codeOf, isRoomError, UsageError } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import type { RoomActions } from './api/actions.ts';
import { onlyLocal } from './api/guards.ts';
import openapi from './api/openapi.json' with { type: 'json' };
import { apiRouter, apiRoutes } from './api/routes.ts';

export interface KioskServerDeps {
  readonly actions: RoomActions;
  readonly log: Logger;
  /** The built panel. */
  readonly panelDir: string;
}

/** The daemon's HTTP API and the panel's files. Listens on a loopback address only. */
export function createKioskApp({ actions, log, panelDir }: KioskServerDeps): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => void response.json({ ok: true }));
  app.use(onlyLocal());
  app.use(
    '/api',
    rateLimit({ windowMs: 1_000, limit: 60, standardHeaders: false, legacyHeaders: false, validate: false }),
  );
  app.use('/api/v1', apiRouter(apiRoutes(actions, openapi)));
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
    if (!(error instanceof UsageError)) log.warn('request failed', { ...errorFields(error), path: request.path });
    if (response.headersSent) return void response.end();
    response
      .status(statusOf(error))
      .json(isRoomError(error) ? publicError(error.code, error.message) : parserError(error));
  });
  return app;
}

/** @throws when the address is in use or no loopback address. */
export async function listenKiosk(
  app: express.Express,
  host: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  if (!['127.0.0.1', '::1', 'localhost'].includes(host))
    throw new UsageError('kiosk/not-loopback', 'The panel is served on this machine only: choose a loopback address');
  const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000 }, app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => (server.off('error', reject), resolve()));
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Sensible, but not in the state that the room or its calendar is in. */
const NOT_NOW = new Set([
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
  if (code === 'device/unknown' || code === 'calendar/unknown-booking') return 404;
  if (NOT_NOW.has(code)) return 409;
  if (error instanceof UsageError) return 400;
  if (isRoomError(error)) return 503;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

function parserError(error: unknown): { error: { code: string; message: string } } {
  return statusOf(error) < 500
    ? publicError('api/bad-body', 'The request is not understood.')
    : publicError('api/internal', 'Something went wrong in the room; see its log.');
}

function publicError(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } };
}
