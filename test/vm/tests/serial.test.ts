import type { EchoDevice } from '../../contract/byte-link.ts';
import { byteLinkContract } from '../../contract/byte-link.ts';
import { cameraControlContract } from '../../contract/camera-control.ts';
import { serial8N1, serialOpener } from '../../../src/devices/link/serial-link.ts';
import { eventually } from '../../support/eventually.ts';
import { cameraAt, realTime } from '../../support/hardware.ts';

/** @throws {Error} when the host does not say what is at the other end of the wires. */
function named(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set`);
  return value;
}

async function echo(): Promise<EchoDevice> {
  const fail = (error: unknown): void => {
    throw error;
  };
  return {
    opener: serialOpener(serial8N1(named('TEST_SERIAL'), 9_600), fail),
    hangUp: () => undefined,
    remove: () => undefined,
    until: async (done) => void (await eventually('it', 20_000, done)),
    close: async () => undefined,
  };
}

byteLinkContract('a serial adapter on USB (ftdi_sio)', { hangUp: false, remove: false }, echo);

cameraControlContract('VISCA over a serial port (8250)', false, async () => {
  const camera = await cameraAt(named('TEST_CAMERA'));
  return { camera, ...realTime, cut: null, close: () => camera.close() };
});
