import type { Clock } from '../../lib/clock.ts';
import type { CameraVelocity } from '../camera-control.ts';
import type { CropMotion, Frame } from './crop.ts';
import { easeFrame, keepInside } from './crop.ts';

export interface FrameMotionDeps {
  readonly clock: Clock;
  readonly motion: CropMotion;
  /** A movement by speed that is not asked for again within this time ends. */
  readonly deadManMs: number;
  /** The frame has changed. */
  readonly onFrame: (frame: Frame) => void;
  /** It stands now, after it has moved or been told to. */
  readonly onStand: () => void;
}

/** At most 30 steps a second: a picture each. */
const STEP_MS = 34;
/** After a pause of the program the frame goes on, it does not jump. */
const MOST_STEP_MS = 100;
/** Widths of the frame a second at full speed. */
const PAN_PER_S = 0.6;
/** From the whole picture to a quarter in three seconds: the same factor each second. */
const ZOOM_PER_S = Math.log(4) / 3;
/** A whole picture has nowhere to be turned to: it is made this much smaller first. */
const ROOM_SIZE = 1 / 1.5;

type Aim =
  | { readonly kind: 'stand' }
  | { readonly kind: 'goal'; readonly frame: Frame }
  | { readonly kind: 'drive'; readonly velocity: CameraVelocity };

const stand: Aim = { kind: 'stand' };

/**
 * Where the frame is while it moves.
 *
 * INVARIANTS
 * - No timer runs while it stands.
 * - `onStand` is called once for each `goTo` and `halt` that nothing has replaced, and when a drive ends.
 */
export class FrameMotion {
  readonly #deps: FrameMotionDeps;
  #frame: Frame;
  #aim: Aim = stand;
  #steppedMs = 0;
  #cancelStep: (() => void) | null = null;
  #cancelDeadMan: (() => void) | null = null;

  constructor(deps: FrameMotionDeps, frame: Frame) {
    this.#deps = deps;
    this.#frame = frame;
  }

  get frame(): Frame {
    return this.#frame;
  }

  get isDriven(): boolean {
    return this.#aim.kind === 'drive';
  }

  goTo(frame: Frame): void {
    this.#take({ kind: 'goal', frame: keepInside(frame, this.#deps.motion.mostZoom) });
  }

  /** Each from -1 to 1; what is no number stands. */
  drive(velocity: CameraVelocity): void {
    const part = (speed: number): number => (Number.isNaN(speed) ? 0 : Math.max(-1, Math.min(1, speed)));
    this.#take({
      kind: 'drive',
      velocity: { pan: part(velocity.pan), tilt: part(velocity.tilt), zoom: part(velocity.zoom) },
    });
    this.#cancelDeadMan = this.#deps.clock.after(this.#deps.deadManMs, () => this.halt());
  }

  halt(): void {
    this.#rest();
    this.#deps.onStand();
  }

  /** Stands without a word. */
  close(): void {
    this.#rest();
  }

  #take(aim: Aim): void {
    this.#cancelDeadMan?.();
    this.#cancelDeadMan = null;
    this.#aim = aim;
    if (this.#cancelStep !== null) return;
    this.#steppedMs = this.#deps.clock.nowMs();
    this.#cancelStep = this.#deps.clock.every(STEP_MS, () => this.#step());
  }

  #rest(): void {
    this.#aim = stand;
    this.#cancelDeadMan?.();
    this.#cancelStep?.();
    this.#cancelDeadMan = this.#cancelStep = null;
  }

  #step(): void {
    const nowMs = this.#deps.clock.nowMs();
    const stepMs = Math.min(MOST_STEP_MS, nowMs - this.#steppedMs);
    this.#steppedMs = nowMs;
    const before = this.#frame;
    this.#frame = this.#next(stepMs);
    if (!isSame(before, this.#frame)) this.#deps.onFrame(this.#frame);
    if (this.#aim.kind === 'goal' && isSame(this.#aim.frame, this.#frame)) this.halt();
  }

  #next(stepMs: number): Frame {
    const { motion } = this.#deps;
    if (this.#aim.kind === 'goal') return easeFrame(this.#frame, this.#aim.frame, stepMs, motion);
    if (this.#aim.kind === 'drive') return driven(this.#frame, this.#aim.velocity, stepMs / 1_000, motion.mostZoom);
    return this.#frame;
  }
}

function driven({ x, y, size }: Frame, velocity: CameraVelocity, seconds: number, mostZoom: number): Frame {
  const makesRoom = velocity.zoom === 0 && size > ROOM_SIZE && (velocity.pan !== 0 || velocity.tilt !== 0);
  const zoomed = size * Math.exp(-(makesRoom ? 1 : velocity.zoom) * ZOOM_PER_S * seconds);
  const next = makesRoom ? Math.max(ROOM_SIZE, zoomed) : zoomed;
  const way = PAN_PER_S * seconds * next;
  return keepInside({ x: x + velocity.pan * way, y: y - velocity.tilt * way, size: next }, mostZoom);
}

const isSame = (a: Frame, b: Frame): boolean => a.x === b.x && a.y === b.y && a.size === b.size;
