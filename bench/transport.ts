/**
 * What a packet costs through the native transport, and how long a link takes to open, through a real mediasoup worker on
 * loopback. CPU is this process's (native threads included) over packets sent and received; the worker's is apart.
 *
 *   MEDIASOUP_WORKER_BIN=… node bench/transport.ts [seconds] [packets per second]
 */
import { consume, connected, openLeg, openRig, produce, until } from '../test/integration/call/transport/rig.ts';
import { PacketSource } from '../test/integration/call/transport/packets.ts';
import { connectEarly } from '../src/call/transport/native-handler.ts';

const seconds = Number(process.argv[2] ?? '5');
const perSecond = Number(process.argv[3] ?? '2000');
const PAYLOAD_BYTES = 1_100;

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function openingTimes(protocol: 'udp' | 'tcp'): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 15; i++) {
    const leg = await openLeg(rig.router, 'send', { protocol });
    const start = performance.now();
    await connectEarly(leg.client);
    await connected(leg.client);
    times.push(performance.now() - start);
    leg.close();
  }
  return times.sort((a, b) => a - b);
}

async function idleCost(): Promise<number> {
  const before = cpuUs();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return cpuUs() - before;
}

const rig = await openRig();
for (const protocol of ['udp', 'tcp'] as const) {
  const times = await openingTimes(protocol);
  console.log(
    `open over ${protocol}: median ${times[7]?.toFixed(1)} ms, worst of ${times.length} ${times.at(-1)?.toFixed(1)} ms`,
  );
}
const up = await openLeg(rig.router, 'send');
const down = await openLeg(rig.router, 'recv', { initialBitrate: 50_000_000 });
const sender = await produce(up, 'video');
const receiver = await consume(down, sender.server.id);
await Promise.all([connected(up.client), connected(down.client)]);
const source = new PacketSource(sender.port);
await until(() => source.send(), 'open');
const packets = Array.from({ length: seconds * perSecond }, () => source.make(PAYLOAD_BYTES));
const idleUs = await idleCost();

/** Paced by what is due, so that a late timer does not lower the rate. */
async function run(send: (packet: Buffer) => void): Promise<number> {
  const start = performance.now();
  const before = cpuUs();
  let next = 0;
  while (next < packets.length) {
    const due = Math.min(packets.length, Math.ceil(((performance.now() - start) / 1_000) * perSecond));
    for (; next < due; next++) send(packets[next] ?? Buffer.alloc(0));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return cpuUs() - before - idleUs * seconds;
}

const paceUs = await run(() => undefined);
await receiver.server.pause();
const sendUs = await run((packet) => sender.port.send(packet));
await receiver.server.resume();
for (const packet of packets) packet.writeUInt16BE((packet.readUInt16BE(2) + packets.length) & 0xffff, 2);
const receivedBefore = receiver.packets.length;
const bothUs = await run((packet) => sender.port.send(packet));
const received = receiver.packets.length - receivedBefore;
console.log(
  `${perSecond} packets/s of ${PAYLOAD_BYTES} bytes for ${seconds} s; idle ${(idleUs / 10_000).toFixed(2)} % of a core`,
);
console.log(`sent: ${((sendUs - paceUs) / packets.length).toFixed(1)} µs CPU a packet`);
console.log(`received (${received}): ${((bothUs - sendUs) / Math.max(1, received)).toFixed(1)} µs CPU a packet`);
up.close();
down.close();
rig.close();
