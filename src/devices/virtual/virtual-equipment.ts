import type { CameraControl } from '../camera-control.ts';
import { VirtualGpio } from '../controls/virtual-gpio.ts';
import type { DisplayDialect, TellTrouble } from '../display-control/dialect.ts';
import type { DisplayControl } from '../display-control/display-control.ts';
import { MdcDialect } from '../display-control/mdc/mdc-dialect.ts';
import { PjlinkDialect } from '../display-control/pjlink/pjlink-dialect.ts';
import { displayTables } from '../display-control/table/display-table.ts';
import { TableDialect } from '../display-control/table/table-dialect.ts';
import { VerifiedDisplay } from '../display-control/verified-display.ts';
import type { ByteLink } from '../link/byte-link.ts';
import { MemoryCable } from '../link/memory-link.ts';
import { reopening } from '../link/open-link.ts';
import type { LinkMeans } from '../link/open-link.ts';
import type { ReopeningLink } from '../link/reopening-link.ts';
import { viscaModelNamed } from '../visca/models.ts';
import { ViscaCamera } from '../visca/visca-camera.ts';
import { VirtualMdcDisplay } from './virtual-mdc-display.ts';
import { VirtualProjector } from './virtual-projector.ts';
import { VirtualSpeakerphonePort } from './virtual-speakerphone-port.ts';
import { VirtualLgDisplay } from './virtual-table-display.ts';
import { VirtualViscaCamera } from './virtual-visca-camera.ts';
import { VirtualSpeakerphone, virtualSpeakerphones } from '../hid/virtual-speakerphone.ts';

const CABLE_MS = 1;
/** As the real drivers have it, of `open.ts` of each. */
const DISPLAY_HEARTBEAT = { idleMs: 15_000, deadMs: 120_000 } as const;
const CAMERA_HEARTBEAT = { idleMs: 5_000, deadMs: 20_000 } as const;
const DEAD_MAN_MS = 500;

/** A driver of the product and what hangs at the other end of its cable. */
export interface VirtualPair<Control, Device> {
  readonly control: Control;
  readonly device: Device;
  readonly cable: MemoryCable;
}

export function virtualVisca(means: LinkMeans): VirtualPair<CameraControl, VirtualViscaCamera> {
  const { clock, logger } = means;
  const device = new VirtualViscaCamera(clock, 'bare');
  const cable = new MemoryCable('camera', clock, CABLE_MS, (link) => device.attach(link));
  const link = reopening(cable, 'always', CAMERA_HEARTBEAT, means);
  const model = viscaModelNamed('telycam');
  const control = new ViscaCamera({
    link,
    transport: 'serial',
    address: 1,
    model,
    clock,
    logger,
    deadManMs: DEAD_MAN_MS,
    virtual: true,
  });
  return { control, device, cable };
}

export function virtualMdc(means: LinkMeans): VirtualPair<DisplayControl, VirtualMdcDisplay> {
  const deps = { displayId: null, needsNetworkStandby: false, virtual: true };
  const device = new VirtualMdcDisplay(means.clock, 1, false);
  return pair(means, device, 'always', (link, tell) => new MdcDialect({ ...deps, link, clock: means.clock, tell }));
}

export function virtualPjlink(means: LinkMeans): VirtualPair<DisplayControl, VirtualProjector> {
  const { clock } = means;
  const device = new VirtualProjector(clock, 'secret', true);
  const deps = { password: 'secret', virtual: true };
  return pair(means, device, 'on-demand', (link, tell) => new PjlinkDialect({ ...deps, link, clock, tell }));
}

export function virtualLg(means: LinkMeans): VirtualPair<DisplayControl, VirtualLgDisplay> {
  const { clock } = means;
  const [table] = displayTables.filter(({ name }) => name === 'lg');
  if (table === undefined) throw new Error('no table for LG');
  const device = new VirtualLgDisplay(clock, 1);
  return pair(means, device, 'always', (link) => new TableDialect({ link, clock, table, displayId: 1, virtual: true }));
}

/** A board with these lines on one chip. */
export function virtualBoardOf(means: LinkMeans, chip: string, lines: readonly string[]): VirtualGpio {
  return new VirtualGpio(means.clock, { [chip]: lines });
}

export function virtualSpeakerphoneOf(
  kind: keyof typeof virtualSpeakerphones,
  means: LinkMeans,
): VirtualSpeakerphonePort {
  return new VirtualSpeakerphonePort(new VirtualSpeakerphone(virtualSpeakerphones[kind], means.clock));
}

/** A control system that keeps what the room says to it, the last `most` characters. */
export class VirtualController {
  heard = '';
  readonly #most: number;
  #link: ByteLink | null = null;

  constructor(most = 4_096) {
    this.#most = most;
  }

  attach(link: ByteLink): void {
    this.#link = link;
    link.onData((chunk) => {
      this.heard = (this.heard + Buffer.from(chunk).toString('latin1')).slice(-this.#most);
    });
  }

  /** Into the void when nothing is plugged. */
  say(line: string): void {
    this.#link?.write(Buffer.from(`${line}\r`, 'latin1')).catch(() => undefined);
  }
}

export function virtualSurface(means: LinkMeans): VirtualPair<ReopeningLink, VirtualController> {
  const device = new VirtualController();
  const cable = new MemoryCable('surface', means.clock, CABLE_MS, (link) => device.attach(link));
  return { control: reopening(cable, 'always', null, means), device, cable };
}

function pair<D extends { attach(link: ByteLink): void }>(
  means: LinkMeans,
  device: D,
  when: 'always' | 'on-demand',
  dialect: (link: ReopeningLink, tell: TellTrouble) => DisplayDialect,
): VirtualPair<DisplayControl, D> {
  const cable = new MemoryCable('display', means.clock, CABLE_MS, (link) => device.attach(link));
  const link = reopening(cable, when, when === 'always' ? DISPLAY_HEARTBEAT : null, means);
  const control = new VerifiedDisplay(means.clock, means.logger, (tell) => dialect(link, tell));
  return { control, device, cable };
}
