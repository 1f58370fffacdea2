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
import { waitFor } from '../link/wait.ts';
import type { Outcome } from '../outcome.ts';
import { reached, unverified } from '../outcome.ts';
import { KeptPresets } from '../v4l2/kept-presets.ts';
import type { PresetStore } from '../v4l2/preset-store.ts';
import { calmMotion, wholeFrame } from './crop.ts';
import { DigitalView, MOST_ZOOM } from './digital-view.ts';
import { FrameMotion } from './frame-motion.ts';
import { LatestFrame, type ShowFrame } from './latest-frame.ts';

export interface DigitalCameraDeps {
  readonly id: string;
  readonly virtual: boolean;
  /** What the camera sees from side to side, degrees. */
  readonly viewDeg: number;
  readonly show: ShowFrame;
  readonly presets: PresetStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** As for cameras with motors: half a second of silence is a lost panel. */
const DEAD_MAN_MS = 500;
/** From one corner to the other it is under five seconds. */
const TRAVEL_MS = 15_000;
const PRESETS = { first: 0, last: 31 } as const;

type Arrival = 'there' | 'superseded' | 'gone';

/** A camera without motors that is turned and zoomed by showing a part of its picture. */
export class DigitalCamera implements CameraControl {
  readonly id: string;
  readonly virtual: boolean;
  readonly deadManMs = DEAD_MAN_MS;
  readonly capabilities: CameraCapabilities;
  readonly #deps: DigitalCameraDeps;
  readonly #view: DigitalView;
  readonly #motion: FrameMotion;
  readonly #frames: LatestFrame;
  readonly #presets: KeptPresets;
  readonly #problems: ProblemList;
  readonly #events: TypedEmitter<CameraControlEvents>;
  /** Journeys under way: the latest one alone arrives. */
  #travelling: ((arrival: Arrival) => void)[] = [];
  #isReachable = false;
  #closed = false;

