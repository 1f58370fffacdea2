import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCalDavSource } from '../../../src/calendar/caldav/open-caldav.ts';
import { xmlLimits } from '../../../src/calendar/caldav/xml-guard.ts';
import type { CalendarSource } from '../../../src/calendar/calendar-source.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { midnight } from '../../contract/calendar-source.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import { eventually } from '../../support/eventually.ts';
import type { LoopbackServer } from '../../support/loopback-server.ts';
import { listenOnLoopback } from '../../support/loopback-server.ts';
import { plainExpander, roomWriter } from '../../support/plain-expander.ts';

const DAY = 86_400_000;
const day = { startMs: midnight, endMs: midnight + DAY };
const never = new AbortController().signal;
const PASSWORD = 'planted-password-4711';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const multistatus = (inner: string): string =>
  `<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">${inner}</d:multistatus>`;
const item = (href: string, props: string): string =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
const collection = item('/cal/', '<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>');
const xml =
  (text: string): Answer =>
  (_request, response) =>
    void response.writeHead(207, { 'Content-Type': 'application/xml; charset=utf-8' }).end(text);

describe('a hostile CalDAV server', () => {
  let server: LoopbackServer;
  let other: LoopbackServer;
  let otherHeard: string[];
  let answers: Answer[];
  let folder: string;
  let clock: ManualClock;
  let source: CalendarSource;
  let heard: number;

  beforeEach(async () => {
    [answers, otherHeard, heard] = [[], [], 0];
    server = await listenOnLoopback((request, response) => {
      heard += 1;
      (answers.shift() ?? xml(multistatus(collection)))(request, response);
    });
    other = await listenOnLoopback((request, response) => {
      otherHeard.push(request.headers.authorization ?? '');
      xml(multistatus(collection))(request, response);
    });
    folder = await mkdtemp(join(tmpdir(), 'incamera-hostile-'));
    await writeFile(join(folder, 'password'), PASSWORD);
    clock = new ManualClock();
    source = openCalDavSource(
      { url: `${server.origin}/cal/`, calendar: null, user: 'room', passwordFile: join(folder, 'password') },
      { clock, expander: plainExpander('object'), writer: roomWriter(), makeUid: randomUUID, trustedCertificates: [] },
    );
  });

  afterEach(async () => {
    await source.close();
    await Promise.all([server.close(), other.close()]);
    await rm(folder, { recursive: true });
  });

  /** Fails as it should, within seconds and without telling what it was sent. */
  const failsWith = async (code: string): Promise<void> => {
    const from = performance.now();
    const error = await calendarFailure(source.read(day, never));
    assert.equal(error.code, code, error.message);
    assert.ok(performance.now() - from < 10_000, 'in time');
    const told = `${error.message} ${JSON.stringify(error.context)}`;
    assert.ok(!told.includes(PASSWORD) && !told.includes('planted'), told);
  };

  it('reads an empty calendar from one that is not hostile', async () => {
    answers.push(xml(multistatus(collection)), xml(multistatus(item('/cal/', ''))), xml(multistatus('')));
    assert.deepEqual(await source.read(day, never), { events: [], problems: [] });
  });

  describe('sends XML that costs more than it says', () => {
    const entities = Array.from({ length: 10 }, (_, i) => `<!ENTITY e${i + 1} "&e${i};&e${i};&e${i};&e${i};">`).join(
      '',
    );
    for (const [what, text] of [
      [
        'entities that multiply',
        `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "planted">${entities}]><d:multistatus xmlns:d="DAV:">&e10;</d:multistatus>`,
      ],
      ['an entity from a file', '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'],
      ['levels without end', multistatus('<d:a>'.repeat(200_000))],
      [
        'levels that hide behind a tag that does not end',
        multistatus(`${'<d:a '.repeat(100_000)}${' '.repeat(1_000_000)}`),
      ],
      ['levels that end', multistatus(`${'<d:a>'.repeat(1_000)}${'</d:a>'.repeat(1_000)}`)],
      ['elements without end', multistatus('<d:a/>'.repeat(xmlLimits.elements + 1))],
      ['a name each', multistatus(Array.from({ length: 50_000 }, (_, i) => `<n${i}>x</n${i}>`).join(''))],
      ['a name that objects have', multistatus('<d:constructor>x</d:constructor>')],
      ['the name of prototypes', multistatus('<d:__proto__><d:polluted>x</d:polluted></d:__proto__>')],
      ['a comment that does not end', multistatus('<!-- planted')],
      ['CDATA that does not end', multistatus('<![CDATA[ planted')],
      ['no XML', 'planted'],
      ['half of it', multistatus(collection).slice(0, -30)],
      ['nothing', ''],
      ['another document', '<html><body>planted</body></html>'],
    ] as const) {
      it(what, async () => {
        answers.push(xml(text), xml(text));
        await failsWith('calendar/unreadable');
        assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
      });
    }
  });

  it('sends more than is taken', async () => {
    let sent = 0;
    const endless: Answer = (_request, response) => {
      response.writeHead(207, { 'Content-Type': 'application/xml' });
      const chunk = Buffer.alloc(1_000_000, 0x20);
      const more = (): void => {
        while (!response.destroyed && sent < 200) {
          sent += 1;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    };
    // Twice, because an address that is no calendar is tried at the well-known place as well.
    answers.push(endless, endless);
    await failsWith('calendar/unreadable');
    assert.ok(sent < 80, `${sent} MB were sent`);
  });

  it('sends something compressed, which could unpack into anything', async () => {
    const zipped: Answer = (_request, response) =>
      void response.writeHead(207, { 'Content-Encoding': 'gzip' }).end('planted');
    answers.push(zipped, zipped);
    await failsWith('calendar/unreadable');
  });

  it('sends a byte now and then', async () => {
    answers.push(
      (_request, response) => void response.writeHead(207, { 'Content-Type': 'application/xml' }).write('<'),
    );
    const reading = failsWith('calendar/unreachable');
    await eventually('the request', 5_000, () => heard === 1);
    clock.advance(30_000);
    await reading;
    assert.equal(clock.pending, 0);
  });

  it('says nothing at all', async () => {
    answers.push(() => undefined);
    const reading = failsWith('calendar/unreachable');
    await eventually('the request', 5_000, () => heard === 1);
    clock.advance(30_000);
    await reading;
  });

  it('hangs up in the middle', async () => {
    answers.push((_request, response) => {
      response.writeHead(207, { 'Content-Type': 'application/xml', 'Content-Length': '1000' });
      response.write('<', () => response.destroy());
    });
    await failsWith('calendar/unreachable');
  });

  it('is given up when the reading is aborted in the middle of an answer', async () => {
    answers.push(
      (_request, response) => void response.writeHead(207, { 'Content-Type': 'application/xml' }).write('<'),
    );
    const abort = new AbortController();
    const reason = new Error('not any more');
    const reading = source.read(day, abort.signal);
    const refused = assert.rejects(reading, reason);
    await eventually('the request', 5_000, () => heard === 1);
    abort.abort(reason);
    await refused;
    assert.equal(clock.pending, 0);
  });

  describe('tries to get the password sent elsewhere', () => {
    afterEach(() => assert.deepEqual(otherHeard, []));

    for (const status of [301, 302, 307, 308]) {
      it(`by a redirect (${status})`, async () => {
        answers.push(
          (_request, response) => void response.writeHead(status, { Location: `${other.origin}/cal/` }).end(),
        );
        await failsWith('calendar/refused');
      });
    }

    it('by a redirect to the same host without TLS, or to a file', async () => {
      for (const location of [
        'ftp://127.0.0.1/',
        'file:///etc/passwd',
        'http://localhost:1/',
        '//evil.example/',
        'http://room:x@127.0.0.1/',
      ]) {
        answers.push((_request, response) => void response.writeHead(302, { Location: location }).end());
        await failsWith('calendar/refused');
      }
    });

    it('by the address of the principal', async () => {
      const place = item(
        '/',
        `<d:current-user-principal><d:href>${other.origin}/p/</d:href></d:current-user-principal>`,
      );
      answers.push(xml(multistatus(place)));
      await failsWith('calendar/refused');
    });

    it('by the address of the home', async () => {
      answers.push(
        xml(multistatus(item('/', `<c:calendar-home-set><d:href>${other.origin}/</d:href></c:calendar-home-set>`))),
      );
      await failsWith('calendar/refused');
    });

    it('by the address of an object', async () => {
      answers.push(xml(multistatus(collection)), xml(multistatus(item('/cal/', ''))));
      answers.push(xml(multistatus(item(`${other.origin}/cal/x.ics`, '<d:getetag>"1"</d:getetag>'))));
      await failsWith('calendar/refused');
    });
  });

  it('redirects in a circle', async () => {
    const circle: Answer = (_request, response) => void response.writeHead(302, { Location: '/cal/' }).end();
    answers.push(...Array.from({ length: 20 }, () => circle));
    await failsWith('calendar/unreachable');
    assert.equal(heard, 6);
  });

  it('is followed within its own host', async () => {
    answers.push((_request, response) => void response.writeHead(301, { Location: '/moved/' }).end());
    answers.push(xml(multistatus(collection)), xml(multistatus(item('/cal/', ''))), xml(multistatus('')));
    assert.deepEqual((await source.read(day, never)).events, []);
  });

  it('has more events than a room can have', async () => {
    answers.push(xml(multistatus(collection)), xml(multistatus(item('/cal/', ''))));
    const items = Array.from({ length: 5_001 }, (_, i) => item(`/cal/${i}.ics`, '<d:getetag>"1"</d:getetag>'));
    answers.push(xml(multistatus(items.join(''))));
    await failsWith('calendar/unreadable');
  });

  it('sends objects that nobody asked for', async () => {
    const text =
      'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260302T080000Z\nDTEND:20260302T090000Z\nSUMMARY:a\nEND:VEVENT\nEND:VCALENDAR\n';
    const object = (name: string): string =>
      item(`/cal/${name}.ics`, `<d:getetag>"1"</d:getetag><c:calendar-data>${text}</c:calendar-data>`);
    answers.push(xml(multistatus(collection)), xml(multistatus(item('/cal/', ''))));
    answers.push(xml(multistatus(item('/cal/a.ics', '<d:getetag>"1"</d:getetag>'))));
    answers.push(xml(multistatus(object('a') + object('b') + object('c'))));
    const { events } = await source.read(day, never);
    assert.deepEqual(
      events.map(({ reference }) => reference.event),
      ['/cal/a.ics'],
    );
  });

  it('writes the same path in two ways', async () => {
    const text =
      'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260302T080000Z\nSUMMARY:a\nEND:VEVENT\nEND:VCALENDAR\n';
    answers.push(xml(multistatus(collection)), xml(multistatus(item('/cal/', ''))));
    answers.push(xml(multistatus(item('/cal/a%40b%20c.ics', '<d:getetag>"1"</d:getetag>'))));
    const data = `<d:getetag>"1"</d:getetag><c:calendar-data>${text}</c:calendar-data>`;
    answers.push(xml(multistatus(item(`${server.origin}/cal/a@b%20c.ics`, data))));
    const { events } = await source.read(day, never);
    assert.deepEqual(
      events.map(({ reference }) => reference.event),
      ['/cal/a%40b%20c.ics'],
    );
  });
});
