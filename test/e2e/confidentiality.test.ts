import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { MediaSourceName } from '../../src/call/signalling/messages.ts';
import { toneStrength } from '../support/tone.ts';
import { launchChromium } from '../support/browser.ts';
import { ciphertextOf, framesOf, KeyRing, picturesFrom } from '../support/captured-frames.ts';
import type { TestGuest } from '../support/guest.ts';
import { openGuest } from '../support/guest.ts';
import type { Needle } from '../support/needles.ts';
import { findNeedles, needlesOf } from '../support/needles.ts';
import { PlainMember } from '../support/plain-member.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import type { TestRoom } from '../support/room.ts';
import { startRoom } from '../support/room.ts';
import type { TappedStream } from '../support/rtp-tap.ts';
import type { CapturedServer } from '../support/server-capture.ts';
import { startCapturedServer } from '../support/server-capture.ts';
import * as stock from '../support/stock-decoders.ts';
import { eventually } from '../support/eventually.ts';
import { buildGuest } from './guest-pages.ts';

const TONE_HZ = 700;
/** A chance of one in a billion for random bytes to lie outside. */
const RANDOM_CHI = { min: 130, max: 410 };
const planted = {
  roomName: 'Zebulon Meadowlark Room',
  guestName: 'Quixotica Thistledown',
  fromRoom: 'the plutonium ledger is under the blue carpet',
  fromGuest: 'nobody must ever learn of the walnut protocol',
} as const;

