import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metric, newId, startTestServer, TestClient } from '../../support/signalling-client.ts';

describe('the life of a meeting server', () => {
  it('keeps certificate and meetings over a restart, and tells clients to come back', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'incamera-state-'));
    try {
      const first = await startTestServer({ stateDir });
      const meeting = await first.createMeeting();
      const client = new TestClient(first, meeting);
      await client.join();
      const atMs = performance.now();
      await first.close();
      assert.ok(performance.now() - atMs < 2_000);
      await client.closed;
      assert.deepEqual(await client.next('closing'), { reason: 'shutdown', retry: true });

      const second = await startTestServer({ stateDir });
      const back = new TestClient(second, meeting);
      assert.equal((await back.join()).role, 'founder');
      assert.equal(second.certificate.pem, first.certificate.pem);
      for (const file of ['certificate.pem', 'private-key.pem', 'meetings.json']) {
        assert.equal((await stat(join(stateDir, file))).mode & 0o777, 0o600);
      }
      back.close();
      await second.close();
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });

  it('serves TLS under its own certificate, which names this machine', async () => {
    const server = await startTestServer({ announcedAddress: '192.0.2.7' });
    const certificate = new X509Certificate(server.certificate.pem);
    assert.equal(certificate.checkHost('localhost'), 'localhost');
    for (const address of ['127.0.0.1', '::1', '192.0.2.7']) assert.equal(certificate.checkIP(address), address);
    assert.ok(certificate.validToDate.getTime() - Date.now() > 9.9 * 365 * 86_400_000);
    const status = await new Promise((resolve, reject) => {
      const options = {
        host: 'localhost',
        family: 4,
        port: server.addresses.https.port,
        path: '/healthz',
        ca: server.certificate.pem,
      };
      httpsRequest(options, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    assert.equal(status, 200);
    await server.close();
  });

  it('outlives a media worker: its peers are told to come back, and can', async () => {
    const server = await startTestServer({ workers: 1 });
    const meeting = await server.createMeeting();
    const client = new TestClient(server, meeting);
    await client.join();
    const [pid = 0] = server.workerPids();
    process.kill(pid, 'SIGKILL');
    assert.deepEqual(await client.next('closing'), { reason: 'shutdown', retry: true });
    await client.closed;
    while (server.workerPids().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const back = new TestClient(server, meeting);
    await back.join();
    assert.equal(metric(await server.metrics(), 'incamera_worker_deaths_total'), 1);
    back.close();
    await server.close();
  });

  it('spreads a meeting over workers and brings streams across, with demand counted over all of them', async () => {
    const server = await startTestServer({ workers: 2, consumersPerRouter: 1, demandHoldMs: 50 });
    const meeting = await server.createMeeting();
    const [alice, bob, carol] = [
      new TestClient(server, meeting),
      new TestClient(server, meeting),
      new TestClient(server, meeting),
    ];
    await alice.join();
    const camera = await alice.produce('camera');
    await bob.join();
    const near = await bob.consume(camera);
    await carol.join();
    const far = await carol.consume(camera);
    assert.equal(far.type, 'svc', 'all layers cross the pipe');
    await bob.request('setDemand', {
      demands: [{ consumer: near.consumer, layers: { spatial: 0, temporal: 0 }, priority: 1 }],
    });
    await bob.request('resumeConsumers', { consumers: [near.consumer] });
    await alice.next('demand', ({ layers }) => layers?.spatial === 0);
    await carol.request('resumeConsumers', { consumers: [far.consumer] });
    await alice.next('demand', ({ layers }) => layers?.spatial === 2);
    await carol.request('leave', {});
    await alice.next('demand', ({ layers }) => layers?.spatial === 0, false);
    await alice.request('leave', {});
    await bob.next('consumerClosed');
    bob.close();
    await server.close();
  });

  it('ends what it began when a port is taken', async () => {
    const server = await startTestServer();
    const taken = { host: '127.0.0.1', port: server.addresses.https.port };
    await assert.rejects(startTestServer({ listen: taken }), { code: 'server/listen-failed' });
    await server.close();
  });

  it('does not listen without TLS where others could come', async () => {
    const loopbackHttp = { host: '0.0.0.0', port: 0 };
    await assert.rejects(startTestServer({ loopbackHttp }), { code: 'server/loopback-only' });
  });

  it('forgets a meeting when the last peer goes', async () => {
    const server = await startTestServer({ graceMs: 0 });
    const client = new TestClient(server, await server.createMeeting(), newId());
    await client.join();
    assert.equal(metric(await server.metrics(), 'incamera_meetings'), 1);
    await client.request('leave', {});
    assert.equal(metric(await server.metrics(), 'incamera_meetings'), 0);
    assert.equal(metric(await server.metrics(), 'incamera_peers'), 0);
    await server.close();
  });
});
