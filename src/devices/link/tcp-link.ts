import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { ByteLink, LinkOpener } from './byte-link.ts';
import { opening } from './opening.ts';
import { LinkListeners, linkEnded, linkNotOpened } from './link-listeners.ts';

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Small control messages are sent at once, and a device whose power was cut is noticed by the system's keep-alive. */
const KEEP_ALIVE_MS = 15_000;

/** Opens TCP connections; when the device closes its half, ours is closed too. */
export function tcpOpener(address: TcpAddress, onListenerError: (error: unknown) => void): LinkOpener {
  const id = `tcp:${address.host}:${address.port}`;
  return {
    id,
    open: async (signal) => {
      signal.throwIfAborted();
      return new SocketLink(id, await connectTcp(id, address, signal), onListenerError);
    },
  };
}

/** @throws {DeviceUnavailableError} device/link-not-opened; what `signal` was aborted with. */
export function connectTcp(id: string, address: TcpAddress, signal: AbortSignal): Promise<Socket> {
  return opening(signal, ({ done, failed }) => {
    const socket = connect({ ...address, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    // Stays: destroying a socket without a listener for 'error' could throw in the air.
    socket.on('error', (error) => failed(linkNotOpened(id, error)));
    socket.once('connect', () => done(socket));
    return () => socket.destroy();
  });
}

/** A connected socket, also one of TLS, as a link. */
export class SocketLink implements ByteLink {
  readonly id: string;
  readonly #socket: Socket;
  readonly #listeners: LinkListeners;

  constructor(id: string, socket: Socket, onListenerError: (error: unknown) => void) {
    this.id = id;
    this.#socket = socket;
    this.#listeners = new LinkListeners(id, onListenerError);
    socket.on('data', (chunk) => this.#listeners.data(Uint8Array.from(chunk as Buffer)));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#listeners.end('lost'));
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listeners.requireOpen();
      this.#socket.write(bytes, (error) => (error ? reject(linkEnded(this.id)) : resolve()));
    });
  }

  onData(listener: (chunk: Uint8Array) => void): () => void {
    return this.#listeners.onData(listener);
  }

  onClose(listener: Parameters<ByteLink['onClose']>[0]): () => void {
    return this.#listeners.onClose(listener);
  }

  async close(): Promise<void> {
    this.#listeners.end('closed');
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => this.#socket.once('close', () => resolve()).destroy());
  }
}