/** Everything the server handles in one meeting, searched and decoded as whoever runs it could. */
describe('what the meeting server can read', function () {
  this.timeout(90_000);
  let server: CapturedServer;
  let browser: Browser;
  let room: TestRoom;
  let guest: TestGuest;
  let member: PlainMember;
  let secret: Uint8Array;
  let roomPeer = '';

  before(async () => {
    await Promise.all([nativePlugin(), buildGuest('vite.config.ts')]);
    server = await startCapturedServer();
    server.tap.record(true);
    browser = await launchChromium();
    const meeting = await server.meeting();
    secret = meeting.secret;
    room = await startRoom({
      name: planted.roomName,
      serverUrl: server.url,
      certificatePath: server.certificatePath,
      microphone: `tone:${TONE_HZ}`,
      camera: 'clock',
    });
    await room.post('/call/join', { link: meeting.link });
    await room.until('in the meeting', ({ call }) => call.phase === 'in-call', 20_000);
    // Joins before anything is sent that it shall open: the control of every test below.
    member = await PlainMember.join({ origin: server.proxy.origin, meeting: meeting.id, secret, name: null });
    guest = await openGuest(browser, meeting.link, planted.guestName);
    await guest.until('everybody', ({ participants }) => participants.length === 3, 20_000);
    roomPeer = (await room.state()).call.participants.find((each) => each.self)?.peer ?? '';
    await room.post('/call/chat', { text: planted.fromRoom });
    await guest.chat(planted.fromGuest);
    await guest.sees(planted.fromRoom);
    await guest.sees(planted.roomName);
    await room.until('chat and name', ({ call }) =>
      call.chat.some(({ text, name }) => text === planted.fromGuest && name === planted.guestName),
    );
    const enough = (who: 'room' | 'guest', source: MediaSourceName, packets: number): boolean =>
      (stream(who, source)?.packets.length ?? 0) >= packets;
    await eventually(
      'six seconds of everything',
      30_000,
      () =>
        enough('room', 'microphone', 300) &&
        enough('room', 'camera', 400) &&
        enough('guest', 'microphone', 200) &&
        enough('guest', 'camera', 300),
    );
    server.tap.record(false);
  });

  after(async () => {
    await member?.leave();
    await guest?.close();
    await room?.close();
    await browser?.close();
    await server?.close();
  });

  /** By what the server knows of its producers. */
  function stream(who: 'room' | 'guest', source: MediaSourceName): TappedStream | undefined {
    const announced = new Map<string, { peer: string; source: string }>();
    for (const { direction, message } of server.proxy.recorded) {
      if (direction !== 'down' || !message?.data) continue;
      const list = [message.data, ...((message.data['producers'] as object[] | undefined) ?? [])] as Record<
        string,
        string
      >[];
      for (const { producer, peer, source: from } of list)
        if (producer && peer && from) announced.set(producer, { peer, source: from });
    }
    const id = [...announced].find(
      ([, each]) => each.source === source && (each.peer === roomPeer) === (who === 'room'),
    )?.[0];
    return server.tap.streams.get(id ?? '');
  }

  function required(who: 'room' | 'guest', source: MediaSourceName): TappedStream {
    const found = stream(who, source);
    assert.ok(found, `${who}/${source} was captured`);
    return found;
  }

  const packetsOf = (stream: TappedStream): Buffer[] => stream.packets.map(({ packet }) => packet);
  const needles = (): Needle[] => [
    ...needlesOf('the name of the guest', planted.guestName),
    ...needlesOf('chat of the room', planted.fromRoom),
    ...needlesOf('chat of the guest', planted.fromGuest),
    ...needlesOf('the link', secret),
  ];

  it('finds no planted name, text or secret in signalling, RTP and logs', () => {
    const signalling = Buffer.from(server.proxy.recorded.map(({ text }) => text).join('\n'));
    const media = Buffer.concat(
      [...server.tap.streams.values()].flatMap((each) => each.packets.map(({ packet }) => packet)),
    );
    const payloads = Buffer.concat(
      [...server.tap.streams.values()].flatMap((each) => framesOf(each).map(({ sframe }) => sframe)),
    );
    const logs = Buffer.from(server.logs());
    console.log(
      `      searched ${signalling.length} bytes of signalling, ${media.length} of RTP, ${logs.length} of logs for ${needles().length} needles`,
    );
    assert.ok(signalling.length > 10_000 && media.length > 200_000 && logs.length > 0);
    for (const [what, haystack] of Object.entries({ signalling, media, payloads, logs }))
      assert.deepEqual(findNeedles(needles(), haystack), [], what);
  });

  it('finds a room’s name in the certificate it shows and nowhere else', () => {
    const name = needlesOf('the name of the room', planted.roomName);
    const rest = server.proxy.recorded.filter(
      ({ message }) => message?.method !== 'mlsJoinRequest' && message?.method !== 'join',
    );
    assert.deepEqual(findNeedles(name, Buffer.from(rest.map(({ text }) => text).join('\n'))), []);
    assert.deepEqual(findNeedles(name, Buffer.from(server.logs())), []);
    assert.deepEqual(findNeedles(name, Buffer.concat([...server.tap.streams.values()].flatMap(packetsOf))), []);
  });

  it('would find each of them, were it there', () => {
    for (const needle of needles())
      assert.deepEqual(findNeedles([needle], Buffer.concat([Buffer.alloc(99, 1), needle.bytes, Buffer.alloc(5)])), [
        needle.what,
      ]);
    const carried = `xx${Buffer.from(`padding ${planted.fromRoom} more`).toString('base64url')}yy`;
    assert.notEqual(findNeedles(needles(), Buffer.from(carried)).length, 0);
  });

  it('decodes no picture', async () => {
    for (const who of ['room', 'guest'] as const) {
      const camera = required(who, 'camera');
      assert.equal(await stock.picturesOfRtp(packetsOf(camera)), 0, `${who}: RTP`);
      const sframes = framesOf(camera).map(({ sframe }) => sframe);
      assert.ok(sframes.length > 60, `${who}: ${sframes.length} frames`);
      assert.equal(await stock.picturesOfFrames(sframes), 0, `${who}: frames`);
      assert.equal(
        await stock.picturesOfFrames(sframes.map(ciphertextOf)),
        0,
        `${who}: frames without their SFrame header`,
      );
    }
  });

  it('decodes pictures that are not encrypted, and the captured ones with a member’s keys', async () => {
    assert.ok((await stock.picturesOfRtp(await stock.plainVp9Rtp())) >= 25);
    for (const who of ['room', 'guest'] as const) {
      const opened = picturesFrom(framesOf(required(who, 'camera')), new KeyRing(member.keys));
      const decoded = await stock.picturesOfFrames(opened);
      assert.ok(decoded > 30, `${who}: ${decoded} pictures of ${opened.length} opened`);
    }
  });

  it('hears no tone, and sees bytes like random ones', async () => {
    const microphone = required('room', 'microphone');
    const strength = toneStrength(await stock.soundOfRtp(packetsOf(microphone)), stock.OPUS_RATE, TONE_HZ);
    assert.ok(strength < 0.1, `tone ${strength}`);
    for (const who of ['room', 'guest'] as const) {
      for (const source of ['microphone', 'camera'] as const) {
        const chi = stock.chiSquare(
          Buffer.concat(framesOf(required(who, source)).map(({ sframe }) => ciphertextOf(sframe))),
        );
        assert.ok(chi > RANDOM_CHI.min && chi < RANDOM_CHI.max, `${who}/${source}: chi-square ${chi}`);
      }
    }
  });

  it('hears the tone where it is not encrypted, and in the capture with a member’s keys', async () => {
    const plain = await stock.plainOpusRtp(TONE_HZ);
    assert.ok(toneStrength(await stock.soundOfRtp(plain), stock.OPUS_RATE, TONE_HZ) > 0.9);
    assert.ok(stock.chiSquare(Buffer.concat(plain.map(stock.payloadOf))) > RANDOM_CHI.max);
    const ring = new KeyRing(member.keys);
    const opened = packetsOf(required('room', 'microphone')).flatMap((packet) => {
      const sound = ring.open(stock.payloadOf(packet));
      return sound ? [stock.withPayload(packet, sound)] : [];
    });
    assert.ok(opened.length > 100);
    const strength = toneStrength(await stock.soundOfRtp(opened), stock.OPUS_RATE, TONE_HZ);
    console.log(`      tone of ${TONE_HZ} Hz in what a member opens: ${strength.toFixed(2)}`);
    assert.ok(strength > 0.5, `tone ${strength}`);
    assert.ok(stock.chiSquare(Buffer.concat(opened.map(stock.payloadOf))) > RANDOM_CHI.max);
  });
});
