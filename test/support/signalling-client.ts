/** A client of the meeting server that says exactly what a test tells it to: protoo over `ws`, no call behind it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Peer from 'protoo-client/lib/Peer.js';
import type { ProtooNotification } from 'protoo-client/lib/Peer.js';
import { WebSocket } from 'ws';
import type { ServerOptions } from '../../server/options.ts';
import { defaultServerOptions } from '../../server/options.ts';
import type { MeetingServer } from '../../server/start.ts';
import { startMeetingServer } from '../../server/start.ts';
import type {
  NotificationName,
  NotificationOf,
  RequestName,
  RequestOf,
  ResponseOf,
} from '../../src/call/signalling/messages.ts';
import { SIGNALLING_PATH } from '../../src/call/signalling/messages.ts';
import { SocketTransport } from '../../src/call/signalling/socket-transport.ts';
import type { Socket } from '../../src/call/signalling/socket-transport.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/log.ts';

export const newId = (): string => randomBytes(16).toString('base64url');

/** A meeting server in this process, on free ports of 127.0.0.1, with a state directory of its own. */
export interface ServerUnderTest extends MeetingServer {
  readonly stateDir: string;
  /** Origin of the plain listener. */
  readonly origin: string;
  readonly lines: readonly string[];
  createMeeting(): Promise<string>;
  metrics(): Promise<string>;
}

export async function startTestServer(overrides: Partial<ServerOptions> = {}): Promise<ServerUnderTest> {
  const stateDir = overrides.stateDir ?? (await mkdtemp(join(tmpdir(), 'incamera-test-')));
  const options: ServerOptions = {
    ...defaultServerOptions(stateDir),
    listen: { host: '127.0.0.1', port: 0 },
    loopbackHttp: { host: '127.0.0.1', port: 0 },
    workers: 1,
    meetingsPerMinute: 1_000,
    requestsPerMinute: 10_000,
    ...overrides,
  };
  const lines: string[] = [];
  const log = createLogger('server', 'debug', (line) => void lines.push(line));
  const server = await startMeetingServer(options, { clock: systemClock, log, workerBin: null });
  const origin = `http://127.0.0.1:${server.addresses.http?.port ?? 0}`;
  return {
    ...server,
    stateDir,
    origin,
    lines,
    createMeeting: async () => {
      const meeting = newId();
      await fetch(`${origin}/api/v1/meetings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ meeting }),
      });
      return meeting;
    },
    metrics: async () => (await fetch(`${origin}/metrics`)).text(),
    close: async () => {
      await server.close();
      if (overrides.stateDir === undefined) await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** The value of one sample of a scrape, or 0 when there is none yet. */
export function metric(scrape: string, sample: string): number {
  const line = scrape.split('\n').find((candidate) => candidate.startsWith(`${sample} `));
  return Number(line?.slice(sample.length + 1) ?? 0);
}

export function openSocket(
  server: ServerUnderTest,
  meeting: string,
  peer: string,
  headers: Record<string, string> = {},
): WebSocket {
  const url = `${server.origin.replace('http', 'ws')}${SIGNALLING_PATH}?meeting=${meeting}&peer=${peer}`;
  return new WebSocket(url, 'protoo', { headers, perMessageDeflate: false });
}

interface Waiter {
  readonly matches: (name: string, data: unknown) => boolean;
  readonly resolve: (data: never) => void;
}

/** One login. Everything heard is kept in `heard`, in order. */
export class TestClient {
  readonly peer: string;
  readonly socket: WebSocket;
  readonly #protoo: Peer;
  readonly heard: { readonly name: string; readonly data: unknown }[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly closed: Promise<void>;

  constructor(server: ServerUnderTest, meeting: string, peer = newId()) {
    this.peer = peer;
    this.socket = openSocket(server, meeting, peer);
    this.#protoo = new Peer(new SocketTransport(this.socket as unknown as Socket));
    this.closed = new Promise((resolve) => this.#protoo.on('close', () => resolve()));
    this.#protoo.on('notification', ({ method, data }: ProtooNotification) => {
      this.heard.push({ name: method, data });
      for (const waiter of this.#waiters) if (waiter.matches(method, data)) waiter.resolve(data as never);
    });
  }

  /** The next notification of that name from now on, or one already heard if `past`; rejects after 5 s. */
  async next<N extends NotificationName>(
    name: N,
    fits: (data: NotificationOf<N>) => boolean = () => true,
    past = true,
  ): Promise<NotificationOf<N>> {
    const matches = (heard: string, data: unknown): boolean => heard === name && fits(data as NotificationOf<N>);
    const before = past ? this.heard.find((message) => matches(message.name, message.data)) : undefined;
    if (before) return before.data as NotificationOf<N>;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} was not heard within 5 s`)), 5_000);
      const waiter: Waiter = {
        matches,
        resolve: (data) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(data);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  count(name: NotificationName): number {
    return this.heard.filter((message) => message.name === name).length;
  }

  async request<N extends RequestName>(name: N, data: RequestOf<N>): Promise<ResponseOf<N>> {
    await this.next('hello');
    return (await this.#protoo.request(name, data)) as ResponseOf<N>;
  }

  /** The numeric code that a request is refused with; rejects when it is not. */
  async refusal(name: string, data: unknown): Promise<number> {
    await this.next('hello');
    try {
      await this.#protoo.request(name, data);
    } catch (error) {
      return (error as { code: number }).code;
    }
    throw new Error(`${name} was not refused`);
  }

  async join(replaces: RequestOf<'join'>['replaces'] = null): Promise<ResponseOf<'join'>> {
    const hello = await this.next('hello');
    const offer = { keyPackage: 'a2V5', proof: 'cHJvb2Y' };
    return this.request('join', { protocol: 1, ...offer, rtpCapabilities: hello.routerRtpCapabilities, replaces });
  }

  /** Sends VP9 in all layers, or Opus: parameters only, no media. */
  async produce(source: RequestOf<'produce'>['source']): Promise<string> {
    const isVideo = source === 'camera' || source === 'screen';
    const rtpParameters = isVideo ? vp9Parameters(source) : opusParameters(source);
    const answer = await this.request('produce', {
      source,
      kind: isVideo ? 'video' : 'audio',
      rtpParameters,
      paused: false,
    });
    return answer.producer;
  }

  async consume(producer: string): Promise<ResponseOf<'consume'>['consumers'][number]> {
    const { consumers } = await this.request('consume', { producers: [producer] });
    const [consumer] = consumers;
    if (!consumer) throw new Error('the producer could not be consumed');
    return consumer;
  }

  /** Ends the login as a crash does: without a word. */
  cut(): void {
    this.socket.terminate();
  }

  close(): void {
    this.#protoo.close();
  }
}

let ssrc = 100_000;

export function vp9Parameters(mid: string): Record<string, unknown> {
  return {
    mid,
    codecs: [
      { mimeType: 'video/VP9', payloadType: 101, clockRate: 90_000, parameters: { 'profile-id': 0 }, rtcpFeedback: [] },
    ],
    headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 }],
    encodings: [{ ssrc: ssrc++, scalabilityMode: 'L3T3_KEY' }],
    rtcp: { cname: 'test' },
  };
}

export function opusParameters(mid: string): Record<string, unknown> {
  return {
    mid,
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, ptime: 20 },
      },
    ],
    headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 }],
    encodings: [{ ssrc: ssrc++, dtx: true }],
    rtcp: { cname: 'test' },
  };
}
