import assert from 'node:assert/strict';
import { AccessToken } from '../../../../src/calendar/http/access-token.ts';
import { HttpClient } from '../../../../src/calendar/http/http-client.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { calendarFailure } from '../../../support/calendar-failure.ts';
import type { LoopbackServer } from '../../../support/loopback-server.ts';
import { listenOnLoopback } from '../../../support/loopback-server.ts';

const never = new AbortController().signal;

describe('an access token', () => {
  let server: LoopbackServer;
  let http: HttpClient;
  let token: AccessToken;
  let asked: PromiseWithResolvers<undefined>;
  let requests: number;
  let answers: (() => Promise<{ status: number; body: unknown }>)[];
  const good = { access_token: 'abc', expires_in: 3_600 };

  beforeEach(async () => {
    [requests, answers, asked] = [0, [], Promise.withResolvers()];
    server = await listenOnLoopback((_request, response) => {
      requests += 1;
      asked.resolve(undefined);
      const answer = answers.shift() ?? (async () => ({ status: 200, body: good }));
      void answer().then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)));
    });
    const limits = { bytes: 10_000, timeoutMs: 5_000 };
    http = new HttpClient({ clock: systemClock, origins: [server.origin], trustedCertificates: [], limits });
    token = new AccessToken({
      url: `${server.origin}/token`,
      form: async () => ({ a: 'b' }),
      http,
      clock: systemClock,
    });
  });
  afterEach(async () => {
    http.close();
    await server.close();
  });

  it('is fetched once for all who wait', async () => {
    assert.deepEqual(await Promise.all([token.get(never), token.get(never), token.get(never)]), ['abc', 'abc', 'abc']);
    assert.equal(requests, 1);
  });

  it('is fetched again for those who wait when the one who began gives up', async () => {
    answers.push(() => new Promise(() => undefined));
    const abort = new AbortController();
    const first = assert.rejects(token.get(abort.signal), /enough/);
    const second = token.get(never);
    await asked.promise;
    abort.abort(new Error('enough'));
    await first;
    assert.equal(await second, 'abc');
    assert.equal(requests, 2);
  });

  it('lets go at once of one who waits and gives up', async () => {
    const gate = Promise.withResolvers<undefined>();
    answers.push(async () => {
      await gate.promise;
      return { status: 200, body: good };
    });
    const abort = new AbortController();
    const first = token.get(never);
    const second = assert.rejects(token.get(abort.signal), /enough/);
    await asked.promise;
    abort.abort(new Error('enough'));
    await second;
    gate.resolve(undefined);
    assert.equal(await first, 'abc');
  });

  for (const [status, body, code] of [
    [400, { error: 'invalid_client' }, 'calendar/refused'],
    [401, {}, 'calendar/refused'],
    [429, {}, 'calendar/throttled'],
    [500, {}, 'calendar/unreachable'],
    [200, {}, 'calendar/unreadable'],
    [200, { access_token: 'a b\r\nX: y' }, 'calendar/unreadable'],
    [200, { access_token: '' }, 'calendar/unreadable'],
  ] as const) {
    it(`is none in ${status} ${JSON.stringify(body)}, and is asked for again`, async () => {
      answers.push(async () => ({ status, body }));
      assert.equal((await calendarFailure(token.get(never))).code, code);
      assert.equal(await token.get(never), 'abc');
    });
  }

  it('that does not say how long it lives is not kept for ever, and one of no life not at all', async () => {
    answers.push(async () => ({ status: 200, body: { access_token: 'x', expires_in: 0 } }));
    assert.equal(await token.get(never), 'x');
    assert.equal(await token.get(never), 'abc');
    assert.equal(requests, 2);
  });
});
