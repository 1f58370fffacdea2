import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import type { ByteLink, LinkOpener } from './byte-link.ts';
import { opening } from './opening.ts';
import { LinkListeners, linkEnded, linkNotOpened } from './link-listeners.ts';

export interface UdpAddress {
  readonly host: string;
  readonly port: number;
  /**
   * Our own port, or `null` for any. Cameras after the Sony manuals ("VISCA over IP", Technical Manual SRG-300H) answer to
   * the port a message came from, but some answer to their own port number only.
   */
  readonly localPort: number | null;
}

/**
 * Opens a socket connected to the device, so that datagrams of others are not heard. UDP has no end: a device that is gone is
 * noticed by silence, or by an ICMP error that some networks return, which counts as lost.
 */
export function udpOpener(address: UdpAddress, onListenerError: (error: unknown) => void): LinkOpener {
  const id = `udp:${address.host}:${address.port}`;
  return {
    id,
    open: async (signal) => {
      signal.throwIfAborted();
      const socket = await connected(id, address, signal);
      return new UdpLink(id, socket, onListenerError);
    },
  };
}

function connected(id: string, address: UdpAddress, signal: AbortSignal): Promise<Socket> {
  return opening(signal, ({ done, failed }) => {
    const socket = createSocket(address.host.includes(':') ? 'udp6' : 'udp4');
    const fail = (error: Error): void => failed(linkNotOpened(id, error));
    socket.on('error', fail);
    socket.bind(address.localPort ?? 0, () => {
      // Aborted while binding: the socket is closed already.
      if (signal.aborted) return;
      socket.connect(address.port, address.host, (error?: Error | null) => (error ? fail(error) : done(socket)));
    });
    return () => socket.close();
  });
}

class UdpLink implements ByteLink {
  readonly id: string;
  readonly #socket: Socket;
  readonly #listeners: LinkListeners;

  constructor(id: string, socket: Socket, onListenerError: (error: unknown) => void) {
    this.id = id;
    this.#socket = socket;
    this.#listeners = new LinkListeners(id, onListenerError);
    socket.on('message', (message) => this.#listeners.data(Uint8Array.from(message)));
    socket.on('error', () => void this.#end('lost'));
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listeners.requireOpen();
      this.#socket.send(bytes, (error) => {
        if (error) {
          this.#end('lost');
          reject(linkEnded(this.id));
        } else resolve();
      });
    });
  }

  onData(listener: (chunk: Uint8Array) => void): () => void {
    return this.#listeners.onData(listener);
  }

  onClose(listener: Parameters<ByteLink['onClose']>[0]): () => void {
    return this.#listeners.onClose(listener);
  }

  async close(): Promise<void> {
    this.#end('closed');
  }

  #end(end: 'closed' | 'lost'): void {
    if (this.#listeners.end(end)) this.#socket.close();
  }
}
