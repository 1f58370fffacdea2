import type { Clock } from '../../lib/clock.ts';

export interface ButtonTimes {
  /** Edges closer than this to the last change are bounces. */
  readonly debounceMs: number;
  /** Held for so long, it is a long press. */
  readonly longPressMs: number;
}

export const ordinaryButton: ButtonTimes = { debounceMs: 15, longPressMs: 1_500 };

export type ButtonEvent = 'press' | 'long-press' | 'release';

/**
 * Edges of a line → presses. A press counts with its first edge, so that nothing waits for the debouncing; what bounces after it is
 * ignored, and the level is looked at again when that is over, by what the last edge said.
 */
export class Button {
  readonly #times: ButtonTimes;
  readonly #clock: Clock;
  readonly #onEvent: (event: ButtonEvent) => void;
  #pressed = false;
  #level = false;
  #changedUs = -Infinity;
  #cancelSettle: () => void = () => undefined;
  #cancelLong: () => void = () => undefined;
  #closed = false;

  constructor(times: ButtonTimes, clock: Clock, onEvent: (event: ButtonEvent) => void) {
    this.#times = times;
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  get pressed(): boolean {
    return this.#pressed;
  }

  /** `active`: the level after the edge, with the line's polarity taken off. `atUs`: the kernel's time of it, microseconds, monotonic. */
  handleEdge(active: boolean, atUs: number): void {
    if (this.#closed) return;
    this.#level = active;
    const sinceMs = (atUs - this.#changedUs) / 1000;
    if (sinceMs >= this.#times.debounceMs) {
      this.#cancelSettle();
      this.#change(atUs);
    }
    // Edges that come late (a busy machine) may be old: the settling counts from now, which only makes it longer.
    if (this.#level !== this.#pressed || sinceMs < this.#times.debounceMs) this.#settleAfter(atUs);
  }

  /** Idempotent. A button that is held then is not released. */
  close(): void {
    this.#closed = true;
    this.#cancelSettle();
    this.#cancelLong();
  }

  #settleAfter(atUs: number): void {
    this.#cancelSettle();
    this.#cancelSettle = this.#clock.after(this.#times.debounceMs, () =>
      this.#change(atUs + this.#times.debounceMs * 1000),
    );
  }

  #change(atUs: number): void {
    if (this.#level === this.#pressed) return;
    this.#pressed = this.#level;
    this.#changedUs = atUs;
    this.#cancelLong();
    if (this.#pressed) this.#cancelLong = this.#clock.after(this.#times.longPressMs, () => this.#onEvent('long-press'));
    this.#onEvent(this.#pressed ? 'press' : 'release');
  }
}
