import type { Clock } from '../lib/clock.ts';
import { waitFor } from './link/wait.ts';

export interface MotionDeps {
  readonly clock: Clock;
  /** Sends a speed; never rejects. */
  readonly send: (speed: readonly number[], isStop: boolean) => Promise<'accepted' | 'refused' | 'no-answer'>;
  /** A movement that is not asked for again within this time is stopped. */
  readonly deadManMs: number;
  /** Axes of this channel. */
  readonly axes: number;
  /** Whether the camera may be moving although it should stand. */
  readonly onStuck: (isStuck: boolean) => void;
}

/** A camera that lost the stop moves to its end stop within seconds: the first tries come quickly. */
const STOP_RETRY_MS = 100;
const SLOW_STOP_RETRY_MS = 1_000;
const QUICK_TRIES = 10;
/** A stop that was not taken this often is told. */
const STUCK_AFTER = 2;

/**
 * The movement of axes that share a command. While one command is under way the latest wish replaces those before it; a stop
 * is repeated until the camera has acknowledged it or a new movement replaces it.
 *
 * INVARIANTS
 * - At most one command is under way.
 * - After a movement was sent, whatever became of it, the loop ends only with a stop that was acknowledged.
 */
export class Motion {
  readonly #deps: MotionDeps;
  readonly #still: readonly number[];
  #wanted: readonly number[];
  #reached: readonly number[];
  #running = false;
  #stopTries = 0;
  #cancelDeadMan: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #standing: (() => void)[] = [];
  #closed = false;

  constructor(deps: MotionDeps) {
    this.#deps = deps;
    this.#still = new Array<number>(deps.axes).fill(0);
    this.#wanted = this.#reached = this.#still;
  }

  /** Whether it may be moving. */
  get isMoving(): boolean {
    return this.#running || !isStill(this.#reached);
  }

  /** Whole numbers, one an axis. */
  drive(speed: readonly number[]): void {
    if (this.#closed) return;
    this.#wanted = speed;
    this.#cancelDeadMan?.();
    this.#cancelDeadMan = null;
    if (!isStill(speed)) {
      this.#cancelDeadMan = this.#deps.clock.after(this.#deps.deadManMs, () => this.drive(this.#still));
    }
    this.#wake?.();
    if (!this.#running) void this.#run();
  }

  /** Stops, also where nothing is known to move: somebody else's remote control may have begun it. */
  async stop(timeoutMs: number, signal: AbortSignal | null): Promise<boolean> {
    if (this.#closed) return false;
    // What was reached is not believed, so that a stop is sent in any case.
    if (isStill(this.#reached) && !this.#running) this.#reached = [];
    const outcome = await waitFor<true>(this.#deps.clock, timeoutMs, signal, (settle) => {
      const stands = (): void => settle(true);
      this.#standing.push(stands);
      this.drive(this.#still);
      return () => (this.#standing = this.#standing.filter((other) => other !== stands));
    });
    return outcome.kind === 'value';
  }

  /** Nothing is sent any more; a command under way is not waited for. */
  close(): void {
    this.#closed = true;
    this.#cancelDeadMan?.();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (!this.#closed && !sameSpeed(this.#wanted, this.#reached)) await this.#step(this.#wanted);
    this.#running = false;
    if (isStill(this.#reached)) for (const stands of [...this.#standing]) stands();
  }

  async #step(speed: readonly number[]): Promise<void> {
    const isStop = isStill(speed);
    const outcome = await this.#deps.send(speed, isStop);
    if (this.#closed) return;
    // A camera that goes on refusing to stop has heard it: it is in standby or shows its menu, and does not move.
    const isDeclined = isStop && outcome === 'refused' && this.#stopTries >= QUICK_TRIES;
    if (outcome === 'accepted' || isDeclined) this.#take(speed, isStop);
    else if (isStop) await this.#pauseBeforeStop();
    else this.#giveUp(speed);
  }

  #take(speed: readonly number[], isStop: boolean): void {
    this.#reached = speed;
    if (!isStop) return;
    this.#stopTries = 0;
    this.#deps.onStuck(false);
  }

  /** A movement that was not acknowledged may have begun all the same: unless it was replaced, it is stopped. */
  #giveUp(speed: readonly number[]): void {
    this.#reached = [];
    if (sameSpeed(this.#wanted, speed)) this.drive(this.#still);
  }

  async #pauseBeforeStop(): Promise<void> {
    this.#reached = [];
    this.#stopTries += 1;
    if (this.#stopTries >= STUCK_AFTER) this.#deps.onStuck(true);
    const pauseMs = this.#stopTries <= QUICK_TRIES ? STOP_RETRY_MS : SLOW_STOP_RETRY_MS;
    await waitFor<true>(this.#deps.clock, pauseMs, null, (settle) => {
      this.#wake = () => settle(true);
      return () => (this.#wake = null);
    });
  }
}

const isStill = (speed: readonly number[]): boolean => speed.length > 0 && speed.every((axis) => axis === 0);
const sameSpeed = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((axis, i) => axis === b[i]);
