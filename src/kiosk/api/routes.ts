import { Router, json } from 'express';
import type { Request, Response } from 'express';
import * as v from 'valibot';
import { UsageError } from '../../lib/errors.ts';
import type { RoomActions } from './actions.ts';
import { openEventStream } from './event-stream.ts';
import { bodies, displayQuery } from './schemas.ts';

export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly handle: (request: Request, response: Response) => Promise<unknown>;
}

/** The API's routes under /api/v1: they parse, call one action and map what it returns. Kept as a table for the test against openapi.json. */
export function apiRoutes(actions: RoomActions, openapi: object): readonly Route[] {
  return [
    get('/state', async () => actions.state()),
    {
      method: 'get',
      path: '/events',
      handle: async (request, response) => openEventStream(request, response, actions),
    },
    get('/meetings/own', () => actions.ownMeeting()),
    get('/openapi.json', async () => openapi),
    {
      method: 'get',
      path: '/display.png',
      handle: async (request, response) => {
        const { display } = parse(displayQuery, request.query);
        const png = await actions.displaySnapshot(Number(display));
        response.type('png').set('Cache-Control', 'no-store').send(Buffer.from(png));
      },
    },
    post('/meetings', bodies.empty, () => actions.createMeeting(), 201),
    post('/call/join', bodies.join, async ({ link, next, ...options }) => {
      await actions.join(link === undefined || next ? { next: true } : { link }, options);
      return actions.state();
    }),
    post('/call/leave', bodies.empty, async () => {
      await actions.leave();
      return actions.state();
    }),
    post('/call/mute', bodies.mute, async ({ muted }) => ({ muted: await actions.setMuted(muted) })),
    post('/call/camera', bodies.camera, async ({ off }) => ({ off: await actions.setCameraOff(off) })),
    post('/call/volume', bodies.volume, async ({ percent }) => ({ percent: await actions.setVolume(percent) })),
    post('/call/share', bodies.share, async ({ sharing }) => ({ sharing: await actions.setSharing(sharing) })),
    post('/call/hand', bodies.hand, async ({ raised }) => ({ raised: await actions.setHandRaised(raised) })),
    post('/call/layout', bodies.layout, (change) => actions.setLayout(change)),
    post('/audio/calibrate', bodies.empty, () => actions.calibrateEcho()),
    post('/call/chat', bodies.chat, async ({ text }) => {
      await actions.sendChat(text);
      return {};
    }),
  ];
}

export function apiRouter(routes: readonly Route[]): Router {
  const router = Router();
  router.use(json({ limit: '32kb', strict: true }));
  for (const { method, path, handle } of routes) {
    router[method](path, async (request: Request, response: Response) => {
      await handle(request, response);
    });
  }
  return router;
}

function get(path: string, act: () => Promise<unknown>): Route {
  return { method: 'get', path, handle: async (_request, response) => void response.json(await act()) };
}

function post<Schema extends v.GenericSchema>(
  path: string,
  schema: Schema,
  act: (body: v.InferOutput<Schema>) => Promise<unknown>,
  status = 200,
): Route {
  return {
    method: 'post',
    path,
    handle: async (request, response) => {
      // A form or a plain-text post can come from any web page without asking; JSON cannot.
      if (request.headers['content-length'] !== '0' && request.is('application/json') === false)
        throw new UsageError('api/not-json', 'Send JSON');
      response.status(status).json(await act(parse(schema, request.body)));
    },
  };
}

/** @throws {UsageError} api/bad-body */
function parse<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new UsageError('api/bad-body', `The request is not understood: ${explain(parsed.issues)}`);
  return parsed.output;
}

function explain(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .slice(0, 3)
    .map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`)
    .join('; ');
}
