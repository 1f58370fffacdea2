import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GoogleSource } from '../../src/calendar/google/google-source.ts';
import { openGoogleSource } from '../../src/calendar/google/open-google.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { CalendarBench } from '../contract/calendar-source.ts';
import type { GoogleServer } from './google-server.ts';
import { plainExpander, roomZone } from './plain-expander.ts';
import { googleCalendar, startGoogleServer } from './google-server.ts';

export interface GoogleBench extends CalendarBench {
  readonly source: GoogleSource;
  readonly server: GoogleServer;
  readonly keyFile: string;
  open(options?: { readonly clock?: Clock; readonly subject?: string }): GoogleSource;
}

export async function googleBench(): Promise<GoogleBench> {
  const server = await startGoogleServer();
  const folder = await mkdtemp(join(tmpdir(), 'incamera-google-'));
  const keyFile = join(folder, 'key.json');
  await writeFile(keyFile, server.keyFile, { mode: 0o600 });
  const open: GoogleBench['open'] = ({ clock = systemClock, subject } = {}) =>
    openGoogleSource(
      {
        calendarId: googleCalendar,
        keyFile,
        subject: subject ?? null,
        apiOrigin: server.origin,
        signInOrigin: server.origin,
      },
      { clock, expander: plainExpander('object'), zone: roomZone, trustedCertificates: [] },
    );
  return {
    server,
    keyFile,
    source: open(),
    open,
    reopen: () => open(),
    seed: async (event) => server.seed(event),
    rename: async (from, to) => server.rename(from, to),
    erase: async (title) => server.erase(title),
    hang: async () => server.hold(),
    disappear: () => server.close(),
    refuse: async () => server.refuseCredentials(),
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
