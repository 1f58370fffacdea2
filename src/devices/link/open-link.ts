import { Backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { LinkOpener } from './byte-link.ts';
import { ReopeningLink } from './reopening-link.ts';
import type { Heartbeat } from './reopening-link.ts';

/** How a device is wired. */
export type Wiring =
  /** Eight data bits, no parity, one stop bit. */
  | { readonly kind: 'serial'; readonly path: string; readonly baudRate: number }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'udp'; readonly host: string; readonly port: number; readonly localPort: number | null };

export interface LinkMeans {
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 (inclusive) to 1 (exclusive), as `Math.random`. */
  readonly random: () => number;
}

const OPEN_TIMEOUT_MS = 5_000;
/** A device that is switched on again should be back within moments; one that is gone is asked for twice a minute. */
const BACKOFF = { firstMs: 500, capMs: 30_000 } as const;

/** @throws {UsageError} for a serial path that moves. */
export async function openerOf(wiring: Wiring, logger: Logger): Promise<LinkOpener> {
  const onListenerError = (error: unknown): void => logger.error('listener failed', errorFields(error));
  switch (wiring.kind) {
    case 'serial': {
      // The native module is loaded only where there is a serial port to drive.
      const { serial8N1, serialOpener } = await import('./serial-link.ts');
      return serialOpener(serial8N1(wiring.path, wiring.baudRate), onListenerError);
    }
    case 'tcp': {
      const { tcpOpener } = await import('./tcp-link.ts');
      return tcpOpener(wiring, onListenerError);
    }
    case 'udp': {
      const { udpOpener } = await import('./udp-link.ts');
      return udpOpener(wiring, onListenerError);
    }
  }
}

/** A link that comes back by itself, with the product's own times. */
export function reopening(
  opener: LinkOpener,
  when: 'always' | 'on-demand',
  heartbeat: Heartbeat | null,
  means: LinkMeans,
): ReopeningLink {
  const { clock, logger, random } = means;
  const backoff = new Backoff({ ...BACKOFF, random });
  return new ReopeningLink({ opener, clock, backoff, logger, openTimeoutMs: OPEN_TIMEOUT_MS, when, heartbeat });
}
