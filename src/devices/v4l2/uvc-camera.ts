import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type {
  CameraCapabilities,
  CameraControl,
  CameraControlEvents,
  CameraPosition,
  CameraPower,
  CameraState,
  CameraVelocity,
  Exposure,
  FocusMode,
  PowerLineFrequency,
  WhiteBalance,
} from '../camera-control.ts';
import type { ControlProblem } from '../control-problem.ts';
import { ProblemList } from '../control-problem.ts';
import { Motion } from '../motion.ts';
import type { Outcome, Unverified } from '../outcome.ts';
import { reached, unverified } from '../outcome.ts';
import { arrive } from './arrival.ts';
import type { V4l2Control } from './controls.ts';
import { controlIds, isUsable, onStep, parseValues } from './controls.ts';
import { type FailureReason, reasonOf } from './failure.ts';
import { KeptPresets } from './kept-presets.ts';
import type { PresetStore } from './preset-store.ts';
import type { RunV4l2Ctl, ToolResult } from './run-v4l2-ctl.ts';
import { StepDrive, type SteppedAxis } from './step-drive.ts';
import type { ControlsById, UvcAxes } from './uvc-axes.ts';
import { axesOf, axisNames, levelOf, positionOf, valuesOf } from './uvc-axes.ts';
import type { UvcModel } from './uvc-models.ts';
import type { ModeControl, UvcModes } from './uvc-modes.ts';
import { modeIn, modesOf, uvcCapabilities } from './uvc-modes.ts';
import { UvcSession } from './uvc-session.ts';

export interface UvcCameraDeps {
  /** Stable, as `v4l2:usb-…`. */
  readonly id: string;
  /** Stable link of the node. */
  readonly path: string;
  readonly model: UvcModel;
  readonly run: RunV4l2Ctl;
  readonly presets: PresetStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly deadManMs: number;
  readonly virtual: boolean;
}

/** What a mode holds while it is automatic: kelvin, units of 100 us, the lens's own units. */
export type CameraLevel = 'temperature' | 'exposureTime' | 'focus';

const STOP_TIMEOUT_MS = 3_000;
const CLOSE_TIMEOUT_MS = 1_000;
const STEP_MS = 100;
const FOCUS = 'focus';
const standingStill: ReadonlyMap<string, number> = new Map();

/** A camera that is moved and set by the controls of its V4L2 node, which for USB are those of UVC. */
export class UvcCamera implements CameraControl {
  readonly id: string;
  readonly virtual: boolean;
  readonly deadManMs: number;
  readonly #deps: UvcCameraDeps;
  readonly #session: UvcSession;
  readonly #events: TypedEmitter<CameraControlEvents>;
  readonly #problems: ProblemList;
  readonly #panTilt: Motion;
  readonly #zoom: Motion;
  readonly #steps: StepDrive;
  readonly #focus: StepDrive;
  readonly #presets: KeptPresets;
  readonly #stuck = new Set<string>();
  #controls: ControlsById = new Map();
  #axes: UvcAxes = axesOf(new Map());
  #modes: UvcModes = modesOf(new Map());
  #capabilities: CameraCapabilities = uvcCapabilities(new Map());
  /** Counts journeys: one that is no longer the latest is superseded. */
  #journey = 0;
  #isReachable = false;
  #closed = false;

