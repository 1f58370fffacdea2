import { DeviceUnavailableError } from '../../lib/errors.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { LinkEnd } from './byte-link.ts';

/** Chunks kept for the first listener: a greeting, or what a serial port had waiting. */
const MAX_EARLY = 64;

/** What the drivers of links have in common: listeners, and an end that is told once. */
export class LinkListeners {
  readonly #id: string;
  readonly #events: TypedEmitter<{ data: [Uint8Array]; close: [LinkEnd] }>;
  #end: LinkEnd | null = null;
  /** What came before anybody listened; `null` once somebody does. */
  #early: Uint8Array[] | null = [];

  /** `onListenerError` hears what listeners throw. */
  constructor(id: string, onListenerError: (error: unknown) => void) {
    this.#id = id;
    this.#events = new TypedEmitter(onListenerError);
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  onData(listener: (chunk: Uint8Array) => void): () => void {
    if (this.#early !== null) queueMicrotask(() => this.#giveEarly());
    return this.#events.on('data', listener);
  }

  onClose(listener: (end: LinkEnd) => void): () => void {
    return this.#events.on('close', listener);
  }

  data(chunk: Uint8Array): void {
    if (this.#end !== null || chunk.length === 0) return;
    if (this.#early === null) this.#events.emit('data', chunk);
    else if (this.#early.length < MAX_EARLY) this.#early.push(chunk);
  }

  /** The first end counts. Returns whether this was it. */
  end(end: LinkEnd): boolean {
    if (this.#end !== null) return false;
    this.#end = end;
    this.#events.emit('close', end);
    this.#events.clear();
    return true;
  }

  #giveEarly(): void {
    const early = this.#early ?? [];
    this.#early = null;
    for (const chunk of early) this.data(chunk);
  }

  /** @throws {DeviceUnavailableError} when the link has ended. */
  requireOpen(): void {
    if (this.#end !== null) throw linkEnded(this.#id);
  }
}

export function linkEnded(id: string): DeviceUnavailableError {
  return new DeviceUnavailableError('device/link-ended', 'The connection to the device has ended', {
    context: { link: id },
  });
}

export function linkNotOpened(id: string, cause: unknown): DeviceUnavailableError {
  return new DeviceUnavailableError('device/link-not-opened', 'The connection to the device could not be opened', {
    cause,
    context: { link: id },
  });
}
