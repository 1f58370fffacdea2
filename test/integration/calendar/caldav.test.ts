import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { CalDavSource } from '../../../src/calendar/caldav/caldav-source.ts';
import { caldavLimits } from '../../../src/calendar/caldav/collection-cache.ts';
import type { CalendarEvent } from '../../../src/calendar/calendar-event.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { midnight } from '../../contract/calendar-source.ts';
import type { CalDavBench } from '../../support/caldav-bench.ts';
import { caldavBench } from '../../support/caldav-bench.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import { roomAddress } from '../../support/plain-expander.ts';
import type { Radicale } from '../../support/radicale.ts';
import { startRadicale } from '../../support/radicale.ts';
import { calendarText, seededEvent } from '../../support/seeded-ics.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const never = new AbortController().signal;
const day = { startMs: midnight, endMs: midnight + DAY };
const at = (hour: number): { startMs: number; endMs: number } => ({
  startMs: midnight + hour * HOUR,
  endMs: midnight + (hour + 1) * HOUR,
});

describe('CalDAV with a real Radicale', () => {
  let radicale: Radicale;
  let bench: CalDavBench;
  let opened: CalDavSource[];

  before(async () => (radicale = await startRadicale()));
  after(() => radicale?.stop());
  beforeEach(async () => {
    bench = await caldavBench(radicale);
    opened = [bench.source];
  });
  afterEach(async () => {
    await Promise.all(opened.map((source) => source.close()));
    await bench.close();
  });

  const open: CalDavBench['open'] = (options) => {
    const source = bench.open(options);
    opened.push(source);
    return source;
  };
  const titles = async (source: CalDavSource = bench.source, window = day): Promise<string[]> =>
    (await source.read(window, never)).events.map(({ title }) => title);
  const methods = (from: number): string[] => bench.proxy.requests.slice(from).map((line) => line.split(' ')[0] ?? '');

  describe('finding the calendar', () => {
    const name = (): string => new URL(bench.collection).pathname.split('/')[2] ?? '';

    it('finds one of several by its path or its display name, from the server, the principal and the home', async () => {
      await bench.seed({ title: 'here', ...at(9) });
      const display = await radicale.makeCalendar(`${name()}-other`, 'Zimmer & Co');
      await radicale.request(
        'PUT',
        `${display}x.ics`,
        calendarText([seededEvent({ title: 'there', ...at(10) }, 'x')]),
        { 'Content-Type': 'text/calendar' },
      );
      for (const url of ['/', '/room', '/room/', '/room/no-such-place/'].map(
        (path) => `${bench.proxy.origin}${path}`,
      )) {
        assert.deepEqual(await titles(open({ url, calendar: name() })), ['here'], url);
        assert.deepEqual(await titles(open({ url, calendar: `${name()}-other` })), ['there'], url);
      }
      await radicale.request('DELETE', display);
    });

    it('takes the address of a collection without its slash', async () => {
      await bench.seed({ title: 'here', ...at(9) });
      assert.deepEqual(await titles(open({ url: bench.collection.replace(/\/$/, '') })), ['here']);
    });

    it('says when there is none of that name, or several and none is named', async () => {
      const url = `${bench.proxy.origin}/`;
      assert.equal((await calendarFailure(titles(open({ url, calendar: 'nowhere' })))).code, 'calendar/not-found');
      const error = await calendarFailure(titles(open({ url })));
      assert.equal(error.code, 'calendar/not-found');
      assert.ok(Number(error.context['calendars']) > 1);
    });

    it('finds it again after it was gone', async () => {
      await bench.seed({ title: 'here', ...at(9) });
      assert.deepEqual(await titles(), ['here']);
      await radicale.request('DELETE', bench.direct);
      assert.equal((await calendarFailure(titles())).code, 'calendar/not-found');
      await radicale.makeCalendar(name());
      assert.deepEqual(await titles(), []);
    });
  });

  describe('reading', () => {
    it('asks one small question while nothing changes, also when the window moves', async () => {
      await bench.seed({ title: 'steady', ...at(9) });
      await titles();
      const before = bench.proxy.requests.length;
      assert.deepEqual(await titles(), ['steady']);
      assert.deepEqual(await titles(bench.source, { startMs: day.startMs + HOUR, endMs: day.endMs + HOUR }), [
        'steady',
      ]);
      assert.deepEqual(methods(before), ['PROPFIND', 'PROPFIND']);
    });

    it('fetches what has changed and nothing else', async () => {
      for (let hour = 0; hour < 5; hour += 1) await bench.seed({ title: `n${hour}`, ...at(hour) });
      await titles();
      await bench.rename('n2', 'renamed');
      await bench.erase('n4');
      const before = bench.proxy.requests.length;
      assert.deepEqual(await titles(), ['n0', 'n1', 'renamed', 'n3']);
      assert.deepEqual(methods(before), ['PROPFIND', 'REPORT', 'REPORT']);
    });

    it('fetches many objects in batches', async () => {
      const count = caldavLimits.batch * 2 + 1;
      const minute = (i: number) => ({ startMs: midnight + i * 60_000, endMs: midnight + (i + 1) * 60_000 });
      const events = Array.from({ length: count }, (_, i) => seededEvent({ title: `n${i}`, ...minute(i) }, `n${i}`));
      // To a whole collection: Radicale makes an object of each.
      await radicale.request('PUT', bench.direct, calendarText(events), { 'Content-Type': 'text/calendar' });
      const before = bench.proxy.requests.length;
      assert.equal((await titles()).length, count);
      // The place, the token, the query, three batches.
      assert.deepEqual(methods(before), ['PROPFIND', 'PROPFIND', 'REPORT', 'REPORT', 'REPORT', 'REPORT']);
    });

    it('asks for all after a quarter of an hour, whatever the token says', async () => {
      const clock = new ManualClock();
      const source = open({ clock });
      await titles(source);
      clock.advance(15 * 60_000);
      const before = bench.proxy.requests.length;
      await titles(source);
      assert.deepEqual(methods(before), ['PROPFIND', 'REPORT']);
    });

    it('leaves out an object that is too large and names it', async () => {
      await bench.seed({ title: 'good', ...at(9) });
      const large = calendarText([seededEvent({ title: 'large', ...at(10) }, 'large')]).replace(
        'SUMMARY:',
        `DESCRIPTION:${'x'.repeat(caldavLimits.objectChars)}\r\nSUMMARY:`,
      );
      const path = await bench.put('large.ics', large);
      for (let times = 0; times < 2; times += 1) {
        const { events, problems } = await bench.source.read(day, never);
        assert.deepEqual(
          events.map(({ title }) => title),
          ['good'],
        );
        assert.deepEqual(problems, [{ code: 'calendar/event-too-large', event: path }]);
      }
      await radicale.request('DELETE', `${bench.direct}large.ics`);
      assert.deepEqual((await bench.source.read(day, never)).problems, []);
    });

    it('reads an object whose name and text have every kind of character', async () => {
      const title = 'Ä & <b>]]></b> "x" \u{1f600}';
      await bench.put(
        `${encodeURIComponent('a b&c+ü%')}.ics`,
        calendarText([seededEvent({ title: title.replaceAll(/[;,\\]/g, '\\$&'), ...at(9) }, 'odd')]),
      );
      const { events } = await bench.source.read(day, never);
      assert.deepEqual(
        events.map((event) => event.title),
        [title],
      );
      await bench.source.changeEnd((events[0] as CalendarEvent).reference, at(10).endMs, never);
      await bench.source.release(((await bench.source.read(day, never)).events[0] as CalendarEvent).reference, never);
      assert.deepEqual(await titles(), []);
    });
  });

  describe('writing', () => {
    it('loses no change that comes between reading and writing', async () => {
      await bench.seed({ title: 'theirs', ...at(9) });
      const [event] = (await bench.source.read(day, never)).events as [CalendarEvent];
      // The version is the one that the room knows, so that it goes straight to the write.
      await bench.rename('theirs', 'changed');
      const before = bench.proxy.requests.length;
      assert.equal(
        (await calendarFailure(bench.source.changeEnd(event.reference, at(10).endMs, never))).code,
        'calendar/conflict',
      );
      assert.deepEqual(methods(before), ['PUT']);
      assert.deepEqual(await titles(), ['changed']);
    });

    for (const days of [1, 3]) {
      it(`declines an invitation in its own copy, ${days === 1 ? 'whole' : 'of one occurrence'}`, async () => {
        const event = seededEvent({ title: 'theirs', ...at(9), days }, 'invited').replace(
          'SUMMARY:',
          `ATTENDEE;CN=Aurora;RSVP=TRUE:mailto:${roomAddress}\r\nSUMMARY:`,
        );
        await bench.put('invited.ics', calendarText([event]));
        const [found] = (await bench.source.read(day, never)).events as [CalendarEvent];
        await bench.source.release(found.reference, never);
        const text = await (await radicale.request('GET', `${bench.direct}invited.ics`)).text();
        assert.match(text.replaceAll(/\r\n[ \t]/g, ''), /ATTENDEE[^\r\n]*PARTSTAT=DECLINED/);
        assert.deepEqual(await titles(), []);
        const next = { startMs: day.startMs + DAY, endMs: day.endMs + DAY };
        assert.equal((await titles(bench.source, next)).length, days === 1 ? 0 : 1);
      });
    }

    it('overwrites nothing when the name of a new object is taken', async () => {
      bench.proxy.answerNext((_request, response) => void response.writeHead(412).end());
      const first = await calendarFailure(open().create({ title: 'ours', ...at(9) }, never));
      // The first request looks for the calendar: a server that answers 412 there is told of as it is.
      assert.equal(first.code, 'calendar/conflict');
      await titles();
      bench.proxy.answerNext((request, response) => {
        assert.equal(request.headers['if-none-match'], '*');
        response.writeHead(412).end();
      });
      assert.equal(
        (await calendarFailure(bench.source.create({ title: 'ours', ...at(9) }, never))).code,
        'calendar/conflict',
      );
    });

    it('takes no reference that leads out of the calendar', async () => {
      await titles();
      for (const event of [
        '/room/',
        '/',
        'https://evil.example/x',
        '//evil.example/x',
        '../../x',
        `${bench.collection}../x`,
      ]) {
        const reference = { event, occurrence: null, version: null };
        assert.equal((await calendarFailure(bench.source.release(reference, never))).code, 'calendar/not-found', event);
      }
      assert.equal(bench.proxy.requests.filter((line) => line.startsWith('DELETE')).length, 0);
    });

    it('says when it may not write', async () => {
      await bench.seed({ title: 'theirs', ...at(9) });
      const [event] = (await bench.source.read(day, never)).events as [CalendarEvent];
      bench.proxy.answerNext((_request, response) => void response.writeHead(403).end());
      assert.equal((await calendarFailure(bench.source.release(event.reference, never))).code, 'calendar/refused');
    });
  });

  describe('credentials', () => {
    it('sends user and password as Basic, in UTF-8', async () => {
      await titles();
      const expected = Buffer.from(`${radicale.user}:${radicale.password}`).toString('base64');
      assert.equal(bench.proxy.headers['authorization'], `Basic ${expected}`);
    });

    it('sends a token alone as Bearer', async () => {
      await writeFile(bench.passwordFile, 'eyJ0b2tlbiI6MX0.x-_~+/=\n');
      const source = open({ user: '' });
      // Radicale knows no tokens.
      assert.equal((await calendarFailure(titles(source))).code, 'calendar/refused');
      assert.equal(bench.proxy.headers['authorization'], 'Bearer eyJ0b2tlbiI6MX0.x-_~+/=');
    });
  });
});
