import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idleCallState } from '../../../src/call/call-state.ts';
import type { RoomSchedule } from '../../../src/calendar/schedule.ts';
import { validateConfig } from '../../../src/config/validate.ts';
import { formatMeetingLink } from '../../../src/crypto/link.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { openRoomCalendar } from '../../../src/room-calendar.ts';
import { eventually } from '../../support/eventually.ts';

const link = formatMeetingLink({
  origin: 'https://localhost:4443',
  secret: new Uint8Array(32).fill(7),
  anchor: null,
});
const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '');

describe('the calendar of a room as it is configured', function () {
  this.timeout(30_000);
  let directory: string;
  let schedule: RoomSchedule | null;

  const open = (settings: Record<string, unknown> = {}): Promise<RoomSchedule | null> =>
    openRoomCalendar({
      config: validateConfig(settings, directory),
      machineTimeZone: 'Europe/Paris',
      stateDirectory: directory,
      cacheDirectory: directory,
      call: { state: idleCallState, events: { on: () => () => undefined } },
      clock: systemClock,
      random: Math.random,
      logger: silentLogger,
    });
  const opened = async (): Promise<RoomSchedule> => {
    const found = await open();
    assert.ok(found);
    schedule = found;
    return found;
  };

  beforeEach(async () => {
    schedule = null;
    directory = await mkdtemp(join(tmpdir(), 'incamera-room-calendar-'));
  });
  afterEach(async () => {
    await schedule?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('is its own file unless told otherwise: books, and keeps the booking over a restart', async () => {
    const first = await opened();
    const booking = await first.book({ minutes: 15 });
    assert.equal((await first.extend(booking.id, 15)).endsAt, booking.endsAt + 15 * 60_000);
    await first.close();
    const second = await opened();
    assert.deepEqual([second.view.current, second.view.source], [booking.id, 'local'], 'shown before it is read');
    await second.refresh();
    const [shown] = second.view.bookings;
    assert.deepEqual([shown?.id, shown?.isCheckedIn, shown?.madeHere], [booking.id, true, true]);
  });

  it('joins what another program has put there, and keeps the day when the file is damaged', async () => {
    const path = join(directory, 'calendar.ics');
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const event = [
      ...['BEGIN:VEVENT', 'UID:1', `DTSTAMP:${stamp(now)}`, `DTSTART:${stamp(now - 60_000)}`],
      ...[`DTEND:${stamp(now + 3_600_000)}`, 'SUMMARY:Budget', `LOCATION:${link}`, 'END:VEVENT'],
    ];
    const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...event, 'END:VCALENDAR', ''].join('\r\n');
    await writeFile(path, text);
    const found = await opened();
    await eventually('it is read', 10_000, () => found.view.state === 'fresh');
    const { offered } = found;
    assert.deepEqual([offered?.title, offered?.canJoin], ['Budget', true]);
    assert.equal(found.linkOf(offered?.id ?? ''), link);
    assert.equal(JSON.stringify([found.view, offered]).includes(link.split('#')[1] ?? ''), false);
    await writeFile(path, 'BEGIN:VCALENDAR\r\nBEGIN:VEV');
    await assert.rejects(found.refresh(), { code: 'calendar/unreadable' });
    assert.equal(found.view.bookings[0]?.title, 'Budget');
    assert.deepEqual(
      found.problems.map(({ code }) => code),
      ['calendar/unreadable'],
    );
  });

  it('is none when the room has none', async () => {
    assert.equal(await open({ 'calendar.source': 'none' }), null);
  });
});
