import { UsageError } from '../../lib/errors.ts';
import { errorFields } from '../../lib/log.ts';
import type { LinkOpener } from '../link/byte-link.ts';
import { openerOf, reopening } from '../link/open-link.ts';
import type { LinkMeans, Wiring } from '../link/open-link.ts';
import type { TcpAddress } from '../link/tcp-link.ts';
import type { CecSelection } from './cec/cec-dialect.ts';
import type { TellTrouble } from './dialect.ts';
import type { DisplayControl } from './display-control.ts';
import { VerifiedDisplay } from './verified-display.ts';

/** How a display is controlled. */
export type DisplaySettings =
  | {
      readonly kind: 'mdc';
      readonly wiring: Wiring;
      readonly displayId: number | null;
      /** Of a display with "secured protocol", over TCP only; null: in the clear. */
      readonly pin: string | null;
    }
  | { readonly kind: 'pjlink'; readonly host: string; readonly port: number; readonly password: string | null }
  | { readonly kind: 'cec'; readonly selection: CecSelection }
  /** A row of `displayTables`. */
  | { readonly kind: 'table'; readonly table: string; readonly wiring: Wiring; readonly displayId: number | null };

/** A display may be silent for minutes while it changes its state; the port is opened again after that, which harms nothing. */
const HEARTBEAT = { idleMs: 15_000, deadMs: 120_000 } as const;

/** The display is not reached before its `start`. @throws {UsageError} for an unknown table or a serial path that moves. */
export async function displayControl(settings: DisplaySettings, means: LinkMeans): Promise<DisplayControl> {
  const { clock, logger } = means;
  switch (settings.kind) {
    case 'mdc': {
      const { MdcDialect } = await import('./mdc/mdc-dialect.ts');
      const { wiring, displayId, pin } = settings;
      let tellPin: TellTrouble = () => undefined;
      const opener =
        pin !== null && wiring.kind === 'tcp'
          ? await securedOpener(wiring, pin, means, (isRefused) => tellPin('device/display-pin', isRefused))
          : await openerOf(wiring, logger);
      const link = reopening(opener, 'always', HEARTBEAT, means);
      const needsNetworkStandby = wiring.kind !== 'serial';
      return new VerifiedDisplay(clock, logger, (tell) => {
        tellPin = tell;
        return new MdcDialect({ link, clock, tell, displayId, needsNetworkStandby, virtual: false });
      });
    }
    case 'pjlink': {
      const { PjlinkDialect } = await import('./pjlink/pjlink-dialect.ts');
      const { host, port, password } = settings;
      const link = reopening(await openerOf({ kind: 'tcp', host, port }, logger), 'on-demand', null, means);
      return new VerifiedDisplay(
        clock,
        logger,
        (tell) => new PjlinkDialect({ link, clock, tell, password, virtual: false }),
      );
    }
    case 'cec': {
      const { CecDialect } = await import('./cec/cec-dialect.ts');
      const { runCecCtl } = await import('./cec/run-cec-ctl.ts');
      const { selection } = settings;
      return new VerifiedDisplay(
        clock,
        logger,
        (tell) => new CecDialect({ run: runCecCtl, clock, tell, selection, virtual: false }),
      );
    }
    case 'table': {
      const { TableDialect } = await import('./table/table-dialect.ts');
      const { displayTables } = await import('./table/display-table.ts');
      const table = displayTables.find((row) => row.name === settings.table);
      if (table === undefined)
        throw unknownTable(
          settings.table,
          displayTables.map((row) => row.name),
        );
      const link = reopening(await openerOf(settings.wiring, logger), 'always', HEARTBEAT, means);
      const { displayId } = settings;
      return new VerifiedDisplay(
        clock,
        logger,
        () => new TableDialect({ link, clock, table, displayId, virtual: false }),
      );
    }
  }
}

async function securedOpener(
  address: TcpAddress,
  pin: string,
  { clock, logger }: LinkMeans,
  onVerdict: (isRefused: boolean) => void,
): Promise<LinkOpener> {
  const { securedMdcOpener } = await import('./mdc/secured-opener.ts');
  const onListenerError = (error: unknown): void => logger.error('listener failed', errorFields(error));
  return securedMdcOpener({ address, pin, clock, onVerdict, onListenerError });
}

function unknownTable(name: string, known: readonly string[]): UsageError {
  const list = known.join(', ');
  return new UsageError('device/display-table-unknown', `There is no display ${JSON.stringify(name)}, only ${list}`);
}
