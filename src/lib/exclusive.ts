/**
 * Runs jobs one at a time, in the order they were given.
 *
 * INVARIANTS
 * - At most one job runs; the next starts after the one before has settled, whichever way.
 * - A job's failure reaches its own caller only; the jobs behind it run all the same.
 * - A job must not wait for another job of the same runner: it would wait for itself.
 * - After `close`, jobs not yet started are refused; the running one is not interrupted, and `close` waits for it.
 */
export class ExclusiveRunner {
  readonly #closedError: () => Error;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  /** `closedError` makes what refused jobs reject with. */
  constructor(closedError: () => Error) {
    this.#closedError = closedError;
  }

  /** Jobs given and not yet settled. */
  get pending(): number {
    return this.#waiting;
  }

  /** Resolves or rejects as the job does. @throws what `closedError` makes, when closed before the job began. */
  run<T>(job: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const result = this.#last.then(() => {
      if (this.#closed) throw this.#closedError();
      return job();
    });
    this.#last = result.then(
      () => void (this.#waiting -= 1),
      () => void (this.#waiting -= 1),
    );
    return result;
  }

  /** Idempotent; resolves when the running job has settled and the waiting ones are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}
