import assert from 'node:assert/strict';
import type { types } from 'mediasoup';
import type { Browser } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import type { StreamStats } from '../../src/call/media-engine.ts';
import { launchChromium } from '../support/browser.ts';
import { inOrder, replayed, sinceKeyPicture } from '../support/captured-frames.ts';
import { eventually } from '../support/eventually.ts';
import type { TestGuest } from '../support/guest.ts';
import { openGuest } from '../support/guest.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import type { TestRoom } from '../support/room.ts';
import { startRoom } from '../support/room.ts';
import type { CapturedServer } from '../support/server-capture.ts';
import { startCapturedServer } from '../support/server-capture.ts';
import type { Meddler, ProtooMessage } from '../support/signalling-proxy.ts';
import { notification } from '../support/signalling-proxy.ts';
import { buildGuest } from './guest-pages.ts';

type Announced = Record<string, unknown> & { producer: string; peer: string; source: string };
type Consumed = Announced & { consumer: string };

/** A server that lies about streams: what it says of them, and what it sends for them. */
describe('a meeting server that lies about streams', function () {
  this.timeout(60_000);
  let server: CapturedServer;
  let browser: Browser;
  let room: TestRoom;
  let ana: TestGuest;
  let ben: TestGuest;

  before(async () => {
    await Promise.all([nativePlugin(), buildGuest('vite.config.ts')]);
    server = await startCapturedServer();
    server.tap.record(true);
    browser = await launchChromium();
    const { link } = await server.meeting();
    room = await startRoom({
      name: 'Salle Monet',
      serverUrl: server.url,
      certificatePath: server.certificatePath,
      microphone: 'tone:700',
    });
    await room.post('/call/join', { link });
    await room.until('in the meeting', ({ call }) => call.phase === 'in-call', 20_000);
    ana = await openGuest(browser, link, 'Ana');
    ben = await openGuest(browser, link, 'Ben');
    await everybodySeesEverybody();
  });

  after(async () => {
    await ana?.close();
    await ben?.close();
    await room?.close();
    await browser?.close();
    await server?.close();
  });

  const peerOf = (state: CallState): string => state.participants.find((each) => each.self)?.peer ?? '';
  const roomCall = async (): Promise<CallState> => (await room.state()).call;
  const videos = (state: CallState): StreamStats[] =>
    state.stats.filter(
      ({ direction, source }) => direction === 'receive' && (source === 'camera' || source === 'screen'),
    );

  async function everybodySeesEverybody(): Promise<void> {
    const named = ({ participants, phase }: CallState): boolean =>
      phase === 'in-call' && participants.length === 3 && participants.every(({ name }) => name !== null);
    const playing = (state: CallState): boolean =>
      videos(state).filter((each) => (each.framesDecoded ?? 0) > 5).length === 2;
    await Promise.all([
      room.until('both guests', ({ call }) => named(call) && playing(call), 25_000),
      ana.until('the others', (state) => named(state) && playing(state), 25_000),
      ben.until('the others', named, 25_000),
    ]);
  }

  /** The next login of that peer meets the meddler; what came before is gone. */
  function logInAgain(peer: string, meddler: Meddler | null): void {
    server.proxy.meddle(meddler);
    server.proxy.connectionOf(peer).close();
  }

  /** Changes what the server says of streams, wherever it says so. */
  function relabelling(change: (stream: Announced) => Announced, isFor: (peer: string) => boolean): Meddler {
    return ({ direction, connection, message, method }) => {
      if (!message) return [];
      const { data } = message;
      if (direction === 'up' || !data || !isFor(connection.peer)) return [message];
      if (method === 'producerAdded') return [{ ...message, data: change(data as Announced) }];
      const lists = ['producers', 'consumers'].filter((name) => Array.isArray(data[name]));
      const changed = Object.fromEntries(lists.map((name) => [name, (data[name] as Announced[]).map(change)]));
      return [{ ...message, data: { ...data, ...changed } }];
    };
  }

  it('shows nothing of two senders whose streams it swaps, and says whose were blocked', async () => {
    const [state, one, other] = [await roomCall(), peerOf(await ana.state()), peerOf(await ben.state())];
    const swapped = new Map([
      [one, other],
      [other, one],
    ]);
    const known = new Set([one, other]);
    const lastNotice = state.notices.at(-1)?.id ?? 0;
    logInAgain(
      peerOf(state),
      relabelling(
        (stream) => ({ ...stream, peer: swapped.get(stream.peer) ?? stream.peer }),
        (peer) => !known.has(peer),
      ),
    );
    const { call } = await room.until(
      'blocked frames',
      ({ call: now }) => {
        const streams = videos(now);
        return (
          now.phase === 'in-call' && streams.length === 2 && streams.every(({ framesRejected }) => framesRejected > 10)
        );
      },
      25_000,
    );
    for (const each of call.stats.filter(({ direction }) => direction === 'receive'))
      assert.equal(each.framesDecoded ?? 0, 0, JSON.stringify(each));
    const notice = call.notices.find(({ id, code }) => id > lastNotice && code === 'frames-rejected');
    assert.equal(notice?.params['reason'], 'wrong-sender');
    assert.match(notice?.message ?? '', /^Blocked (video|sound) that did not come from (Ana|Ben)$/);
    assert.deepEqual(call.participants.map(({ name }) => name).toSorted(), ['Ana', 'Ben', 'Salle Monet']);
    logInAgain(peerOf(call), null);
    await everybodySeesEverybody();
  });

  it('shows nothing of a camera that it passes off as the same person’s screen', async () => {
    const state = await ana.state();
    const others = new Set([peerOf(await roomCall()), peerOf(await ben.state())]);
    const asScreen = (stream: Announced): Announced =>
      stream.source === 'camera' ? { ...stream, source: 'screen' } : stream;
    logInAgain(
      peerOf(state),
      relabelling(asScreen, (peer) => !others.has(peer)),
    );
    const now = await ana.until(
      'blocked screens',
      (each) => each.phase === 'in-call' && videos(each).some(({ framesRejected }) => framesRejected > 10),
      25_000,
    );
    for (const each of videos(now)) assert.equal(each.framesDecoded ?? 0, 0);
    assert.ok(videos(now).every(({ source }) => source === 'screen'));
    await ana.sees(/We blocked a shared screen that did not come from/);
    logInAgain(peerOf(now), null);
    await everybodySeesEverybody();
  });

  it('shows nothing twice when it sends recorded packets again', async () => {
    const before = await roomCall();
    const sender = peerOf(await ana.state());
    const [self, lastNotice] = [peerOf(before), before.notices.at(-1)?.id ?? 0];
    const join = server.proxy.recorded.findLast(
      ({ connection, direction, method }) => connection.peer === self && direction === 'down' && method === 'join',
    );
    const asked = server.proxy.recorded.findLast(
      ({ connection, direction, method }) => connection.peer === self && direction === 'up' && method === 'join',
    );
    const transport = server.tap.transports.get((join?.message?.data?.['recvTransport'] as { id: string }).id);
    const original = before.stats.find(({ peer, source }) => peer === sender && source === 'camera');
    const producer = cameraOf(sender);
    const stream = server.tap.streams.get(producer);
    assert.ok(transport && stream && original);
    const from = stream.packets.length;
    await stream.requestKeyPicture();
    await eventually('packets to send again', 15_000, () => sinceKeyPicture(stream.packets.slice(from)).length > 150);
    const again = replayed(inOrder(sinceKeyPicture(stream.packets.slice(from))));
    const parameters = stream.rtpParameters();
    assert.ok(parameters);
    const direct = await stream.router.createDirectTransport();
    const producing = await direct.produce({
      kind: 'video',
      rtpParameters: {
        ...parameters,
        encodings: (parameters.encodings ?? []).map((each) => ({ ...each, scalabilityMode: 'L3T3_KEY' })),
      },
    });
    const rtpCapabilities = asked?.message?.data?.['rtpCapabilities'] as types.RtpCapabilities;
    const consumer = await transport.consume({ producerId: producing.id, rtpCapabilities, paused: false });
    const offer: Consumed = {
      consumer: consumer.id,
      producer: producing.id,
      peer: sender,
      source: 'camera',
      kind: 'video',
      type: 'svc',
      rtpParameters: consumer.rtpParameters,
      producerPaused: false,
    };
    server.proxy.meddle(serving(self, offer));
    const { producer: id, peer, source, kind } = offer;
    server.proxy
      .connectionOf(self)
      .tell(notification('producerAdded', { producer: id, peer, source, kind, paused: false }));
    await eventually('rejected replays', 25_000, async () => {
      for (let sent = 0; sent < 12; sent++)
        producing.send((again.next().value as Buffer | undefined) ?? Buffer.alloc(0));
      return ((await roomCall()).stats.find((each) => each.id === consumer.id)?.framesRejected ?? 0) > 5;
    });
    const call = await roomCall();
    const second = call.stats.find((each) => each.id === consumer.id);
    assert.equal(second?.framesDecoded ?? 0, 0, JSON.stringify(second));
    assert.equal(
      call.notices.find(({ id: n, code }) => n > lastNotice && code === 'frames-rejected')?.params['reason'],
      'replay',
    );
    await room.until(
      'the real stream going on',
      ({ call: now }) =>
        (now.stats.find((each) => each.id === original.id)?.framesDecoded ?? 0) > (original.framesDecoded ?? 0) + 10,
    );
    direct.close();
    server.proxy.connectionOf(self).tell(notification('producerClosed', { producer: id }));
    server.proxy.meddle(null);
  });

  it('lists nobody whom it invents', async () => {
    const [call, state] = [await roomCall(), await ana.state()];
    for (const peer of [peerOf(call), peerOf(state)]) {
      const connection = server.proxy.connectionOf(peer);
      for (let i = 0; i < 5; i++) {
        const invented = Buffer.alloc(16, i).toString('base64url');
        connection.tell(notification('peerJoined', { peer: invented }));
        connection.tell(
          notification('producerAdded', {
            producer: `invented-${i}`,
            peer: invented,
            source: 'camera',
            kind: 'video',
            paused: false,
          }),
        );
      }
    }
    await room.post('/call/chat', { text: 'after the invention' });
    await ana.until('what was said afterwards', ({ chat }) => chat.some(({ text }) => text === 'after the invention'));
    assert.equal((await roomCall()).participants.length, 3);
    assert.equal((await ana.state()).participants.length, 3);
    assert.equal((await ana.state()).code, (await roomCall()).code);
  });

  function cameraOf(peer: string): string {
    for (const { direction, message } of server.proxy.recorded.toReversed()) {
      if (direction !== 'down' || !message?.data) continue;
      const list = [message.data, ...((message.data['producers'] as object[] | undefined) ?? [])] as Announced[];
      const found = list.find((each) => each.peer === peer && each.source === 'camera' && !('consumer' in each));
      if (found) return found.producer;
    }
    throw new Error('no camera of that peer');
  }

  /** Answers for a consumer that the honest server knows nothing of. */
  function serving(self: string, offer: Consumed): Meddler {
    const without = (list: unknown): unknown[] =>
      (Array.isArray(list) ? list : []).filter(
        (each: unknown) => each !== offer.consumer && (each as Consumed).consumer !== offer.consumer,
      );
    return ({ connection, direction, method, message }): ProtooMessage[] => {
      if (!message) return [];
      const { data } = message;
      if (connection.peer !== self || !data) return [message];
      if (direction === 'down' && method === 'consume') return [{ ...message, data: { consumers: [offer] } }];
      if (direction === 'up' && method === 'resumeConsumers')
        return [{ ...message, data: { consumers: without(data['consumers']) } }];
      if (direction === 'up' && method === 'setDemand')
        return [{ ...message, data: { demands: without(data['demands']) } }];
      return [message];
    };
  }
});
