import Peer from 'protoo-server/lib/Peer.js';
import type { ServerRequest } from 'protoo-server/lib/Peer.js';
import * as v from 'valibot';
import type { WebSocket } from 'ws';
import type { RequestName } from '../../src/call/signalling/messages.ts';
import { PROTOCOL_VERSION, requests, signallingErrors } from '../../src/call/signalling/messages.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/lib/log.ts';
import { errorFields } from '../../src/lib/log.ts';
import type { WorkerPool } from '../media/worker-pool.ts';
import { Meeting } from '../meetings/meeting.ts';
import type { MeetingRegistry } from '../meetings/registry.ts';
import { Session } from '../meetings/session.ts';
import type { Metrics } from '../metrics.ts';
import { Refusal } from '../refusal.ts';
import { ConnectionBudget } from './budget.ts';
import type { Admission } from './gate.ts';
import type { Handlers } from './handlers.ts';
import { createHandlers } from './handlers.ts';
import { SocketTransport } from './transport.ts';

export interface SignallingOptions {
  readonly maxLiveMeetings: number;
  readonly maxPeers: number;
  readonly maxPeersPerMeeting: number;
  readonly consumersPerRouter: number;
  readonly maxBufferedBytes: number;
  readonly joinDeadlineMs: number;
  readonly graceMs: number;
  readonly demandHoldMs: number;
  readonly heartbeatMs: number;
}

export interface SignallingDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: WorkerPool;
  readonly registry: MeetingRegistry;
  readonly metrics: Metrics;
}

/** One connection while it lives: what the server holds of it besides its session. */
interface Connection {
  readonly session: Session;
  readonly peer: Peer;
  readonly budget: ConnectionBudget;
}

/** All signalling of the server: connections come in through `handleConnection`, requests go to their handlers. */
export class SignallingServer {
  readonly #options: SignallingOptions;
  readonly #deps: SignallingDeps;
  readonly #meetings = new Map<string, Meeting>();
  readonly #connections = new Set<Connection>();
  readonly #handlers: Handlers;
  #closed = false;

