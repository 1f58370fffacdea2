import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CalDavSource } from '../../src/calendar/caldav/caldav-source.ts';
import { openCalDavSource } from '../../src/calendar/caldav/open-caldav.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { CalendarBench } from '../contract/calendar-source.ts';
import { plainExpander, roomWriter } from './plain-expander.ts';
import type { Radicale } from './radicale.ts';
import type { RecordingProxy } from './recording-proxy.ts';
import { recordingProxy } from './recording-proxy.ts';
import { calendarText, seededEvent } from './seeded-ics.ts';

export interface CalDavBench extends CalendarBench {
  readonly source: CalDavSource;
  readonly proxy: RecordingProxy;
  /** Behind the proxy. */
  readonly collection: string;
  /** At the server itself. */
  readonly direct: string;
  readonly passwordFile: string;
  /** Puts an object of any text; returns its path. */
  put(name: string, text: string): Promise<string>;
  open(options?: {
    readonly clock?: Clock;
    readonly url?: string;
    readonly calendar?: string;
    readonly user?: string;
  }): CalDavSource;
}

let made = 0;

/** A new calendar on a server that runs. */
export async function caldavBench(radicale: Radicale): Promise<CalDavBench> {
  const proxy = await recordingProxy(radicale.origin);
  const direct = await radicale.makeCalendar(`cal${(made += 1)}`);
  const collection = new URL(new URL(direct).pathname, proxy.origin).href;
  const folder = await mkdtemp(join(tmpdir(), 'incamera-caldav-'));
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${radicale.password}\n`, { mode: 0o600 });
  const open: CalDavBench['open'] = ({ clock = systemClock, url = collection, calendar, user = radicale.user } = {}) =>
    openCalDavSource(
      { url, calendar: calendar ?? null, user, passwordFile },
      { clock, expander: plainExpander('object'), writer: roomWriter(), makeUid: randomUUID, trustedCertificates: [] },
    );
  const texts = new Map<string, { url: string; text: string }>();
  const put = async (url: string, title: string, text: string): Promise<void> => {
    await radicale.request('PUT', url, text, { 'Content-Type': 'text/calendar; charset=utf-8' });
    texts.set(title, { url, text });
  };
  const of = (title: string): { url: string; text: string } => {
    const found = texts.get(title);
    if (!found) throw new Error(`no event ${title}`);
    return found;
  };
  return {
    proxy,
    collection,
    direct,
    passwordFile,
    source: open(),
    open,
    reopen: () => open(),
    seed: async (event) => {
      const uid = `seed-${(made += 1)}`;
      await put(`${direct}${uid}.ics`, event.title, calendarText([seededEvent(event, uid)]));
    },
    put: async (name, text) => {
      await put(`${direct}${name}`, name, text);
      return new URL(`${direct}${name}`).pathname;
    },
    rename: async (from, to) => {
      const { url, text } = of(from);
      await put(url, to, text.replace(`SUMMARY:${from}\r\n`, `SUMMARY:${to}\r\n`));
    },
    erase: async (title) => void (await radicale.request('DELETE', of(title).url)),
    hang: async () => proxy.hang(),
    disappear: () => proxy.close(),
    refuse: () => writeFile(passwordFile, 'wrong'),
    close: async () => {
      await proxy.close();
      await rm(folder, { recursive: true });
    },
  };
}
