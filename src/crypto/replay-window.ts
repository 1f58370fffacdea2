/** Wide enough for frames of several video layers that arrive late by retransmission: 8,192 counters, 1 kB. */
const WIDTH = 8_192;

/** Remembers which counters of one key were accepted: each at most once, none older than the window. */
export class ReplayWindow {
  readonly #bits = new Uint32Array(WIDTH / 32);
  #highest = -1;

  /** False when `ctr` was accepted before or is too old to tell. Changes nothing: call before authenticating. */
  isFresh(ctr: number): boolean {
    if (ctr > this.#highest) return true;
    return ctr > this.#highest - WIDTH && !this.#has(ctr);
  }

  /** Accepts `ctr` after authentication; false, and nothing changed, when it is not fresh (any more). */
  accept(ctr: number): boolean {
    if (!this.isFresh(ctr)) return false;
    if (ctr > this.#highest) this.#advance(ctr);
    const at = ctr % WIDTH;
    this.#bits[at >> 5] = (this.#bits[at >> 5] ?? 0) | (1 << (at & 31));
    return true;
  }

  #has(ctr: number): boolean {
    const at = ctr % WIDTH;
    return ((this.#bits[at >> 5] ?? 0) & (1 << (at & 31))) !== 0;
  }

  #advance(to: number): void {
    if (to - this.#highest >= WIDTH) this.#bits.fill(0);
    else {
      for (let ctr = this.#highest + 1; ctr < to; ctr++) {
        const at = ctr % WIDTH;
        this.#bits[at >> 5] = (this.#bits[at >> 5] ?? 0) & ~(1 << (at & 31));
      }
      const at = to % WIDTH;
      this.#bits[at >> 5] = (this.#bits[at >> 5] ?? 0) & ~(1 << (at & 31));
    }
    this.#highest = to;
  }
}
