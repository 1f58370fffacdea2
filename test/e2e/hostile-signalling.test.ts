import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Browser } from 'playwright-core';
import type { CallState } from '../../src/call/call-state.ts';
import { limits, notifications } from '../../src/call/signalling/messages.ts';
import { launchChromium } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import type { TestGuest } from '../support/guest.ts';
import { openGuest } from '../support/guest.ts';
import { childrenOf, residentBytes } from '../support/processes.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import type { TestRoom } from '../support/room.ts';
import { startRoom } from '../support/room.ts';
import type { CapturedServer } from '../support/server-capture.ts';
import { startCapturedServer } from '../support/server-capture.ts';
import { buildGuest } from './guest-pages.ts';

const GROWTH_BYTES = 80_000_000;
const names = Object.keys(notifications);

/** Text in the form of a message, with anything in it. */
const shaped = fc.record({
  notification: fc.constant(true),
  method: fc.oneof(fc.constantFrom(...names), fc.string()),
  data: fc.jsonValue({ maxDepth: 4 }),
});
const answer = fc.record({ response: fc.constant(true), id: fc.nat(), ok: fc.boolean(), data: fc.jsonValue() });
const request = fc.record({
  request: fc.constant(true),
  id: fc.nat(),
  method: fc.constantFrom(...names, 'join'),
  data: fc.object(),
});
const jsonText = fc.oneof(shaped, answer, request).map((value) => JSON.stringify(value));
const notJson = fc.oneof(
  fc.string(),
  jsonText.map((text) => text.slice(0, -1)),
  fc.constantFrom('', 'null', '[]', '0', '{}', '"'.repeat(9), '['.repeat(50_000)),
);
const binary = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));
const oversized = fc.constant(' '.repeat(limits.messageBytes + 1));

/** Whatever a server says, the clients stay up, say what is wrong, and are back when it behaves. */
describe('a meeting server that talks nonsense', function () {
  this.timeout(90_000);
  let server: CapturedServer;
  let browser: Browser;
  let room: TestRoom;
  let guest: TestGuest;

  before(async () => {
    await Promise.all([nativePlugin(), buildGuest('vite.config.ts')]);
    server = await startCapturedServer({ maxConnectionsPerAddress: 1_000 });
    browser = await launchChromium();
    const { link } = await server.meeting();
    room = await startRoom({ name: 'Salle Monet', serverUrl: server.url, certificatePath: server.certificatePath });
    await room.post('/call/join', { link });
    await room.until('in the meeting', ({ call }) => call.phase === 'in-call', 20_000);
    guest = await openGuest(browser, link, 'Ana', 'off');
    await together();
  });

  after(async () => {
    await guest?.close();
    await room?.close();
    await browser?.close();
    await server?.close();
  });

  const both = async (): Promise<[CallState, CallState]> => [(await room.state()).call, await guest.state()];
  async function together(): Promise<void> {
    await eventually('both together', 30_000, async () => {
      const [one, other] = await both();
      return (
        [one, other].every(({ phase, participants }) => phase === 'in-call' && participants.length === 2) &&
        one.code === other.code
      );
    });
  }

  /** The connections that are open now: a client that hung up has come back by then. */
  async function tell(what: string | Buffer): Promise<void> {
    await eventually('both connected', 15_000, async () => {
      const [one, other] = await both();
      return [one, other].every(({ phase }) => phase === 'in-call' || phase === 'securing') && open().length >= 2;
    });
    for (const connection of open()) connection.tell(what);
  }
  const open = () => server.proxy.connections.filter((connection) => connection.open);

  async function survives(messages: fc.Arbitrary<string | Buffer>, numRuns: number): Promise<void> {
    const [callProcess = 0] = await childrenOf(room.pid);
    const before = await residentBytes(callProcess);
    let logins = server.proxy.connections.length;
    await fc.assert(
      fc.asyncProperty(messages, (message) => tell(message)),
      { numRuns, endOnFailure: true },
    );
    // Whoever has not yet noticed what was told last is together with the other still, and says so once more afterwards.
    await eventually('nothing wrong any more', 30_000, async () => {
      await together();
      return (await both())[0].problems.length === 0;
    });
    logins = server.proxy.connections.length - logins;
    const grown = (await residentBytes(callProcess)) - before;
    assert.deepEqual((await childrenOf(room.pid))[0], callProcess, 'the same call process');
    console.log(
      `      ${numRuns} messages to each, ${logins} new logins, call process grown by ${(grown / 1e6).toFixed(1)} MB`,
    );
    assert.ok(grown < GROWTH_BYTES, `${grown} bytes more`);
  }

  it('is followed through messages of the right form with anything in them', () => survives(jsonText, 120));

  it('is left and found again after text that is no message', () => survives(notJson, 4));

  it('is left and found again after bytes and messages over the limit', () => survives(fc.oneof(binary, oversized), 4));
});
