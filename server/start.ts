import { X509Certificate } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { types } from 'mediasoup';
import type { Clock } from '../src/lib/clock.ts';
import { codeOf, UsageError } from '../src/lib/errors.ts';
import type { Logger } from '../src/lib/log.ts';
import { createApp } from './http/app.ts';
import type { HostPolicy } from './http/hosts.ts';
import { loopbackPolicy, tlsPolicy } from './http/hosts.ts';
import type { Meeting } from './meetings/meeting.ts';
import { WorkerPool } from './media/worker-pool.ts';
import { MeetingRegistry } from './meetings/registry.ts';
import { Metrics } from './metrics.ts';
import type { Address, ServerOptions } from './options.ts';
import { isLoopback } from './options.ts';
import { Gate } from './signalling/gate.ts';
import { SignallingServer } from './signalling/signalling-server.ts';
import type { TlsIdentity } from '../src/lib/tls-identity.ts';
import { readTlsFiles, selfSignedIdentity } from '../src/lib/tls-identity.ts';

export interface ServerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** mediasoup's worker program; null: MEDIASOUP_WORKER_BIN, or the one in mediasoup's package. */
  readonly workerBin: string | null;
}

/** A running meeting server. */
export interface MeetingServer {
  /** Where it really listens, also when port 0 was asked for. */
  readonly addresses: { readonly https: Address; readonly http: Address | null };
  /** What a client on a pinned connection has to know: the certificate's PEM text and file. */
  readonly certificate: { readonly pem: string; readonly path: string };
  /** Process ids of the media workers. */
  readonly workerPids: () => readonly number[];
  /** Reads the TLS files again, for a renewed certificate; connections that stand are kept. */
  readonly reloadTls: () => Promise<void>;
  /** Tells every client to come back later, then ends. Idempotent. */
  readonly close: () => Promise<void>;
}

/**
 * Starts everything; on failure nothing is left running.
 * @throws {UsageError} `server/loopback-only`, `server/listen-failed`
 * @throws {ConfigError} `config/tls-unreadable`, `server/state-unreadable`, `server/state-newer`
 * @throws {InternalError} `server/worker-failed`
 */
