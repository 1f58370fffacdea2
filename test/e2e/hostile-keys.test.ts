import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import { createGroup, exportEpochKeys, joinFromWelcome } from '../../src/crypto/group.ts';
import { createLogin } from '../../src/crypto/key-package.ts';
import { formatMeetingLink, meetingIdOf } from '../../src/crypto/link.ts';
import { fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts';
import { launchChromium } from '../support/browser.ts';
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
import type { Meddler, ProtooMessage } from '../support/signalling-proxy.ts';
import { notification } from '../support/signalling-proxy.ts';
import { buildGuest } from './guest-pages.ts';

const bytesOf = (text: unknown): Uint8Array => fromBase64Url(String(text)) ?? new Uint8Array(0);

/** A server that lies about keys and members: the group goes on with those who have the link and with nobody else. */
describe('a meeting server that meddles with keys', function () {
  this.timeout(60_000);
  let server: CapturedServer;
  let browser: Browser;
  let room: TestRoom;
  let ana: TestGuest;
  let meeting: { link: string; secret: Uint8Array; id: string };

  before(async () => {
    await Promise.all([nativePlugin(), buildGuest('vite.config.ts')]);
    server = await startCapturedServer();
    browser = await launchChromium();
    meeting = await server.meeting();
    ana = await openGuest(browser, meeting.link, 'Ana');
    await ana.until('the meeting', ({ phase }) => phase === 'in-call');
    room = await startRoom({ name: 'Salle Monet', serverUrl: server.url, certificatePath: server.certificatePath });
  });

  after(async () => {
    await ana?.close();
    await room?.close();
    await browser?.close();
    await server?.close();
  });

  const peerOf = (state: CallState): string => state.participants.find((each) => each.self)?.peer ?? '';
  const names = (state: CallState): string[] => state.participants.map(({ name }) => name ?? '?').toSorted();
  const framesShown = (state: CallState): number =>
    state.stats.find(({ direction, source }) => direction === 'receive' && source === 'camera')?.framesDecoded ?? 0;

  /** A link whose secret is another's while the server leads to this meeting: what the check of the link alone cannot see. */
  function wrongLink(): string {
    const secret = randomBytes(32);
    server.proxy.redirect(meetingIdOf(secret), meeting.id);
    return formatMeetingLink({ origin: server.proxy.origin, secret, anchor: null });
  }

  describe('towards whoever has not the link’s secret', () => {
    it('the panel’s API refuses a link with another secret before any server hears of it', async () => {
      const broken = meeting.link.replace(/#.{4}/, '#AAAA');
      const asked = server.proxy.connections.length;
      await assert.rejects(room.post('/call/join', { link: broken }), /call\/link-mistyped/);
      await assert.rejects(room.post('/call/join', { link: meeting.link.slice(0, -8) }), /call\/link-incomplete/);
      assert.equal((await room.state()).call.phase, 'idle');
      assert.equal(server.proxy.connections.length, asked);
    });

    it('the members refuse a room that comes with another secret, and its panel says so', async () => {
      await room.post('/call/join', { link: wrongLink() });
      const { call } = await room.until(
        'the refusal',
        (state) => state.call.phase === 'idle' && state.call.lastEnd !== null,
      );
      assert.equal(call.lastEnd?.code, 'call/refused-link-secret');
      assert.match(call.lastEnd?.message ?? '', /did not accept this link/);
      assert.deepEqual(names(await ana.state()), ['Ana']);
    });

    it('the members refuse a guest that comes with another secret, and its page says so', async () => {
      const stranger = await openGuest(browser, wrongLink(), 'Mallory', 'off');
      await stranger.sees('This link was not accepted');
      await stranger.close();
      const mistyped = await browser.newPage();
      await mistyped.goto(meeting.link.replace(/#.{4}/, '#AAAA'));
      await mistyped.getByText('This link is not complete').waitFor();
      await mistyped.close();
      assert.deepEqual(names(await ana.state()), ['Ana']);
    });
  });

  describe('in a call', () => {
    let code = '';

    before(async () => {
      await room.post('/call/join', { link: meeting.link });
      ({ code } = await together());
    });

    /** Both in the meeting, alone with each other, under one code and with moving pictures both ways. */
    async function together(others: readonly string[] = []): Promise<{ code: string }> {
      const expected = ['Ana', 'Salle Monet', ...others].toSorted().join();
      let agreed = '';
      await eventually('both together again', 25_000, async () => {
        const [one, other] = [(await room.state()).call, await ana.state()];
        agreed = one.code ?? '';
        return (
          one.phase === 'in-call' &&
          other.phase === 'in-call' &&
          names(one).join() === expected &&
          names(other).join() === expected &&
          one.code === other.code
        );
      });
      const [shown, seen] = [framesShown((await room.state()).call), framesShown(await ana.state())];
      await Promise.all([
        room.until('pictures of Ana', ({ call }) => framesShown(call) > 5 && framesShown(call) !== shown, 20_000),
        ana.until('pictures of the room', (state) => framesShown(state) > 5 && framesShown(state) !== seen, 20_000),
      ]);
      return { code: agreed };
    }

    it('keeps out a member that the server adds by itself, whatever it offers', async () => {
      const intruder = await PlainMember.join({
        origin: server.proxy.origin,
        meeting: meeting.id,
        secret: randomBytes(32),
        name: 'Mallory',
      });
      await eventually('the refusals', 10_000, () => intruder.refusals.length > 0);
      assert.deepEqual([...new Set(intruder.refusals)], ['link-secret']);
      // A good offer of somebody else under another name, and one of nobody.
      const login = await createLogin(toBase64Url(randomBytes(16)), { kind: 'guest' }, Date.now());
      const good = server.proxy.recorded.find(
        ({ method, message }) => method === 'mlsJoinRequest' && message?.data?.['peer'] !== intruder.peer,
      )?.message?.data;
      for (const offer of [
        { keyPackage: toBase64Url(login.keyPackage), proof: toBase64Url(randomBytes(64)) },
        { keyPackage: String(good?.['keyPackage']), proof: String(good?.['proof']) },
      ]) {
        for (const peer of [peerOf((await room.state()).call), peerOf(await ana.state())])
          server.proxy.connectionOf(peer).tell(notification('mlsJoinRequest', { peer: intruder.peer, ...offer }));
      }
      await room.post('/call/chat', { text: 'after the intruder' });
      await ana.until('what was said afterwards', ({ chat }) => chat.some(({ text }) => text === 'after the intruder'));
      assert.equal((await together()).code, code);
      assert.deepEqual(intruder.groups, []);
      await intruder.leave();
    });

    it('gives a member of its own no frame, with all that passes and a group of its own', async () => {
      const peer = toBase64Url(randomBytes(16));
      const login = await createLogin(peer, { kind: 'guest' }, Date.now());
      const witness = await PlainMember.join({
        origin: server.proxy.origin,
        meeting: meeting.id,
        secret: meeting.secret,
        name: 'Witness',
      });
      await together(['Witness']);
      const env = { ...witness.env, psk: Uint8Array.from(randomBytes(64)) };
      const welcomes = server.proxy.recorded.filter(
        ({ direction, method }) => direction === 'down' && method === 'mlsWelcome',
      );
      assert.ok(welcomes.length > 0);
      for (const { message } of welcomes)
        await assert.rejects(joinFromWelcome(login, bytesOf(message?.data?.['welcome']), env));
      server.tap.record(true);
      const streams = (): ReturnType<typeof framesOf>[] =>
        [...server.tap.streams.values()].filter(({ packets }) => packets.length > 0).map(framesOf);
      await eventually('frames', 15_000, () => streams().flat().length > 200);
      server.tap.record(false);
      const frames = streams().flat();
      const own = new KeyRing([await exportEpochKeys(await createGroup(login, env))]);
      const members = new KeyRing(witness.keys);
      assert.ok(frames.filter(({ sframe }) => members.open(sframe)).length > 150, 'a member opens them');
      assert.equal(frames.filter(({ sframe }) => own.open(sframe)).length, 0);
      await witness.leave();
      await together();
    });

    const isCommit = (method: string | null): boolean => method === 'mlsCommit';
    /** Meddles with the commits on their way to one client while a member joins and leaves. */
    const towards = (peer: string, change: (message: ProtooMessage) => readonly ProtooMessage[]): Meddler => {
      return ({ connection, direction, method, message }) => {
        if (!message) return [];
        return connection.peer === peer && direction === 'down' && isCommit(method) && message.notification
          ? change(message)
          : [message];
      };
    };
    const flipped = (message: ProtooMessage): ProtooMessage => {
      const bytes = Uint8Array.from(bytesOf(message.data?.['commit']));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      return { ...message, data: { ...message.data, commit: toBase64Url(bytes) } };
    };
    let held: ProtooMessage | null = null;
    const attacks: Record<string, (message: ProtooMessage) => readonly ProtooMessage[]> = {
      drops: () => [],
      replays: (message) => [message, message, message],
      reorders: (message) => {
        const before = held;
        held = before ? null : message;
        return before ? [message, before] : [];
      },
      forges: (message) => [flipped(message)],
      invents: (message) => [{ ...message, data: { ...message.data, commit: toBase64Url(randomBytes(900)) } }, message],
    };

    /** The longest in the meeting commits: the other one gets commits, and is the target. */
    for (const who of ['room', 'guest'] as const) {
      describe(`towards the ${who}`, () => {
        before(async () => {
          await ana.close();
          await room.post('/call/leave');
          meeting = await server.meeting();
          const enter = {
            room: () => room.post('/call/join', { link: meeting.link }),
            guest: async () => void (ana = await openGuest(browser, meeting.link, 'Ana')),
          };
          await (who === 'room' ? enter.guest() : enter.room());
          await (who === 'room'
            ? ana.until('in', ({ phase }) => phase === 'in-call')
            : room.until('in', ({ call }) => call.phase === 'in-call'));
          await enter[who]();
          await together();
        });

        for (const [what, change] of Object.entries(attacks)) {
          it(`${what} commits: everybody is together again, and it showed if it had to log in`, () =>
            attack(who, change));
        }
      });
    }

    async function attack(
      who: 'room' | 'guest',
      change: (message: ProtooMessage) => readonly ProtooMessage[],
    ): Promise<void> {
      const stateOf = async (): Promise<CallState> => (who === 'room' ? (await room.state()).call : ana.state());
      const seen = new Set<string>();
      const lastNotice = (await stateOf()).notices.at(-1)?.id ?? 0;
      let meddled = 0;
      held = null;
      server.proxy.meddle(towards(peerOf(await stateOf()), (message) => (meddled++, change(message))));
      const from = performance.now();
      const visitor = await PlainMember.join({
        origin: server.proxy.origin,
        meeting: meeting.id,
        secret: meeting.secret,
        name: 'Visitor',
      });
      await eventually('the visitor in the group', 10_000, async () => {
        seen.add((await stateOf()).phase);
        return visitor.groups.length > 0;
      });
      await visitor.leave();
      await eventually('the visitor gone', 25_000, async () => {
        seen.add((await stateOf()).phase);
        const [one, other] = [(await room.state()).call, await ana.state()];
        return (
          [one, other].every((state) => state.phase === 'in-call' && names(state).join() === 'Ana,Salle Monet') &&
          one.code === other.code
        );
      });
      server.proxy.meddle(null);
      await together();
      assert.ok(meddled > 0, 'a commit was meddled with');
      const rejoined = (await stateOf()).notices.some(
        ({ id, code: notice }) => id > lastNotice && notice === 'rejoined',
      );
      assert.ok(rejoined || !seen.has('rejoining'), `phases ${[...seen].join()} without a notice`);
      console.log(
        `      ${rejoined ? 'logged in again' : 'went on'}, together after ${((performance.now() - from) / 1_000).toFixed(1)} s`,
      );
    }

    it('sends chat again, and forged: it is read once, from whom it came', async () => {
      const target = peerOf(await ana.state());
      server.proxy.meddle(({ connection, direction, method, message }) => {
        if (!message) return [];
        if (connection.peer !== target || direction !== 'down' || method !== 'mlsMessage') return [message];
        return [notification('mlsMessage', { message: toBase64Url(randomBytes(400)) }), message, message];
      });
      for (const text of ['once and only once', 'and this one too']) await room.post('/call/chat', { text });
      await ana.until('both', ({ chat }) => chat.some(({ text }) => text === 'and this one too'));
      server.proxy.meddle(null);
      const { chat } = await ana.state();
      assert.equal(chat.filter(({ text }) => text === 'once and only once').length, 1);
      assert.equal(chat.filter(({ text }) => text === 'and this one too').length, 1);
      await together();
    });
  });
});
