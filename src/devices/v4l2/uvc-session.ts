import { Backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { pause, waitFor } from '../link/wait.ts';
import type { V4l2Control } from './controls.ts';
import { isUsable, parseControls } from './controls.ts';
import type { FailureReason } from './failure.ts';
import type { RunV4l2Ctl, ToolResult } from './run-v4l2-ctl.ts';

export interface UvcSessionDeps {
  readonly path: string;
  readonly run: RunV4l2Ctl;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** From the end of one write to the next at least. */
  readonly minIntervalMs: number;
  /** Answers again (null), or why not. Called on changes only. */
  readonly onAnswering: (failure: FailureReason | null) => void;
  /** Told when the camera has other controls than before; before `onAnswering`. */
  readonly onControls: (controls: ReadonlyMap<number, V4l2Control>) => void;
}

interface Job {
  readonly args: readonly string[];
  readonly isWrite: boolean;
  readonly settle: (result: ToolResult) => void;
}

const RUN_TIMEOUT_MS = 3_000;
const CALL_TIMEOUT_MS = 8_000;
const MOST_WAITING = 32;
const HEARTBEAT_MS = 5_000;
const SECOND_TRY_MS = 1_000;
/** One transfer may fail on a bus that works. */
const MOST_MISSES = 2;
const PROBE = { firstMs: 500, capMs: 10_000 } as const;
const noAnswer: ToolResult = { kind: 'failed', reason: 'no-answer' };

/**
 * Asks one camera by `v4l2-ctl`, a program at a time, and knows whether it answers: it is asked for a value when nothing else
 * was asked of it, and for its controls again after it was away.
 *
 * INVARIANTS
 * - At most one program runs.
 * - While the camera does not answer, only probes are started, in growing distances.
 */
export class UvcSession {
  readonly #deps: UvcSessionDeps;
  readonly #backoff: Backoff;
  #controls: readonly V4l2Control[] = [];
  #queue: Job[] = [];
  #running = false;
  /** Undefined before anything is known. */
  #failure: FailureReason | null | undefined = undefined;
  #isStarted = false;
  #misses = 0;
  #heardMs = 0;
  #wroteMs = -Infinity;
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(deps: UvcSessionDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff({ ...PROBE, random: deps.random });
  }

  get isAnswering(): boolean {
    return this.#failure === null;
  }

  start(): void {
    if (this.#isStarted || this.#closed) return;
    this.#isStarted = true;
    this.#probe();
  }

  /** Told from outside that the node came or went: spares the wait for the next probe, or the failing command. */
  handlePresence(isThere: boolean): void {
    if (this.#closed || !this.#isStarted) return;
    if (!isThere) this.#lost('gone');
    else if (!this.isAnswering) {
      this.#backoff.reset();
      this.#probe();
    }
  }

  /** Sets controls in one transfer where they share one. Urgent ones go before what waits. @throws what `signal` was aborted with. */
  write(values: ReadonlyMap<V4l2Control, number>, isUrgent: boolean, signal: AbortSignal | null): Promise<ToolResult> {
    const list = [...values].map(([{ name }, value]) => `${name}=${value}`).join(',');
    return this.#ask([`--set-ctrl=${list}`], true, isUrgent, signal);
  }

  /** @throws what `signal` was aborted with. */
  read(controls: readonly V4l2Control[], signal: AbortSignal | null): Promise<ToolResult> {
    return this.#ask([`--get-ctrl=${controls.map(({ name }) => name).join(',')}`], false, false, signal);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#drop();
  }

  async #ask(
    args: readonly string[],
    isWrite: boolean,
    isUrgent: boolean,
    signal: AbortSignal | null,
  ): Promise<ToolResult> {
    signal?.throwIfAborted();
    if (this.#closed || !this.isAnswering) return noAnswer;
    if (this.#queue.length >= MOST_WAITING && !isUrgent) return { kind: 'failed', reason: 'not-now' };
    const outcome = await waitFor<ToolResult>(this.#deps.clock, CALL_TIMEOUT_MS, signal, (settle) => {
      const job: Job = { args, isWrite, settle };
      if (isUrgent) this.#queue.unshift(job);
      else this.#queue.push(job);
      void this.#work();
      return () => (this.#queue = this.#queue.filter((other) => other !== job));
    });
    return outcome.kind === 'value' ? outcome.value : noAnswer;
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      // What is urgent may come to the front meanwhile, and keeps the distance too: a flooded camera does not stop either.
      if (next.isWrite) await this.#keepDistance();
      const job = this.#queue.shift();
      if (job) await this.#do(job);
    }
    this.#running = false;
  }

  async #keepDistance(): Promise<void> {
    const { clock, minIntervalMs } = this.#deps;
    const leftMs = this.#wroteMs + minIntervalMs - clock.nowMs();
    if (leftMs > 0) await pause(clock, leftMs, null);
  }

  async #do(job: Job): Promise<void> {
    const { run, clock, path } = this.#deps;
    const result = await run(['--device', path, ...job.args], RUN_TIMEOUT_MS);
    if (job.isWrite) this.#wroteMs = clock.nowMs();
    job.settle(this.#closed ? noAnswer : result);
    this.#judge(result);
  }

  /** Of a camera that answers; probes of one that does not are judged by `#list`. */
  #judge(result: ToolResult): void {
    if (this.#closed || !this.isAnswering) return;
    const reason = result.kind === 'failed' ? result.reason : null;
    if (reason === 'gone' || reason === 'no-tool') return this.#lost(reason);
    if (reason !== 'no-answer') return this.#heard();
    this.#misses += 1;
    if (this.#misses >= MOST_MISSES) this.#lost(reason);
    else this.#later(SECOND_TRY_MS);
  }

  /** Whatever it said: it said something. */
  #heard(): void {
    this.#misses = 0;
    this.#heardMs = this.#deps.clock.nowMs();
  }

  #lost(reason: FailureReason): void {
    const changed = this.#failure !== reason;
    this.#failure = reason;
    this.#misses = 0;
    this.#drop();
    this.#later(this.#backoff.nextMs());
    if (!changed) return;
    this.#deps.logger.warn('a camera cannot be controlled', { reason });
    this.#deps.onAnswering(reason);
  }

  #drop(): void {
    for (const job of this.#queue.splice(0)) job.settle(noAnswer);
  }

  #later(delayMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#deps.clock.after(delayMs, () => this.#tick());
  }

  #tick(): void {
    if (!this.isAnswering) return this.#probe();
    const idleMs = this.#deps.clock.nowMs() - this.#heardMs;
    const isDue = idleMs >= HEARTBEAT_MS || this.#misses > 0;
    this.#later(isDue ? HEARTBEAT_MS : HEARTBEAT_MS - idleMs);
    const control = this.#controls.find((known) => known.type !== 'button' && isUsable(known));
    // One value: asking a slow camera for all of them would keep it busy.
    if (isDue && control) void this.#ask([`--get-ctrl=${control.name}`], false, false, null);
    else if (isDue) this.#list();
  }

  #probe(): void {
    this.#cancel?.();
    if (this.#queue.length === 0) this.#list();
  }

  #list(): void {
    const settle = (result: ToolResult): void => {
      if (this.#closed) return;
      if (result.kind === 'output') this.#listed(parseControls(result.output));
      // Refusals count as signs of life elsewhere; here there is nothing to go on with.
      else if (!this.isAnswering) this.#lost(result.reason);
    };
    this.#queue.push({ args: ['--list-ctrls-menus'], isWrite: false, settle });
    void this.#work();
  }

  #listed(controls: readonly V4l2Control[]): void {
    // A camera that had controls has them: what was written is not what it is.
    if (controls.length === 0 && this.#controls.length > 0) {
      if (!this.isAnswering) this.#lost('no-answer');
      return;
    }
    if (JSON.stringify(controls) !== JSON.stringify(this.#controls)) {
      this.#controls = controls;
      this.#deps.onControls(new Map(controls.map((control) => [control.id, control])));
    }
    this.#backoff.reset();
    this.#later(HEARTBEAT_MS);
    if (this.#failure === null) return;
    this.#failure = null;
    this.#deps.onAnswering(null);
  }
}
