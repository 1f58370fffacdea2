import type { Clock } from '../lib/clock.ts';

/** Something that is wrong with a device now; docs/errors.md says what to do. */
export interface ControlProblem {
  readonly code: string;
  /** Wall clock, milliseconds. */
  readonly sinceMs: number;
}

/** The problems of one device: each is there once, from when it began until it has ended. */
export class ProblemList {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #problems = new Map<string, ControlProblem>();

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get list(): readonly ControlProblem[] {
    return [...this.#problems.values()];
  }

  set(code: string, isThere: boolean): void {
    if (this.#problems.has(code) === isThere) return;
    if (isThere) this.#problems.set(code, { code, sinceMs: this.#clock.wallMs() });
    else this.#problems.delete(code);
    this.#changed();
  }
}
