import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { idleCallState } from '../../src/call/call-state.ts';
import { createKioskApp, listenKiosk } from '../../src/kiosk/kiosk-server.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { launchChromium } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { callState, figures, guest, oneDisplay, stubRoom } from '../support/stub-room.ts';

const panelDir = fileURLToPath(new URL('../../dist/panel', import.meta.url));
/** With SCREENS=<folder> each screen is also written there as a picture. */
const screens = process.env['SCREENS'];

describe('panel in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: Page;
  let server: Server;
  let room: ReturnType<typeof stubRoom>;
  const complaints: string[] = [];

  before(async () => {
    browser = await launchChromium();
    room = stubRoom();
    const app = createKioskApp({ actions: room, log: silentLogger, panelDir });
    const listening = await listenKiosk(app, '127.0.0.1', 0);
    server = listening.server;
    const context = await browser.newContext({ viewport: { width: 1024, height: 600 }, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`http://127.0.0.1:${listening.port}/`) && !request.url().startsWith('data:'))
        complaints.push(`external request: ${request.url()}`);
    });
    await page.goto(`http://127.0.0.1:${listening.port}/`);
  });

  after(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });

  const check = async (name: string): Promise<void> => {
    if (screens) {
      mkdirSync(screens, { recursive: true });
      await page.screenshot({ path: `${screens}/panel-${name}.png` });
    }
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
      .analyze();
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`),
      [],
    );
    assert.deepEqual(complaints, []);
  };

  it('shows a free room and what to touch', async () => {
    await page.getByText('Free').waitFor();
    await page.getByRole('button', { name: /Join the room/ }).waitFor();
    await page.getByRole('img', { name: 'Join from a phone' }).waitFor();
    await check('ambient');
  });

  it('tells the room of a touch anywhere, and not of each one', async () => {
    const heading = page.getByText('Free').first();
    for (let i = 0; i < 5; i++) await heading.click();
    await eventually('the touch', 5_000, () => room.touches.length > 0);
    assert.ok(room.touches.length < 5, String(room.touches));
  });

  it('joins by a link typed in', async () => {
    await page.getByRole('button', { name: 'Join by link' }).click();
    await page.getByLabel('Meeting link').fill('https://meet.example/m/a#b');
    await check('join');
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await page.getByText('Agreeing on keys').waitFor();
    const joined = { ['link']: 'https://meet.example/m/a#b' };
    assert.deepEqual(room.asked.at(-1), ['join', joined, { muted: false, cameraOff: false }]);
    await check('securing');
  });

  it('shows who is there, whether they are verified, and the code', async () => {
    room.set(callState);
    await page.getByText('Ana Ruiz').waitFor();
    await page.getByText('Example SA').waitFor();
    await page.getByText('Not verified').waitFor();
    await page.getByText('77310').first().waitFor();
    await check('call');
  });

  it('mutes, turns the camera off and changes the volume, showing what was reached', async () => {
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.getByRole('button', { name: 'Unmute' }).waitFor();
    await page.getByRole('button', { name: 'Camera off' }).click();
    await page.getByRole('button', { name: 'Camera on' }).waitFor();
    await page.getByRole('button', { name: 'Louder' }).click();
    await page.getByText('70', { exact: true }).waitFor();
    await check('call-muted');
  });

  it('chooses what the display shows, and turns its pages', async () => {
    room.set({ layout: { ...oneDisplay, pages: 3, page: 2 } });
    await page.getByText('2/3').waitFor();
    await check('call-pages');
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('3/3').waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('1/3').waitFor();
    await page.getByRole('button', { name: 'Layout' }).click();
    // It shows what the display reached, not what was touched: so no check() here, which looks at once.
    await page.getByRole('radio', { name: 'Speaker' }).click();
    await page.getByRole('radio', { name: 'Speaker', checked: true }).waitFor();
    await check('layout');
    await page.getByLabel('Show me').click();
    await page.getByRole('checkbox', { name: 'Show me', checked: false }).waitFor();
    assert.deepEqual(room.asked.slice(-2), [
      ['layout', { mode: 'speaker' }],
      ['layout', { selfView: false }],
    ]);
    await page.getByRole('button', { name: 'Close' }).click();
    room.set({ layout: null });
    await page.getByRole('button', { name: 'Layout' }).waitFor({ state: 'detached' });
    room.set({ layout: oneDisplay });
  });

  it('shares what is plugged in, and stops', async () => {
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByRole('button', { name: 'Stop sharing' }).waitFor();
    await check('call-sharing');
    await page.getByRole('button', { name: 'Stop sharing' }).click();
    await page.getByRole('button', { name: 'Share', exact: true }).waitFor();
    assert.deepEqual(room.asked.slice(-2), [
      ['sharing', true],
      ['sharing', false],
    ]);
  });

  it('opens the privacy dialog from the lock', async () => {
    await page.getByRole('button', { name: 'End-to-end encrypted' }).click();
    await page.locator('ic-dialog').getByText('Read it aloud').waitFor();
    await check('privacy');
    await page.getByRole('button', { name: 'Close' }).click();
  });

  it('shows what is sent and received, and why it is not more', async () => {
    room.set({ stats: figures });
    await page.getByRole('button', { name: 'Diagnostics' }).click();
    const table = page.getByRole('table', { name: 'What is sent and received now' });
    const camera = table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'Ana Ruiz Camera' }) });
    for (const text of ['640×360, 30 fps', 'wanted 720p, received 360p', '512 kbps', '2.4%', 'slow network'])
      await camera.getByRole('cell', { name: text }).waitFor();
    await table.getByRole('cell', { name: 'nobody is watching' }).waitFor();
    await check('diagnostics');
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
    await check('diagnostics-light');
    await page.evaluate(() => delete document.documentElement.dataset['theme']);
    await page.setViewportSize({ width: 600, height: 1024 });
    await check('diagnostics-portrait');
    await page.setViewportSize({ width: 1024, height: 600 });
    await page.getByRole('button', { name: 'Close' }).click();
  });

  it('says that it is coming back after a crash', async () => {
    const problem = {
      code: 'call/process-crashed',
      message: 'The call stopped unexpectedly.',
      action: 'It comes back.',
      since: 0,
    };
    room.set({ phase: 'rejoining', problems: [problem] });
    await page.getByText('Reconnecting').waitFor();
    await page.getByText('The call stopped unexpectedly').waitFor();
    await check('rejoining');
  });

  it('a hostile name is text and nothing else', async () => {
    room.set({ ...callState, participants: [{ ...guest, name: '<img src=x onerror=alert(1)>' }] });
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    await check('hostile-name');
  });

  it('leaves, and tells why a call ended', async () => {
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByText('Free').waitFor();
    assert.deepEqual(room.asked.at(-1), ['leave']);
    room.set({
      ...idleCallState,
      lastEnd: { code: 'call/refused-link-secret', message: 'The people did not accept this link.' },
    });
    await page.getByRole('alert').getByText('did not accept this link').waitFor();
    await check('refused');
  });

  it('speaks French to a French browser, completely', async () => {
    const context = await browser.newContext({ locale: 'fr-FR', viewport: { width: 600, height: 1024 } });
    const french = await context.newPage();
    await french.goto(page.url());
    await french.getByText('Libre').waitFor();
    if (screens) await french.screenshot({ path: `${screens}/panel-french-portrait.png` });
    await context.close();
  });

  it('says when the daemon does not answer, and comes back by itself', async () => {
    const { port } = server.address() as { port: number };
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await page.getByText('not answering').waitFor();
    if (screens) await page.screenshot({ path: `${screens}/panel-unreachable.png` });
    const app = createKioskApp({ actions: room, log: silentLogger, panelDir });
    ({ server } = await listenKiosk(app, '127.0.0.1', port));
    await page.getByText('Free').waitFor({ timeout: 20_000 });
  });
});
