import EnhancedEventEmitter from 'protoo-client/lib/EnhancedEventEmitter.js';
import Message from 'protoo-client/lib/Message.js';
import { limits } from './messages.ts';

/** The part of the WHATWG WebSocket that is used: the browser's own, or `ws` in Node. */
export interface Socket {
  onopen: (() => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What protoo's Peer expects of a transport. */
export interface ProtooTransport {
  readonly closed: boolean;
  close(): void;
  send(message: unknown): Promise<void>;
}

/**
 * One WebSocket connection for protoo's Peer. It does not reconnect: a lost connection is a new login, decided by the session.
 * Messages over the size limit, and text that is no protoo message, close it.
 */
export class SocketTransport extends EnhancedEventEmitter implements ProtooTransport {
  readonly #socket: Socket;
  #closed = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.onopen = () => this.safeEmit('open');
    socket.onclose = () => this.close();
    socket.onerror = () => this.close();
    socket.onmessage = (event) => this.#handleMessage(event.data);
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.onopen = this.#socket.onmessage = null;
    this.#socket.onclose = () => undefined;
    this.#socket.onerror = () => undefined;
    this.#socket.close();
    this.safeEmit('close');
  }

  /** @throws when the connection is closed. */
  async send(message: unknown): Promise<void> {
    if (this.#closed) throw new Error('connection closed');
    this.#socket.send(JSON.stringify(message));
  }

  #handleMessage(data: unknown): void {
    if (this.#closed) return;
    const message = typeof data === 'string' && data.length <= limits.messageBytes ? parse(data) : undefined;
    if (message) this.safeEmit('message', message);
    else this.close();
  }
}

/** protoo's parser reads properties of whatever JSON gives, `null` included. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    return Message.parse(text);
  } catch {
    return undefined;
  }
}
