/** A touch counts for five seconds: whoever goes on touching is told of in time. */
const AGAIN_MS = 2_000;

/** Tells of touches, at once and then at most every two seconds: a slider gives hundreds. */
export class Touches {
  readonly #tell: () => void;
  #toldMs = -Infinity;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** `nowMs`: monotonic. */
  handle(nowMs: number): void {
    if (nowMs - this.#toldMs < AGAIN_MS) return;
    this.#toldMs = nowMs;
    this.#tell();
  }
}
