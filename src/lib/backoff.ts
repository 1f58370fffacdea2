export interface BackoffOptions {
  readonly firstMs: number;
  readonly capMs: number;
  /** 0 (inclusive) to 1 (exclusive), as `Math.random`. */
  readonly random: () => number;
}

/**
 * The delays between retries: doubling from `firstMs` up to `capMs`, each drawn from the upper half of its range, so
 * that clients cut off at one moment do not come back at one moment.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  #attempt = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Failures since the last success. */
  get attempt(): number {
    return this.#attempt;
  }

  /** How long to wait before the next try, in milliseconds: at least half of the range, never above `capMs`. */
  nextMs(): number {
    const { firstMs, capMs, random } = this.#options;
    // 2 ** 1024 is Infinity, which Math.min handles: years of retries do not overflow.
    const rangeMs = Math.min(capMs, firstMs * 2 ** this.#attempt);
    this.#attempt += 1;
    return rangeMs * (0.5 + random() / 2);
  }

  /** It worked: begin again at `firstMs` the next time. */
  reset(): void {
    this.#attempt = 0;
  }
}
