import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKioskApp, listenNetworkKiosk } from '../../../src/kiosk/kiosk-server.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { selfSignedIdentity } from '../../../src/lib/tls-identity.ts';
import { eventually } from '../../support/eventually.ts';
import { stubKiosk } from '../../support/stub-kiosk.ts';
import { stubRoom } from '../../support/stub-room.ts';

interface Answer {
  readonly status: number;
  readonly cookie: string | null;
  readonly json: Record<string, unknown>;
}

describe('panels on the network', function () {
  this.timeout(30_000);
  let folder: string;
  let server: Server;
  let port: number;
  let agent: Agent;
  let kiosk: ReturnType<typeof stubKiosk>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panels-'));
    kiosk = stubKiosk(stubRoom(), systemClock);
    const identity = await selfSignedIdentity('Incamera room', folder, ['127.0.0.1', 'localhost'], systemClock);
    const app = createKioskApp({ ...kiosk, log: silentLogger, panelDir: '/nonexistent' }, 'network');
    ({ server, port } = await listenNetworkKiosk(app, identity, '127.0.0.1', 0));
    agent = new Agent({ ca: identity.certificate, keepAlive: true });
  });
  afterEach(async () => {
    kiosk.pairing.close();
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  const open = (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const options = {
        agent,
        method,
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path,
        headers: { 'Content-Type': 'application/json', ...headers },
      };
      httpsRequest(options, resolve)
        .on('error', reject)
        .end(body && JSON.stringify(body));
    });
  const call = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: object,
  ): Promise<Answer> => {
    const response = await open(method, `/api/v1${path}`, headers, body);
    let text = '';
    for await (const part of response) text += String(part);
    const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.statusCode ?? 0, cookie: response.headers['set-cookie']?.[0] ?? null, json };
  };
  const codeOf = ({ json }: Answer): unknown => (json['error'] as { code: string } | undefined)?.code;
  const pair = async (role: 'panel' | 'door'): Promise<string> => {
    await call('POST', '/pairing/begin', {}, { role });
    const { cookie } = await call('POST', '/pairing/finish', {}, { code: '482913' });
    assert.match(cookie ?? '', /^__Host-incamera-panel=[\w-]{43}; .*Path=\/.*HttpOnly; Secure; SameSite=Strict$/);
    return (cookie ?? '').split(';')[0] ?? '';
  };

  it('unpaired: nothing but how to pair', async () => {
    for (const path of ['/state', '/events', '/door/events', '/meetings/own', '/admin/lock', '/display.png'])
      assert.deepEqual([path, (await call('GET', path)).status], [path, 401]);
    assert.equal(codeOf(await call('POST', '/call/leave', {}, {})), 'api/not-paired');
    assert.equal(
      codeOf(await call('GET', '/state', { Cookie: `__Host-incamera-panel=${'a'.repeat(43)}` })),
      'api/not-paired',
    );
    assert.equal((await call('POST', '/pairing/begin', {}, { role: 'panel' })).status, 200);
    assert.equal((await call('POST', '/pairing/begin', {}, { role: 'panel' })).status, 409);
    assert.equal(codeOf(await call('POST', '/pairing/finish', {}, { code: '000000' })), 'pairing/code-wrong');
  });

  it('a paired panel controls the room, settings still behind their PIN, until it is revoked', async () => {
    const cookie = await pair('panel');
    assert.equal((await call('GET', '/state', { Cookie: cookie })).status, 200);
    assert.equal(codeOf(await call('GET', '/admin/overview', { Cookie: cookie })), 'admin/locked');
    const { json } = await call('POST', '/admin/pin', { Cookie: cookie }, { pin: '1234' });
    const admin = { Cookie: cookie, Authorization: `Bearer ${String(json['token'])}` };
    const overview = await call('GET', '/admin/overview', admin);
    const [panel] = overview.json['panels'] as { id: string }[];
    let ended = false;
    const stream = await open('GET', '/api/v1/events', { Cookie: cookie });
    stream.on('end', () => (ended = true)).resume();
    assert.equal((await call('POST', '/admin/panels/revoke', admin, { panel: panel?.id })).status, 200);
    await eventually('its stream ends', 5_000, () => ended);
    assert.equal((await call('GET', '/state', { Cookie: cookie })).status, 401);
  });

  it('a door display is told bookings and nothing else', async () => {
    const cookie = await pair('door');
    assert.equal(codeOf(await call('GET', '/state', { Cookie: cookie })), 'api/door-only');
    assert.equal(codeOf(await call('POST', '/call/leave', { Cookie: cookie }, {})), 'api/door-only');
    assert.notEqual((await call('GET', '/door/../state', { Cookie: cookie })).status, 200);
    assert.notEqual((await call('GET', '/door/%2e%2e/state', { Cookie: cookie })).status, 200);
    const stream = await open('GET', '/api/v1/door/events', { Cookie: cookie });
    const [first] = (await once(stream, 'data')) as [Buffer];
    stream.destroy();
    const state = JSON.parse(first.toString().split('data: ')[1]?.split('\n\n')[0] ?? '') as Record<string, unknown>;
    assert.deepEqual(Object.keys(state).sort(), ['inCall', 'room', 'schedule']);
  });

  it('rebinding: names of others do not lead here, and pages of others may not ask', async () => {
    const cookie = await pair('panel');
    assert.equal(
      codeOf(await call('GET', '/state', { Cookie: cookie, Host: `evil.example:${port}` })),
      'api/not-this-host',
    );
    const foreign = { Cookie: cookie, Origin: 'https://evil.example' };
    assert.equal(codeOf(await call('POST', '/call/leave', foreign, {})), 'api/not-this-host');
    const own = { Cookie: cookie, Origin: `https://127.0.0.1:${port}` };
    assert.equal((await call('POST', '/call/leave', own, {})).status, 200);
  });

  it('signs of life of other panels are not those of the room’s own', async () => {
    const cookie = await pair('panel');
    assert.equal((await call('POST', '/panel/alive', { Cookie: cookie }, {})).status, 200);
    assert.deepEqual(kiosk.asked, []);
  });

  it('guessing is slow', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call('POST', '/pairing/finish', {}, { code: '1' })),
    );
    assert.ok(answers.some(({ status }) => status === 429));
  });
});
