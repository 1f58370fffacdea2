import type { Clock } from '../../lib/clock.ts';
import type { V4l2Control } from '../v4l2/controls.ts';
import { controlIds, onStep, parseControls } from '../v4l2/controls.ts';
import { failureOf } from '../v4l2/failure.ts';
import type { RunV4l2Ctl, ToolResult } from '../v4l2/run-v4l2-ctl.ts';

export interface V4l2Faults {
  /** The node is not there. */
  isGone: boolean;
  /** The node is there, and every ioctl fails. */
  isFailing: boolean;
  /** Every ioctl hangs until the program is killed. */
  isSilent: boolean;
  /** `v4l2-ctl` is not installed. */
  isMissing: boolean;
  /** So many of the next writes fail as a transfer does now and then. */
  loseWrites: number;
  /** Another program holds the camera. */
  isBusy: boolean;
  /** Takes commands and does nothing. */
  ignoresCommands: boolean;
  /** Writes that follow faster wedge it: it fails until it is unplugged. 0 for a camera that does not care. */
  wedgeMs: number;
  /** Answers that make no sense. */
  babbles: boolean;
}

export interface V4l2Nature {
  /** What `--list-ctrls-menus` writes. */
  readonly controls: string;
  /** What `--list-formats-ext` writes. */
  readonly formats: string;
  /** What `--query-dv-timings` writes; null for a camera that is no grabber. */
  readonly timings: string | null;
  readonly answerMs: number;
  /** From a command until it moves. */
  readonly latencyMs: number;
}

/** From one end to the other at full speed. */
const SWEEP_MS = 4_000;

interface Axis {
  readonly place: V4l2Control;
  readonly speed: V4l2Control | undefined;
  at: number;
  target: number | null;
  targetFromMs: number;
  velocity: number;
}

/** `v4l2-ctl` with a camera behind it: ranges, modes that hold their levels, motors that take time, and what goes wrong. */
export class VirtualV4l2Camera {
  readonly faults: V4l2Faults = {
    isGone: false,
    isFailing: false,
    isSilent: false,
    isMissing: false,
    loseWrites: 0,
    isBusy: false,
    ignoresCommands: false,
    wedgeMs: 0,
    babbles: false,
  };
  /** Set while the source on a grabber's input gives nothing. */
  signalFailure: string | null = null;
  /** Arguments of every run, without the device. */
  readonly runs: string[] = [];
  /** Programs running now. */
  running = 0;
  readonly #clock: Clock;
  readonly #nature: V4l2Nature;
  readonly #controls: ReadonlyMap<string, V4l2Control>;
  readonly #values = new Map<string, number>();
  readonly #axes: Axis[];
  #movedMs = 0;
  #wroteMs = -Infinity;
  #isWedged = false;

