import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IcsSource } from '../../src/calendar/ics/ics-source.ts';
import { openIcsSource } from '../../src/calendar/ics/open-ics.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { CalendarBench } from '../contract/calendar-source.ts';
import { listenOnLoopback } from './loopback-server.ts';
import { plainExpander } from './plain-expander.ts';
import { calendarText, seededEvent } from './seeded-ics.ts';

export interface IcsBench extends CalendarBench {
  readonly source: IcsSource;
  readonly origin: string;
  readonly requests: readonly IncomingHttpHeaders[];
  /** Statuses answered. */
  readonly answered: readonly number[];
  /** What the server knows to make polls cheap. */
  knows: 'etags' | 'dates' | 'nothing';
  /** Another body than the calendar's. */
  body: string | Buffer | null;
}

export async function icsBench(): Promise<IcsBench> {
  const folder = await mkdtemp(join(tmpdir(), 'incamera-ics-'));
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, 'feed-password');
  const events = new Map<string, string>();
  const requests: IncomingHttpHeaders[] = [];
  const answered: number[] = [];
  let [hangs, changes] = [false, 0];
  const changed = (): void => void (changes += 1);
  const date = (): string => new Date(Date.UTC(2026, 0, 1) + changes * 1_000).toUTCString();
  const server = await listenOnLoopback((request, response) => {
    requests.push(request.headers);
    if (hangs) return;
    const isAllowed = request.headers.authorization === `Basic ${Buffer.from('room:feed-password').toString('base64')}`;
    const isSame =
      bench.body === null &&
      (request.headers['if-none-match'] === `"${changes}"` || request.headers['if-modified-since'] === date());
    const status = !isAllowed ? 401 : isSame ? 304 : 200;
    answered.push(status);
    response.writeHead(status, {
      'Content-Type': 'text/calendar',
      ...(bench.knows === 'etags' && { ETag: `"${changes}"` }),
      ...(bench.knows === 'dates' && { 'Last-Modified': date() }),
    });
    response.end(status === 200 ? (bench.body ?? calendarText([...events.values()])) : '');
  });
  const open = (): IcsSource =>
    openIcsSource(
      { url: `${server.origin}/secret-7f3a/basic.ics`, user: 'room', passwordFile },
      { clock: systemClock, expander: plainExpander('uid'), trustedCertificates: [] },
    );
  const bench: IcsBench = {
    origin: server.origin,
    requests,
    answered,
    knows: 'etags',
    body: null,
    source: open(),
    reopen: open,
    seed: async (event) => {
      events.set(event.title, seededEvent(event, `${event.title}@seed`));
      changed();
    },
    rename: async (from, to) => {
      events.set(to, (events.get(from) ?? '').replace(`SUMMARY:${from}\r\n`, `SUMMARY:${to}\r\n`));
      events.delete(from);
      changed();
    },
    erase: async (title) => {
      events.delete(title);
      changed();
    },
    hang: async () => void (hangs = true),
    disappear: () => server.close(),
    refuse: () => writeFile(passwordFile, 'wrong'),
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
  return bench;
}
