import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { CalendarEvent, CalendarReading } from '../../../src/calendar/calendar-event.ts';
import type { CalendarSource } from '../../../src/calendar/calendar-source.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { midnight } from '../../contract/calendar-source.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import type { GoogleBench } from '../../support/google-bench.ts';
import { googleBench } from '../../support/google-bench.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const never = new AbortController().signal;
const week = { startMs: midnight, endMs: midnight + 5 * DAY };
const at = (day: number, hour: number): { startMs: number; endMs: number } => ({
  startMs: midnight + day * DAY + hour * HOUR,
  endMs: midnight + day * DAY + (hour + 1) * HOUR,
});

describe('a room calendar of Google', () => {
  let bench: GoogleBench;

  beforeEach(async () => (bench = await googleBench()));
  afterEach(async () => {
    await bench.source.close();
    await bench.close();
  });

  const reading = (window = week, source: CalendarSource = bench.source): Promise<CalendarReading> =>
    source.read(window, never);
  const read = async (window = week): Promise<readonly CalendarEvent[]> => (await reading(window)).events;
  const starts = async (): Promise<number[]> => (await read()).map(({ startMs }) => startMs);
  const lists = (): string[] => bench.server.requests.filter((line) => line.startsWith('GET /events?'));

  it('reads all pages, then what has changed', async () => {
    bench.server.pageSize = 2;
    for (let hour = 0; hour < 7; hour += 1) bench.server.seed({ title: `n${hour}`, ...at(0, hour) });
    assert.equal((await read()).length, 7);
    assert.equal(lists().length, 4);
    assert.equal((await read({ startMs: week.startMs + 60_000, endMs: week.endMs + 60_000 })).length, 7);
    assert.equal(lists().length, 5);
    assert.match(lists().at(-1) ?? '', /syncToken=/);
  });

  it('reads all anew when its token is not known any more', async () => {
    bench.server.seed({ title: 'first', ...at(0, 9) });
    await read();
    bench.server.forgetSyncTokens();
    bench.server.erase('first');
    bench.server.seed({ title: 'second', ...at(0, 10) });
    assert.deepEqual(
      (await read()).map(({ title }) => title),
      ['second'],
    );
  });

  it('begins anew after a day', async () => {
    const clock = new ManualClock(Date.now());
    const source = bench.open({ clock });
    await reading(week, source);
    clock.advance(DAY + 1);
    await reading(week, source);
    assert.ok(lists().every((line) => line.includes('timeMin')));
    await source.close();
  });

  it('shows an instance where it was moved to, also out of the window, and knows it by where it was', async () => {
    bench.server.seed({ title: 'daily', ...at(0, 9), days: 4 });
    bench.server.move('daily', at(1, 9).startMs, at(1, 14).startMs, at(1, 15).startMs);
    bench.server.move('daily', at(2, 9).startMs, at(20, 9).startMs, at(20, 10).startMs);
    const events = await read();
    assert.deepEqual(
      events.map(({ startMs }) => startMs),
      [at(0, 9), at(1, 14), at(3, 9)].map(({ startMs }) => startMs),
    );
    assert.equal(events[1]?.reference.occurrence, at(1, 9).startMs);
  });

  it('changes a moved instance', async () => {
    bench.server.seed({ title: 'daily', ...at(0, 9), days: 3 });
    bench.server.move('daily', at(1, 9).startMs, at(1, 14).startMs, at(1, 15).startMs);
    const moved = (await read())[1] as CalendarEvent;
    const changed = await bench.source.changeEnd(moved.reference, at(1, 14).endMs + HOUR, never);
    assert.deepEqual([changed.startMs, changed.endMs], [at(1, 14).startMs, at(1, 15).endMs]);
    assert.deepEqual((await read())[1], changed);
  });

  it('notices that an instance became an exception meanwhile', async () => {
    bench.server.seed({ title: 'daily', ...at(0, 9), days: 3 });
    const second = (await read())[1] as CalendarEvent;
    bench.server.move('daily', at(1, 9).startMs, at(1, 14).startMs, at(1, 15).startMs);
    assert.equal(
      (await calendarFailure(bench.source.changeEnd(second.reference, second.endMs + HOUR, never))).code,
      'calendar/conflict',
    );
    assert.equal((await calendarFailure(bench.source.release(second.reference, never))).code, 'calendar/conflict');
  });

  it('declines what others organize, one instance or all, and deletes its own', async () => {
    bench.server.seed({ title: 'daily', ...at(0, 9), days: 3 });
    bench.server.seed({ title: 'single', ...at(0, 12) });
    const events = await read();
    await bench.source.release((events[2] as CalendarEvent).reference, never);
    assert.deepEqual(
      await starts(),
      [at(0, 9), at(0, 12), at(2, 9)].map(({ startMs }) => startMs),
    );
    await bench.source.release((events[1] as CalendarEvent).reference, never);
    assert.deepEqual(
      await starts(),
      [at(0, 9), at(2, 9)].map(({ startMs }) => startMs),
    );
    assert.equal(bench.server.declined.length, 2);
    const ours = await bench.source.create({ title: 'ours', ...at(3, 9) }, never);
    await bench.source.release(ours.reference, never);
    assert.equal(bench.server.declined.length, 2);
    assert.deepEqual(
      await starts(),
      [at(0, 9), at(2, 9)].map(({ startMs }) => startMs),
    );
  });

  it('leaves out a series that the room has declined, but not an instance that it has accepted', async () => {
    bench.server.seed({ title: 'daily', ...at(0, 9), days: 3 });
    bench.server.move('daily', at(1, 9).startMs, at(1, 9).startMs, at(1, 9).endMs);
    bench.server.set('daily', { attendees: [{ email: 'room', self: true, responseStatus: 'declined' }] });
    assert.deepEqual(await starts(), [at(1, 9).startMs]);
  });

  it('shows an instance of a series that it was not invited to', async () => {
    bench.server.add({
      id: 'other_20260302T080000Z',
      etag: '"1"',
      status: 'confirmed',
      summary: 'once',
      recurringEventId: 'other',
      originalStartTime: { dateTime: '2026-03-02T09:00:00+01:00', timeZone: 'Europe/Berlin' },
      start: { dateTime: '2026-03-02T09:00:00+01:00', timeZone: 'Europe/Berlin' },
      end: { dateTime: '2026-03-02T10:00:00+01:00', timeZone: 'Europe/Berlin' },
    });
    const [event, ...others] = await read();
    assert.deepEqual(others, []);
    assert.deepEqual([event?.title, event?.startMs, event?.isSeries], ['once', at(0, 9).startMs, true]);
  });

  it('keeps the hour of a series when the clocks change', async () => {
    // Summer time begins in Berlin on 2026-03-29.
    bench.server.seed({ title: 'daily', ...at(25, 9), days: 5 });
    const window = { startMs: midnight + 25 * DAY, endMs: midnight + 31 * DAY };
    const hours = (await read(window)).map(({ startMs }) => new Date(startMs).getUTCHours());
    assert.deepEqual(hours, [8, 8, 7, 7, 7]);
  });

  it('tells where the link may stand, who organizes and how many people come', async () => {
    bench.server.seed({ title: 'full', ...at(0, 9) });
    bench.server.set('full', {
      summary: 'A, b; c\\ "d"\nEND:VEVENT',
      description: '<b>x</b>\r\nhttps://meet.example/x',
      location: 'Aurora, 2nd floor',
      hangoutLink: 'https://meet.google.com/abc',
      conferenceData: {
        entryPoints: [
          { entryPointType: 'phone', uri: 'tel:+49' },
          { entryPointType: 'video', uri: 'https://meet.example/room?a=1,2;b' },
        ],
      },
      organizer: { email: 'eva@example.org', displayName: 'Eva "E" Müller' },
      attendees: [{ email: 'a@x' }, { email: 'b@x' }, { email: 'room@x', resource: true, self: true }],
    });
    const [event] = await read();
    assert.equal(event?.title, 'A, b; c\\ "d"\nEND:VEVENT');
    assert.deepEqual(event.places, {
      conferences: ['https://meet.example/room?a=1,2;b'],
      provider: ['https://meet.google.com/abc'],
      url: null,
      location: 'Aurora, 2nd floor',
      description: '<b>x</b>\nhttps://meet.example/x',
    });
    assert.deepEqual([event.organizer, event.attendees], ["Eva 'E' Müller", 2]);
  });

  it('takes no line of a calendar from a recurrence that is none', async () => {
    bench.server.seed({ title: 'odd', ...at(0, 9) });
    bench.server.set('odd', {
      recurrence: ['RRULE:FREQ=DAILY;COUNT=2\r\nSUMMARY:injected', 'SUMMARY:injected', 'RRULE:FREQ=DAILY;COUNT=2'],
    });
    assert.deepEqual(
      (await read()).map(({ title }) => title),
      ['odd', 'odd'],
    );
  });

  it('gives up the one event that it cannot read', async () => {
    bench.server.seed({ title: 'good', ...at(0, 9) });
    bench.server.add({ id: 'bad', etag: '"1"', status: 'confirmed', start: { dateTime: 'tomorrow' } });
    const { events, problems } = await reading();
    assert.equal(events.length, 1);
    assert.deepEqual(problems, [{ code: 'calendar/event-malformed', event: 'bad' }]);
  });

  for (const [status, reason] of [
    [403, 'rateLimitExceeded'],
    [403, 'userRateLimitExceeded'],
    [403, 'quotaExceeded'],
    [429, 'rateLimitExceeded'],
  ] as const) {
    it(`says that it is throttled by ${status} ${reason}`, async () => {
      bench.server.answerNext(status, { error: { code: status, errors: [{ reason }] } }, { 'Retry-After': '9' });
      const error = await calendarFailure(reading());
      assert.deepEqual([error.code, error.retryAfterMs], ['calendar/throttled', 9_000]);
    });
  }

  it('says that it is refused by any other 403', async () => {
    bench.server.answerNext(403, { error: { code: 403, errors: [{ reason: 'forbidden' }] } });
    assert.equal((await calendarFailure(reading())).code, 'calendar/refused');
  });

  it('fetches a new token when the one it has is not taken, and signs in for whom it is told to', async () => {
    const source = bench.open({ subject: 'admin@example.org' });
    await reading(week, source);
    bench.server.expireTokens();
    await reading(week, source);
    assert.equal(bench.server.tokensGiven, 2);
    assert.equal(bench.server.claims[0]?.['sub'], 'admin@example.org');
    assert.equal(bench.server.claims[0]['scope'], 'https://www.googleapis.com/auth/calendar.events');
    await source.close();
  });

  for (const [what, content] of [
    ['no JSON', 'x'],
    ['no key', '{"client_email":"a@b","private_key":"x"}'],
    ['nothing', ''],
  ] as const) {
    it(`says that a key file holds ${what}, and does not quote it`, async () => {
      await writeFile(bench.keyFile, content);
      const error = await calendarFailure(reading());
      assert.equal(error.code, 'calendar/refused');
      assert.equal(error.cause, undefined);
    });
  }

  it('is not kept going by pages that do not end', async () => {
    for (let i = 0; i < 200; i += 1) bench.server.answerNext(200, { items: [], nextPageToken: 'again' });
    assert.equal((await calendarFailure(reading())).code, 'calendar/unreadable');
  });
});
