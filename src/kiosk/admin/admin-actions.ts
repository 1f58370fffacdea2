import type { AdminOverview, LogLine } from '../admin-state.ts';
import type { PairedPanels } from '../pairing/paired-panels.ts';
import type { LogBuffer } from './log-buffer.ts';
import type { PinLock } from './pin-lock.ts';
import type { ProblemReport, ProblemReports } from './problem-reports.ts';

/** What the settings page and the report of a problem do, without HTTP. Those with `token` need one that the PIN opened. */
export interface AdminActions {
  /** Used by GET /admin/lock. */
  isPinSet(): Promise<boolean>;
  /** Used by POST /admin/unlock. @throws {AdminError} admin/pin-wrong, admin/pin-wait. */
  unlock(pin: string): Promise<{ token: string }>;
  /** Used by POST /admin/pin; without a token only while none is set. @throws {AdminError} admin/locked. */
  setPin(pin: string, token: string | null): Promise<{ token: string }>;
  /** Used by POST /admin/lock. */
  lock(token: string | null): void;
  /** Used by GET /admin/overview. */
  overview(token: string | null): Promise<AdminOverview>;
  /** Used by GET /admin/log. */
  log(token: string | null): { readonly lines: readonly LogLine[] };
  /** Used by POST /admin/restart; the room ends its call and starts again. */
  restart(token: string | null): void;
  /** Used by POST /admin/panels/revoke. @throws {UsageError} pairing/unknown. */
  revokePanel(id: string, token: string | null): Promise<void>;
  /** Used by POST /reports. */
  report(report: ProblemReport): Promise<{ number: number }>;
}

export interface AdminActionsDeps {
  readonly pin: PinLock;
  readonly logBuffer: LogBuffer;
  readonly reports: Pick<ProblemReports, 'keep'>;
  readonly panels: PairedPanels;
  readonly version: string;
  readonly startedAt: number;
  readonly addresses: () => AdminOverview['addresses'];
  readonly serverOrigin: string;
  /** Ms until the meeting server answered; null: it did not. */
  readonly probeServer: () => Promise<number | null>;
  readonly restart: () => void;
}

export function createAdminActions(deps: AdminActionsDeps): AdminActions {
  const { pin, panels, logBuffer, reports } = deps;
  return {
    isPinSet: () => pin.isPinSet(),
    unlock: async (digits) => ({ token: await pin.unlock(digits) }),
    setPin: async (digits, token) => ({ token: await pin.setPin(digits, token) }),
    lock: (token) => {
      if (token !== null) pin.lock(token);
    },
    overview: async (token) => {
      pin.require(token);
      return {
        version: deps.version,
        startedAt: deps.startedAt,
        addresses: deps.addresses(),
        server: { origin: deps.serverOrigin, reachedMs: await deps.probeServer() },
        panels: await panels.list(),
      };
    },
    log: (token) => {
      pin.require(token);
      return { lines: logBuffer.lines };
    },
    restart: (token) => {
      pin.require(token);
      deps.restart();
    },
    revokePanel: async (id, token) => {
      pin.require(token);
      await panels.revoke(id);
    },
    report: async (report) => ({ number: await reports.keep(report) }),
  };
}
