import { fileURLToPath } from 'node:url';
import express from 'express';
import { createKioskApp, listenKiosk } from '../../src/kiosk/kiosk-server.ts';
import type { RoomActions } from '../../src/kiosk/api/actions.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { stubKiosk } from './stub-kiosk.ts';

export const panelDir = fileURLToPath(new URL('../../dist/panel', import.meta.url));

export interface PanelServer {
  readonly url: string;
  readonly kiosk: ReturnType<typeof stubKiosk>;
  close(): Promise<void>;
}

/** The daemon's own server around a room that a test sets. `before`: asked first, for what goes faster than a real daemon allows. */
export async function servePanel(
  room: RoomActions,
  before: express.RequestHandler | null = null,
): Promise<PanelServer> {
  const kiosk = stubKiosk(room, systemClock);
  const app = express();
  if (before) app.use(before);
  app.use(createKioskApp({ ...kiosk, log: silentLogger, panelDir }, 'room'));
  const { server, port } = await listenKiosk(app, '127.0.0.1', 0);
  return {
    url: `http://127.0.0.1:${port}/`,
    kiosk,
    close: async () => {
      kiosk.pairing.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface HastyStream {
  readonly handle: express.RequestHandler;
  /** Ends the stream, as a daemon that is started again. */
  drop(): void;
}

/**
 * The state's stream without the daemon's pause of 100 ms between states, and without its limit of requests a second for what the
 * page tells by itself: a simulated day passes in minutes. Devices are not checked here: that is answered and nothing more.
 */
export function hastyStream(room: RoomActions): HastyStream {
  const streams = new Set<express.Response>();
  const router = express.Router();
  const line = (): string => `event: state\ndata: ${JSON.stringify(room.state())}\n\n`;
  room.onState(() => {
    const state = line();
    for (const stream of streams) stream.write(state);
  });
  router.get('/api/v1/events', (request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: 20\n\n${line()}`);
    streams.add(response);
    request.on('close', () => streams.delete(response));
  });
  router.get('/api/v1/state', (_request, response) => void response.json(room.state()));
  router.post(
    ['/api/v1/panel/alive', '/api/v1/panel/touch', '/api/v1/check/*what'],
    (_request, response) => void response.json({}),
  );
  return {
    handle: router,
    drop: () => {
      for (const stream of streams) stream.end();
      streams.clear();
    },
  };
}
