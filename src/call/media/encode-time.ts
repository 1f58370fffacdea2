/** A measured time counts for as long as this, so that the average follows within two seconds and one slow picture says little. */
const WINDOW_MS = 1_000;

/** Mean time to encode one picture lately, of pictures with the same layers. */
export class EncodeTime {
  #averageMs: number | null = null;
  #atMs = 0;

  get averageMs(): number | null {
    return this.#averageMs;
  }

  note(encodeMs: number, nowMs: number): void {
    const weight = 1 - Math.exp(-Math.max(1, nowMs - this.#atMs) / WINDOW_MS);
    this.#averageMs = this.#averageMs === null ? encodeMs : this.#averageMs + (encodeMs - this.#averageMs) * weight;
    this.#atMs = nowMs;
  }

  /** Other layers cost another time. */
  reset(): void {
    this.#averageMs = null;
  }
}
