import { SerialPort } from 'serialport';
import { UsageError } from '../../lib/errors.ts';
import type { ByteLink, LinkOpener } from './byte-link.ts';
import { LinkListeners, linkEnded, linkNotOpened } from './link-listeners.ts';

export interface SerialSettings {
  /** A stable name, as in /dev/serial/by-id or /dev/serial/by-path; a bare /dev/ttyUSB0 moves and is refused. */
  readonly path: string;
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/** What most of the devices here speak: VISCA, Samsung MDC and the room's own line protocol. */
export function serial8N1(path: string, baudRate: number): SerialSettings {
  return { path, baudRate, dataBits: 8, parity: 'none', stopBits: 1 };
}

/** On-board ports (ttyS0, ttyAMA0, a board's serial0) do not move; USB adapters do. */
const STABLE_PATH = /^\/dev\/(serial\/by-(id|path)\/[^/]+|ttyS\d+|ttyAMA\d+|serial\d+|pts\/\d+)$|^\/(?!dev\/)/;

/**
 * Opens a serial port without moving its control lines any more than the kernel does.
 *
 * Linux raises DTR and RTS when a port that nobody holds is opened, and drops them when the last holder closes it and HUPCL
 * is set. So HUPCL is left off (`hupcl: false`), which keeps the lines as they are from then on, and `set` is never
 * called: in serialport it writes every line, with DTR and RTS on unless told otherwise (README of serialport, `set`).
 * serialport 13 never clears a HUPCL that the port already has (serialport_unix.cpp, `setup`); where a relay hangs on DTR,
 * a udev rule with `stty -hupcl` has to come first, as serialport/node-serialport#1678 explains.
 *
 * @throws {UsageError} for a path that moves.
 */
export function serialOpener(settings: SerialSettings, onListenerError: (error: unknown) => void): LinkOpener {
  if (!STABLE_PATH.test(settings.path)) {
    throw new UsageError('device/serial-path-unstable', 'A serial port is named by /dev/serial/by-id', {
      context: { path: settings.path },
    });
  }
  const id = `serial:${settings.path}`;
  return {
    id,
    open: async (signal) => {
      signal.throwIfAborted();
      const port = await opened(id, settings, signal);
      return new SerialLink(id, port, onListenerError);
    },
  };
}

function opened(id: string, settings: SerialSettings, signal: AbortSignal): Promise<SerialPort> {
  return new Promise((resolve, reject) => {
    const flags = { autoOpen: false, hupcl: false, lock: true, rtscts: false, xon: false, xoff: false, xany: false };
    const port = new SerialPort({ ...settings, ...flags });
    // Opening cannot be stopped half-way: what opens after the abort is closed again.
    port.open((error) => {
      if (error) reject(linkNotOpened(id, error));
      else if (signal.aborted) port.close(() => reject(signal.reason as Error));
      else resolve(port);
    });
  });
}

class SerialLink implements ByteLink {
  readonly id: string;
  readonly #port: SerialPort;
  readonly #listeners: LinkListeners;

  constructor(id: string, port: SerialPort, onListenerError: (error: unknown) => void) {
    this.id = id;
    this.#port = port;
    this.#listeners = new LinkListeners(id, onListenerError);
    port.on('data', (chunk: Buffer) => this.#listeners.data(Uint8Array.from(chunk)));
    // An error that does not close the port still makes it useless to us: the next one is opened.
    port.on('error', () => void this.#end('lost'));
    port.on('close', () => void this.#end('lost'));
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listeners.requireOpen();
      this.#port.write(Buffer.from(bytes), (error) => (error ? reject(linkEnded(this.id)) : resolve()));
    });
  }

  onData(listener: (chunk: Uint8Array) => void): () => void {
    return this.#listeners.onData(listener);
  }

  onClose(listener: Parameters<ByteLink['onClose']>[0]): () => void {
    return this.#listeners.onClose(listener);
  }

  close(): Promise<void> {
    return this.#end('closed');
  }

  async #end(end: 'closed' | 'lost'): Promise<void> {
    this.#listeners.end(end);
    if (!this.#port.isOpen) return;
    await new Promise<void>((resolve) => this.#port.close(() => resolve()));
  }
}
