/** Many viewers ask for key pictures; one answers them all. */
import type { Clock } from '../../lib/clock.ts';

/** A request this soon after a key picture left may be from before it arrived, or from a viewer who came later: it is answered, but not at once. */
const MIN_INTERVAL_MS = 300;
/** The encoder did not answer: ask it again. */
const RETRY_MS = 1_000;

export class KeyRequestGate {
  readonly #clock: Clock;
  readonly #ask: () => void;
  #askedAtMs: number | null = null;
  #sentAtMs = -Infinity;
  #cancelLater: (() => void) | null = null;

  /** `ask` tells the encoder. */
  constructor(clock: Clock, ask: () => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  request(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#cancelLater !== null || (this.#askedAtMs !== null && nowMs - this.#askedAtMs < RETRY_MS)) return;
    const waitMs = this.#sentAtMs + MIN_INTERVAL_MS - nowMs;
    if (waitMs > 0) this.#cancelLater = this.#clock.after(waitMs, () => this.#askNow());
    else this.#askNow();
  }

  /** A key picture goes out. */
  keySent(): void {
    this.#askedAtMs = null;
    this.#sentAtMs = this.#clock.nowMs();
  }

  close(): void {
    this.#cancelLater?.();
    this.#cancelLater = null;
  }

  #askNow(): void {
    this.#cancelLater = null;
    this.#askedAtMs = this.#clock.nowMs();
    this.#ask();
  }
}
