import { EventEmitter } from 'node:events';
import * as v from 'valibot';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../src/lib/clock.ts';
import type { ConnectionBudget } from './budget.ts';

/** What a client sends: requests only. It has nothing to notify, and is asked nothing that it could respond to. */
const envelope = v.object({
  request: v.literal(true),
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  method: v.pipe(v.string(), v.maxLength(64)),
  data: v.optional(v.record(v.string(), v.unknown()), {}),
});

export type OffenceReason = 'binary' | 'malformed' | 'oversized' | 'rate';

export interface TransportDeps {
  readonly clock: Clock;
  readonly budget: ConnectionBudget;
  /** Bytes waiting in a socket that its client does not read, above which the client is given up. */
  readonly maxBufferedBytes: number;
  readonly heartbeatMs: number;
  readonly onOffence: (reason: OffenceReason) => void;
  readonly onBytes: (direction: 'in' | 'out', bytes: number) => void;
  /** The client used up what it may send; the owner says goodbye and closes. */
  readonly onExhausted: (reason: 'protocol' | 'limit') => void;
}

/**
 * One WebSocket as a transport for protoo's Peer. protoo-server's own transport is not used: it lets a message of `null`
 * throw out of the socket's event handler, and has no limits. Emits `message` and, once, `close`.
 */
export class SocketTransport extends EventEmitter {
  readonly #socket: WebSocket;
  readonly #deps: TransportDeps;
  readonly #stopHeartbeat: () => void;
  #closed = false;
  #answered = true;

  constructor(socket: WebSocket, deps: TransportDeps) {
    super();
    this.#socket = socket;
    this.#deps = deps;
    socket.on('message', (data, isBinary) => this.#handleFrame(data, isBinary));
    socket.on('pong', () => (this.#answered = true));
    socket.on('close', () => this.#finish());
    socket.on('error', (error) => {
      if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') deps.onOffence('oversized');
      else if ('code' in error && String(error.code).startsWith('WS_ERR')) deps.onOffence('malformed');
    });
    this.#stopHeartbeat = deps.clock.every(deps.heartbeatMs, () => this.#beat());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Says goodbye after what was sent; a client that does not answer is cut off. */
  close(): void {
    if (this.#closed) return;
    this.#finish();
    this.#socket.close(4000, 'closed by the server');
    const cancel = this.#deps.clock.after(2_000, () => this.#socket.terminate());
    this.#socket.once('close', cancel);
  }

  /** Resolves when handed to the socket. A client that does not read what it is sent is cut off. */
  async send(message: unknown): Promise<void> {
    if (this.#closed) return;
    const text = JSON.stringify(message);
    this.#socket.send(text, () => undefined);
    this.#deps.onBytes('out', text.length);
    if (this.#socket.bufferedAmount > this.#deps.maxBufferedBytes) this.#terminate();
  }

  #terminate(): void {
    this.#finish();
    this.#socket.terminate();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopHeartbeat();
    this.emit('close');
  }

  #beat(): void {
    if (!this.#answered) return this.#terminate();
    this.#answered = false;
    this.#socket.ping();
  }

  #handleFrame(data: RawData, isBinary: boolean): void {
    if (this.#closed) return;
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    this.#answered = true;
    this.#deps.onBytes('in', bytes.length);
    const verdict = this.#deps.budget.frame(bytes.length);
    if (verdict !== 'ok') return this.#offend('rate', verdict);
    if (isBinary) return this.#offend('binary', this.#deps.budget.offence());
    const message = parseEnvelope(bytes.toString('utf8'));
    if (message === null) return this.#offend('malformed', this.#deps.budget.offence());
    this.emit('message', message);
  }

  #offend(reason: OffenceReason, verdict: 'over' | 'close'): void {
    this.#deps.onOffence(reason);
    if (verdict === 'close') this.#deps.onExhausted(reason === 'rate' ? 'limit' : 'protocol');
  }
}

/** The request in a frame's text, or null for anything else. */
export function parseEnvelope(text: string): v.InferOutput<typeof envelope> | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = v.safeParse(envelope, json);
  return parsed.success ? parsed.output : null;
}
