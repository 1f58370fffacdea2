import type { Request } from 'express';
import type * as v from 'valibot';
import type { AdminActions } from '../admin/admin-actions.ts';
import type { Route } from './route.ts';
import { get, parse, post } from './route.ts';
import { bodies } from './schemas.ts';

/** The settings behind their PIN, and reports of problems, which need none. */
export function adminRoutes(admin: AdminActions): readonly Route[] {
  return [
    get('/admin/lock', async () => ({ isPinSet: await admin.isPinSet() })),
    post('/admin/unlock', bodies.pin, ({ pin }) => admin.unlock(pin)),
    withToken('post', '/admin/pin', bodies.pin, (token, { pin }) => admin.setPin(pin, token)),
    withToken('post', '/admin/lock', bodies.empty, async (token) => {
      admin.lock(token);
      return {};
    }),
    withToken('get', '/admin/overview', bodies.empty, (token) => admin.overview(token)),
    withToken('get', '/admin/log', bodies.empty, async (token) => admin.log(token)),
    withToken('post', '/admin/restart', bodies.empty, async (token) => {
      admin.restart(token);
      return {};
    }),
    withToken('post', '/admin/panels/revoke', bodies.panel, async (token, { panel }) => {
      await admin.revokePanel(panel, token);
      return {};
    }),
    post('/reports', bodies.report, (report) => admin.report(report), 201),
  ];
}

function withToken<Schema extends v.GenericSchema>(
  method: Route['method'],
  path: string,
  schema: Schema,
  act: (token: string | null, body: v.InferOutput<Schema>) => Promise<unknown>,
): Route {
  return {
    method,
    path,
    handle: async (request, response) =>
      void response.json(await act(tokenOf(request), parse(schema, method === 'get' ? {} : request.body))),
  };
}

/** Of the header only: an address would be logged, and a cookie be sent by whatever page asks. */
function tokenOf({ headers }: Request): string | null {
  return /^Bearer ([\w-]{43})$/.exec(headers.authorization ?? '')?.[1] ?? null;
}
