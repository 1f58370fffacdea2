import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceWish } from '../../../src/calendar/open.ts';
import { openCalendarSource } from '../../../src/calendar/open.ts';
import type { CalendarSource } from '../../../src/calendar/calendar-source.ts';
import type { CalendarSourceWish } from '../../../src/config/calendar-wishes.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { midnight } from '../../contract/calendar-source.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import { googleCalendar, startGoogleServer } from '../../support/google-server.ts';
import { graphClient, graphMailbox, startGraphServer } from '../../support/graph-server.ts';
import { listenOnLoopback } from '../../support/loopback-server.ts';
import { roomZone } from '../../support/plain-expander.ts';
import { calendarText, seededEvent } from '../../support/seeded-ics.ts';

const HOUR = 3_600_000;
const never = new AbortController().signal;
const day = { startMs: midnight, endMs: midnight + 24 * HOUR };
const at = { startMs: midnight + 9 * HOUR, endMs: midnight + 10 * HOUR };

/** With the product's own thread for recurrences. */
describe('opening the calendar', () => {
  let folder: string;
  let source: CalendarSource | null;

  beforeEach(async () => {
    source = null;
    folder = await mkdtemp(join(tmpdir(), 'incamera-open-'));
  });
  afterEach(async () => {
    await source?.close();
    await rm(folder, { recursive: true });
  });

  const open = async (
    wish: CalendarSourceWish | null,
    trustedCertificates: string[] = [],
  ): Promise<CalendarSource | null> => {
    // The configuration's wish is the calendar's, though neither knows the other.
    const own: SourceWish | null = wish;
    source = await openCalendarSource(
      { source: own, zone: roomZone, trustedCertificates },
      { clock: systemClock, makeUid: randomUUID, localFile: join(folder, 'calendar.ics'), compileCacheDir: null },
    );
    return source;
  };
  const titles = async (): Promise<string[]> =>
    ((await source?.read(day, never))?.events ?? []).map(({ title }) => title);

  it('opens none when none is wished for', async () => {
    assert.equal(await open(null), null);
  });

  it("opens the room's own", async () => {
    const made = await (await open({ kind: 'local' }))?.create({ title: 'ours', ...at }, never);
    await source?.changeEnd(made?.reference ?? assert.fail(), at.endMs + HOUR, never);
    assert.deepEqual(await titles(), ['ours']);
  });

  it('opens a published file', async () => {
    const server = await listenOnLoopback((_request, response) =>
      response.end(calendarText([seededEvent({ title: 'daily', ...at, days: 3 }, 'd')])),
    );
    await open({ kind: 'ics', url: `${server.origin}/x.ics`, user: '', passwordFile: null, roomAddress: null });
    assert.deepEqual(await titles(), ['daily']);
    await server.close();
  });

  it('opens a mailbox of Microsoft 365, whose days are those of the room', async () => {
    const server = await startGraphServer();
    server.seed({ title: 'day', ...day, allDay: true });
    await writeFile(join(folder, 'secret'), graphClient.secret);
    const { tenant, clientId } = graphClient;
    const proof = { kind: 'secret', path: join(folder, 'secret') } as const;
    const origins = { graphOrigin: server.origin, signInOrigin: server.origin };
    await open({ kind: 'graph', mailbox: graphMailbox, tenant, clientId, proof, ...origins });
    const [event] = (await source?.read(day, never))?.events ?? [];
    assert.deepEqual([event?.startMs, event?.endMs], [day.startMs, day.endMs]);
    await server.close();
  });

  it('opens a calendar of Google', async () => {
    const server = await startGoogleServer();
    server.seed({ title: 'daily', ...at, days: 3 });
    await writeFile(join(folder, 'key'), server.keyFile);
    const origins = { apiOrigin: server.origin, signInOrigin: server.origin };
    await open({ kind: 'google', calendarId: googleCalendar, keyFile: join(folder, 'key'), subject: null, ...origins });
    assert.deepEqual(await titles(), ['daily']);
    await server.close();
  });

  it('says which file of certificates cannot be read, and what a missing password is', async () => {
    const wish = {
      kind: 'caldav',
      url: 'http://127.0.0.1:1/',
      calendar: null,
      user: 'a',
      passwordFile: join(folder, 'none'),
      roomAddress: null,
    } as const;
    const error = await calendarFailure(open(wish, [join(folder, 'ca.pem')]));
    assert.equal(error.code, 'calendar/refused');
    assert.match(error.message, /ca\.pem cannot be read \(ENOENT\)/);
    const refused = await calendarFailure((await open(wish))?.read(day, never) ?? assert.fail());
    assert.equal(refused.code, 'calendar/refused');
    assert.match(refused.message, /none cannot be read \(ENOENT\)/);
  });
});
