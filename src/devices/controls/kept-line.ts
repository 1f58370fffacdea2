import { Backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { codeOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { ControlProblem } from '../control-problem.ts';
import { ProblemList } from '../control-problem.ts';

export interface KeptLineDeps<L extends { close(): Promise<void> }> {
  /** Takes the line; `onLost` is called at most once when it goes away. */
  readonly take: (onLost: (error: unknown) => void) => Promise<L>;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive), as `Math.random`. */
  readonly random: () => number;
  readonly logger: Logger;
  /** The line was taken or lost, or `problems` changed. */
  readonly onChange: () => void;
}

/** Codes of the GPIO drivers; any other failure counts as the last of these. */
const codes = ['device/gpio-unknown-line', 'device/gpio-busy', 'device/gpio-tools-unusable', 'device/gpio-failed'];
const BACKOFF = { firstMs: 1_000, capMs: 30_000 } as const;

/**
 * A GPIO line that is taken again, with backoff, whenever it was lost or could not be taken: a USB expander comes back.
 *
 * INVARIANTS
 * - At most one line is held or being taken. After `close` none is, and no timer is left.
 */
export class KeptLine<L extends { close(): Promise<void> }> {
  readonly #deps: KeptLineDeps<L>;
  readonly #backoff: Backoff;
  readonly #problems: ProblemList;
  #line: L | null = null;
  #taking: Promise<void> | null = null;
  #cancelRetry: () => void = () => undefined;
  #closed = false;

  constructor(deps: KeptLineDeps<L>) {
    this.#deps = deps;
    this.#backoff = new Backoff({ ...BACKOFF, random: deps.random });
    this.#problems = new ProblemList(deps.clock, () => this.#closed || deps.onChange());
  }

  /** Null while it is not held. */
  get line(): L | null {
    return this.#line;
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  start(): void {
    if (this.#closed || this.#taking !== null || this.#line !== null) return;
    this.#cancelRetry();
    this.#taking = this.#take().finally(() => (this.#taking = null));
  }

  /** Idempotent; the line is given back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    await this.#taking;
    const line = this.#line;
    this.#line = null;
    await line?.close();
  }

  async #take(): Promise<void> {
    // Lost while it was being taken: the promise of the line says nothing of that.
    const lost: unknown[] = [];
    let taken: L | null = null;
    try {
      taken = await this.#deps.take((error) => {
        if (taken === null) lost.push(error);
        else if (this.#line === taken) this.#lose(error);
      });
    } catch (error) {
      return this.#lose(error);
    }
    if (lost.length > 0) return this.#lose(lost[0]);
    this.#line = taken;
    if (this.#closed) return;
    this.#backoff.reset();
    for (const code of codes) this.#problems.set(code, false);
    this.#deps.onChange();
  }

  #lose(error: unknown): void {
    this.#line = null;
    if (this.#closed) return;
    this.#deps.logger.info('a GPIO line is not held', errorFields(error));
    const code = codes.includes(codeOf(error)) ? codeOf(error) : 'device/gpio-failed';
    for (const each of codes) this.#problems.set(each, each === code);
    this.#deps.onChange();
    this.#cancelRetry = this.#deps.clock.after(this.#backoff.nextMs(), () => this.start());
  }
}