  constructor(deps: DigitalCameraDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.virtual = deps.virtual;
    this.#view = new DigitalView(deps.viewDeg);
    this.capabilities = capabilitiesOf(this.#view);
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
    this.#problems = new ProblemList(deps.clock, () => this.#events.emit('problems'));
    this.#presets = new KeptPresets(deps.presets, deps.id, deps.logger);
    this.#frames = new LatestFrame(deps.show, (error) =>
      deps.logger.warn('the call does not take the part of the picture to show', errorFields(error)),
    );
    this.#motion = new FrameMotion(
      {
        clock: deps.clock,
        motion: { ...calmMotion, mostZoom: MOST_ZOOM },
        deadManMs: DEAD_MAN_MS,
        onFrame: (frame) => this.#frames.send(frame),
        onStand: () => this.#arrive('there'),
      },
      wholeFrame,
    );
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  /** Begins with the whole picture, whatever another camera was showing. */
  start(): void {
    if (this.#closed) return;
    this.#frames.send(this.#motion.frame);
    this.handlePresence(true);
  }

  /** Told from outside that the camera was plugged in or out. */
  handlePresence(isThere: boolean): void {
    if (this.#closed || isThere === this.#isReachable) return;
    this.#isReachable = isThere;
    if (!isThere) {
      this.#motion.close();
      this.#arrive('gone');
    }
    this.#problems.set('device/camera-control-unreachable', !isThere);
    this.#events.emit('reachable', isThere);
  }

  on<K extends keyof CameraControlEvents>(event: K, listener: (...args: CameraControlEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async state(_signal: AbortSignal | null): Promise<CameraState> {
    const none = { power: null, focus: null, whiteBalance: null, exposure: null, powerLineFrequency: null };
    return { ...none, position: this.#position };
  }

  drive(velocity: CameraVelocity): void {
    if (!this.#isReachable) return;
    const isStill = velocity.pan === 0 && velocity.tilt === 0 && velocity.zoom === 0;
    if (isStill) {
      if (this.#motion.isDriven) this.#motion.halt();
      return;
    }
    this.#arrive('superseded');
    this.#motion.drive(velocity);
  }

  async stop(signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    if (!this.#isReachable) return unverified('no-answer', null);
    signal?.throwIfAborted();
    this.#arrive('superseded');
    this.#motion.halt();
    return (await this.#frames.shows(this.#motion.frame))
      ? reached(this.#position)
      : unverified('no-answer', this.#position);
  }

  async moveTo(position: CameraPosition, signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    if (!this.#isReachable) return unverified('no-answer', null);
    const asked = this.#view.cut(position);
    if (asked.pan === null && asked.tilt === null && asked.zoom === null) return unverified('unsupported', null);
    const goal = this.#view.frameOf(asked, this.#motion.frame);
    this.#arrive('superseded');
    const arrival = await waitFor<Arrival>(this.#deps.clock, TRAVEL_MS, signal, (settle) => {
      this.#travelling.push(settle);
      this.#motion.goTo(goal);
      return () => (this.#travelling = this.#travelling.filter((each) => each !== settle));
    });
    if (arrival.kind === 'timeout' || arrival.value === 'gone') return unverified('no-answer', null);
    if (!(await this.#frames.shows(this.#motion.frame))) return unverified('no-answer', this.#position);
    if (arrival.value === 'superseded') return unverified('superseded', this.#position);
    return this.#view.isAt(asked, this.#position) ? reached(this.#position) : unverified('differs', this.#position);
  }

  home(signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    return this.moveTo(this.#view.positionOf(wholeFrame), signal);
  }

  async storePreset(preset: number, _signal: AbortSignal | null): Promise<Outcome<number>> {
    checkPreset(preset);
    if (!this.#isReachable) return unverified('no-answer', null);
    return (await this.#presets.keep(preset, this.#position)) ? reached(preset) : unverified('refused', null);
  }

  /** A preset that was never stored is `refused`. */
  async recallPreset(preset: number, signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    checkPreset(preset);
    if (!this.#isReachable) return unverified('no-answer', null);
    const position = await this.#presets.get(preset);
    return position === null ? unverified('refused', null) : this.moveTo(position, signal);
  }

  async setPower(_power: CameraPower, _signal: AbortSignal | null): Promise<Outcome<CameraPower>> {
    return this.#cannot();
  }

  async setFocus(_mode: FocusMode, _signal: AbortSignal | null): Promise<Outcome<FocusMode>> {
    return this.#cannot();
  }

  driveFocus(_speed: number): void {
    // There is nothing to drive.
  }

  async setWhiteBalance(_mode: WhiteBalance, _signal: AbortSignal | null): Promise<Outcome<WhiteBalance>> {
    return this.#cannot();
  }

  async setExposure(_mode: Exposure, _signal: AbortSignal | null): Promise<Outcome<Exposure>> {
    return this.#cannot();
  }

  async setPowerLineFrequency(
    _frequency: PowerLineFrequency,
    _signal: AbortSignal | null,
  ): Promise<Outcome<PowerLineFrequency>> {
    return this.#cannot();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#isReachable = false;
    this.#motion.close();
    this.#arrive('gone');
    this.#events.clear();
    await this.#frames.idle();
  }

  get #position(): CameraPosition {
    return this.#view.positionOf(this.#motion.frame);
  }

  #arrive(arrival: Arrival): void {
    for (const settle of [...this.#travelling]) settle(arrival);
  }

  #cannot<T>(): Outcome<T> {
    return unverified(this.#isReachable ? 'unsupported' : 'no-answer', null);
  }
}

function capabilitiesOf({ axes }: DigitalView): CameraCapabilities {
  return {
    ...axes,
    home: true,
    presets: PRESETS,
    focus: [],
    focusDrive: false,
    whiteBalance: [],
    exposure: [],
    powerLineFrequency: [],
    power: false,
  };
}

function checkPreset(preset: number): void {
  if (Number.isInteger(preset) && preset >= PRESETS.first && preset <= PRESETS.last) return;
  const known = `the presets ${PRESETS.first} to ${PRESETS.last}`;
  throw new UsageError('device/preset-out-of-range', `This camera has ${known}`);
}
