import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ByteLink } from '../../../src/devices/link/byte-link.ts';
import { VirtualMdcDisplay } from '../../../src/devices/virtual/virtual-mdc-display.ts';
import { VirtualViscaCamera } from '../../../src/devices/virtual/virtual-visca-camera.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { cameraAt, cameraSettings, displayAt, displaySettings } from '../../support/hardware.ts';

/** The device's end of a real connection. */
function deviceEnd(write: (bytes: Uint8Array) => void): { link: ByteLink; hear: (chunk: Uint8Array) => void } {
  const listeners = new Set<(chunk: Uint8Array) => void>();
  const link: ByteLink = {
    id: 'device',
    write: async (bytes) => write(bytes),
    onData: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onClose: () => () => undefined,
    close: async () => undefined,
  };
  return { link, hear: (chunk) => listeners.forEach((listener) => listener(Uint8Array.from(chunk))) };
}

async function tcpDevice(attach: (link: ByteLink) => void): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    const { link, hear } = deviceEnd((bytes) => void socket.write(bytes));
    attach(link);
    socket.on('data', (chunk) => hear(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('devices over real sockets', () => {
  it('a VISCA camera over UDP with the header', async () => {
    const device = new VirtualViscaCamera(systemClock, 'header');
    const socket = createSocket('udp4');
    socket.on('message', (message, from) => {
      const { link, hear } = deviceEnd((bytes) => socket.send(bytes, from.port, from.address));
      device.attach(link);
      hear(message);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const camera = await cameraAt(`visca+udp://127.0.0.1:${socket.address().port}?header=yes&model=telycam`);
    camera.start();
    await eventually('the camera answers', 5_000, () => camera.isReachable);
    assert.deepEqual(await camera.setFocus('manual', null), { kind: 'reached', value: 'manual' });
    const moved = await camera.moveTo({ pan: 10, tilt: 5, zoom: null }, null);
    assert.deepEqual(moved, { kind: 'reached', value: { pan: 10, tilt: 5, zoom: 0 } });
    await camera.close();
    socket.close();
  });

  it('a VISCA camera over TCP', async () => {
    const device = new VirtualViscaCamera(systemClock, 'bare');
    const server = await tcpDevice((link) => device.attach(link));
    const camera = await cameraAt(`visca+tcp://127.0.0.1:${server.port}`);
    camera.start();
    await eventually('the camera answers', 5_000, () => camera.isReachable);
    assert.deepEqual(await camera.setWhiteBalance('indoor', null), { kind: 'reached', value: 'indoor' });
    await camera.close();
    await server.close();
  });

  it('a Samsung display over TCP', async () => {
    const device = new VirtualMdcDisplay(systemClock, 1, true);
    const server = await tcpDevice((link) => device.attach(link));
    const display = await displayAt(`mdc+tcp://127.0.0.1:${server.port}?id=1`);
    display.start();
    await eventually('the display answers', 5_000, async () => (await display.readPower(null)) === 'on');
    assert.deepEqual(await display.setVolume(12, null), { kind: 'reached', value: 12 });
    assert.equal(device.hasNetworkStandby, true);
    await display.close();
    await server.close();
  });
});

describe('addresses of TEST_CAMERA and TEST_DISPLAY', () => {
  it('name every kind of wiring', () => {
    const path = '/dev/serial/by-id/usb-FTDI_A1-if00-port0';
    assert.deepEqual(cameraSettings(`visca+serial://${path}?baud=38400&model=telycam&address=2`), {
      wiring: { kind: 'serial', path, baudRate: 38_400 },
      header: false,
      address: 2,
      model: 'telycam',
    });
    assert.deepEqual(displaySettings('pjlink://:secret@192.0.2.9'), {
      kind: 'pjlink',
      host: '192.0.2.9',
      port: 4352,
      password: 'secret',
    });
    assert.deepEqual(displaySettings('cec://vc4_hdmi/vc4-hdmi-0'), {
      kind: 'cec',
      selection: { driver: 'vc4_hdmi', adapter: 'vc4-hdmi-0' },
    });
    assert.deepEqual(displaySettings(`lg+serial://${path}?id=3`), {
      kind: 'table',
      table: 'lg',
      wiring: { kind: 'serial', path, baudRate: 9_600 },
      displayId: 3,
    });
    assert.throws(() => cameraSettings('onvif+tcp://192.0.2.7:80'), /onvif/);
    assert.throws(() => displaySettings('mdc+smoke://192.0.2.7:80'), /smoke/);
  });
});
