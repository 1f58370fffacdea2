import type { ViscaFaults } from '../../../../src/devices/virtual/virtual-visca-camera.ts';
import type { ViscaTransport } from '../../../../src/devices/visca/framing.ts';
import { cameraControlContract } from '../../../contract/camera-control.ts';
import type { CameraBench } from '../../../contract/camera-control.ts';
import { cameraAt, realTime } from '../../../support/hardware.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';
import { viscaBench } from '../../../support/visca-bench.ts';

async function bench(
  transport: ViscaTransport,
  model: string,
  faults: Partial<ViscaFaults> = {},
): Promise<CameraBench> {
  const { clock, cable, camera } = viscaBench(transport, model, faults);
  return {
    camera,
    until: (promise) => passUntil(clock, promise, 120_000),
    pass: (ms) => pass(clock, ms, 20),
    cut: (isThere) => (isThere ? cable.plug() : cable.unplug()),
    close: () => passUntil(clock, camera.close()),
  };
}

const rows: [string, ViscaTransport, string, Partial<ViscaFaults>][] = [
  ['VISCA over RS-232', 'serial', 'telycam', {}],
  ['VISCA over IP with the header', 'udp-header', 'telycam', {}],
  ['VISCA over UDP without the header', 'udp', 'generic', {}],
  ['VISCA over TCP', 'tcp', 'sony-srg', {}],
  ['a camera that completes without acknowledging', 'udp-header', 'telycam', { skipsAck: true }],
  ['a camera without sockets', 'udp', 'cisco', { hasNoSockets: true }],
  ['a camera that answers with sequence number 1', 'udp-header', 'newtek', { sequenceIsAlwaysOne: true }],
  ['a camera that answers without the header', 'udp-header', 'telycam', { answersBare: true }],
];

for (const [name, transport, model, faults] of rows) {
  cameraControlContract(name, true, () => bench(transport, model, faults));
}

const address = process.env.TEST_CAMERA;
if (address !== undefined) {
  cameraControlContract(`the camera at ${address}`, false, async () => {
    const camera = await cameraAt(address);
    return { camera, ...realTime, cut: null, close: () => camera.close() };
  });
}
