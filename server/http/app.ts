import { createHash, timingSafeEqual } from 'node:crypto';
import type { ErrorRequestHandler, Express, Request, RequestHandler } from 'express';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import * as v from 'valibot';
import { createMeetingRequest, meetingId } from '../../src/call/signalling/messages.ts';
import { codeOf } from '../../src/lib/errors.ts';
import type { Logger } from '../../src/lib/log.ts';
import { errorFields } from '../../src/lib/log.ts';
import type { MeetingRegistry } from '../meetings/registry.ts';
import type { Metrics } from '../metrics.ts';
import { serveGuestPage } from './guest-page.ts';
import { securityHeaders } from './headers.ts';
import type { HostPolicy } from './hosts.ts';

export interface AppOptions {
  /** Where the built guest page is. */
  readonly guestDir: string;
  /** Opens /metrics to other machines; null: loopback only. */
  readonly metricsToken: string | null;
  readonly meetingsPerMinute: number;
  readonly requestsPerMinute: number;
}

export interface AppDeps {
  readonly policy: HostPolicy;
  readonly registry: MeetingRegistry;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whether new meetings can be held now. */
  readonly isReady: () => boolean;
}

const explainCreation =
  'Send {"meeting": "<id>"}: 22 characters of base64url that the client derives from the link secret, which the server never sees.';

/** The HTTP side of the server: guest page, creation of meetings, health, metrics. */
export function createApp(options: AppOptions, deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(securityHeaders(deps.policy));
  app.use(requireOwnHost(deps.policy));
  app.get('/healthz', (_request, response) => {
    const ready = deps.isReady();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ok' : 'no media worker' });
  });
  app.get('/metrics', async (request, response) => {
    if (!mayScrape(request, options.metricsToken)) return void response.status(403).json({ error: 'not allowed' });
    const { contentType, text } = await deps.metrics.scrape();
    response.set('Content-Type', contentType).send(text);
  });
  app.use(perMinute(options.requestsPerMinute));
  const creation = [
    perMinute(options.meetingsPerMinute),
    requireOwnOrigin(deps.policy),
    express.json({ limit: '1kb' }),
  ];
  app.post('/api/v1/meetings', ...creation, async (request, response) => {
    const parsed = v.safeParse(createMeetingRequest, request.body);
    if (!parsed.success) return void response.status(400).json({ error: explainCreation });
    const { meeting } = parsed.output;
    await deps.registry.create(meeting);
    const link = `${deps.policy.originFor(request.headers.host)}/m/${meeting}`;
    response.status(201).location(`/m/${meeting}`).json({ meeting, link });
  });
  serveGuestPage(app, options.guestDir, (id) => v.is(meetingId, id));
  app.use((_request, response) => void response.status(404).json({ error: 'There is nothing here.' }));
  app.use(errorHandler(deps.log));
  return app;
}

function perMinute(limit: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    ipv6Subnet: 64,
    message: { error: 'Too many requests from this address; wait a minute.' },
  });
}

function requireOwnHost(policy: HostPolicy): RequestHandler {
  return (request, response, next) => {
    if (policy.isOwnHost(request.headers.host)) next();
    else response.status(421).json({ error: 'This server does not answer under this name.' });
  };
}

function requireOwnOrigin(policy: HostPolicy): RequestHandler {
  return (request, response, next) => {
    const { origin, host } = request.headers;
    if (origin === undefined || policy.isOwnOrigin(origin, host)) next();
    else response.status(403).json({ error: 'Pages of other sites may not do this.' });
  };
}

/** From this machine itself, not through a proxy on it; or with the token. */
function mayScrape(request: Request, token: string | null): boolean {
  const { authorization } = request.headers;
  if (token !== null && authorization !== undefined) {
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
  }
  const proxied = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => name in request.headers);
  const remote = request.socket.remoteAddress ?? '';
  return !proxied && (remote === '::1' || /^(::ffff:)?127\./.test(remote));
}

function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const status = statusOf(error);
    if (status === 500) log.error('an HTTP request failed', errorFields(error));
    if (response.headersSent) return void response.destroy();
    const texts: Record<number, string> = {
      400: explainCreation,
      413: 'The request is too large.',
      507: 'The server keeps as many meetings as it may.',
      500: 'The server failed.',
    };
    response.status(status).json({ error: texts[status] ?? 'The request cannot be served.' });
  };
}

function statusOf(error: unknown): number {
  if (codeOf(error) === 'server/meetings-full') return 507;
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  return status >= 400 && status < 500 ? status : 500;
}
