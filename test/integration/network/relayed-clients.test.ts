import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { nodeSocketOpener } from '../../../src/call/signalling/node-socket.ts';
import { launchChromium } from '../../support/browser.ts';
import { NetworkEmulator } from '../../support/network-emulator.ts';
import { relayedSocketOpener, relayPage } from '../../support/relayed-candidates.ts';

const target = { address: '127.0.0.1', port: 9 };
const candidate = { ip: target.address, address: target.address, port: target.port, protocol: 'udp' };
const answer = {
  response: true,
  id: 1,
  ok: true,
  data: { iceCandidates: [candidate, { ...candidate, protocol: 'tcp' }] },
};

/** Answers any message as a meeting server answers `join`, and serves a page that shows what it hears. */
async function signallingServer(): Promise<{ port: number; heard: string[]; close: () => void }> {
  const http = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<p>page'));
  const sockets = new WebSocketServer({ server: http, handleProtocols: (offered) => [...offered][0] ?? false });
  const heard: string[] = [];
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      heard.push(data.toString());
      socket.send(JSON.stringify(answer));
    }),
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const close = (): void => {
    for (const socket of sockets.clients) socket.terminate();
    http.closeAllConnections();
    http.close();
  };
  return { port: (http.address() as AddressInfo).port, heard, close };
}

describe('a client put behind the emulator', () => {
  let emulator: NetworkEmulator;
  let server: Awaited<ReturnType<typeof signallingServer>>;
  let relayed: unknown;

  before(async () => {
    emulator = await NetworkEmulator.open({ targets: [target] });
    server = await signallingServer();
    const standIn = emulator.standInFor(target);
    relayed = { ...answer, data: { iceCandidates: [{ ...candidate, port: standIn?.port }] } };
  });
  after(() => {
    emulator.close();
    server.close();
  });

  it('hears of the emulator in place of the server: in Node', async () => {
    const open = relayedSocketOpener(nodeSocketOpener([]), emulator);
    const socket = open(`ws://127.0.0.1:${server.port}/signal?meeting=x`, 'protoo');
    const text = await new Promise<string>((resolve, reject) => {
      socket.onopen = () => socket.send('from node');
      socket.onmessage = ({ data }) => resolve(String(data));
      socket.onerror = () => reject(new Error('no connection'));
    });
    assert.deepEqual(JSON.parse(text), relayed);
    assert.ok(server.heard.includes('from node'));
    const closed = new Promise<void>((resolve) => (socket.onclose = () => resolve()));
    socket.close();
    await closed;
  });

  it('hears of the emulator in place of the server: in a browser', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await relayPage(page, emulator);
      await page.goto(`http://127.0.0.1:${server.port}/`);
      const text = await page.evaluate(
        (url) =>
          new Promise<string>((resolve, reject) => {
            const socket = new WebSocket(url, 'protoo');
            socket.onopen = () => socket.send('from browser');
            socket.onmessage = ({ data }) => resolve(String(data));
            socket.onerror = () => reject(new Error('no connection'));
          }),
        `ws://127.0.0.1:${server.port}/signal?meeting=x`,
      );
      assert.deepEqual(JSON.parse(text), relayed);
      assert.ok(server.heard.includes('from browser'));
    } finally {
      await browser.close();
    }
  });
});
