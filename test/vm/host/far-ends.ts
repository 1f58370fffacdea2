import type { Socket } from 'node:net';
import type { ByteLink } from '../../../src/devices/link/byte-link.ts';
import { LinkListeners } from '../../../src/devices/link/link-listeners.ts';
import { VirtualMdcDisplay } from '../../../src/devices/virtual/virtual-mdc-display.ts';
import { VirtualViscaCamera } from '../../../src/devices/virtual/virtual-visca-camera.ts';
import { systemClock } from '../../../src/lib/clock.ts';

/** The device's end of a cable whose other end is the room's. */
class SocketLink implements ByteLink {
  readonly id: string;
  readonly #socket: Socket;
  readonly #listeners: LinkListeners;

  constructor(id: string, socket: Socket) {
    this.id = id;
    this.#socket = socket;
    this.#listeners = new LinkListeners(id, (error) => {
      throw error;
    });
    socket.on('data', (chunk: Buffer) => this.#listeners.data(Uint8Array.from(chunk)));
    socket.on('error', () => undefined);
    socket.on('close', () => this.#listeners.end('lost'));
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listeners.requireOpen();
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
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
    this.#socket.destroy();
  }
}

/** A camera with motors at the end of the wire. */
export function attachViscaCamera(socket: Socket): VirtualViscaCamera {
  const camera = new VirtualViscaCamera(systemClock, 'bare');
  camera.attach(new SocketLink('virtual-room', socket));
  return camera;
}

/** A display at the end of the wire, in standby. */
export function attachMdcDisplay(socket: Socket): VirtualMdcDisplay {
  const display = new VirtualMdcDisplay(systemClock, 1, false);
  display.attach(new SocketLink('virtual-room', socket));
  return display;
}

/** TX wired to RX. */
export function attachEcho(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => socket.write(chunk));
}
