/** Time is injected, so that tests move it instead of sleeping. */
export interface Clock {
  /** Monotonic milliseconds, with fractions; only differences mean something. */
  nowMs(): number;
  /** Wall clock, milliseconds since 1970-01-01 UTC. */
  wallMs(): number;
  /** Calls back once after `delayMs`; the returned function cancels and may be called at any time. */
  after(delayMs: number, run: () => void): () => void;
  /** Calls back every `periodMs` until cancelled. */
  every(periodMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  every: (periodMs, run) => {
    const timer = setInterval(run, periodMs);
    return () => clearInterval(timer);
  },
};

/** A clock that stands still until `advance` is called; callbacks due run in order of their time. */
export class ManualClock implements Clock {
  #now = 0;
  #next = 1;
  readonly #wallStart: number;
  readonly #timers = new Map<number, { at: number; periodMs: number | null; run: () => void }>();

  constructor(wallStartMs = 1_700_000_000_000) {
    this.#wallStart = wallStartMs;
  }

  nowMs(): number {
    return this.#now;
  }

  wallMs(): number {
    return this.#wallStart + this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#add(delayMs, null, run);
  }

  every(periodMs: number, run: () => void): () => void {
    return this.#add(periodMs, periodMs, run);
  }

  /** Timers not yet due or cancelled: what a closed object must have brought to zero. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time forward, running what falls due. */
  advance(byMs: number): void {
    const end = this.#now + byMs;
    for (;;) {
      const due = [...this.#timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (!due) break;
      const [id, timer] = due;
      this.#now = Math.max(this.#now, timer.at);
      if (timer.periodMs === null) this.#timers.delete(id);
      else timer.at += timer.periodMs;
      timer.run();
    }
    this.#now = end;
  }

  #add(delayMs: number, periodMs: number | null, run: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + Math.max(0, delayMs), periodMs, run });
    return () => void this.#timers.delete(id);
  }
}
