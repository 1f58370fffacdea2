import { Router, json } from 'express';
import type { Request, Response } from 'express';
import type { AdminActions } from '../admin/admin-actions.ts';
import type { PairedPanels } from '../pairing/paired-panels.ts';
import type { Pairing } from '../pairing/pairing.ts';
import { adminRoutes } from './admin-routes.ts';
import { checkRoutes } from './check-routes.ts';
import { deviceRoutes } from './device-routes.ts';
import { pairingRoutes } from './pairing-routes.ts';
import type { PanelSignals } from './panel-routes.ts';
import { panelRoutes } from './panel-routes.ts';
import { calendarRoutes } from './calendar-routes.ts';
import type { JoinTarget, RoomActions } from './actions.ts';
import { get, parse, post } from './route.ts';
import type { Route } from './route.ts';
import { bodies, displayQuery } from './schemas.ts';

export interface ApiDeps {
  readonly actions: RoomActions;
  readonly admin: AdminActions;
  readonly signals: PanelSignals;
  readonly panels: PairedPanels;
  readonly pairing: Pairing;
}

/** The API's routes under /api/v1: they parse, call one action and map what it returns. Kept as a table for the test against openapi.json. */
export function apiRoutes({ actions, admin, signals, panels, pairing }: ApiDeps, openapi: object): readonly Route[] {
  return [
    get('/state', async () => actions.state()),
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
    post('/call/join', bodies.join, async ({ muted, cameraOff, ...target }) => {
      await actions.join(joinTarget(target), { muted, cameraOff });
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
    post('/panel/touch', bodies.empty, async () => {
      actions.touched();
      return {};
    }),
    ...calendarRoutes(actions),
    ...checkRoutes(actions),
    ...deviceRoutes(actions),
    ...panelRoutes(actions, signals, panels),
    ...adminRoutes(admin),
    ...pairingRoutes(pairing),
  ];
}

function joinTarget({ link, booking, own }: { link?: string; booking?: string; own?: true; next?: true }): JoinTarget {
  if (link !== undefined) return { link };
  if (booking !== undefined) return { booking };
  return own ? { own } : { next: true };
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
