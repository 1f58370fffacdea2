import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { createKioskApp, listenNetworkKiosk } from '../../src/kiosk/kiosk-server.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { selfSignedIdentity } from '../../src/lib/tls-identity.ts';
import { launchChromium } from '../support/browser.ts';
import { freeDay } from '../support/panel-states.ts';
import { stubKiosk } from '../support/stub-kiosk.ts';
import { stubRoom } from '../support/stub-room.ts';

const panelDir = fileURLToPath(new URL('../../dist/panel', import.meta.url));

describe('a tablet on the network, in a browser over TLS', function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: Page;
  let server: Server;
  let kiosk: ReturnType<typeof stubKiosk>;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pairing-'));
    const room = stubRoom();
    room.set({}, { schedule: freeDay(Date.now()) });
    kiosk = stubKiosk(room, systemClock);
    const identity = await selfSignedIdentity('Incamera room', folder, ['127.0.0.1'], systemClock);
    const app = createKioskApp({ ...kiosk, log: silentLogger, panelDir }, 'network');
    const listening = await listenNetworkKiosk(app, identity, '127.0.0.1', 0);
    server = listening.server;
    browser = await launchChromium();
    // Its certificate is the room's own.
    const context = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce', locale: 'en-GB' });
    page = await context.newPage();
    await page.goto(`https://127.0.0.1:${listening.port}/`);
  });

  after(async () => {
    kiosk.pairing.close();
    await browser.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const enter = async (code: string): Promise<void> => {
    for (const digit of code) await button(digit).click();
    await button('Pair').click();
  };

  it('unknown: is told how to pair and nothing of the room', async () => {
    await page.getByText('Pair this panel with the room').waitFor();
    assert.equal(await page.getByText('Salle Monet').count(), 0);
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(violations, []);
  });

  it('wrong code, then the right one: it is a panel', async () => {
    await button('Panel').click();
    await enter('111111');
    await page.getByText('That is not the code').waitFor();
    await enter('482913');
    await page.getByText('Weekly review').waitFor();
    await page.reload();
    await page.getByText('Weekly review').waitFor();
  });

  it('removed in the settings: asks to be paired at once, and becomes a door display', async () => {
    const [panel] = await kiosk.panels.list();
    await kiosk.panels.revoke(panel?.id ?? '');
    await page.getByText('Pair this panel with the room').waitFor();
    await button('Door display').click();
    await enter('482913');
    await page.waitForURL('**/door.html');
    await page.getByText('Weekly review').waitFor();
  });
});
