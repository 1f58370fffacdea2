import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ByteLink } from '../../../../src/devices/link/byte-link.ts';
import { MemoryCable } from '../../../../src/devices/link/memory-link.ts';
import { serial8N1, serialOpener } from '../../../../src/devices/link/serial-link.ts';
import { tcpOpener } from '../../../../src/devices/link/tcp-link.ts';
import { udpOpener } from '../../../../src/devices/link/udp-link.ts';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { byteLinkContract } from '../../../contract/byte-link.ts';
import type { EchoDevice } from '../../../contract/byte-link.ts';
import { eventually } from '../../../support/eventually.ts';
import { settle } from '../../../support/manual-time.ts';

const fail = (error: unknown): void => {
  throw error;
};
const soon = async (done: () => boolean): Promise<void> => void (await eventually('it', 2_000, done));

async function memoryEcho(): Promise<EchoDevice> {
  const clock = new ManualClock();
  let far: ByteLink | null = null;
  const cable = new MemoryCable('echo', clock, 1, (device) => {
    far = device;
    device.onData((chunk) => void device.write(chunk));
  });
  return {
    opener: cable,
    hangUp: () => far?.close(),
    remove: () => cable.unplug(),
    until: async (done) => {
      for (let i = 0; i < 50 && !done(); i++) {
        clock.advance(1);
        await settle();
      }
      assert.ok(done());
    },
    close: async () => cable.unplug(),
  };
}

async function tcpEcho(): Promise<EchoDevice> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined))).on('connection', (socket) =>
    socket.pipe(socket),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return {
    opener: tcpOpener({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, fail),
    hangUp: () => sockets.forEach((socket) => socket.end()),
    remove: close,
    until: soon,
    close,
  };
}

async function udpEcho(): Promise<EchoDevice> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    opener: udpOpener({ host: '127.0.0.1', port: socket.address().port, localPort: null }, fail),
    hangUp: () => undefined,
    remove: () => undefined,
    until: soon,
    close: async () => void socket.close(),
  };
}

/** A port whose TX is wired to its RX, or a pair of adapters with an echo at the other end. */
async function serialEcho(path: string): Promise<EchoDevice> {
  return {
    opener: serialOpener(serial8N1(path, 9_600), fail),
    hangUp: () => undefined,
    remove: () => undefined,
    until: soon,
    close: async () => undefined,
  };
}

byteLinkContract('memory', { hangUp: true, remove: true }, memoryEcho);
byteLinkContract('TCP', { hangUp: true, remove: true }, tcpEcho);
byteLinkContract('UDP', { hangUp: false, remove: false }, udpEcho);
const serialPath = process.env.TEST_SERIAL;
if (serialPath !== undefined)
  byteLinkContract('serial', { hangUp: false, remove: false }, () => serialEcho(serialPath));

describe('serialOpener', () => {
  it('takes stable names only', () => {
    for (const path of [
      '/dev/serial/by-id/usb-FTDI_A1-if00-port0',
      '/dev/ttyAMA0',
      '/dev/ttyS1',
      '/tmp/tty-of-a-test',
    ]) {
      assert.equal(serialOpener(serial8N1(path, 9_600), fail).id, `serial:${path}`);
    }
    for (const path of ['/dev/ttyUSB0', '/dev/ttyACM1', 'ttyS0', '/dev/serial/by-id/', '/dev/serial/by-id/a/b']) {
      assert.throws(() => serialOpener(serial8N1(path, 9_600), fail), { code: 'device/serial-path-unstable' });
    }
  });

  it('says that a port that is not there could not be opened', async () => {
    const opener = serialOpener(serial8N1('/dev/serial/by-id/usb-nothing', 9_600), fail);
    await assert.rejects(opener.open(new AbortController().signal), { code: 'device/link-not-opened' });
  });
});

describe('tcpOpener', () => {
  it('gives up connecting when the signal is aborted', async () => {
    const abort = new AbortController();
    // TEST-NET-1 (RFC 5737): nobody answers.
    const opening = tcpOpener({ host: '192.0.2.1', port: 1515 }, fail).open(abort.signal);
    abort.abort(new Error('too late'));
    await assert.rejects(opening, /too late/);
  });
});
