import type { Clock } from '../../lib/clock.ts';

interface Axis {
  at: number;
  /** Steps a second. */
  speed: number;
  goal: number | null;
  readonly min: number;
  readonly max: number;
}

/** Of the ranges of the Telycam TLC-700-S: 14.4 steps a degree. */
const STEPS_PER_SECOND = { pan: 60, tilt: 60, zoom: 1_000 } as const;
const FASTEST = { pan: 24 * 60, tilt: 24 * 60, zoom: 8_000 } as const;

type AxisName = 'pan' | 'tilt' | 'zoom';

/** The motors of a virtual camera: where it looks follows from the clock. */
export class VirtualHead {
  readonly #clock: Clock;
  #sinceMs: number;
  readonly #axes: Record<AxisName, Axis> = {
    pan: { at: 0, speed: 0, goal: null, min: -2448, max: 2448 },
    tilt: { at: 0, speed: 0, goal: null, min: -432, max: 1296 },
    zoom: { at: 0, speed: 0, goal: null, min: 0, max: 0x4000 },
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.nowMs();
  }

  position(): { pan: number; tilt: number; zoom: number } {
    this.#move();
    const { pan, tilt, zoom } = this.#axes;
    return { pan: Math.round(pan.at), tilt: Math.round(tilt.at), zoom: Math.round(zoom.at) };
  }

  get isMoving(): boolean {
    this.#move();
    return Object.values(this.#axes).some((axis) => axis.speed !== 0);
  }

  /** Levels of speed; up is positive. */
  drivePanTilt(pan: number, tilt: number): void {
    this.#drive('pan', pan);
    this.#drive('tilt', tilt);
  }

  driveZoom(level: number): void {
    this.#drive('zoom', level);
  }

  /** Returns how long it takes. */
  moveTo(place: Partial<Record<AxisName, number>>): number {
    this.#move();
    const times = Object.entries(place).map(([name, goal]) => this.#send(name as AxisName, goal));
    return Math.ceil(Math.max(0, ...times));
  }

  #drive(name: AxisName, level: number): void {
    this.#move();
    Object.assign(this.#axes[name], { speed: level * STEPS_PER_SECOND[name], goal: null });
  }

  #send(name: AxisName, wanted: number): number {
    const axis = this.#axes[name];
    const goal = Math.max(axis.min, Math.min(axis.max, wanted));
    Object.assign(axis, { goal, speed: Math.sign(goal - axis.at) * FASTEST[name] });
    return (Math.abs(goal - axis.at) / FASTEST[name]) * 1_000;
  }

  #move(): void {
    const nowMs = this.#clock.nowMs();
    for (const axis of Object.values(this.#axes)) moveAxis(axis, (nowMs - this.#sinceMs) / 1_000);
    this.#sinceMs = nowMs;
  }
}

function moveAxis(axis: Axis, seconds: number): void {
  const next = axis.at + axis.speed * seconds;
  const isThere = axis.goal !== null && (axis.speed >= 0 ? next >= axis.goal : next <= axis.goal);
  axis.at = isThere && axis.goal !== null ? axis.goal : Math.max(axis.min, Math.min(axis.max, next));
  if (isThere || next < axis.min || next > axis.max) Object.assign(axis, { speed: 0, goal: null });
}
