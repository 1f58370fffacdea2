import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { NetworkEmulator, type Endpoint } from '../../support/network-emulator.ts';
import { consume, connected, openLeg, openRig, produce, until } from '../call/transport/rig.ts';
import { PacketSource } from '../call/transport/packets.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function bound(address = '127.0.0.1'): Promise<{ socket: Socket; at: Endpoint }> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, at: { address, port: socket.address().port } };
}

describe('the network emulator', () => {
  const cleanUp: (() => void)[] = [];
  afterEach(() =>
    cleanUp
      .splice(0)
      .reverse()
      .forEach((close) => close()),
  );

  async function echoServer(): Promise<{ at: Endpoint; seen: Set<number> }> {
    const { socket, at } = await bound();
    const seen = new Set<number>();
    socket.on('message', (packet, from) => {
      seen.add(from.port);
      socket.send(packet, from.port, from.address);
    });
    cleanUp.push(() => socket.close());
    return { at, seen };
  }

  async function client(via: Endpoint | null): Promise<{ send: (text: string) => void; got: string[] }> {
    const { socket } = await bound();
    const got: string[] = [];
    socket.on('message', (packet) => got.push(packet.toString()));
    cleanUp.push(() => socket.close());
    return { send: (text) => socket.send(text, via?.port ?? 0, via?.address ?? ''), got };
  }

  it('gives each client its own address at the server and its own answers', async () => {
    const { at, seen } = await echoServer();
    const emulator = await NetworkEmulator.open({ targets: [at] });
    cleanUp.push(() => emulator.close());
    const clients = await Promise.all(Array.from({ length: 5 }, () => client(emulator.standInFor(at))));
    clients.forEach(({ send }, i) => ['a', 'b', 'c'].forEach((text) => send(`${i}${text}`)));
    await until(() => clients.every(({ got }) => got.length === 3), 'echoes');
    clients.forEach(({ got }, i) => assert.deepEqual(got, [`${i}a`, `${i}b`, `${i}c`]));
    assert.equal(seen.size, 5);
    assert.equal(emulator.clients, 5);
  });

  it('delays, slows and loses as scripted, each direction and path for itself', async () => {
    const { at } = await echoServer();
    const fastPorts = new Set<number>();
    const emulator = await NetworkEmulator.open({
      targets: [at],
      pathOf: ({ port }) => (fastPorts.has(port) ? 'fast' : 'slow'),
    });
    cleanUp.push(() => emulator.close());
    emulator.play('slow', [
      { atMs: 0, up: { delayMs: 60 }, down: { delayMs: 40 } },
      { atMs: 250, down: { loss: 1 } },
    ]);
    const slow = await client(emulator.standInFor(at));
    const start = performance.now();
    slow.send('x');
    await until(() => slow.got.length === 1, 'echo');
    assert.ok(performance.now() - start >= 99, `${performance.now() - start} ms`);
    await sleep(300 - (performance.now() - start));
    slow.send('y');
    await sleep(200);
    assert.equal(slow.got.length, 1);
    const { up, down } = emulator.stats('slow');
    assert.deepEqual([up.delivered, down.delivered, down.lost], [2, 1, 1]);
    assert.equal(emulator.stats('fast').up.packets, 0);
  });

  it('stands in on the same port of another address, for a server that announces that one', async () => {
    const { at } = await echoServer();
    const emulator = await NetworkEmulator.open({ targets: [at], address: '127.0.0.2', ports: 'same' });
    cleanUp.push(() => emulator.close());
    assert.deepEqual(emulator.standInFor(at), { address: '127.0.0.2', port: at.port });
    const { send, got } = await client({ address: '127.0.0.2', port: at.port });
    send('x');
    await until(() => got.length === 1, 'echo');
  });

  it('leaves 500 kbit/s of a stream on a link of 500 kbit/s, between two native clients and mediasoup', async () => {
    const rig = await openRig();
    cleanUp.push(() => rig.close());
    const up = await openLeg(rig.router, 'send');
    // As announced by a server that knows of the emulator.
    const down = await openLeg(rig.router, 'recv', {
      initialBitrate: 50_000_000,
      mapCandidates: (all) => all.map((one) => ({ ...one, ip: '127.0.0.2', address: '127.0.0.2' })),
    });
    const [candidate] = down.server.iceCandidates;
    assert.ok(candidate);
    const target = { address: '127.0.0.1', port: candidate.port };
    const emulator = await NetworkEmulator.open({ targets: [target], address: '127.0.0.2', ports: 'same' });
    cleanUp.push(() => emulator.close());
    // Sound, because the server would send less of a video by itself.
    const sender = await produce(up, 'audio');
    const receiver = await consume(down, sender.server.id);
    await Promise.all([connected(up.client), connected(down.client)]);
    const source = new PacketSource(sender.port);
    await until(() => source.send(), 'open');
    emulator.change('all', { down: { rateKbps: 500, queueMs: 100 } });
    const before = { packets: receiver.packets.length, stats: emulator.stats('all').down };
    const start = performance.now();
    for (let sent = 0; performance.now() - start < 2_000;) {
      for (; sent < (performance.now() - start) / 5; sent++) source.send(1_000);
      await sleep(5);
    }
    const seconds = (performance.now() - start) / 1_000;
    const bytes = receiver.packets.slice(before.packets).reduce((sum, packet) => sum + packet.length + 38, 0);
    const kbps = (bytes * 8) / 1_000 / seconds;
    const { dropped } = emulator.stats('all').down;
    cleanUp.push(() => (up.close(), down.close()));
    assert.ok(kbps > 430 && kbps < 520, `${kbps.toFixed(0)} kbit/s received`);
    assert.ok(dropped > before.stats.dropped);
  });
});
