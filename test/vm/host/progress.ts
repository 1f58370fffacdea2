import type { Clock } from '../../../src/lib/clock.ts';

const HEARTBEAT_MS = 15_000;

/** Lines that tell a person where a long run is, in the manner of set-up's. */
export class Progress {
  readonly #clock: Clock;
  readonly #write: (text: string) => void;
  #lastMs: number;

  constructor(clock: Clock, write: (text: string) => void) {
    this.#clock = clock;
    this.#write = write;
    this.#lastMs = clock.nowMs();
  }

  line(text: string): void {
    this.#lastMs = this.#clock.nowMs();
    this.#write(`${text}\n`);
  }

  /** A line at the end of `work`, and one each quarter of a minute in which there was none. */
  async during<T>(title: string, work: () => Promise<T>): Promise<T> {
    const beginMs = this.#clock.nowMs();
    const took = (): string => `${((this.#clock.nowMs() - beginMs) / 1000).toFixed(1)} s`;
    const stop = this.#clock.every(HEARTBEAT_MS / 3, () => {
      if (this.#clock.nowMs() - this.#lastMs >= HEARTBEAT_MS) this.line(`    ${title} ${took()}`);
    });
    try {
      const result = await work();
      this.line(`  ✓ ${title.padEnd(34)} ${took()}`);
      return result;
    } catch (error) {
      this.line(`  ✗ ${title.padEnd(34)} ${took()}`);
      throw error;
    } finally {
      stop();
    }
  }
}
