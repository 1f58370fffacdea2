import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedIdentity } from '../../../src/lib/tls-identity.ts';
import { HttpClient } from '../../../src/calendar/http/http-client.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { calendarFailure } from '../../support/calendar-failure.ts';
import { listenOnLoopback } from '../../support/loopback-server.ts';
import type { LoopbackServer } from '../../support/loopback-server.ts';

const never = new AbortController().signal;
const limits = { bytes: 1_000, timeoutMs: 5_000 };
const get = (url: string) => ({ method: 'GET', url, headers: {}, body: null });

describe('requests to a calendar', () => {
  describe('over TLS', () => {
    let folder: string;
    let server: Server;
    let url: string;
    let certificate: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'incamera-tls-'));
      const identity = await selfSignedIdentity('Test', folder, ['localhost', '127.0.0.1'], systemClock);
      certificate = identity.certificate;
      server = createServer({ cert: certificate, key: identity.key }, (_request, response) => response.end('hello'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      url = `https://localhost:${(server.address() as AddressInfo).port}`;
    });
    after(async () => {
      server?.close();
      server?.closeAllConnections();
      await rm(folder, { recursive: true });
    });

    const send = async (trustedCertificates: readonly string[]): Promise<string> => {
      const client = new HttpClient({ clock: systemClock, origins: [url], trustedCertificates, limits });
      try {
        return (await client.send(get(`${url}/`), never)).body.toString();
      } finally {
        client.close();
      }
    };

    it('takes a certificate of which it was told', async () => {
      assert.equal(await send([certificate]), 'hello');
    });

    it('takes no other, and says what is wrong with it', async () => {
      const error = await calendarFailure(send([]));
      assert.equal(error.code, 'calendar/unreachable');
      assert.equal(error.context['reason'], 'DEPTH_ZERO_SELF_SIGNED_CERT');
    });
  });

  describe('on loopback', () => {
    let server: LoopbackServer;
    let heard: string[];
    let status: number;
    let headers: Record<string, string | string[]>;
    let body: Buffer;
    let client: HttpClient;

    beforeEach(async () => {
      [heard, status, headers, body] = [[], 200, {}, Buffer.from('ok')];
      server = await listenOnLoopback((request, response) => {
        heard.push(`${request.method ?? ''} ${request.url ?? ''}`);
        if (request.url === '/target') response.end('there');
        else response.writeHead(status, headers).end(body);
      });
      client = new HttpClient({ clock: systemClock, origins: [server.origin], trustedCertificates: [], limits });
    });
    afterEach(async () => {
      client.close();
      await server.close();
    });

    for (const [method, code, follows] of [
      ['GET', 301, true],
      ['PROPFIND', 302, true],
      ['REPORT', 308, true],
      ['PUT', 307, true],
      ['PUT', 301, false],
      ['POST', 302, false],
      ['DELETE', 302, false],
      ['GET', 303, false],
      ['GET', 300, false],
    ] as const) {
      it(`${follows ? 'follows' : 'does not follow'} a ${code} with ${method}`, async () => {
        [status, headers] = [code, { Location: '/target' }];
        const answer = await client.send({ method, url: `${server.origin}/`, headers: {}, body: null }, never);
        assert.deepEqual(heard, follows ? [`${method} /`, `${method} /target`] : [`${method} /`]);
        assert.equal(answer.status, follows ? 200 : code);
      });
    }

    it('takes exactly as much as it may', async () => {
      body = Buffer.alloc(limits.bytes);
      assert.equal((await client.send(get(`${server.origin}/`), never)).body.length, limits.bytes);
      body = Buffer.alloc(limits.bytes + 1);
      assert.equal((await calendarFailure(client.send(get(`${server.origin}/`), never))).code, 'calendar/unreadable');
    });

    it('takes no header without end', async () => {
      headers = { 'X-Long': 'x'.repeat(70_000) };
      assert.equal((await calendarFailure(client.send(get(`${server.origin}/`), never))).code, 'calendar/unreachable');
    });

    for (const address of [
      'http://example.org/',
      'http://127.0.0.1.example.org/',
      'http://localhost.example.org/',
      'ftp://127.0.0.1/',
      'file:///etc/passwd',
      'https://room:secret@127.0.0.1/',
      'nothing',
    ]) {
      it(`sends nothing to ${address}, even when it is told to`, async () => {
        const origins = [URL.parse(address)?.origin ?? 'null'];
        const other = new HttpClient({ clock: systemClock, origins, trustedCertificates: [], limits });
        assert.equal((await calendarFailure(other.send(get(address), never))).code, 'calendar/refused');
        other.close();
      });
    }

    it('sends nothing to another port', async () => {
      const error = await calendarFailure(client.send(get('http://127.0.0.1:1/'), never));
      assert.equal(error.code, 'calendar/refused');
    });
  });
});
