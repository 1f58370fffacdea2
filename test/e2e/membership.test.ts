import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import { joinFromWelcome, processCommit } from '../../src/crypto/group.ts';
import { openMessage } from '../../src/crypto/group-messages.ts';
import { fromBase64Url } from '../../src/lib/bytes.ts';
import { launchChromium } from '../support/browser.ts';
import type { CapturedFrame } from '../support/captured-frames.ts';
import { framesOf, KeyRing } from '../support/captured-frames.ts';
import { eventually } from '../support/eventually.ts';
import type { TestGuest } from '../support/guest.ts';
import { openGuest } from '../support/guest.ts';
import { PlainMember } from '../support/plain-member.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import type { TestRoom } from '../support/room.ts';
import { startRoom } from '../support/room.ts';
import type { CapturedServer } from '../support/server-capture.ts';
import { startCapturedServer } from '../support/server-capture.ts';
import { buildGuest } from './guest-pages.ts';

/** Frames a sender's encoder or a peer's socket still held when its keys changed. */
const UNDER_WAY_MS = 150;
const bytesOf = (text: unknown): Uint8Array => fromBase64Url(String(text)) ?? new Uint8Array(0);

/** What coming and going does to those who stay, and to what the one who went can read. */
describe('joining and leaving', function () {
  this.timeout(60_000);
  let server: CapturedServer;
  let browser: Browser;
  let room: TestRoom;
  let guest: TestGuest;
  let meeting: { link: string; secret: Uint8Array; id: string };
  let leaver: PlainMember;

  before(async () => {
    await Promise.all([nativePlugin(), buildGuest('vite.config.ts')]);
    server = await startCapturedServer();
    browser = await launchChromium();
    meeting = await server.meeting();
    room = await startRoom({
      name: 'Salle Monet',
      serverUrl: server.url,
      certificatePath: server.certificatePath,
      microphone: 'tone:700',
    });
    await room.post('/call/join', { link: meeting.link });
    await room.until('in the meeting', ({ call }) => call.phase === 'in-call', 20_000);
    guest = await openGuest(browser, meeting.link, 'Ana');
    const playing = ({ stats }: CallState): boolean =>
      stats.some(({ direction, framesDecoded }) => direction === 'receive' && (framesDecoded ?? 0) > 30);
    await Promise.all([
      room.until('pictures', ({ call }) => playing(call), 25_000),
      guest.until('pictures', playing, 25_000),
    ]);
  });

  after(async () => {
    await leaver?.leave();
    await guest?.close();
    await room?.close();
    await browser?.close();
    await server?.close();
  });

  const join = (name: string): Promise<PlainMember> =>
    PlainMember.join({ origin: server.proxy.origin, meeting: meeting.id, secret: meeting.secret, name });
  const both = async (): Promise<[CallState, CallState]> => [(await room.state()).call, await guest.state()];
  const count = (people: number): Promise<number> =>
    eventually(`${people} people`, 15_000, async () => {
      const [one, other] = await both();
      return one.participants.length === people && other.participants.length === people && one.code === other.code;
    });
  const captured = (): CapturedFrame[] =>
    [...server.tap.streams.values()]
      .filter(({ packets }) => packets.length > 0)
      .flatMap(framesOf)
      .toSorted((a, b) => a.atMs - b.atMs);

  it('loses no frame to keys at those already in when somebody joins, nor when somebody leaves', async () => {
    const figures = (state: CallState): Map<string, number> =>
      new Map(
        state.stats
          .filter(({ direction }) => direction === 'receive')
          .map((each) => [each.id, each.framesWithoutKey + each.framesRejected]),
      );
    const before = (await both()).map(figures);
    const received = (await both()).map(({ stats }) =>
      stats.reduce((sum, { direction, packets }) => sum + (direction === 'receive' ? packets : 0), 0),
    );
    leaver = await join('Leaver');
    await count(3);
    const brief = await join('Brief');
    await count(4);
    await brief.leave();
    await count(3);
    // The figures come once a second.
    await eventually('packets under the new keys', 15_000, async () =>
      (await both()).every(
        ({ stats }, i) =>
          stats.reduce((sum, { direction, packets }) => sum + (direction === 'receive' ? packets : 0), 0) >
          (received[i] ?? 0) + 150,
      ),
    );
    const lost = (await both()).flatMap((state, i) =>
      [...figures(state)].map(([id, now]) => now - (before[i]?.get(id) ?? 0)),
    );
    console.log(`      frames lost to keys over two joins and a leave, by stream: ${lost.join(', ')}`);
    assert.equal(lost.length, 4);
    for (const each of lost) assert.ok(each <= 1, `${each} frames`);
  });

  it('gives somebody who left no frame sent after the others processed the commit, with every key they ever had', async () => {
    server.tap.record(true);
    await eventually('frames before', 15_000, () => captured().length > 300);
    const ring = new KeyRing(leaver.keys);
    const openable = captured().filter(({ sframe }) => ring.open(sframe)).length;
    assert.ok(openable > 200, `before leaving it opens them: ${openable}`);
    const [state] = await both();
    const leftAtMs = performance.now();
    await leaver.leave();
    await count(2);
    const processedAtMs = performance.now();
    assert.notEqual((await both())[0].code, state.code);
    // Somebody else comes and goes: what they and the server exchange is the leaver's, too.
    const later = await join('Later');
    await count(3);
    await room.post('/call/chat', { text: 'not for those who left' });
    await later.leave();
    await count(2);
    await eventually(
      'frames afterwards',
      15_000,
      () => captured().filter(({ atMs }) => atMs > processedAtMs + UNDER_WAY_MS).length > 400,
    );
    server.tap.record(false);
    const frames = captured();
    const lastOpened = frames.findLast(({ sframe }) => ring.open(sframe))?.atMs ?? leftAtMs;
    const after = frames.filter(({ atMs }) => atMs > processedAtMs + UNDER_WAY_MS);
    console.log(
      `      the last frame the leaver opens passed ${Math.round(lastOpened - leftAtMs)} ms after it left; of ${after.length} later ones it opens none`,
    );
    assert.equal(after.filter(({ sframe }) => ring.open(sframe)).length, 0);
    const staying = new KeyRing(later.keys);
    assert.ok(
      after.some(({ sframe }) => staying.open(sframe)),
      'they could be opened by a member',
    );
    await nothingOpensLaterTraffic(leftAtMs);
  });

  /** Every later handshake and message against every state the leaver was ever in. */
  async function nothingOpensLaterTraffic(sinceMs: number): Promise<void> {
    const later = server.proxy.recorded.filter(
      ({ atMs, direction, message }) => atMs > sinceMs && direction === 'down' && message?.notification,
    );
    const of = (name: string, field: string): Uint8Array[] =>
      later.filter(({ method }) => method === name).map(({ message }) => bytesOf(message?.data?.[field]));
    const [commits, welcomes, messages] = [
      of('mlsCommit', 'commit'),
      of('mlsWelcome', 'welcome'),
      of('mlsMessage', 'message'),
    ];
    assert.ok(
      commits.length >= 3 && welcomes.length >= 1 && messages.length >= 1,
      `${commits.length} commits, ${welcomes.length} welcomes, ${messages.length} messages`,
    );
    for (const group of leaver.groups) {
      for (const commit of commits) {
        const outcome = await processCommit(group, commit, leaver.env).catch(() => null);
        assert.notEqual(outcome?.kind, 'next', 'a commit leads nowhere');
      }
      for (const message of messages) await assert.rejects(openMessage(group, message));
    }
    for (const welcome of welcomes) await assert.rejects(joinFromWelcome(leaver.login, welcome, leaver.env));
  }
});