export async function startMeetingServer(options: ServerOptions, deps: ServerDeps): Promise<MeetingServer> {
  if (options.loopbackHttp && !isLoopback(options.loopbackHttp.host)) {
    throw new UsageError('server/loopback-only', 'Without TLS the server listens on loopback addresses only');
  }
  const { clock, log } = deps;
  const loadTls = (): Promise<TlsIdentity> => loadIdentity(options, clock);
  let identity = await loadTls();
  let parsed = new X509Certificate(identity.certificate);
  const registry = await MeetingRegistry.open(join(options.stateDir, 'meetings.json'), options.maxMeetings, clock, log);
  const metrics = new Metrics();
  const poolOptions = { workers: options.workers, listenInfos: listenInfos(options), workerBin: deps.workerBin };
  const pool = await WorkerPool.start(poolOptions, clock, log.child('workers'));
  const signalling = new SignallingServer(options, { clock, log: log.child('signalling'), pool, registry, metrics });
  const gate = new Gate({
    maxConnections: options.maxPeers * 2,
    maxConnectionsPerAddress: options.maxConnectionsPerAddress,
    onRefused: (reason) => metrics.refusedConnections.inc({ reason }),
    onAdmitted: (socket, admission) => signalling.handleConnection(socket, admission),
  });
  metrics.attach({
    meetings: () => ({ known: registry.size, live: signalling.meetings.length }),
    peers: () => signalling.peers,
    connections: () => gate.connections,
    producers: () => total(signalling.meetings, (meeting) => meeting.producers.length),
    consumers: () => total(signalling.meetings, countViewers),
    workers: () => pool.workers,
    workerDeaths: () => pool.deaths,
    takeMediaBytes: () => takeMediaBytes(signalling.meetings),
  });
  const serve = (server: Server, policy: HostPolicy): void => {
    const app = createApp(options, {
      policy,
      registry,
      metrics,
      log: log.child('http'),
      isReady: () => pool.workers > 0,
    });
    harden(server, options.maxPeers * 2);
    server.on('request', app);
    server.on('upgrade', (request, socket, head) => gate.handleUpgrade(policy, request, socket, head));
  };
  const https = createHttpsServer({ cert: identity.certificate, key: identity.key, minVersion: 'TLSv1.2' });
  const http = options.loopbackHttp ? createHttpServer() : null;
  serve(
    https,
    tlsPolicy(() => parsed, options.publicUrl),
  );
  if (http) serve(http, loopbackPolicy());
  const listeners = http ? [https, http] : [https];

  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      pool.retire();
      for (const server of listeners) server.close();
      signalling.close();
      // Goodbyes reach the sockets before these are cut.
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all(listeners.map((server) => closeListener(server, clock)));
      pool.close();
      await registry.close();
    })();
    return closing;
  };
  try {
    const addresses = {
      https: await listen(https, options.listen),
      http: http && options.loopbackHttp ? await listen(http, options.loopbackHttp) : null,
    };
    log.info('the meeting server is up', {
      port: addresses.https.port,
      workers: pool.workers,
      meetings: registry.size,
    });
    const reloadTls = async (): Promise<void> => {
      const renewed = await loadTls();
      https.setSecureContext({ cert: renewed.certificate, key: renewed.key, minVersion: 'TLSv1.2' });
      identity = renewed;
      parsed = new X509Certificate(renewed.certificate);
      log.info('the TLS certificate was read again');
    };
    return {
      addresses,
      certificate: { pem: identity.certificate, path: identity.path },
      workerPids: () => pool.pids,
      reloadTls,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function loadIdentity(options: ServerOptions, clock: Clock): Promise<TlsIdentity> {
  if (options.tls) return readTlsFiles(options.tls.certificatePath, options.tls.keyPath);
  const announced = options.announcedAddress === null ? [] : [options.announcedAddress];
  return selfSignedIdentity(
    'Incamera meeting server',
    options.stateDir,
    ['localhost', '127.0.0.1', '::1', hostname(), ...announced],
    clock,
  );
}

/**
 * Where media is received, over UDP and TCP: behind an announced address, the address listened on; on all addresses without
 * one, each of this machine's by itself, because a candidate must name an address that can be reached.
 */
function listenInfos(options: ServerOptions): types.TransportListenInfo[] {
  const { announcedAddress, listen, mediaPorts, loopbackHttp } = options;
  const isWildcard = listen.host === '0.0.0.0' || listen.host === '::';
  const host = listen.host === 'localhost' ? '127.0.0.1' : listen.host;
  const own = isWildcard && announcedAddress === null ? ownAddresses() : [host];
  const ips = new Set(loopbackHttp ? [...own, '127.0.0.1'] : own);
  return [...ips].flatMap((ip) =>
    (['udp', 'tcp'] as const).map((protocol) => ({
      protocol,
      ip,
      portRange: { ...mediaPorts },
      ...(announcedAddress !== null && ip === host ? { announcedAddress } : {}),
    })),
  );
}

/** Addresses other machines can use; link-local ones need a zone that candidates cannot carry. */
function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const usable = all.filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address));
  const addresses = usable.map(({ address }) => address);
  return addresses.length === 0 ? ['127.0.0.1'] : addresses;
}

function harden(server: Server, maxSignalling: number): void {
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  server.keepAliveTimeout = 5_000;
  server.maxConnections = maxSignalling + 1_000;
}

async function listen(server: Server, address: Address): Promise<Address> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const what = `${address.host}:${address.port} cannot be listened on`;
      reject(new UsageError('server/listen-failed', what, { cause: error, context: { cause: codeOf(error) } }));
    });
    server.listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  return { host: address.host, port: typeof bound === 'object' && bound ? bound.port : address.port };
}

/** Waits for the goodbyes to be read, for at most a second. */
async function closeListener(server: Server, clock: Clock): Promise<void> {
  server.closeIdleConnections();
  await new Promise<void>((resolve) => {
    const cancel = clock.after(1_000, () => server.closeAllConnections());
    const finish = (): void => {
      cancel();
      resolve();
    };
    if (server.listening) server.close(finish);
    else server.getConnections((_error, open) => (open === 0 ? finish() : server.once('close', finish)));
  });
}

function total(meetings: readonly Meeting[], count: (meeting: Meeting) => number): number {
  return meetings.reduce((sum, meeting) => sum + count(meeting), 0);
}

function countViewers(meeting: Meeting): number {
  return meeting.producers.reduce((sum, producer) => sum + producer.viewers.size, 0);
}

async function takeMediaBytes(meetings: readonly Meeting[]): Promise<{ in: number; out: number }> {
  const media = meetings.flatMap((meeting) => meeting.sessions.flatMap((session) => session.place?.media ?? []));
  const taken = await Promise.allSettled(media.map((peer) => peer.takeBytes()));
  const sum = { in: 0, out: 0 };
  for (const result of taken) {
    if (result.status !== 'fulfilled') continue;
    sum.in += result.value.in;
    sum.out += result.value.out;
  }
  return sum;
}
