import assert from 'node:assert/strict';
import { X509Certificate, createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { selfSignedIdentity } from '../../../src/lib/tls-identity.ts';
import type { CalendarEvent } from '../../../src/calendar/calendar-event.ts';
import type { CalendarSource } from '../../../src/calendar/calendar-source.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { midnight } from '../../contract/calendar-source.ts';
import { eventually } from '../../support/eventually.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import type { GraphBench } from '../../support/graph-bench.ts';
import { graphBench } from '../../support/graph-bench.ts';
import { graphClient } from '../../support/graph-server.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const never = new AbortController().signal;
const day = { startMs: midnight, endMs: midnight + DAY };
const at = (hour: number): { startMs: number; endMs: number } => ({
  startMs: midnight + hour * HOUR,
  endMs: midnight + (hour + 1) * HOUR,
});

describe('a room mailbox of Microsoft Graph', () => {
  let bench: GraphBench;

  beforeEach(async () => (bench = await graphBench()));
  afterEach(async () => {
    await bench.source.close();
    await bench.close();
  });

  const read = async (window = day, source: CalendarSource = bench.source): Promise<readonly CalendarEvent[]> =>
    (await source.read(window, never)).events;
  const deltas = (): number => bench.server.requests.filter((line) => line.includes('calendarView')).length;

  it('reads all pages, the first time and later', async () => {
    bench.server.pageSize = 2;
    for (let hour = 0; hour < 7; hour += 1) bench.server.seed({ title: `n${hour}`, ...at(hour) });
    assert.equal((await read()).length, 7);
    assert.equal(deltas(), 4);
    for (let hour = 7; hour < 10; hour += 1) bench.server.seed({ title: `n${hour}`, ...at(hour) });
    assert.equal((await read()).length, 10);
    assert.equal(deltas(), 6);
  });

  it('asks one small question while nothing changes', async () => {
    bench.server.seed({ title: 'daily', ...at(9), days: 5 });
    await read();
    const before = bench.server.requests.length;
    await read({ startMs: day.startMs + 60_000, endMs: day.endMs + 60_000 });
    assert.deepEqual(bench.server.requests.slice(before), ['GET /calendarView/delta']);
  });

  it('begins anew when the window has left the one that the delta is bound to, and no sooner', async () => {
    bench.server.seed({ title: 'later', startMs: day.startMs + 20 * DAY, endMs: day.startMs + 20 * DAY + HOUR });
    await read();
    await read({ startMs: day.startMs + 6 * DAY, endMs: day.endMs + 6 * DAY });
    const found = await read({ startMs: day.startMs + 20 * DAY, endMs: day.endMs + 20 * DAY });
    assert.deepEqual(
      found.map(({ title }) => title),
      ['later'],
    );
  });

  it('begins anew after six hours, whatever the delta has told', async () => {
    const clock = new ManualClock();
    const source = bench.open({ clock });
    bench.server.seed({ title: 'kept', ...at(9) });
    await read(day, source);
    bench.server.forgetDeltas();
    clock.advance(6 * HOUR + 1);
    assert.equal((await read(day, source)).length, 1);
    // No delta was tried that would have been answered with 410.
    assert.equal(deltas(), 2);
    await source.close();
  });

  it('fetches a series that began before the window, once', async () => {
    bench.server.seed({
      title: 'long',
      startMs: midnight - 40 * DAY + 9 * HOUR,
      endMs: midnight - 40 * DAY + 10 * HOUR,
      days: 60,
    });
    assert.deepEqual(
      (await read()).map(({ title, reference }) => [title, reference.occurrence]),
      [['long', at(9).startMs]],
    );
    await read();
    assert.equal(bench.server.requests.filter((line) => line.startsWith('GET /events/')).length, 1);
  });

  it('drops an occurrence of which the delta says nothing but that it is not among the rest', async () => {
    bench.server.seed({ title: 'daily', startMs: midnight - DAY, endMs: midnight - DAY + HOUR, days: 5 });
    const window = { startMs: midnight, endMs: midnight + 4 * DAY };
    const events = await read(window);
    assert.equal(events.length, 4);
    const other = bench.reopen();
    await read(window, other);
    await other.release((events[1] as CalendarEvent).reference, never);
    assert.deepEqual(
      (await read(window)).map(({ startMs }) => startMs),
      [midnight, midnight + 2 * DAY, midnight + 3 * DAY],
    );
    await other.close();
  });

  for (const code of ['SyncStateNotFound', 'syncStateInvalid', 'resyncRequired']) {
    it(`reads all anew when the delta is not known any more (${code})`, async () => {
      bench.server.seed({ title: 'first', ...at(9) });
      await read();
      bench.server.erase('first');
      bench.server.seed({ title: 'second', ...at(10) });
      bench.server.answerNext(code === 'resyncRequired' ? 400 : 410, { error: { code, message: 'x' } });
      assert.deepEqual(
        (await read()).map(({ title }) => title),
        ['second'],
      );
    });
  }

  it('says how long it is asked to wait, and goes on from the same delta', async () => {
    bench.server.seed({ title: 'kept', ...at(9) });
    await read();
    bench.server.answerNext(429, { error: { code: 'TooManyRequests' } }, { 'Retry-After': '17' });
    const first = await calendarFailure(bench.source.read(day, never));
    assert.deepEqual([first.code, first.retryAfterMs], ['calendar/throttled', 17_000]);
    bench.server.answerNext(503, {}, { 'Retry-After': new Date(Date.now() + 30_000).toUTCString() });
    const second = await calendarFailure(bench.source.read(day, never));
    assert.equal(second.code, 'calendar/throttled');
    assert.ok((second.retryAfterMs ?? 0) > 20_000 && (second.retryAfterMs ?? 0) <= 30_000);
    bench.server.answerNext(503);
    assert.equal((await calendarFailure(bench.source.read(day, never))).code, 'calendar/unreachable');
    const before = deltas();
    assert.equal((await read()).length, 1);
    assert.equal(deltas(), before + 1);
  });

  it('fetches a new token when the one it has is not taken, once', async () => {
    await read();
    bench.server.expireTokens();
    await read();
    assert.equal(bench.server.tokensGiven, 2);
    bench.server.answerNext(401, { error: { code: 'InvalidAuthenticationToken' } });
    bench.server.answerNext(401, { error: { code: 'InvalidAuthenticationToken' } });
    assert.equal((await calendarFailure(bench.source.read(day, never))).code, 'calendar/refused');
    assert.equal(bench.server.tokensGiven, 3);
  });

  it('fetches a new token before the one it has ends', async () => {
    const clock = new ManualClock();
    const source = bench.open({ clock });
    await read(day, source);
    clock.advance(50 * 60_000);
    await read(day, source);
    assert.equal(bench.server.tokensGiven, 1);
    clock.advance(9 * 60_000);
    await read(day, source);
    assert.equal(bench.server.tokensGiven, 2);
    await source.close();
  });

  it('has no more than four requests under way, and answers every one of twelve', async () => {
    const events = await Promise.all(
      Array.from({ length: 12 }, (_, hour) => bench.source.create({ title: `n${hour}`, ...at(hour) }, never)),
    );
    const release = bench.server.hold();
    const before = bench.server.requests.length;
    const changes = events.map(({ reference, endMs }) => bench.source.changeEnd(reference, endMs - HOUR / 2, never));
    await eventually('four requests', 5_000, () => bench.server.requests.length === before + 4);
    release();
    assert.equal((await Promise.all(changes)).length, 12);
    assert.equal(bench.server.busiest, 4);
  });

  it('declines what somebody else organizes and deletes its own', async () => {
    bench.server.seed({ title: 'theirs', ...at(9) });
    const [theirs] = await read();
    await bench.source.release((theirs as CalendarEvent).reference, never);
    assert.equal(bench.server.declined.length, 1);
    const ours = await bench.source.create({ title: 'ours', ...at(10) }, never);
    await bench.source.release(ours.reference, never);
    assert.equal(bench.server.declined.length, 1);
    assert.deepEqual(await read(), []);
  });

  it('leaves out what the room has declined and tells where the link may stand', async () => {
    bench.server.seed({ title: 'declined', ...at(9) });
    bench.server.set('declined', { responseStatus: { response: 'declined' } });
    bench.server.seed({ title: 'with link', ...at(10) });
    bench.server.set('with link', {
      onlineMeeting: { joinUrl: 'https://teams.example/j/1' },
      location: { displayName: 'Aurora' },
      body: { contentType: 'html', content: '<a href="https://meet.example/x">x</a>' },
      organizer: { emailAddress: { name: '', address: 'eva@example.org' } },
      attendees: [{}, {}, {}],
    });
    const [event, ...others] = await read();
    assert.deepEqual(others, []);
    assert.deepEqual(event?.places, {
      conferences: [],
      provider: ['https://teams.example/j/1'],
      url: null,
      location: 'Aurora',
      description: '<a href="https://meet.example/x">x</a>',
    });
    assert.deepEqual([event.organizer, event.attendees], ['eva@example.org', 3]);
  });

  it('gives up the one event that it cannot read', async () => {
    bench.server.seed({ title: 'good', ...at(9) });
    bench.server.seed({ title: 'bad', ...at(10) });
    bench.server.set('bad', { start: { dateTime: 'tomorrow', timeZone: 'UTC' } });
    const { events, problems } = await bench.source.read(day, never);
    assert.deepEqual(
      events.map(({ title }) => title),
      ['good'],
    );
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['calendar/event-malformed'],
    );
  });

  it('takes its token to no other host', async () => {
    for (const next of [
      'https://evil.example/v1.0/x',
      'http://127.0.0.1:9/x',
      'https://graph.microsoft.com/x',
      '//evil',
      'x',
    ]) {
      bench.server.answerNext(200, { value: [], '@odata.nextLink': next });
      assert.equal((await calendarFailure(bench.source.read(day, never))).code, 'calendar/refused', next);
    }
    bench.server.answerNext(307, {}, { Location: 'https://evil.example/' });
    assert.equal((await calendarFailure(bench.source.read(day, never))).code, 'calendar/refused');
  });

  it('is not kept going by pages that do not end', async () => {
    const { origin } = bench.server;
    for (let i = 0; i < 500; i += 1)
      bench.server.answerNext(200, {
        value: [],
        '@odata.nextLink': `${origin}/v1.0/users/aurora%40rooms.example/calendarView/delta?$skiptoken=1`,
      });
    assert.equal((await calendarFailure(bench.source.read(day, never))).code, 'calendar/unreadable');
  });

  for (const [what, answer] of [
    ['no object', 'text'],
    ['no list', { value: 'x' }],
    ['no link', { value: [] }],
  ] as const) {
    it(`does not take ${what} for a calendar`, async () => {
      bench.server.answerNext(200, answer);
      assert.equal((await calendarFailure(bench.source.read(day, never))).code, 'calendar/unreadable');
    });
  }

  it('names neither secret nor token nor title in its errors', async () => {
    bench.server.seed({ title: 'merger of A and B', ...at(9) });
    bench.server.answerNext(403, { error: { code: 'ErrorAccessDenied', message: 'token-1 merger of A and B' } });
    const error = await calendarFailure(bench.source.read(day, never));
    assert.equal(error.code, 'calendar/refused');
    const told = JSON.stringify([error.message, error.context, String(error.cause)]);
    for (const secret of [graphClient.secret, 'token-1', 'merger']) assert.ok(!told.includes(secret), told);
  });

  it('says when a certificate is none that can prove it', async () => {
    const identity = await selfSignedIdentity('Test', join(bench.folder, 'certificate'), ['room'], new ManualClock());
    const path = join(bench.folder, 'room.pem');
    await writeFile(path, `${identity.certificate}\n${identity.key}`, { mode: 0o600 });
    const source = bench.open({ proof: { kind: 'certificate', path } });
    // The documentation wants RSA; a key that does not fit the algorithm is told as what is wrong with the file.
    assert.equal((await calendarFailure(source.read(day, never))).code, 'calendar/refused');
    await source.close();
  });

  it('signs an assertion that the registered certificate verifies', async () => {
    const path = join(bench.folder, 'rsa.pem');
    await writeFile(path, await rsaCertificate(), { mode: 0o600 });
    const source = bench.open({ proof: { kind: 'certificate', path } });
    await read(day, source);
    const form = bench.server.forms.at(-1) ?? {};
    const pem = await rsaCertificate();
    const { payload, protectedHeader } = await jwtVerify(form['client_assertion'] ?? '', createPublicKey(pem), {
      audience: `${bench.server.origin}/${graphClient.tenant}/oauth2/v2.0/token`,
      issuer: graphClient.clientId,
      subject: graphClient.clientId,
    });
    const digest = new X509Certificate(pem).fingerprint256.replaceAll(':', '');
    assert.equal(protectedHeader['x5t#S256'], Buffer.from(digest, 'hex').toString('base64url'));
    assert.equal(typeof payload.jti, 'string');
    assert.equal(form['client_secret'], undefined);
    await source.close();
  });
});

let made: string | null = null;

async function rsaCertificate(): Promise<string> {
  if (made !== null) return made;
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=room',
    keys,
    signingAlgorithm: algorithm,
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  made = `${certificate.toString('pem')}\n-----BEGIN PRIVATE KEY-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
  return made;
}
