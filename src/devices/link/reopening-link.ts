import type { Backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { ByteLink, LinkOpener } from './byte-link.ts';
import { linkEnded } from './link-listeners.ts';
import { waitFor } from './wait.ts';

/** Notices a device that is gone although its link says nothing, as serial ports do (serialport/node-serialport#2043). */
export interface Heartbeat {
  /** Nothing heard for this long: the owner is asked to send something that is answered. */
  readonly idleMs: number;
  /** Nothing heard for this long: the link is taken for dead and reopened. */
  readonly deadMs: number;
}

export interface ReopeningLinkDeps {
  readonly opener: LinkOpener;
  readonly clock: Clock;
  /** Begun anew when a device has been heard, not when a link opens: a port that opens and stays silent is not hurried. */
  readonly backoff: Backoff;
  readonly logger: Logger;
  readonly openTimeoutMs: number;
  /** `always`: open from `start` on; `on-demand`: opened by `ready` and left alone when the device ends it. */
  readonly when: 'always' | 'on-demand';
  readonly heartbeat: Heartbeat | null;
}

/** Why the device cannot be reached now; `silent` is the heartbeat's. */
export type DownReason = 'not-opened' | 'lost' | 'silent' | 'closed';

interface ReopeningLinkEvents {
  open: [];
  data: [Uint8Array];
  down: [DownReason];
  probe: [];
}

/**
 * One device's link that is opened again, with backoff, whenever it has ended.
 *
 * INVARIANTS
 * - At most one link is open or being opened.
 * - `open` and `down` alternate, beginning with whichever comes first; data comes between an `open` and its `down`.
 * - After `close` nothing is opened, no timer is left and no listener is called.
 */
export class ReopeningLink {
  readonly #deps: ReopeningLinkDeps;
  readonly #events: TypedEmitter<ReopeningLinkEvents>;
  readonly #abort = new AbortController();
  #link: ByteLink | null = null;
  #opening = false;
  #wanted = false;
  #told: 'nothing' | 'open' | 'down' = 'nothing';
  #cancelRetry: (() => void) | null = null;
  #cancelHeartbeat: (() => void) | null = null;
  #heardAtMs = 0;
  #closed = false;

  constructor(deps: ReopeningLinkDeps) {
    this.#deps = deps;
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
  }

  get id(): string {
    return this.#deps.opener.id;
  }

  get isOpen(): boolean {
    return this.#link !== null;
  }

  on<K extends keyof ReopeningLinkEvents>(event: K, listener: (...args: ReopeningLinkEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Begins to open, when the link is kept open always. */
  start(): void {
    if (this.#deps.when === 'always') this.#want();
  }

  /**
   * Resolves with whether the link is open, waiting for it at most `timeoutMs`; tries at once unless a retry is due later.
   * @throws what `signal` was aborted with.
   */
  async ready(timeoutMs: number, signal: AbortSignal | null): Promise<boolean> {
    if (this.#link !== null) return true;
    if (this.#closed) return false;
    const wait = waitFor<boolean>(this.#deps.clock, timeoutMs, signal, (settle) => {
      const off = [this.on('open', () => settle(true)), this.on('down', (why) => why === 'closed' && settle(false))];
      return () => off.forEach((unsubscribe) => unsubscribe());
    });
    this.#want();
    const outcome = await wait;
    return outcome.kind === 'value' && outcome.value;
  }

  /** @throws {DeviceUnavailableError} while the link is down. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#link === null) throw linkEnded(this.id);
    await this.#link.write(bytes);
  }

  /** The owner knows the link to be useless, as after a garbled greeting: ends it; the next is opened as after a loss. */
  drop(): void {
    const link = this.#link;
    if (link === null) return;
    this.#down('lost');
    void link.close();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#abort.abort(linkEnded(this.id));
    this.#cancelRetry?.();
    const link = this.#link;
    this.#goDown();
    this.#tell('down', 'closed');
    this.#events.clear();
    await link?.close();
  }

  #want(): void {
    this.#wanted = true;
    if (this.#closed || this.#opening || this.#link !== null || this.#cancelRetry !== null) return;
    this.#opening = true;
    void this.#open();
  }

  async #open(): Promise<void> {
    const { opener, clock, openTimeoutMs, logger } = this.#deps;
    const attempt = new AbortController();
    const signal = AbortSignal.any([attempt.signal, this.#abort.signal]);
    const cancelTimeout = clock.after(openTimeoutMs, () => attempt.abort(linkEnded(this.id)));
    try {
      const link = await opener.open(signal);
      this.#opening = false;
      if (this.#closed) await link.close();
      else this.#use(link);
    } catch (error) {
      this.#opening = false;
      if (this.#closed) return;
      logger.debug('not opened', errorFields(error));
      this.#tell('down', 'not-opened');
      this.#retryLater();
    } finally {
      cancelTimeout();
    }
  }

  #use(link: ByteLink): void {
    const { clock, heartbeat, logger } = this.#deps;
    this.#link = link;
    this.#heardAtMs = clock.nowMs();
    link.onData((chunk) => this.#hear(link, chunk));
    link.onClose(() => {
      if (this.#link === link) this.#down('lost');
    });
    if (heartbeat !== null) this.#cancelHeartbeat = clock.every(heartbeat.idleMs / 2, () => this.#beat(heartbeat));
    logger.info('link open', { link: this.id });
    this.#tell('open');
  }

  #hear(link: ByteLink, chunk: Uint8Array): void {
    if (this.#link !== link) return;
    this.#heardAtMs = this.#deps.clock.nowMs();
    this.#deps.backoff.reset();
    this.#events.emit('data', chunk);
  }

  #beat(heartbeat: Heartbeat): void {
    const silentMs = this.#deps.clock.nowMs() - this.#heardAtMs;
    if (silentMs >= heartbeat.deadMs) {
      const link = this.#link;
      this.#down('silent');
      void link?.close();
    } else if (silentMs >= heartbeat.idleMs) this.#events.emit('probe');
  }

  #down(reason: DownReason): void {
    this.#goDown();
    this.#wanted = this.#deps.when === 'always';
    this.#deps.logger.info('link down', { link: this.id, reason });
    this.#retryLater();
    this.#tell('down', reason);
  }

  #goDown(): void {
    this.#link = null;
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = null;
  }

  #retryLater(): void {
    if (this.#closed || this.#cancelRetry !== null) return;
    this.#cancelRetry = this.#deps.clock.after(this.#deps.backoff.nextMs(), () => {
      this.#cancelRetry = null;
      if (this.#wanted) this.#want();
    });
  }

  #tell(what: 'open'): void;
  #tell(what: 'down', reason: DownReason): void;
  #tell(what: 'open' | 'down', reason: DownReason = 'lost'): void {
    const before = this.#told;
    this.#told = what;
    if (what === 'open') this.#events.emit('open');
    else if (before !== 'down' || reason === 'closed') this.#events.emit('down', reason);
  }
}
