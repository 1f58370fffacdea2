import type { Clock } from '../../lib/clock.ts';

export interface StepDriveDeps {
  readonly clock: Clock;
  /** From one step to the next. */
  readonly periodMs: number;
  /** A movement that is not asked for again within this time ends. */
  readonly deadManMs: number;
  /** Where each axis is, by name, with its range; axes that are missing are not moved. Null when it cannot be read. */
  readonly read: () => Promise<ReadonlyMap<string, SteppedAxis> | null>;
  /** Sends axes to places; false when that failed. */
  readonly write: (places: ReadonlyMap<string, number>) => Promise<boolean>;
}

export interface SteppedAxis {
  readonly min: number;
  readonly max: number;
  readonly at: number;
}

/** From one end to the other at full speed. */
const SWEEP_MS = 6_000;

/**
 * Moves axes that take places only as if they took speeds: in small steps, each sent when the one before was taken. The
 * latest wish counts; a wish that is not repeated ends by itself, and at most a step after it ends the camera stands.
 */
export class StepDrive {
  readonly #deps: StepDriveDeps;
  #speeds: ReadonlyMap<string, number> = new Map();
  #running: Promise<void> | null = null;
  #cancelDeadMan: (() => void) | null = null;
  #wake: (() => void) | null = null;

  constructor(deps: StepDriveDeps) {
    this.#deps = deps;
  }

  get isMoving(): boolean {
    return this.#running !== null;
  }

  /** Shares of full speed by axis, -1 to 1; what is missing or 0 stands. */
  drive(speeds: ReadonlyMap<string, number>): void {
    this.#cancelDeadMan?.();
    this.#cancelDeadMan = null;
    this.#speeds = new Map([...speeds].filter(([, speed]) => Number.isFinite(speed) && speed !== 0));
    if (this.#speeds.size === 0) {
      this.#wake?.();
      return;
    }
    this.#cancelDeadMan = this.#deps.clock.after(this.#deps.deadManMs, () => this.drive(new Map()));
    this.#running ??= this.#run();
  }

  /** Resolves when no step is under way any more. */
  async stop(): Promise<void> {
    this.drive(new Map());
    await this.#running;
  }

  async #run(): Promise<void> {
    const axes = await this.#deps.read();
    const places = new Map([...(axes ?? [])].map(([name, { at }]) => [name, at]));
    while (axes !== null && this.#speeds.size > 0) {
      const moved = this.#step(axes, places);
      if (moved.size === 0 || !(await this.#deps.write(moved))) break;
      await this.#period();
    }
    // Ended by itself: the wish must not begin again with what was driven before.
    this.#speeds = new Map();
    this.#cancelDeadMan?.();
    this.#running = null;
  }

  #step(axes: ReadonlyMap<string, SteppedAxis>, places: Map<string, number>): Map<string, number> {
    const moved = new Map<string, number>();
    for (const [name, speed] of this.#speeds) {
      const axis = axes.get(name);
      if (!axis) continue;
      const share = Math.max(-1, Math.min(1, speed)) * (this.#deps.periodMs / SWEEP_MS);
      const place = (places.get(name) ?? axis.at) + share * (axis.max - axis.min);
      places.set(name, Math.max(axis.min, Math.min(axis.max, place)));
      moved.set(name, places.get(name) ?? axis.at);
    }
    return moved;
  }

  async #period(): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.after(this.#deps.periodMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = null;
  }
}
