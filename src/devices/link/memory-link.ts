import type { Clock } from '../../lib/clock.ts';
import type { ByteLink, LinkEnd, LinkOpener } from './byte-link.ts';
import { LinkListeners, linkNotOpened } from './link-listeners.ts';

/**
 * A cable in memory between the room and a simulated device: it can be pulled out, go deaf, cut what it carries into single
 * bytes and take its time. Chunks arrive in order, never in the turn they were written in.
 */
export class MemoryCable implements LinkOpener {
  readonly id: string;
  /** Off: opening fails. Pull it out with `unplug`, so that open links are lost too. */
  plugged = true;
  /** What either side writes vanishes while nothing says so: the unplugged serial adapter that emits no `close`. */
  deaf = false;
  /** Delivers every byte alone, as a slow serial port may. */
  byteByByte = false;
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #attach: (device: ByteLink) => void;
  readonly #open = new Set<MemoryLink>();

  /** `attach` gets the device's end of each link that is opened. */
  constructor(name: string, clock: Clock, delayMs: number, attach: (device: ByteLink) => void) {
    this.id = `memory:${name}`;
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#attach = attach;
  }

  /** Links open now. */
  get openLinks(): number {
    return this.#open.size;
  }

  async open(signal: AbortSignal): Promise<ByteLink> {
    signal.throwIfAborted();
    if (!this.plugged) throw linkNotOpened(this.id, null);
    const [room, device] = this.#pair();
    this.#open.add(room);
    room.onClose(() => this.#open.delete(room));
    this.#attach(device);
    return room;
  }

  unplug(): void {
    this.plugged = false;
    for (const link of [...this.#open]) link.end('lost');
  }

  plug(): void {
    this.plugged = true;
  }

  #pair(): [MemoryLink, MemoryLink] {
    const deliver = (to: () => MemoryLink, chunk: Uint8Array): void => {
      if (this.deaf) return;
      const pieces = this.byteByByte ? Array.from(chunk, (byte) => Uint8Array.of(byte)) : [chunk];
      this.#clock.after(this.#delayMs, () => pieces.forEach((piece) => to().receive(piece)));
    };
    const room: MemoryLink = new MemoryLink(this.id, (chunk) => deliver(() => device, chunk));
    const device: MemoryLink = new MemoryLink(this.id, (chunk) => deliver(() => room, chunk));
    room.onClose((end) => device.end(end === 'closed' ? 'lost' : end));
    device.onClose((end) => room.end(end === 'closed' ? 'lost' : end));
    return [room, device];
  }
}

class MemoryLink implements ByteLink {
  readonly id: string;
  readonly #listeners: LinkListeners;
  readonly #send: (chunk: Uint8Array) => void;

  constructor(id: string, send: (chunk: Uint8Array) => void) {
    this.id = id;
    this.#send = send;
    this.#listeners = new LinkListeners(id, (error) => {
      throw error;
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#listeners.requireOpen();
    this.#send(Uint8Array.from(bytes));
  }

  onData(listener: (chunk: Uint8Array) => void): () => void {
    return this.#listeners.onData(listener);
  }

  onClose(listener: (end: LinkEnd) => void): () => void {
    return this.#listeners.onClose(listener);
  }

  async close(): Promise<void> {
    this.end('closed');
  }

  receive(chunk: Uint8Array): void {
    this.#listeners.data(chunk);
  }

  end(end: LinkEnd): void {
    this.#listeners.end(end);
  }
}
