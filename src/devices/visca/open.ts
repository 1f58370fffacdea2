import { openerOf, reopening } from '../link/open-link.ts';
import type { LinkMeans, Wiring } from '../link/open-link.ts';
import type { ViscaTransport } from './framing.ts';
import { viscaModelNamed } from './models.ts';
import { ViscaCamera } from './visca-camera.ts';

export interface ViscaSettings {
  readonly wiring: Wiring;
  /** Whether UDP messages carry the eight bytes of "VISCA over IP". */
  readonly header: boolean;
  /** 1 to 7 in a serial chain, 1 over IP. */
  readonly address: number;
  /** A row of `viscaModels`. */
  readonly model: string;
}

/** Who moves a camera repeats it several times a second; half a second of silence is a lost panel, not a slow one. */
const DEAD_MAN_MS = 500;
const HEARTBEAT = { idleMs: 5_000, deadMs: 20_000 } as const;

/** The camera is not reached before its `start`. @throws {UsageError} for an unknown model or a serial path that moves. */
export async function viscaCamera(settings: ViscaSettings, means: LinkMeans): Promise<ViscaCamera> {
  const { wiring, header, address } = settings;
  const model = viscaModelNamed(settings.model);
  const transport: ViscaTransport = wiring.kind === 'udp' && header ? 'udp-header' : wiring.kind;
  const link = reopening(await openerOf(wiring, means.logger), 'always', HEARTBEAT, means);
  const { clock, logger } = means;
  return new ViscaCamera({ link, transport, address, model, clock, logger, deadManMs: DEAD_MAN_MS, virtual: false });
}
