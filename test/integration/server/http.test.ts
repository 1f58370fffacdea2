import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, startTestServer } from '../../support/signalling-client.ts';
import type { ServerUnderTest } from '../../support/signalling-client.ts';

describe('the HTTP side of the meeting server', () => {
  let server: ServerUnderTest;
  let guestDir: string;
  before(async () => {
    guestDir = await mkdtemp(join(tmpdir(), 'incamera-guest-'));
    server = await startTestServer({ guestDir, maxMeetings: 2, metricsToken: 'a token of enough length' });
  });
  after(async () => {
    await server.close();
    await rm(guestDir, { recursive: true, force: true });
  });

  const post = (body: string | undefined, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.origin}/api/v1/meetings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
  /** With a Host header, which fetch does not let one set. */
  const statusAs = (host: string, path: string, headers: Record<string, string> = {}): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(server.origin);
      const options = { host: '127.0.0.1', port, path, headers: { ...headers, host } };
      request(options, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });

  it('says that the guest page is not built, then serves it', async () => {
    const path = `${server.origin}/m/${newId()}`;
    const missing = await fetch(path);
    assert.equal(missing.status, 503);
    assert.match(await missing.text(), /not built/);
    await mkdir(join(guestDir, 'assets'));
    await writeFile(join(guestDir, 'index.html'), '<title>guest</title>');
    await writeFile(join(guestDir, 'assets', 'page-abc123.js'), '1');
    const page = await fetch(path);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('cache-control'), 'no-cache');
    assert.match(await page.text(), /guest/);
    assert.equal((await fetch(`${server.origin}/`)).status, 200);
    const asset = await fetch(`${server.origin}/assets/page-abc123.js`);
    assert.match(asset.headers.get('cache-control') ?? '', /max-age=31536000, immutable/);
    assert.equal((await fetch(`${server.origin}/assets/gone.js`)).status, 404);
    assert.equal((await fetch(`${server.origin}/m/not-a-meeting`)).status, 404);
    assert.equal((await fetch(`${server.origin}/..%2f..%2fetc/passwd`)).status, 404);
  });

  it('sends strict headers with every answer', async () => {
    for (const path of ['/', '/nothing', '/healthz', '/assets/x']) {
      const { headers } = await fetch(server.origin + path);
      const csp = headers.get('content-security-policy') ?? '';
      assert.match(csp, /default-src 'none'/);
      assert.match(csp, /frame-ancestors 'none'/);
      assert.doesNotMatch(csp, /unsafe/);
      assert.ok(csp.includes(`connect-src 'self' ${server.origin.replace('http', 'ws')};`));
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.match(
        headers.get('permissions-policy') ?? '',
        /camera=\(self\), microphone=\(self\), display-capture=\(self\)/,
      );
      assert.equal(headers.get('strict-transport-security'), null);
      assert.equal(headers.get('x-powered-by'), null);
    }
  });

  it('makes a meeting, twice the same, and no more than it may keep', async () => {
    const meeting = newId();
    for (let i = 0; i < 2; i++) {
      const response = await post(JSON.stringify({ meeting }));
      assert.equal(response.status, 201);
      assert.deepEqual(await response.json(), { meeting, link: `${server.origin}/m/${meeting}` });
    }
    assert.equal((await post(JSON.stringify({ meeting: newId() }))).status, 201);
    assert.equal((await post(JSON.stringify({ meeting: newId() }))).status, 507);
  });

  it('explains what it needs to make a meeting', async () => {
    for (const body of [undefined, '', '{', '{}', '{"meeting":"short"}', '[]', 'null']) {
      const response = await post(body);
      assert.equal(response.status, 400, body);
      assert.match(((await response.json()) as { error: string }).error, /derives from the link secret/);
    }
    assert.equal((await post(JSON.stringify({ meeting: newId(), more: 'x'.repeat(5_000) }))).status, 413);
    assert.equal((await post(JSON.stringify({ meeting: newId() }), { origin: 'https://evil.example' })).status, 403);
  });

  it('answers under its own names only', async () => {
    const { port } = new URL(server.origin);
    assert.equal(await statusAs(`localhost:${port}`, '/healthz'), 200);
    assert.equal(await statusAs('evil.example', '/healthz'), 421);
    assert.equal(await statusAs('localhost:1@evil.example', '/healthz'), 421);
  });

  it('shows metrics to this machine and to the holder of the token', async () => {
    const { port } = new URL(server.origin);
    const host = `localhost:${port}`;
    assert.equal(await statusAs(host, '/metrics'), 200);
    assert.equal(await statusAs(host, '/metrics', { 'x-forwarded-for': '192.0.2.1' }), 403);
    assert.equal(await statusAs(host, '/metrics', { authorization: 'Bearer wrong' }), 403);
    const authorization = 'Bearer a token of enough length';
    assert.equal(await statusAs(host, '/metrics', { 'x-forwarded-for': '192.0.2.1', authorization }), 200);
  });

  it('limits how often one address may ask', async () => {
    const strict = await startTestServer({ guestDir, meetingsPerMinute: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) {
      const body = JSON.stringify({ meeting: newId() });
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      statuses.push((await fetch(`${strict.origin}/api/v1/meetings`, init)).status);
    }
    assert.deepEqual(statuses, [201, 201, 429, 429]);
    await strict.close();
  });
});
