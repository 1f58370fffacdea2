import type { Clock } from '../../lib/clock.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import { flagOff, type HeldFlag, holdFlag, type HoldTimes } from '../held-flag.ts';
import type { Signal } from './signal.ts';

export interface SignalWatchDeps {
  readonly read: () => Promise<Signal>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly times: HoldTimes | null;
}

interface SignalWatchEvents {
  /** A picture can be taken from now on: the wired screen share may begin. */
  appeared: [Signal & { readonly kind: 'present' }];
  gone: [];
}

const POLL_MS = 500;
/** A laptop that is plugged in, or changes its resolution, goes through several signals within a second or two. */
const calmTimes: HoldTimes = { onMs: 1_000, offMs: 3_000 };

/** Asks a grabber twice a second whether there is a signal, and tells when there is one for good, and when it has gone. */
export class SignalWatch {
  readonly #deps: SignalWatchDeps;
  readonly #events: TypedEmitter<SignalWatchEvents>;
  #flag: HeldFlag = flagOff;
  #cancel: (() => void) | null = null;
  #running = false;

  constructor(deps: SignalWatchDeps) {
    this.#deps = deps;
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
  }

  get isPresent(): boolean {
    return this.#flag.on;
  }

  on<K extends keyof SignalWatchEvents>(event: K, listener: (...args: SignalWatchEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#poll();
  }

  /** Idempotent; nothing is told afterwards. */
  close(): void {
    this.#running = false;
    this.#cancel?.();
    this.#events.clear();
  }

  async #poll(): Promise<void> {
    const signal = await this.#deps.read().catch((): Signal => ({ kind: 'unknown' }));
    if (!this.#running) return;
    this.#see(signal);
    this.#cancel = this.#deps.clock.after(POLL_MS, () => void this.#poll());
  }

  #see(signal: Signal): void {
    const { clock, times } = this.#deps;
    // A grabber that cannot tell changes nothing.
    const condition = signal.kind === 'unknown' ? null : signal.kind === 'present';
    const was = this.#flag.on;
    this.#flag = holdFlag(this.#flag, condition, clock.nowMs(), times ?? calmTimes);
    if (this.#flag.on === was) return;
    if (signal.kind === 'present') this.#events.emit('appeared', signal);
    else this.#events.emit('gone');
  }
}