  constructor(clock: Clock, nature: V4l2Nature) {
    this.#clock = clock;
    this.#nature = nature;
    this.#controls = new Map(parseControls(nature.controls).map((control) => [control.name, control]));
    for (const control of this.#controls.values()) this.#values.set(control.name, onStep(control, control.initial));
    for (const name of this.#named([controlIds.panSpeed, controlIds.tiltSpeed, controlIds.zoomSpeed])) {
      this.#values.set(name, 0);
    }
    const { pan, tilt, zoom, panSpeed, tiltSpeed, zoomSpeed } = controlIds;
    this.#axes = [this.#axis(pan, panSpeed), this.#axis(tilt, tiltSpeed), this.#axis(zoom, zoomSpeed)];
  }

  get isWedged(): boolean {
    return this.#isWedged;
  }

  /** Whether a motor runs. */
  get isMoving(): boolean {
    this.#move();
    return this.#axes.some(({ velocity, target }) => velocity !== 0 || target !== null);
  }

  /** Plugged in: it begins as new, and stands. */
  plug(): void {
    this.faults.isGone = this.#isWedged = false;
    this.#stand();
  }

  unplug(): void {
    this.faults.isGone = true;
    this.#stand();
  }

  readonly run: RunV4l2Ctl = async (args, timeoutMs) => {
    this.runs.push(args.slice(2).join(' '));
    this.running += 1;
    await this.#pass(this.faults.isSilent ? timeoutMs : this.#nature.answerMs);
    this.running -= 1;
    return this.#answer(args[2] ?? '');
  };

  #answer(command: string): ToolResult {
    const { faults } = this;
    if (faults.isMissing) return { kind: 'failed', reason: 'no-tool' };
    if (faults.isGone) return failureOf('Cannot open device, exiting.\nFailed to open: No such file or directory\n');
    if (faults.isSilent) return { kind: 'failed', reason: 'no-answer' };
    if (faults.isFailing || this.#isWedged) return failureOf('VIDIOC_QUERYCAP: failed: Input/output error\n');
    if (faults.isBusy) return failureOf('VIDIOC_S_EXT_CTRLS: failed: Device or resource busy\n');
    this.#move();
    if (faults.babbles) return { kind: 'output', output: 'zoom_absolute: ?\n\u0000: 7\n' };
    if (command === '--list-ctrls-menus') return { kind: 'output', output: this.#nature.controls };
    if (command === '--list-formats-ext') return { kind: 'output', output: this.#nature.formats };
    if (command === '--query-dv-timings') return this.#timings();
    const [, what, list = ''] = /^--(get|set)-ctrl=(.*)$/.exec(command) ?? [];
    return what === 'set' ? this.#set(list) : this.#get(list);
  }

  #timings(): ToolResult {
    const { timings } = this.#nature;
    if (timings === null) return failureOf('VIDIOC_QUERY_DV_TIMINGS: failed: Inappropriate ioctl for device\n');
    if (this.signalFailure !== null) return failureOf(`VIDIOC_QUERY_DV_TIMINGS: failed: ${this.signalFailure}\n`);
    return { kind: 'output', output: timings };
  }

  #get(list: string): ToolResult {
    const names = list.split(',');
    if (names.some((name) => !this.#controls.has(name))) return failureOf('unknown control\n');
    return { kind: 'output', output: names.map((name) => `${name}: ${this.#valueOf(name)}\n`).join('') };
  }

  #set(list: string): ToolResult {
    if (this.faults.loseWrites > 0) {
      this.faults.loseWrites -= 1;
      return failureOf('VIDIOC_S_EXT_CTRLS: failed: Connection timed out\n');
    }
    const nowMs = this.#clock.nowMs();
    this.#isWedged = nowMs - this.#wroteMs < this.faults.wedgeMs;
    this.#wroteMs = nowMs;
    const pairs = list.split(',').map((pair) => pair.split('='));
    if (pairs.some(([name = '']) => !this.#controls.has(name))) return failureOf('unknown control\n');
    if (pairs.some(([name = '']) => this.#isHeld(name)))
      return failureOf('VIDIOC_S_EXT_CTRLS: failed: Permission denied\n');
    if (!this.faults.ignoresCommands) for (const [name = '', value = ''] of pairs) this.#take(name, Number(value));
    return { kind: 'output', output: '' };
  }

  #take(name: string, value: number): void {
    const control = this.#controls.get(name);
    if (!control) return;
    // The kernel cuts what is written to the range that the camera tells.
    const taken = onStep(control, value);
    this.#values.set(name, taken);
    const axis = this.#axes.find(({ place, speed }) => place === control || speed === control);
    if (!axis) return;
    axis.target = axis.place === control ? taken : null;
    axis.targetFromMs = this.#clock.nowMs() + this.#nature.latencyMs;
    axis.velocity = axis.place === control ? 0 : taken / control.max;
  }

  /** A level that its automatic mode holds. */
  #isHeld(name: string): boolean {
    const id = this.#controls.get(name)?.id;
    const { focus, focusAuto, temperature, whiteBalanceAuto, exposureTime, exposureMode } = controlIds;
    const value = (mode: number): number => this.#values.get(this.#named([mode])[0] ?? '') ?? 0;
    if (id === focus) return value(focusAuto) === 1;
    if (id === temperature) return value(whiteBalanceAuto) === 1;
    return id === exposureTime && this.#named([exposureMode]).length > 0 && ![1, 2].includes(value(exposureMode));
  }

  #valueOf(name: string): number {
    const axis = this.#axes.find(({ place }) => place.name === name);
    return axis ? Math.round(axis.at) : (this.#values.get(name) ?? 0);
  }

  #axis(placeId: number, speedId: number): Axis {
    const controls = [...this.#controls.values()];
    const speed = controls.find(({ id }) => id === speedId);
    // A camera without places has them all the same, and does not tell.
    const hidden = { name: '', id: 0, type: 'int', min: -1_000, max: 1_000, step: 1, initial: 0, menu: [] } as const;
    const place = controls.find(({ id }) => id === placeId) ?? hidden;
    return { place, speed, at: place.initial, target: null, targetFromMs: 0, velocity: 0 };
  }

  #move(): void {
    const nowMs = this.#clock.nowMs();
    for (const axis of this.#axes) {
      const { min, max } = axis.place;
      const perMs = (max - min) / SWEEP_MS;
      const goneMs = nowMs - this.#movedMs;
      axis.at = Math.max(min, Math.min(max, axis.at + axis.velocity * perMs * goneMs));
      if (axis.target === null) continue;
      const way = axis.target - axis.at;
      const step = perMs * Math.max(0, Math.min(goneMs, nowMs - axis.targetFromMs));
      axis.at += Math.sign(way) * Math.min(Math.abs(way), step);
      if (axis.at === axis.target) axis.target = null;
    }
    this.#movedMs = nowMs;
  }

  #stand(): void {
    this.#move();
    for (const axis of this.#axes) [axis.target, axis.velocity] = [null, 0];
  }

  #named(ids: readonly number[]): string[] {
    return [...this.#controls.values()].filter(({ id }) => ids.includes(id)).map(({ name }) => name);
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}
