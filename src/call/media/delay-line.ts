import type { Clock } from '../../lib/clock.ts';

/** Items that wait at most: 250 ms of 60 pictures a second. */
export const AUDIO_VIDEO_DELAY_LIMIT = 16;

/** Passes items on in order, each `delay` after it came; with no delay at once. When too many wait, the oldest goes on early. */
export class DelayLine<T> {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #out: (item: T) => void;
  readonly #waiting: { item: T; dueMs: number }[] = [];
  #delayMs = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, limit: number, out: (item: T) => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#out = out;
  }

  /** For items that come from now on; those waiting never overtake each other. */
  setDelay(ms: number): void {
    this.#delayMs = Math.max(0, ms);
  }

  push(item: T): void {
    if (this.#delayMs === 0 && this.#waiting.length === 0) {
      this.#out(item);
      return;
    }
    this.#waiting.push({ item, dueMs: this.#clock.nowMs() + this.#delayMs });
    if (this.#waiting.length > this.#limit) this.#release();
    this.#schedule();
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#cancel?.();
    this.#cancel = null;
  }

  #release(): void {
    const head = this.#waiting.shift();
    if (head) this.#out(head.item);
  }

  #schedule(): void {
    const head = this.#waiting[0];
    if (!head || this.#cancel) return;
    this.#cancel = this.#clock.after(Math.max(0, head.dueMs - this.#clock.nowMs()), () => this.#due());
  }

  #due(): void {
    this.#cancel = null;
    const nowMs = this.#clock.nowMs();
    while (this.#waiting[0] && this.#waiting[0].dueMs <= nowMs + 0.5) this.#release();
    this.#schedule();
  }
}
