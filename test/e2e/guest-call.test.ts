import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import type { StreamFigures } from '../../src/call/stream-figures.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { defaultServerOptions } from '../../server/options.ts';
import { startMeetingServer, type MeetingServer } from '../../server/start.ts';
import { launchChromium } from '../support/browser.ts';
import { buildGuest } from './guest-pages.ts';

/** The built page, in real browsers, on the real meeting server. */
describe('guest page on the meeting server', function () {
  this.timeout(90_000);
  let browser: Browser;
  let server: MeetingServer;
  let stateDir: string;
  let origin: string;
  const contexts: BrowserContext[] = [];

  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'incamera-guest-'));
    const loopback = { host: '127.0.0.1', port: 0 };
    const options = {
      ...defaultServerOptions(stateDir),
      listen: loopback,
      loopbackHttp: loopback,
      guestDir: await buildGuest('vite.config.ts'),
      workers: 1,
    };
    server = await startMeetingServer(options, { clock: systemClock, log: silentLogger, workerBin: null });
    origin = `http://localhost:${server.addresses.http?.port ?? 0}`;
    browser = await launchChromium();
  });

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  after(async () => {
    await browser.close();
    await server.close();
    await rm(stateDir, { recursive: true, force: true });
  });

  /** A browser of its own; whatever its console complains of is collected, and what it asked servers for. */
  async function open(url: string): Promise<{ page: Page; errors: string[]; requests: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    contexts.push(context);
    const page = await context.newPage();
    const errors: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
    page.on('pageerror', (error) => void errors.push(error.message));
    page.on('request', (request) => void requests.push(request.url()));
    await page.goto(url);
    return { page, errors, requests };
  }

  async function createMeeting(): Promise<string> {
    const { page } = await open(origin);
    await page.getByRole('button', { name: 'New meeting' }).click();
    await page.getByRole('heading', { name: 'Your meeting is ready' }).waitFor();
    return page.getByRole('textbox', { name: 'Meeting link' }).inputValue();
  }

  async function enter(link: string, name: string): Promise<{ page: Page; errors: string[] }> {
    const { page, errors } = await open(link);
    await page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await page.getByRole('button', { name: 'Join meeting' }).click();
    await page.getByRole('button', { name: 'End-to-end encrypted' }).waitFor();
    return { page, errors };
  }

  /** Height of the large picture, 0 before there is one. */
  const pictureHeight = (page: Page): Promise<number> =>
    page.locator('guest-tile.main video').evaluate((video: HTMLVideoElement) => video.videoHeight);

  async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
    for (const end = Date.now() + 20_000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 100)))
      if (Date.now() > end) assert.fail(`${what} did not come`);
  }

  it('makes a meeting whose secret no server hears', async () => {
    const { page, requests, errors } = await open(origin);
    await page.getByRole('button', { name: 'New meeting' }).click();
    await page.getByRole('heading', { name: 'Your meeting is ready' }).waitFor();
    const link = await page.getByRole('textbox', { name: 'Meeting link' }).inputValue();
    const secret = new URL(link).hash.slice(1);
    assert.equal(secret.length, 43);
    await page.getByRole('button', { name: 'Go to the meeting' }).click();
    await page.getByRole('button', { name: 'Join meeting' }).waitFor();
    // The browser names a page by its whole address; what goes out ends before the #.
    assert.deepEqual(
      requests.map((url) => url.split('#')[0]).filter((url) => url?.includes(secret)),
      [],
    );
    assert.ok(requests.every((url) => url.startsWith(origin)));
    assert.deepEqual(errors, []);
  });

  it('refuses an incomplete link before any server hears of the meeting', async () => {
    const link = await createMeeting();
    const { page, requests } = await open(link.slice(0, -4));
    await page.getByRole('heading', { name: 'This link is not complete' }).waitFor();
    assert.deepEqual(
      requests.filter((url) => /\/(signal|api)/.test(url)),
      [],
    );
  });

  it('lets two people see, hear and read each other, and leave', async () => {
    const link = await createMeeting();
    const ana = await enter(link, 'Ana');
    await ana.page.getByRole('heading', { name: 'You are the only one here' }).waitFor();
    const startedMs = Date.now();
    const jun = await enter(link, 'Jun');
    await until(async () => (await pictureHeight(jun.page)) > 0, 'a picture of Ana');
    console.log(`      picture ${Date.now() - startedMs} ms after opening the link`);
    await until(async () => (await pictureHeight(ana.page)) === 720, 'Jun at full size');
    await until(async () => (await pictureHeight(jun.page)) === 720, 'Ana at full size');
    await ana.page.locator('guest-tile.main[speaking]').waitFor();

    const figures = (page: Page, direction: 'send' | 'receive'): Promise<StreamFigures | undefined> =>
      page.evaluate((wanted) => {
        const app = document.querySelector('guest-app') as unknown as { deps: { controller: { state: CallState } } };
        const { stats } = app.deps.controller.state;
        return stats.find((each) => each.direction === wanted && each.source === 'camera');
      }, direction);
    await until(async () => {
      const [sent, received] = [await figures(jun.page, 'send'), await figures(ana.page, 'receive')];
      const flows = (received?.kbps ?? 0) > 20 && (received?.framesPerSecond ?? 0) > 2 && received?.loss !== null;
      return flows && Boolean(sent?.wanted) && Boolean(received?.wanted);
    }, 'figures of a picture');
    const look = (state: string): Promise<void> =>
      ana.page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await look('hidden');
    await until(async () => {
      const [sent, received] = [await figures(jun.page, 'send'), await figures(ana.page, 'receive')];
      return sent?.limit === 'nobody' && sent.kbps < 5 && received?.limit === 'hidden';
    }, 'nothing sent to a page that nobody looks at');
    await look('visible');
    await until(async () => ((await figures(jun.page, 'send'))?.kbps ?? 0) > 20, 'pictures for the page seen again');

    await jun.page.keyboard.press('c');
    await jun.page.getByRole('textbox', { name: 'Message' }).fill('Hello <b>Ana</b>');
    await jun.page.getByRole('textbox', { name: 'Message' }).press('Enter');
    await ana.page.getByRole('button', { name: 'Chat, 1 new message' }).click();
    await ana.page.getByText('Hello <b>Ana</b>').waitFor();

    const codeOf = async (page: Page): Promise<string> => {
      await page.getByRole('button', { name: 'End-to-end encrypted' }).click();
      const code = await page.getByRole('group', { name: 'Verification code' }).innerText();
      await page.keyboard.press('Escape');
      return code.replaceAll(/\D/g, '');
    };
    const code = await codeOf(ana.page);
    assert.equal(code.length, 30);
    assert.equal(await codeOf(jun.page), code);

    await jun.page.getByRole('button', { name: 'Turn camera off' }).click();
    await ana.page.getByRole('figure', { name: 'Jun, camera off' }).waitFor();
    await jun.page.getByRole('button', { name: 'Turn camera on' }).click();
    await until(async () => (await ana.page.locator('guest-tile.main video').count()) === 1, 'Jun again');
    await until(async () => (await pictureHeight(ana.page)) > 0, 'a picture of Jun again');

    await jun.page.getByRole('button', { name: 'Leave meeting' }).click();
    await jun.page.getByRole('heading', { name: 'You left the meeting' }).waitFor();
    await ana.page.getByRole('heading', { name: 'You are the only one here' }).waitFor();
    assert.deepEqual([...ana.errors, ...jun.errors], []);
  });
});