  constructor(options: SignallingOptions, deps: SignallingDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#handlers = createHandlers({
      meetingFor: (id) => this.#meetingFor(id),
      onJoined: (session) => this.#handleJoined(session),
      metrics: deps.metrics,
      clock: deps.clock,
    });
  }

  get meetings(): readonly Meeting[] {
    return [...this.#meetings.values()];
  }

  get peers(): number {
    return this.meetings.reduce((total, meeting) => total + meeting.sessions.length, 0);
  }

  handleConnection(socket: WebSocket, admission: Admission): void {
    const { clock, metrics, pool } = this.#deps;
    const budget = new ConnectionBudget(() => clock.nowMs());
    const transport = new SocketTransport(socket, {
      clock,
      budget,
      maxBufferedBytes: this.#options.maxBufferedBytes,
      heartbeatMs: this.#options.heartbeatMs,
      onOffence: (reason) => metrics.rejected.inc({ reason }),
      onBytes: (direction, bytes) => metrics.signallingBytes.inc({ direction }, bytes),
      onExhausted: (reason) => this.#expel(connection, reason),
    });
    const peer = new Peer(admission.peer, transport);
    const connection = { session: new Session(admission.peer, admission.meeting, peer), peer, budget };
    this.#connections.add(connection);
    const cancelDeadline = clock.after(this.#options.joinDeadlineMs, () => {
      if (!connection.session.place) connection.session.disconnect('protocol', true);
    });
    peer.on('request', (request, accept, reject) => void this.#handleRequest(connection, request, accept, reject));
    peer.on('close', () => {
      cancelDeadline();
      this.#handleClosed(connection);
    });
    const { session } = connection;
    if (this.#closed) return session.disconnect('shutdown', true);
    session.notify('hello', { protocol: PROTOCOL_VERSION, routerRtpCapabilities: { ...pool.routerRtpCapabilities } });
  }

  /** Tells every client to come back later, and ends every meeting. */
  close(): void {
    this.#closed = true;
    for (const meeting of this.meetings) meeting.close('shutdown', true);
    for (const { session } of [...this.#connections]) session.disconnect('shutdown', true);
  }

  async #handleRequest(
    connection: Connection,
    request: ServerRequest,
    accept: (data: unknown) => void,
    reject: (code: number, reason: string) => void,
  ): Promise<void> {
    try {
      const method = knownMethod(request.method);
      const data = parseRequest(method, request.data);
      const verdict = connection.budget.request(method, costOf(data));
      if (verdict !== 'ok') {
        this.#deps.metrics.rejected.inc({ reason: 'rate' });
        reject(signallingErrors.tooMany, 'Too many requests of this kind');
        if (verdict === 'close') this.#expel(connection, 'limit');
        return;
      }
      await this.#run(connection.session, method, data, accept);
    } catch (error) {
      this.#refuse(connection, error, reject);
    }
  }

  async #run<N extends RequestName>(
    session: Session,
    method: N,
    data: unknown,
    accept: (data: unknown) => void,
  ): Promise<void> {
    const handler: (session: Session, request: never, reply: (response: unknown) => void) => Promise<void> | void =
      this.#handlers[method];
    // `data` has passed the schema of this very method.
    await handler(session, data as never, accept);
  }

  #refuse(connection: Connection, error: unknown, reject: (code: number, reason: string) => void): void {
    const kind = error instanceof Refusal ? error.kind : 'internal';
    this.#deps.metrics.rejected.inc({ reason: kind });
    if (!(error instanceof Refusal) || kind === 'internal') {
      const cause = error instanceof Refusal ? (error.cause ?? error) : error;
      if (connection.session.connected) this.#deps.log.warn('a request failed', errorFields(cause));
      return reject(signallingErrors.internal, error instanceof Refusal ? error.message : 'The server failed');
    }
    reject(error.status, error.message);
    // What a client may run into by the way of things is no offence of its.
    const innocent = kind === 'full' || kind === 'meetingUnknown' || kind === 'protocolVersion' || kind === 'conflict';
    if (!innocent && connection.budget.offence() === 'close') this.#expel(connection, 'protocol');
  }

  #expel(connection: Connection, reason: 'protocol' | 'limit'): void {
    if (!connection.session.connected) return;
    this.#deps.log.warn('a peer broke the limits and is disconnected', { reason });
    const { session } = connection;
    session.disconnect(reason, false);
    session.place?.meeting.drop(session, 'closed');
  }

  #meetingFor(id: string): Meeting {
    if (this.#closed) throw new Refusal('internal', 'The server is shutting down');
    const live = this.#meetings.get(id);
    if (this.peers >= this.#options.maxPeers) throw new Refusal('full', 'The server is full');
    if (live) return live;
    if (!this.#deps.registry.has(id)) throw new Refusal('meetingUnknown', 'There is no meeting with this link');
    if (this.#meetings.size >= this.#options.maxLiveMeetings) throw new Refusal('full', 'The server is full');
    const { maxPeersPerMeeting, consumersPerRouter, demandHoldMs } = this.#options;
    const options = { maxPeers: maxPeersPerMeeting, consumersPerRouter, demandHoldMs };
    const meeting: Meeting = new Meeting(id, options, this.#deps.pool, this.#deps.clock, () => {
      if (this.#meetings.get(id) === meeting) this.#meetings.delete(id);
    });
    this.#meetings.set(id, meeting);
    return meeting;
  }

  #handleJoined(session: Session): void {
    this.#deps.metrics.joins.inc();
    this.#deps.registry.touch(session.meetingId).catch((error: unknown) => {
      this.#deps.log.error('the list of meetings could not be written', errorFields(error));
    });
    if (!session.connected) this.#startGrace(session);
  }

  #handleClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#startGrace(connection.session);
  }

  /** A connection lost without a word may come back as a new login; until then its streams run on. */
  #startGrace(session: Session): void {
    const meeting = session.place?.meeting;
    if (!meeting || meeting.closed || session.cancelGrace) return;
    session.cancelGrace = this.#deps.clock.after(this.#options.graceMs, () => meeting.drop(session, 'lost'));
  }
}

function knownMethod(method: string): RequestName {
  if (Object.hasOwn(requests, method)) return method as RequestName;
  throw new Refusal('malformed', 'There is no such request');
}

function parseRequest(method: RequestName, data: unknown): unknown {
  if (method === 'join' && isObject(data) && data['protocol'] !== PROTOCOL_VERSION) {
    throw new Refusal('protocolVersion', `This server speaks protocol version ${PROTOCOL_VERSION}`);
  }
  const parsed = v.safeParse(requests[method].request, data, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new Refusal('malformed', `The request ${method} does not fit its schema`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A request with a list costs as much as the list is long. */
function costOf(data: unknown): number {
  if (!isObject(data)) return 1;
  const lists = [data['demands'], data['consumers'], data['producers']].filter((list) => Array.isArray(list));
  return lists.reduce((total, list) => total + list.length, lists.length === 0 ? 1 : 0) || 1;
}
