import { MemoryCable } from '../../src/devices/link/memory-link.ts';
import { reopening } from '../../src/devices/link/open-link.ts';
import type { ViscaFaults } from '../../src/devices/virtual/virtual-visca-camera.ts';
import { VirtualViscaCamera } from '../../src/devices/virtual/virtual-visca-camera.ts';
import type { ViscaTransport } from '../../src/devices/visca/framing.ts';
import { viscaModelNamed } from '../../src/devices/visca/models.ts';
import { ViscaCamera } from '../../src/devices/visca/visca-camera.ts';
import { ManualClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';

export interface ViscaBench {
  readonly clock: ManualClock;
  readonly cable: MemoryCable;
  readonly device: VirtualViscaCamera;
  readonly camera: ViscaCamera;
}

/** A driver and a simulated camera at the two ends of a cable, in a time that tests move. */
export function viscaBench(transport: ViscaTransport, model: string, faults: Partial<ViscaFaults> = {}): ViscaBench {
  const clock = new ManualClock();
  const device = new VirtualViscaCamera(clock, transport === 'udp-header' ? 'header' : 'bare', faults);
  const cable = new MemoryCable('camera', clock, 1, (link) => device.attach(link));
  cable.byteByByte = transport === 'serial';
  const heartbeat = { idleMs: 5_000, deadMs: 20_000 };
  const link = reopening(cable, 'always', heartbeat, { clock, logger: silentLogger, random: () => 0.5 });
  const camera = new ViscaCamera({
    link,
    transport,
    address: 1,
    model: viscaModelNamed(model),
    clock,
    logger: silentLogger,
    deadManMs: 500,
    virtual: true,
  });
  return { clock, cable, device, camera };
}
