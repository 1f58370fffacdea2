import assert from 'node:assert/strict';
import { createKioskApp, listenKiosk } from '../../../src/kiosk/kiosk-server.ts';
import { PANEL_COOKIE } from '../../../src/kiosk/api/access.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { stubKiosk } from '../../support/stub-kiosk.ts';
import { stubRoom } from '../../support/stub-room.ts';

describe('the picture of a check, asked for over the network', () => {
  it('is shown to paired panels, and to no door display and nobody else', async () => {
    const kiosk = stubKiosk({ ...stubRoom(), checkPicture: () => new Uint8Array([0xff, 0xd8]) });
    const app = createKioskApp({ ...kiosk, log: silentLogger, panelDir: '/nonexistent' }, 'network');
    const { server, port } = await listenKiosk(app, '127.0.0.1', 0);
    const ask = async (cookie: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/api/v1/check/picture.jpg?1`, { headers: { cookie } })).status;
    try {
      const [panel, door] = [await kiosk.panels.add('panel'), await kiosk.panels.add('door')];
      assert.equal(await ask(`${PANEL_COOKIE}=${panel.token}`), 200);
      assert.equal(await ask(`${PANEL_COOKIE}=${door.token}`), 403);
      assert.equal(await ask(''), 401);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
