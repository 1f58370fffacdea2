import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/browser.ts';
import { buildGuest, servePages, type ServedPages } from './guest-pages.ts';

/** Screenshots are written here when it is set, for people to look at. */
const shots = process.env['SCREENSHOTS'];
const sizes = [
  { width: 1280, height: 800 },
  { width: 360, height: 740 },
] as const;
const stories = [
  'landing',
  'link',
  'broken-link',
  'unsupported',
  'prejoin',
  'prejoin-blocked',
  'securing',
  'unreachable',
  'alone',
  'two',
  'grid',
  'speaker',
  'sharing',
  'chat',
  'people',
  'privacy',
  'connection',
  'notices',
  'reconnecting',
  'left',
  'refused',
  'interrupted',
] as const;

describe('screens of the guest page', function () {
  this.timeout(60_000);
  let browser: Browser;
  let pages: ServedPages;

  before(async () => {
    pages = await servePages(await buildGuest('vite.story.config.ts'));
    browser = await launchChromium();
    if (shots) await mkdir(shots, { recursive: true });
  });

  after(async () => {
    await browser.close();
    await pages.close();
  });

  async function open(
    story: string,
    size: { width: number; height: number },
    query = '',
  ): Promise<{ page: Page; errors: string[] }> {
    const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on(
      'console',
      (message) => void (['error', 'warning'].includes(message.type()) && errors.push(message.text())),
    );
    page.on('pageerror', (error) => void errors.push(error.message));
    await page.goto(`${pages.origin}/story/story.html?story=${story}${query}`);
    await page.waitForSelector('html[data-ready]');
    return { page, errors };
  }

  /** Nothing wider than the window, no error in the console (the policy's included), no violation of WCAG 2.2 AA. */
  async function check(page: Page, errors: string[]): Promise<void> {
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${overflow} pixels too wide`);
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
      .analyze();
    assert.deepEqual(
      violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary}`).join(' | ')}`,
      ),
      [],
    );
    assert.deepEqual(errors, []);
  }

  for (const story of stories)
    it(`${story}: accessible and within the window, wide and narrow`, async () => {
      const { page, errors } = await open(story, sizes[0]);
      for (const size of sizes) {
        await page.setViewportSize(size);
        // Windows are laid out anew, and their sizes told, within two frames and 100 ms.
        await page.waitForTimeout(150);
        if (shots) await page.screenshot({ path: `${shots}/${story}-${size.width}.png` });
        await check(page, errors);
      }
      await page.context().close();
    });

  for (const story of ['landing', 'prejoin', 'notices', 'people', 'privacy', 'connection'] as const)
    it(`${story}: the same in light, in French and in high contrast`, async () => {
      const light = await open(story, sizes[0], '&theme=light&language=fr');
      if (shots) await light.page.screenshot({ path: `${shots}/${story}-light-fr.png` });
      await check(light.page, light.errors);
      await light.page.setViewportSize(sizes[1]);
      await light.page.emulateMedia({ contrast: 'more' });
      if (shots) await light.page.screenshot({ path: `${shots}/${story}-contrast.png` });
      await check(light.page, light.errors);
      await light.page.context().close();
    });

  it('is worked with the keyboard alone', async () => {
    const { page } = await open('grid', sizes[0]);
    const asked = (): Promise<string[]> =>
      page.evaluate(() => (window as unknown as { fake: { asked: string[] } }).fake.asked);
    await page.keyboard.press('m');
    await page.keyboard.press('v');
    assert.deepEqual(await asked(), ['muted true', 'camera off true']);
    await page.keyboard.press('c');
    await page.getByRole('textbox', { name: 'Message' }).fill('m v l');
    await page.keyboard.press('Enter');
    await page.getByText('m v l').waitFor();
    assert.deepEqual(await asked(), ['muted true', 'camera off true']);
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'End-to-end encrypted' }).press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.getByRole('group', { name: 'Verification code' }).getByText('48213').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('n');
    await page.getByRole('dialog', { name: 'Connection' }).waitFor();
    await page.locator('ic-stream-table').getByText('Sending').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Leave meeting' }).press('Enter');
    await page.getByRole('heading', { name: 'You left the meeting' }).waitFor();
    await page.context().close();
  });

  it('asks only for what its windows show', async () => {
    interface Demand {
      consumer: string;
      layers: { spatial: number } | null;
    }
    const { page } = await open('grid', { width: 1600, height: 900 });
    const demands = (): Promise<Demand[]> =>
      page.evaluate(() => (window as unknown as { fake: { demands: Demand[] } }).fake.demands);
    const spatial = async (): Promise<(number | null)[]> =>
      (await demands()).map(({ layers }) => layers?.spatial ?? null);
    await page.waitForFunction(() => (window as unknown as { fake: { demands: Demand[] } }).fake.demands.length === 3);
    await page.waitForTimeout(300);
    assert.deepEqual(await spatial(), [1, 1, 1]);
    await page.keyboard.press('l');
    await page.waitForTimeout(400);
    assert.equal((await spatial())[0], 2, 'grown at once');
    // Smaller windows keep their layers a moment, and cost no key picture when they grow back.
    await page.waitForTimeout(1_200);
    assert.deepEqual(await spatial(), [2, 0, 0]);
    await page.context().close();
  });

  it('asks for nothing that is covered, scrolled away or in a page that nobody looks at, and for it again after', async () => {
    interface Demand {
      consumer: string;
      layers: object | null;
    }
    const { page, errors } = await open('grid', { width: 360, height: 740 });
    /** Consumers whose video is asked for. */
    const shown = (): Promise<string[]> =>
      page.evaluate(() =>
        (window as unknown as { fake: { demands: Demand[] } }).fake.demands
          .filter(({ layers }) => layers !== null)
          .map(({ consumer }) => consumer)
          .sort(),
      );
    const becomes = async (what: string, expected: string[]): Promise<void> => {
      for (const end = Date.now() + 3_000; JSON.stringify(await shown()) !== JSON.stringify(expected);)
        if (Date.now() > end) assert.deepEqual(await shown(), expected, what);
        else await page.waitForTimeout(50);
    };
    const all = ['camera-ana', 'camera-monet', 'camera-tom'];
    await becomes('in the grid', all);
    await page.keyboard.press('p');
    await becomes('under the list of people', []);
    await page.keyboard.press('Escape');
    await becomes('in the grid again', all);
    await page.getByRole('button', { name: 'End-to-end encrypted' }).click();
    await page.getByRole('dialog').waitFor();
    await page.waitForTimeout(300);
    assert.ok((await shown()).length < all.length, 'under a dialog that leaves only an edge free');
    await page.keyboard.press('Escape');
    await becomes('after the dialog', all);
    const look = (state: string): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await look('hidden');
    await becomes('in the background', []);
    await look('visible');
    await becomes('in the foreground', all);
    await page.keyboard.press('l');
    await page.waitForTimeout(300);
    const first = await shown();
    assert.ok(first.includes('camera-monet') && first.length < all.length, `large and its strip: ${first.join()}`);
    await page.locator('guest-stage .strip').evaluate((strip) => (strip.scrollLeft = 400));
    await becomes('of the strip scrolled to the third', ['camera-monet', 'camera-tom']);
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('tells of each stream what flows and why it is not more', async () => {
    for (const size of sizes) {
      const { page } = await open('connection', size);
      const table = page.getByRole('table', { name: 'What is sent and received now' });
      const row = (name: string) => table.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
      for (const text of ['640×360, 30 fps', 'wanted 720p, received 360p', '486 kbps', '3.1%', 'slow network'])
        await row('Salle Monet Camera').getByRole('cell', { name: text }).waitFor();
      await row('You Screen').getByRole('cell', { name: 'nobody is watching' }).waitFor();
      await row('Tomasz').getByRole('cell', { name: 'not visible' }).waitFor();
      await page.getByRole('definition').filter({ hasText: '2.3 Mbps' }).waitFor();
      await page.context().close();
    }
  });

  it('pre-joins only with a name, and joins with what was chosen', async () => {
    const { page } = await open('prejoin', sizes[0]);
    const name = page.getByRole('textbox', { name: 'Your name' });
    await name.fill(' ');
    await page.getByRole('button', { name: 'Join meeting' }).click();
    await page.getByText('Please enter a name.').waitFor();
    await page.getByRole('button', { name: 'Mute microphone' }).click();
    await name.fill('Jun');
    await name.press('Enter');
    await page.getByText('Connecting').waitFor();
    const asked = await page.evaluate(() => (window as unknown as { fake: { asked: string[] } }).fake.asked);
    assert.deepEqual(asked, ['join Jun muted on']);
    await page.context().close();
  });
});
