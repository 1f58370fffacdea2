import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import { launchChromium } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import type { TestGuest } from '../support/guest.ts';
import { openGuest } from '../support/guest.ts';
import { childrenOf } from '../support/processes.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import type { TestRoom } from '../support/room.ts';
import { startRoom } from '../support/room.ts';
import type { TestServer } from '../support/server.ts';
import { startServer } from '../support/server.ts';
import { buildGuest } from './guest-pages.ts';

const CRASH_MS = 3_000;
const RESTART_MS = 10_000;

/** What breaks and how soon it is whole again, as people in the meeting see it. */
describe('coming back', function () {
  this.timeout(60_000);
  let server: TestServer;
  let browser: Browser;
  let room: TestRoom;
  let guest: TestGuest;

  before(async () => {
    await Promise.all([nativePlugin(), buildGuest('vite.config.ts')]);
    server = await startServer();
    browser = await launchChromium();
    const { link, guestLink } = await server.meeting();
    room = await startRoom({ name: 'Salle Monet', serverUrl: server.url, certificatePath: server.certificatePath });
    await room.post('/call/join', { link });
    await room.until('in the meeting', ({ call }) => call.phase === 'in-call', 20_000);
    guest = await openGuest(browser, guestLink, 'Ana');
    await Promise.all([
      room.until('the guest’s pictures', ({ call }) => complete(call) && decoded(call) > 20, 25_000),
      guest.until('the room’s pictures', (state) => complete(state) && decoded(state) > 20, 25_000),
    ]);
  });

  after(async () => {
    await guest?.close();
    await room?.close();
    await browser?.close();
    await server?.close();
  });

  const complete = ({ phase, participants }: CallState): boolean =>
    phase === 'in-call' && participants.length === 2 && participants.every(({ name }) => name !== null);
  const decoded = ({ stats, participants }: CallState): number => {
    const others = new Set(participants.filter(({ self }) => !self).map(({ peer }) => peer));
    return (
      stats.find(
        ({ direction, source, peer }) =>
          direction === 'receive' && source === 'camera' && peer !== null && others.has(peer),
      )?.framesDecoded ?? 0
    );
  };
  /** Pictures that the guest's page has drawn of the others, asked of the page itself: the figures come but once a second. */
  const drawn = (): Promise<number> =>
    guest.page.evaluate(() => {
      const found: HTMLVideoElement[] = [];
      const search = (root: Document | ShadowRoot): void => {
        for (const element of root.querySelectorAll('*')) {
          if (element instanceof HTMLVideoElement) found.push(element);
          if (element.shadowRoot) search(element.shadowRoot);
        }
      };
      search(document);
      const tiles = found.filter((video) => !(video.getRootNode() as ShadowRoot).host.hasAttribute('mirror'));
      return tiles.reduce((sum, video) => sum + video.getVideoPlaybackQuality().totalVideoFrames, 0);
    });

  it('has the room back with pictures within 3 s after its call process was killed, and says so meanwhile', async () => {
    await eventually('a spare process', 20_000, async () => (await childrenOf(room.pid)).length === 2);
    const [active = 0] = await childrenOf(room.pid);
    const before = await room.state();
    const own = before.call.participants.find(({ self }) => self)?.peer;
    const phases: string[] = [];
    const problems = new Set<string>();
    process.kill(active, 'SIGKILL');
    const watch = async (): Promise<CallState> => {
      const { call } = await room.state();
      if (phases.at(-1) !== call.phase) phases.push(call.phase);
      for (const { code } of call.problems) problems.add(code);
      return call;
    };
    const rejoined = await eventually('the room back', 20_000, async () => {
      const call = await watch();
      return complete(call) && call.participants.find(({ self }) => self)?.peer !== own;
    });
    const newPeer = (await room.state()).call.participants.find(({ self }) => self)?.peer;
    const seen = await eventually('the guest seeing only the new login', 20_000, async () => {
      const state = await guest.state();
      return complete(state) && state.participants.some(({ peer }) => peer === newPeer);
    });
    const from = await drawn();
    const pictures = await eventually('pictures moving again', 20_000, async () => (await drawn()) > from + 2);
    const total = rejoined + seen + pictures;
    console.log(
      `      back in the meeting after ${Math.round(rejoined)} ms, seen by the guest after ${Math.round(rejoined + seen)} ms, with moving pictures after ${Math.round(total)} ms`,
    );
    assert.ok(phases.includes('rejoining'), phases.join());
    assert.ok(problems.has('call/process-crashed'));
    assert.deepEqual((await room.state()).call.problems, []);
    assert.ok(total <= CRASH_MS, `${total} ms`);
  });

  it('has every client back within 10 s after the meeting server is up again', async () => {
    await server.stop('SIGKILL');
    await Promise.all([
      room.until(
        'the trouble said',
        ({ call }) =>
          call.phase === 'rejoining' && call.problems.some(({ code }) => code === 'call/server-unreachable'),
      ),
      guest.until('the trouble said', ({ phase }) => phase === 'rejoining', 15_000),
    ]);
    await guest.sees('Reconnecting…');
    await server.start();
    const from = performance.now();
    const back = async (who: Pick<TestGuest, 'until'>): Promise<number> => {
      await who.until('back', (state) => complete(state) && state.code !== null, 30_000);
      return performance.now() - from;
    };
    const [guestMs, roomMs] = await Promise.all([
      back(guest),
      room.until('back', ({ call }) => complete(call), 30_000).then(() => performance.now() - from),
    ]);
    assert.equal((await room.state()).call.code, (await guest.state()).code);
    const before = await drawn();
    await eventually('pictures moving again', 20_000, async () => (await drawn()) > before + 2);
    const pictures = performance.now() - from;
    console.log(
      `      the room after ${Math.round(roomMs)} ms, the guest after ${Math.round(guestMs)} ms, pictures after ${Math.round(pictures)} ms`,
    );
    assert.ok(Math.max(guestMs, roomMs, pictures) <= RESTART_MS);
  });
});
