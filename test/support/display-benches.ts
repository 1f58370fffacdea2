import { CecDialect } from '../../src/devices/display-control/cec/cec-dialect.ts';
import type { DisplayDialect, TellTrouble } from '../../src/devices/display-control/dialect.ts';
import { MdcDialect } from '../../src/devices/display-control/mdc/mdc-dialect.ts';
import { PjlinkDialect } from '../../src/devices/display-control/pjlink/pjlink-dialect.ts';
import { displayTables } from '../../src/devices/display-control/table/display-table.ts';
import { TableDialect } from '../../src/devices/display-control/table/table-dialect.ts';
import { VerifiedDisplay } from '../../src/devices/display-control/verified-display.ts';
import type { ByteLink } from '../../src/devices/link/byte-link.ts';
import { MemoryCable } from '../../src/devices/link/memory-link.ts';
import { reopening } from '../../src/devices/link/open-link.ts';
import type { ReopeningLink } from '../../src/devices/link/reopening-link.ts';
import { VirtualCecTool } from '../../src/devices/virtual/virtual-cec-tool.ts';
import { VirtualMdcDisplay } from '../../src/devices/virtual/virtual-mdc-display.ts';
import { VirtualProjector } from '../../src/devices/virtual/virtual-projector.ts';
import { VirtualLgDisplay } from '../../src/devices/virtual/virtual-table-display.ts';
import { ManualClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';

export interface Bench<D> {
  readonly clock: ManualClock;
  readonly device: D;
  readonly display: VerifiedDisplay;
  readonly cable: MemoryCable;
}

interface Wire {
  readonly when: 'always' | 'on-demand';
  readonly byteByByte: boolean;
}

function bench<D extends { attach(link: ByteLink): void }>(
  wire: Wire,
  makeDevice: (clock: ManualClock) => D,
  makeDialect: (link: ReopeningLink, clock: ManualClock, tell: TellTrouble) => DisplayDialect,
): Bench<D> {
  const clock = new ManualClock();
  const device = makeDevice(clock);
  const cable = new MemoryCable('display', clock, 1, (link) => device.attach(link));
  cable.byteByByte = wire.byteByByte;
  const link = reopening(cable, wire.when, null, { clock, logger: silentLogger, random: () => 0.5 });
  const display = new VerifiedDisplay(clock, silentLogger, (tell) => makeDialect(link, clock, tell));
  return { clock, device, display, cable };
}

export function mdcBench(
  deviceId: number,
  configuredId: number | null,
  isNetworked: boolean,
): Bench<VirtualMdcDisplay> {
  const made = bench(
    { when: 'always', byteByByte: !isNetworked },
    (clock) => new VirtualMdcDisplay(clock, deviceId, isNetworked),
    (link, clock, tell) => {
      const needsNetworkStandby = isNetworked;
      return new MdcDialect({ link, clock, tell, displayId: configuredId, needsNetworkStandby, virtual: true });
    },
  );
  made.device.onNetwork = (isThere) => (isThere ? made.cable.plug() : made.cable.unplug());
  return made;
}

export function pjlinkBench(
  devicePassword: string | null,
  password: string | null,
  isClass2: boolean,
): Bench<VirtualProjector> {
  return bench(
    { when: 'on-demand', byteByByte: false },
    (clock) => new VirtualProjector(clock, devicePassword, isClass2),
    (link, clock, tell) => new PjlinkDialect({ link, clock, tell, password, virtual: true }),
  );
}

export function lgBench(id: number): Bench<VirtualLgDisplay> {
  const table = displayTables.find((row) => row.name === 'lg');
  if (table === undefined) throw new Error('no table for LG');
  return bench(
    { when: 'always', byteByByte: true },
    (clock) => new VirtualLgDisplay(clock, id),
    (link, clock) => new TableDialect({ link, clock, table, displayId: id, virtual: true }),
  );
}

export function cecBench(): Omit<Bench<VirtualCecTool>, 'cable'> {
  const clock = new ManualClock();
  const device = new VirtualCecTool(clock);
  const selection = { driver: 'vc4_hdmi', adapter: 'vc4-hdmi-0' };
  const display = new VerifiedDisplay(
    clock,
    silentLogger,
    (tell) => new CecDialect({ run: device.run, clock, tell, selection, virtual: true }),
  );
  return { clock, device, display };
}