  constructor(deps: UvcCameraDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.virtual = deps.virtual;
    this.deadManMs = deps.deadManMs;
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
    this.#problems = new ProblemList(deps.clock, () => this.#events.emit('problems'));
    this.#session = new UvcSession({
      ...deps,
      minIntervalMs: deps.model.minIntervalMs,
      onAnswering: (failure) => this.#answering(failure),
      onControls: (controls) => this.#know(controls),
    });
    this.#presets = new KeptPresets(deps.presets, deps.id, deps.logger);
    this.#panTilt = this.#motion('pan-tilt', ['pan', 'tilt']);
    this.#zoom = this.#motion('zoom', ['zoom']);
    this.#steps = this.#stepDrive(() => new Map(axisNames.map((name) => [name, this.#axes[name].place])));
    this.#focus = this.#stepDrive(() => new Map([[FOCUS, this.#controls.get(controlIds.focus) ?? null]]));
  }

  get capabilities(): CameraCapabilities {
    return this.#capabilities;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  start(): void {
    this.#session.start();
  }

  /** Told from outside that the camera was plugged in or out, which spares waiting for the next probe. */
  handlePresence(isThere: boolean): void {
    this.#session.handlePresence(isThere);
  }

  on<K extends keyof CameraControlEvents>(event: K, listener: (...args: CameraControlEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async state(signal: AbortSignal | null): Promise<CameraState> {
    const { focus, whiteBalance, exposure, powerLineFrequency } = this.#modes;
    const modes = [focus, whiteBalance, exposure, powerLineFrequency].filter((mode) => mode !== null);
    const values = await this.#values([...this.#places(), ...modes.map(({ control }) => control)], signal);
    return {
      power: null,
      position: positionOf(this.#axes, values),
      focus: modeIn(focus, values),
      whiteBalance: modeIn(whiteBalance, values),
      exposure: modeIn(exposure, values),
      powerLineFrequency: modeIn(powerLineFrequency, values),
    };
  }

  drive(velocity: CameraVelocity): void {
    if (this.#closed) return;
    const isStill = axisNames.every((name) => velocity[name] === 0);
    if (!isStill) this.#journey += 1;
    const level = (name: 'pan' | 'tilt' | 'zoom'): number => {
      const { speed } = this.#axes[name];
      return speed === null ? 0 : levelOf(velocity[name], speed);
    };
    this.#panTilt.drive([level('pan'), level('tilt')]);
    this.#zoom.drive([level('zoom')]);
    const stepped = axisNames.filter((name) => this.#axes[name].speed === null && this.#axes[name].place !== null);
    this.#steps.drive(new Map(stepped.map((name) => [name, velocity[name]])));
  }

  async stop(signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    if (this.#closed) return unverified('no-answer', null);
    this.#journey += 1;
    const wasStepping = this.#steps.isMoving;
    const motions = this.#speedMotions();
    const stopped = await Promise.all([
      ...motions.map((motion) => motion.stop(STOP_TIMEOUT_MS, signal)),
      this.#steps.stop().then(() => true),
    ]);
    if (stopped.includes(false) || !this.#isReachable) return unverified('no-answer', null);
    if (!wasStepping) return reached(await this.#position(signal));
    return reached((await this.#arrive(new Map(), this.#journey, signal)).value ?? (await this.#position(signal)));
  }

  async moveTo(position: CameraPosition, signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    if (this.#closed) return unverified('no-answer', null);
    return this.#travel(valuesOf(this.#axes, position), signal);
  }

  async home(signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    if (this.#closed) return unverified('no-answer', null);
    const places = this.#places();
    return this.#travel(new Map(places.map((place) => [place, onStep(place, place.initial)])), signal);
  }

  async storePreset(preset: number, signal: AbortSignal | null): Promise<Outcome<number>> {
    this.#checkPreset(preset);
    const position = await this.#position(signal);
    if (axisNames.every((name) => position[name] === null)) return unverified('no-answer', null);
    return (await this.#presets.keep(preset, position)) ? reached(preset) : unverified('refused', null);
  }

  /** A preset that was never stored is `refused`. */
  async recallPreset(preset: number, signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    this.#checkPreset(preset);
    if (this.#closed) return unverified('no-answer', null);
    const position = await this.#presets.get(preset);
    return position === null ? unverified('refused', null) : this.moveTo(position, signal);
  }

  async setPower(_power: CameraPower, _signal: AbortSignal | null): Promise<Outcome<CameraPower>> {
    return unverified(this.#closed ? 'no-answer' : 'unsupported', null);
  }

  setFocus(mode: FocusMode, signal: AbortSignal | null): Promise<Outcome<FocusMode>> {
    return this.#setMode(this.#modes.focus, mode, signal);
  }

  driveFocus(speed: number): void {
    // The control counts towards the camera: far is downwards.
    if (!this.#closed) this.#focus.drive(new Map([[FOCUS, -speed]]));
  }

  setWhiteBalance(mode: WhiteBalance, signal: AbortSignal | null): Promise<Outcome<WhiteBalance>> {
    return this.#setMode(this.#modes.whiteBalance, mode, signal);
  }

  setExposure(mode: Exposure, signal: AbortSignal | null): Promise<Outcome<Exposure>> {
    return this.#setMode(this.#modes.exposure, mode, signal);
  }

  setPowerLineFrequency(
    frequency: PowerLineFrequency,
    signal: AbortSignal | null,
  ): Promise<Outcome<PowerLineFrequency>> {
    return this.#setMode(this.#modes.powerLineFrequency, frequency, signal);
  }

  /**
   * Switches to manual and sets the level: kelvin, 100 us of exposure, or the lens's own units towards the camera. Cut to the
   * camera's range; the value is what it reports.
   */
  async setLevel(level: CameraLevel, value: number, signal: AbortSignal | null): Promise<Outcome<number>> {
    if (this.#closed) return unverified('no-answer', null);
    const control = this.#controls.get(controlIds[level]);
    if (!isUsable(control)) return unverified('unsupported', null);
    // Two commands: in one transfer the kernel refuses the level, since the mode still holds it.
    const manual = await this.#holdManual(level, signal);
    if (manual !== null) return manual;
    const wanted = onStep(control, value);
    const written = await this.#session.write(new Map([[control, wanted]]), false, signal);
    const now = (await this.#values([control], signal)).get(control.name) ?? null;
    if (written.kind === 'failed') return unverified(reasonOf(written), now);
    if (now === null) return unverified('cannot-read', null);
    return now === wanted ? reached(now) : unverified('differs', now);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#journey += 1;
    const motions = this.#speedMotions().filter((motion) => motion.isMoving);
    this.#steps.drive(standingStill);
    this.#focus.drive(standingStill);
    await Promise.all(motions.map((motion) => motion.stop(CLOSE_TIMEOUT_MS, null)));
    for (const motion of [this.#panTilt, this.#zoom]) motion.close();
    this.#session.close();
    this.#events.clear();
  }

  #know(controls: ControlsById): void {
    this.#controls = controls;
    this.#axes = axesOf(controls);
    this.#modes = modesOf(controls);
    this.#capabilities = uvcCapabilities(controls);
    this.#events.emit('capabilities');
  }

  #answering(failure: FailureReason | null): void {
    this.#problems.set('device/camera-tool-missing', failure === 'no-tool');
    this.#problems.set('device/camera-control-unreachable', failure !== null && failure !== 'no-tool');
    const isReachable = failure === null;
    if (isReachable === this.#isReachable) return;
    this.#isReachable = isReachable;
    this.#events.emit('reachable', isReachable);
  }

  /** Only those with a speed: to stop the others would send nothing. */
  #speedMotions(): Motion[] {
    const { pan, tilt, zoom } = this.#axes;
    const panTilt = pan.speed === null && tilt.speed === null ? [] : [this.#panTilt];
    return zoom.speed === null ? panTilt : [...panTilt, this.#zoom];
  }

  #motion(name: string, axes: readonly ('pan' | 'tilt' | 'zoom')[]): Motion {
    return new Motion({
      clock: this.#deps.clock,
      deadManMs: this.deadManMs,
      axes: axes.length,
      send: async (speed, isStop) => {
        const values = new Map<V4l2Control, number>();
        for (const [i, axis] of axes.entries()) {
          const control = this.#axes[axis].speed;
          if (control !== null) values.set(control, speed[i] ?? 0);
        }
        const result = await this.#session.write(values, isStop, null);
        if (result.kind === 'output') return 'accepted';
        return reasonOf(result) === 'no-answer' ? 'no-answer' : 'refused';
      },
      onStuck: (isStuck) => {
        if (isStuck) this.#stuck.add(name);
        else this.#stuck.delete(name);
        this.#problems.set('device/camera-not-stopped', this.#stuck.size > 0);
      },
    });
  }

  #stepDrive(placesOf: () => ReadonlyMap<string, V4l2Control | null>): StepDrive {
    const { clock, model } = this.#deps;
    return new StepDrive({
      clock,
      deadManMs: this.deadManMs,
      periodMs: Math.max(STEP_MS, model.minIntervalMs),
      read: async () => {
        const places = [...placesOf()].filter((entry): entry is [string, V4l2Control] => entry[1] !== null);
        const values = await this.#values(
          places.map(([, control]) => control),
          null,
        );
        const axes = new Map<string, SteppedAxis>();
        for (const [name, { min, max, name: known }] of places) {
          const at = values.get(known);
          if (at !== undefined) axes.set(name, { min, max, at });
        }
        return axes.size === 0 ? null : axes;
      },
      write: async (places) => {
        const controls = placesOf();
        const values = new Map<V4l2Control, number>();
        for (const [name, place] of places) {
          const control = controls.get(name);
          if (control) values.set(control, onStep(control, place));
        }
        return (await this.#session.write(values, false, null)).kind === 'output';
      },
    });
  }

  #checkPreset(preset: number): void {
    const presets = this.#capabilities.presets;
    if (presets !== null && Number.isInteger(preset) && preset >= presets.first && preset <= presets.last) return;
    const known = presets === null ? 'no presets' : `the presets ${presets.first} to ${presets.last}`;
    throw new UsageError('device/preset-out-of-range', `This camera has ${known}`);
  }

  #places(): V4l2Control[] {
    return axisNames.map((name) => this.#axes[name].place).filter((place) => place !== null);
  }

  async #travel(
    values: ReadonlyMap<V4l2Control, number>,
    signal: AbortSignal | null,
  ): Promise<Outcome<CameraPosition>> {
    if (values.size === 0) return unverified('unsupported', null);
    const journey = ++this.#journey;
    const moving = this.#speedMotions().filter((motion) => motion.isMoving);
    // Otherwise the dead-man rule would stop the movement that comes now.
    await Promise.all([...moving.map((motion) => motion.stop(STOP_TIMEOUT_MS, signal)), this.#steps.stop()]);
    if (journey !== this.#journey) return unverified(this.#closed ? 'no-answer' : 'superseded', null);
    const written = await this.#session.write(values, false, signal);
    if (written.kind === 'output') return this.#arrive(values, journey, signal);
    const reason = reasonOf(written);
    return unverified(reason, reason === 'no-answer' ? null : await this.#position(signal));
  }

  async #arrive(
    values: ReadonlyMap<V4l2Control, number>,
    journey: number,
    signal: AbortSignal | null,
  ): Promise<Outcome<CameraPosition>> {
    const { clock, model } = this.#deps;
    const places = this.#places();
    const arrival = await arrive({
      clock,
      signal,
      latencyMs: model.latencyMs,
      wanted: values,
      read: () => this.#values(places, signal),
      isOver: () => journey !== this.#journey || this.#closed,
    });
    const position = positionOf(this.#axes, arrival.values);
    switch (arrival.kind) {
      case 'there':
        return reached(position);
      case 'superseded':
        return unverified(this.#closed ? 'no-answer' : 'superseded', this.#closed ? null : position);
      case 'elsewhere':
        return unverified('differs', position);
      default:
        return unverified(this.#isReachable ? 'cannot-read' : 'no-answer', null);
    }
  }

  async #position(signal: AbortSignal | null): Promise<CameraPosition> {
    return positionOf(this.#axes, await this.#values(this.#places(), signal));
  }

  /** By name; empty when they cannot be read. */
  async #values(controls: readonly V4l2Control[], signal: AbortSignal | null): Promise<Map<string, number>> {
    if (controls.length === 0) return new Map();
    const result: ToolResult = await this.#session.read(controls, signal);
    return result.kind === 'output' ? parseValues(result.output) : new Map<string, number>();
  }

  async #setMode<T extends string>(
    mode: ModeControl<T> | null,
    wanted: T,
    signal: AbortSignal | null,
  ): Promise<Outcome<T>> {
    if (this.#closed) return unverified('no-answer', null);
    const code = mode?.codes[wanted];
    if (mode === null || code === undefined) return unverified('unsupported', null);
    const written = await this.#session.write(new Map([[mode.control, code]]), false, signal);
    if (written.kind === 'failed' && reasonOf(written) === 'no-answer') return unverified('no-answer', null);
    const now = modeIn(mode, await this.#values([mode.control], signal));
    if (now === wanted) return reached(wanted);
    if (written.kind === 'failed') return unverified(reasonOf(written), now);
    return unverified(now === null ? 'cannot-read' : 'differs', now);
  }

  /** Null when it is manual now or has no mode, else why it is not. */
  async #holdManual(level: CameraLevel, signal: AbortSignal | null): Promise<Unverified<number> | null> {
    const { focus, whiteBalance, exposure } = this.#modes;
    const mode: ModeControl<'manual'> | null = { focus, temperature: whiteBalance, exposureTime: exposure }[level];
    if (mode?.codes.manual === undefined) return null;
    const outcome = await this.#setMode(mode, 'manual', signal);
    return outcome.kind === 'reached' ? null : unverified<number>(outcome.reason, null);
  }
}
