import type { RoomActions } from '../../src/kiosk/api/actions.ts';
import type { ApiDeps } from '../../src/kiosk/api/routes.ts';
import { createAdminActions, type AdminActionsDeps } from '../../src/kiosk/admin/admin-actions.ts';
import { LogBuffer } from '../../src/kiosk/admin/log-buffer.ts';
import { PinLock } from '../../src/kiosk/admin/pin-lock.ts';
import type { KeptFile } from '../../src/kiosk/kept-file.ts';
import { PairedPanels } from '../../src/kiosk/pairing/paired-panels.ts';
import { Pairing } from '../../src/kiosk/pairing/pairing.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { ManualClock } from '../../src/lib/clock.ts';

/** A file that lives as long as its test. */
export function memoryFile(content: string | null = null): KeptFile & { content: string | null } {
  const file = {
    content,
    read: async () => file.content,
    write: async (text: string) => void (file.content = text),
  };
  return file;
}

/** Bytes that differ from call to call, the same in every run. */
export function countedBytes(): (length: number) => Uint8Array {
  let call = 0;
  return (length) => {
    call += 1;
    return Uint8Array.from({ length }, (_, index) => (call * 31 + index * 7) & 0xff);
  };
}

export interface StubKiosk extends ApiDeps {
  readonly clock: Clock;
  readonly logBuffer: LogBuffer;
  /** Paths of the API that were asked with side effects, by name. */
  readonly asked: string[];
  /** Has the pages load themselves again. */
  reload(): void;
}

/** Everything around a room's actions that the kiosk's API needs: real locks and pairing, kept in memory. */
export function stubKiosk(
  actions: RoomActions,
  clock: Clock = new ManualClock(),
  more: Partial<AdminActionsDeps> = {},
): StubKiosk {
  const asked: string[] = [];
  const randomBytes = countedBytes();
  const panels = new PairedPanels({ clock, randomBytes, kept: memoryFile() });
  const logBuffer = new LogBuffer(() => clock.wallMs());
  const reloads = new Set<() => void>();
  const admin = createAdminActions({
    pin: new PinLock({ clock, randomBytes, kept: memoryFile() }),
    logBuffer,
    reports: { keep: async () => 7 },
    panels,
    version: '0',
    startedAt: clock.wallMs(),
    addresses: () => [{ interface: 'eth0', address: '192.0.2.7' }],
    serverOrigin: 'https://meet.example',
    probeServer: async () => 12,
    restart: () => void asked.push('restart'),
    ...more,
  });
  return {
    ...{ actions, admin, clock, logBuffer, panels, asked },
    pairing: new Pairing({ clock, randomBelow: () => 482_913, panels }),
    signals: {
      alive: () => void asked.push('alive'),
      onReload: (listener) => {
        reloads.add(listener);
        return () => void reloads.delete(listener);
      },
    },
    reload: () => reloads.forEach((listener) => listener()),
  };
}
