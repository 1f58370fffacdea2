import assert from 'node:assert/strict';
import type { StreamDemand, StreamStats } from '../../src/call/media-engine.ts';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/browser.ts';
import { buildGuest, servePages, type ServedPages } from './guest-pages.ts';

interface Figures {
  readonly sentVideo: StreamStats;
  readonly sentAudio: StreamStats;
  readonly video: StreamStats;
  readonly audio: StreamStats;
  readonly demand: StreamDemand;
  /** Of decoding at the receiving end, ms for a megapixel. */
  readonly decoding: number | null;
  readonly mode: string[];
  readonly level: number | null;
  readonly rejected: string[];
  readonly firstFrameMs: number | null;
}
type Keys = [byte: number, epoch: number, selfLeaf: number, leaves?: Record<string, number>];

/** The real frame worker at both ends of a connection inside one Chromium. */
describe('frame worker in Chromium', function () {
  this.timeout(60_000);
  let browser: Browser;
  let pages: ServedPages;
  let page: Page;

  before(async () => {
    pages = await servePages(await buildGuest('vite.story.config.ts'));
    browser = await launchChromium();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(`${pages.origin}/story/loopback.html`);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
  });

  afterEach(() => page.close());

  after(async () => {
    await browser.close();
    await pages.close();
  });

  /** `expected`: whom the receiver takes the streams to be from. */
  async function connect(expected = 'sender'): Promise<void> {
    await page.evaluate(async (peer) => {
      const scope = window as unknown as { Loopback: new () => { connect(peer: string): Promise<void> }; loop: object };
      const loop = new scope.Loopback();
      scope.loop = loop;
      await loop.connect(peer);
    }, expected);
  }

  async function setKeys(end: 'sending' | 'receiving', ...keys: Keys): Promise<void> {
    await page.evaluate(
      async ([at, values]) => {
        const scope = window as unknown as {
          keysOf(...keys: unknown[]): unknown;
          loop: Record<string, { setKeys(keys: unknown): Promise<void> }>;
        };
        await scope.loop[at]?.setKeys(scope.keysOf(...values));
      },
      [end, keys] as const,
    );
  }

  const figures = (): Promise<Figures> =>
    page.evaluate(() => (window as unknown as { loop: { figures(): Promise<Figures> } }).loop.figures());

  const demand = (layers: { spatial: number; temporal: number } | null): Promise<void> =>
    page.evaluate(
      (wanted) => (window as unknown as { loop: { demand(l: unknown): Promise<void> } }).loop.demand(wanted),
      layers,
    );

  async function until(what: string, holds: (now: Figures) => boolean, timeoutMs = 15_000): Promise<Figures> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const now = await figures();
      if (holds(now)) return now;
      if (Date.now() > end) assert.fail(`${what} did not come: ${JSON.stringify(now)}`);
      await page.waitForTimeout(200);
    }
  }

  it('sends nothing at all without keys, and counts what it dropped', async () => {
    await connect();
    const now = await until(
      'dropped frames',
      ({ sentVideo, sentAudio }) => sentVideo.framesWithoutKey > 10 && sentAudio.framesWithoutKey > 10,
    );
    assert.equal(now.sentVideo.bytes, 0);
    assert.equal(now.sentAudio.bytes, 0);
    assert.equal(now.video.packets, 0);
  });

  it('carries sound and picture under the same keys, in three spatial layers, at 15 frames a second and more', async () => {
    await connect();
    await setKeys('sending', 7, 1, 0);
    await setKeys('receiving', 7, 1, 1);
    const first = await until('full size', ({ video }) => video.height === 720 && (video.framesDecoded ?? 0) > 10);
    await page.waitForTimeout(3_000);
    const now = await figures();
    const fps = ((now.video.framesDecoded ?? 0) - (first.video.framesDecoded ?? 0)) / 3;
    console.log(
      `      decoded ${fps.toFixed(1)} frames/s at 720p, first frame ${Math.round(now.firstFrameMs ?? 0)} ms after the offer`,
    );
    assert.ok(fps >= 15, `${fps} frames a second`);
    assert.deepEqual(now.mode, ['L3T3_KEY']);
    console.log(`      decoding takes ${now.decoding?.toFixed(1)} ms a megapixel`);
    assert.ok(now.decoding !== null && now.decoding > 0 && now.decoding < 1_000, `${now.decoding} ms a megapixel`);
    assert.deepEqual(now.demand.wanted, { spatial: 2, temporal: 2 });
    assert.equal(now.demand.layers?.spatial, 2);
    assert.ok(now.level !== null && now.level > -80, `level ${now.level}`);
    assert.deepEqual([now.video.framesRejected, now.audio.framesRejected], [0, 0]);
    assert.equal(now.video.width, 1280);
  });

  it('shows nothing that came under another key, and counts and tells it', async () => {
    await connect();
    await setKeys('sending', 7, 1, 0);
    await setKeys('receiving', 8, 1, 1);
    const now = await until(
      'rejected frames',
      ({ video, audio }) => video.framesRejected > 10 && audio.framesRejected > 10,
    );
    assert.equal(now.video.framesDecoded ?? 0, 0);
    assert.equal(now.firstFrameMs, null);
    assert.ok(now.rejected.includes('authentication'));
  });

  it('shows nothing of a member under another member’s name', async () => {
    await connect('other');
    const leaves = { sender: 0, receiver: 1, other: 2 };
    await setKeys('sending', 7, 1, 0, leaves);
    await setKeys('receiving', 7, 1, 1, leaves);
    const now = await until('rejected frames', ({ video }) => video.framesRejected > 10);
    assert.equal(now.video.framesDecoded ?? 0, 0);
    assert.ok(now.rejected.includes('wrong-sender'));
  });

  it('goes on through a change of keys that the receiver hears of a little later', async () => {
    await connect();
    await setKeys('sending', 7, 1, 0);
    await setKeys('receiving', 7, 1, 1);
    await until('picture', ({ video }) => (video.framesDecoded ?? 0) > 10);
    await setKeys('sending', 9, 2, 0);
    await page.waitForTimeout(250);
    await setKeys('receiving', 9, 2, 1);
    const changed = await figures();
    const now = await until(
      'picture under the new keys',
      ({ video }) => (video.framesDecoded ?? 0) > (changed.video.framesDecoded ?? 0) + 15,
    );
    assert.equal(now.video.framesWithoutKey, 0);
    assert.equal(now.video.framesRejected, 0);
  });

  it('encodes only what is wanted, and nothing when nobody watches', async () => {
    await connect();
    await setKeys('sending', 7, 1, 0);
    await setKeys('receiving', 7, 1, 1);
    await until('full size', ({ video }) => video.height === 720);
    await demand({ spatial: 0, temporal: 2 });
    const small = await until('small picture', ({ video, mode }) => video.height === 180 && mode[0] === 'L1T3');
    assert.deepEqual(small.demand.layers, { spatial: 0, temporal: 2 });
    await demand({ spatial: 1, temporal: 2 });
    await until('middle picture', ({ video, mode }) => video.height === 360 && mode[0] === 'L2T3_KEY');
    await demand(null);
    await page.waitForTimeout(500);
    const before = await figures();
    await page.waitForTimeout(2_000);
    const after = await figures();
    assert.equal(after.sentVideo.framesEncoded, before.sentVideo.framesEncoded);
    const kbps = ((after.sentVideo.bytes - before.sentVideo.bytes) * 8) / 2_000;
    console.log(`      ${kbps.toFixed(1)} kbps while nobody watches`);
    assert.ok(kbps < 5, `${kbps} kbps`);
    assert.equal(after.demand.limit, 'nobody');
    await demand({ spatial: 2, temporal: 2 });
    await until(
      'full size again',
      ({ video }) => video.height === 720 && (video.framesDecoded ?? 0) > (before.video.framesDecoded ?? 0),
    );
  });
});
