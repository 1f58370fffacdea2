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
import type { ReopeningLink } from '../link/reopening-link.ts';
import { pause } from '../link/wait.ts';
import { Motion } from '../motion.ts';
import type { Outcome } from '../outcome.ts';
import { reached, unverified } from '../outcome.ts';
import { capabilitiesOf, frequencyCodes, stepsOf, unitsOf } from './capabilities.ts';
import * as commands from './commands.ts';
import type { Message } from './commands.ts';
import type { ViscaTransport } from './framing.ts';
import type { ViscaModel } from './models.ts';
import { viscaModelOf } from './models.ts';
import type { CommandOptions, CommandOutcome } from './session.ts';
import { ViscaSession } from './session.ts';

export interface ViscaCameraDeps {
  /** Closed by `close`. */
  readonly link: ReopeningLink;
  readonly transport: ViscaTransport;
  readonly address: number;
  /** The row of the configuration, or `generic`, which gives way to the row of the camera's own version. */
  readonly model: ViscaModel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadManMs: number;
  readonly virtual: boolean;
}

const COMMAND_TIMEOUT_MS = 3_000;
/** From one end stop to the other at the slowest preset speed of the manuals takes well below this. */
const MOVE_TIMEOUT_MS = 20_000;
const STILL_PAUSE_MS = 150;
/** A camera boots in 10 to 25 seconds, during which it does not answer. */
const POWER_TIMEOUT_MS = 40_000;
const POWER_PAUSE_MS = 1_000;
/** How far from the place asked for a camera may come to stand, in its steps: motors have play. */
const TOLERANCE_STEPS = { pan: 5, tilt: 5, zoom: 0x20 } as const;

interface Steps {
  pan: number | null;
  tilt: number | null;
  zoom: number | null;
}

/** A camera that speaks VISCA over RS-232, TCP or UDP. */
export class ViscaCamera implements CameraControl {
  readonly id: string;
  readonly virtual: boolean;
  readonly deadManMs: number;
  readonly #deps: ViscaCameraDeps;
  readonly #session: ViscaSession;
  readonly #events: TypedEmitter<CameraControlEvents>;
  readonly #problems: ProblemList;
  readonly #panTilt: Motion;
  readonly #zoom: Motion;
  readonly #focus: Motion;
  readonly #stuck = new Set<string>();
  #isReachable = false;
  #closed = false;

  constructor(deps: ViscaCameraDeps) {
    this.#deps = deps;
    this.id = `visca:${deps.link.id}:${deps.address}`;
    this.virtual = deps.virtual;
    this.deadManMs = deps.deadManMs;
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
    this.#problems = new ProblemList(deps.clock, () => this.#events.emit('problems'));
    this.#session = new ViscaSession(deps);
    this.#panTilt = this.#motion('pan-tilt', 2, ([pan = 0, tilt = 0]) => commands.panTiltDrive(pan, tilt));
    this.#zoom = this.#motion('zoom', 1, ([zoom = 0]) => commands.zoomDrive(zoom));
    this.#focus = this.#motion('focus', 1, ([focus = 0]) => commands.focusDrive(focus));
    this.#session.onAnswering((answers) => this.#reachable(answers));
    deps.link.on('open', () => void this.#identify());
  }

  get capabilities(): CameraCapabilities {
    return capabilitiesOf(this.#session.model);
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  start(): void {
    this.#deps.link.start();
  }

  on<K extends keyof CameraControlEvents>(event: K, listener: (...args: CameraControlEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async state(signal: AbortSignal | null): Promise<CameraState> {
    const position = await this.#position(signal);
    const { powerLineFrequency } = this.capabilities;
    return {
      position,
      power: await this.#power(signal),
      focus: focusOf(await this.#byte(commands.inquiries.focus, signal)),
      whiteBalance: keyOf(this.#model.whiteBalance, await this.#byte(commands.inquiries.whiteBalance, signal)),
      exposure: keyOf(this.#model.exposure, await this.#byte(commands.inquiries.exposure, signal)),
      powerLineFrequency:
        powerLineFrequency.length === 0
          ? null
          : keyOf(frequencyCodes, await this.#byte(commands.inquiries.flicker, signal)),
    };
  }

  drive(velocity: CameraVelocity): void {
    const { pan, tilt, zoom } = this.capabilities;
    const { maxPanSpeed, maxTiltSpeed } = this.#model;
    this.#panTilt.drive([
      pan.kind === 'none' ? 0 : levelOf(velocity.pan, maxPanSpeed),
      tilt.kind === 'none' ? 0 : levelOf(velocity.tilt, maxTiltSpeed),
    ]);
    this.#zoom.drive([zoom.kind === 'none' ? 0 : levelOf(velocity.zoom, 8)]);
  }

  async stop(signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    const motions = this.#canPan ? [this.#panTilt, this.#zoom] : [this.#zoom];
    const stopped = await Promise.all(motions.map((motion) => motion.stop(COMMAND_TIMEOUT_MS, signal)));
    if (stopped.includes(false)) return unverified('no-answer', null);
    return reached(await this.#position(signal));
  }

  async moveTo(position: CameraPosition, signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    const { pan, tilt, zoom } = this.capabilities;
    const asked: Steps = {
      pan: stepsOf(position.pan, pan, this.#model.pan),
      tilt: stepsOf(position.tilt, tilt, this.#model.tilt),
      zoom: stepsOf(position.zoom, zoom, { min: 0, max: this.#model.maxZoom, stepsPerDegree: null }),
    };
    if (asked.pan === null && asked.tilt === null && asked.zoom === null) return unverified('unsupported', null);
    await this.#endDriving(signal);
    const sent = await Promise.all([this.#sendPanTilt(asked, signal), this.#sendZoom(asked, signal)]);
    const failed = sent.find((outcome) => outcome !== null && outcome.kind !== 'done' && outcome.kind !== 'accepted');
    if (failed?.kind === 'no-answer') return unverified('no-answer', null);
    const steps = await this.#standing(signal);
    if (failed?.kind === 'refused') return unverified(refusal(failed), this.#units(steps));
    return this.#arrived(asked, steps);
  }

  async home(signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    if (!this.capabilities.home) return unverified('unsupported', null);
    return this.#travel(commands.home, signal);
  }

  async storePreset(preset: number, signal: AbortSignal | null): Promise<Outcome<number>> {
    this.#checkPreset(preset);
    const outcome = await this.#command(commands.presetStore(preset), signal);
    // Presets cannot be read back: that the camera says it has done it is all there is.
    return outcome.kind === 'done' ? reached(preset) : unverified(failure(outcome), null);
  }

  async recallPreset(preset: number, signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    this.#checkPreset(preset);
    return this.#travel(commands.presetRecall(preset), signal);
  }

  async setPower(power: CameraPower, signal: AbortSignal | null): Promise<Outcome<CameraPower>> {
    const outcome = await this.#command(commands.power(power === 'on'), signal);
    if (outcome.kind === 'refused') return unverified(refusal(outcome), await this.#power(signal));
    const deadlineMs = this.#deps.clock.nowMs() + POWER_TIMEOUT_MS;
    for (;;) {
      const now = await this.#power(signal);
      if (now === power) return reached(now);
      // A camera that took no command will not change; one that boots or goes to sleep needs time.
      const isOver = this.#closed || outcome.kind === 'no-answer' || this.#deps.clock.nowMs() >= deadlineMs;
      if (isOver) return unverified(now === null ? 'no-answer' : 'differs', now);
      await pause(this.#deps.clock, POWER_PAUSE_MS, signal);
    }
  }

  setFocus(mode: FocusMode, signal: AbortSignal | null): Promise<Outcome<FocusMode>> {
    const read = async (): Promise<FocusMode | null> => focusOf(await this.#byte(commands.inquiries.focus, signal));
    return this.#set(commands.focusAuto(mode === 'auto'), mode, read, signal);
  }

  driveFocus(speed: number): void {
    this.#focus.drive([levelOf(speed, 8)]);
  }

  async setWhiteBalance(mode: WhiteBalance, signal: AbortSignal | null): Promise<Outcome<WhiteBalance>> {
    const codes = this.#model.whiteBalance;
    const code = codes[mode];
    if (code === undefined) return unverified('unsupported', null);
    const read = async (): Promise<WhiteBalance | null> =>
      keyOf(codes, await this.#byte(commands.inquiries.whiteBalance, signal));
    return this.#set(commands.whiteBalance(code), mode, read, signal);
  }

  async setExposure(mode: Exposure, signal: AbortSignal | null): Promise<Outcome<Exposure>> {
    const codes = this.#model.exposure;
    const code = codes[mode];
    if (code === undefined) return unverified('unsupported', null);
    const read = async (): Promise<Exposure | null> =>
      keyOf(codes, await this.#byte(commands.inquiries.exposure, signal));
    return this.#set(commands.exposure(code), mode, read, signal);
  }

  async setPowerLineFrequency(
    frequency: PowerLineFrequency,
    signal: AbortSignal | null,
  ): Promise<Outcome<PowerLineFrequency>> {
    if (!this.capabilities.powerLineFrequency.includes(frequency)) return unverified('unsupported', null);
    const read = async (): Promise<PowerLineFrequency | null> =>
      keyOf(frequencyCodes, await this.#byte(commands.inquiries.flicker, signal));
    return this.#set(commands.flicker(frequencyCodes[frequency]), frequency, read, signal);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const motions = [this.#panTilt, this.#zoom, this.#focus];
    await Promise.all(motions.filter((motion) => motion.isMoving).map((motion) => motion.stop(1_000, null)));
    for (const motion of motions) motion.close();
    this.#session.close();
    this.#events.clear();
    await this.#deps.link.close();
  }

  get #model(): ViscaModel {
    return this.#session.model;
  }

  get #canPan(): boolean {
    return this.capabilities.pan.kind !== 'none' || this.capabilities.tilt.kind !== 'none';
  }

  #motion(name: string, axes: number, message: (speed: readonly number[]) => Message): Motion {
    return new Motion({
      clock: this.#deps.clock,
      deadManMs: this.#deps.deadManMs,
      axes,
      send: async (speed, isStop) => {
        const options = { until: 'accepted', urgent: isStop, timeoutMs: COMMAND_TIMEOUT_MS, signal: null } as const;
        const { kind } = await this.#session.command(message(speed), options);
        return kind === 'done' ? 'accepted' : kind;
      },
      onStuck: (isStuck) => {
        if (isStuck) this.#stuck.add(name);
        else this.#stuck.delete(name);
        this.#problems.set('device/camera-not-stopped', this.#stuck.size > 0);
      },
    });
  }

  #reachable(answers: boolean): void {
    this.#isReachable = answers;
    this.#problems.set('device/camera-control-unreachable', !answers);
    this.#events.emit('reachable', answers);
  }

  async #identify(): Promise<void> {
    const outcome = await this.#session.inquire(commands.inquiries.version, null);
    const version = outcome.kind === 'data' ? commands.readVersion(outcome.data) : null;
    if (version === null) return;
    this.#deps.logger.info('camera identified', { vendor: version.vendor, model: version.model });
    const model = viscaModelOf(version.vendor, version.model);
    if (model === null || this.#deps.model.name !== 'generic' || model.name === this.#model.name) return;
    this.#session.useModel(model);
    this.#events.emit('capabilities');
  }

  #checkPreset(preset: number): void {
    const last = this.#model.lastPreset;
    if (Number.isInteger(preset) && preset >= 0 && preset <= last) return;
    throw new UsageError('device/preset-out-of-range', `This camera has the presets 0 to ${last}`);
  }

  #command(message: Message, signal: AbortSignal | null, timeoutMs = COMMAND_TIMEOUT_MS): Promise<CommandOutcome> {
    const options: CommandOptions = { until: 'done', urgent: false, timeoutMs, signal };
    return this.#session.command(message, options);
  }

  /** Otherwise the dead-man rule would stop the movement that comes now. */
  async #endDriving(signal: AbortSignal | null): Promise<void> {
    const moving = [this.#panTilt, this.#zoom].filter((motion) => motion.isMoving);
    await Promise.all(moving.map((motion) => motion.stop(COMMAND_TIMEOUT_MS, signal)));
  }

  /** Both axes share a command: the one that is not asked for is sent to where it is. */
  async #sendPanTilt(asked: Steps, signal: AbortSignal | null): Promise<CommandOutcome | null> {
    if (asked.pan === null && asked.tilt === null) return null;
    const now = asked.pan === null || asked.tilt === null ? await this.#panTiltSteps(signal) : null;
    const [pan, tilt] = [asked.pan ?? now?.pan ?? null, asked.tilt ?? now?.tilt ?? null];
    if (pan === null || tilt === null) return { kind: 'no-answer' };
    const { maxPanSpeed, maxTiltSpeed, absoluteTiltSpeed } = this.#model;
    const tiltSpeed = absoluteTiltSpeed === 'zero' ? 0 : maxTiltSpeed;
    return this.#command(commands.panTiltTo(maxPanSpeed, tiltSpeed, pan, tilt), signal, MOVE_TIMEOUT_MS);
  }

  async #sendZoom(asked: Steps, signal: AbortSignal | null): Promise<CommandOutcome | null> {
    return asked.zoom === null ? null : this.#command(commands.zoomTo(asked.zoom), signal, MOVE_TIMEOUT_MS);
  }

  async #travel(message: Message, signal: AbortSignal | null): Promise<Outcome<CameraPosition>> {
    await this.#endDriving(signal);
    const outcome = await this.#command(message, signal, MOVE_TIMEOUT_MS);
    if (outcome.kind === 'no-answer') return unverified('no-answer', null);
    const position = this.#units(await this.#standing(signal));
    if (outcome.kind === 'refused') return unverified(refusal(outcome), position);
    return isKnown(position) ? reached(position) : unverified('cannot-read', null);
  }

  #arrived(asked: Steps, steps: Steps): Outcome<CameraPosition> {
    const axes = ['pan', 'tilt', 'zoom'] as const;
    const wanted = axes.filter((axis) => asked[axis] !== null);
    if (wanted.some((axis) => steps[axis] === null)) return unverified('cannot-read', this.#units(steps));
    const isThere = wanted.every((axis) => Math.abs((steps[axis] ?? 0) - (asked[axis] ?? 0)) <= TOLERANCE_STEPS[axis]);
    return isThere ? reached(this.#units(steps)) : unverified('differs', this.#units(steps));
  }

  /** Where the camera stands once two readings in a row are the same: some complete a movement when it has begun. */
  async #standing(signal: AbortSignal | null): Promise<Steps> {
    const deadlineMs = this.#deps.clock.nowMs() + MOVE_TIMEOUT_MS;
    let before = await this.#steps(signal);
    for (;;) {
      await pause(this.#deps.clock, STILL_PAUSE_MS, signal);
      const now = await this.#steps(signal);
      const isStanding = now.pan === before.pan && now.tilt === before.tilt && now.zoom === before.zoom;
      if (isStanding || this.#closed || this.#deps.clock.nowMs() >= deadlineMs) return now;
      before = now;
    }
  }

  async #position(signal: AbortSignal | null): Promise<CameraPosition> {
    return this.#units(await this.#steps(signal));
  }

  async #steps(signal: AbortSignal | null): Promise<Steps> {
    const panTilt = this.#canPan ? await this.#panTiltSteps(signal) : null;
    const zoom = await this.#session.inquire(commands.inquiries.zoom, signal);
    return {
      pan: panTilt?.pan ?? null,
      tilt: panTilt?.tilt ?? null,
      zoom: zoom.kind === 'data' && zoom.data.length === 4 ? commands.readNibbles(zoom.data, 0, 4) : null,
    };
  }

  async #panTiltSteps(signal: AbortSignal | null): Promise<{ pan: number; tilt: number } | null> {
    const outcome = await this.#session.inquire(commands.inquiries.panTilt, signal);
    return outcome.kind === 'data' ? commands.readPanTilt(outcome.data) : null;
  }

  #units(steps: Steps): CameraPosition {
    const { pan, tilt } = this.#model;
    return { pan: unitsOf(steps.pan, pan), tilt: unitsOf(steps.tilt, tilt), zoom: steps.zoom };
  }

  async #power(signal: AbortSignal | null): Promise<CameraPower | null> {
    const code = await this.#byte(commands.inquiries.power, signal);
    return code === 0x02 ? 'on' : code === 0x03 ? 'standby' : null;
  }

  /** The answer of inquiries that have one byte. */
  async #byte(inquiry: Message, signal: AbortSignal | null): Promise<number | null> {
    const outcome = await this.#session.inquire(inquiry, signal);
    return outcome.kind === 'data' && outcome.data.length === 1 ? (outcome.data[0] ?? null) : null;
  }

  async #set<T>(
    message: Message,
    wanted: T,
    read: () => Promise<T | null>,
    signal: AbortSignal | null,
  ): Promise<Outcome<T>> {
    const outcome = await this.#command(message, signal);
    if (outcome.kind === 'no-answer') return unverified('no-answer', null);
    const now = await read();
    if (now === wanted) return reached(wanted);
    if (outcome.kind === 'refused') return unverified(refusal(outcome), now);
    return unverified(now === null ? 'cannot-read' : 'differs', now);
  }
}

/** From -1…1 to a level of the camera; what is not 0 moves at least slowly. */
function levelOf(speed: number, levels: number): number {
  const share = Number.isFinite(speed) ? Math.max(-1, Math.min(1, speed)) : 0;
  return share === 0 ? 0 : Math.sign(share) * Math.max(1, Math.round(Math.abs(share) * levels));
}

/** `not-executable` is about the camera's state: in standby, in its menu, in auto focus. */
function refusal(outcome: { readonly reason: string }): 'not-now' | 'refused' {
  return ['not-executable', 'buffer-full', 'cancelled'].includes(outcome.reason) ? 'not-now' : 'refused';
}

function failure(outcome: CommandOutcome): 'not-now' | 'refused' | 'no-answer' | 'cannot-read' {
  if (outcome.kind === 'refused') return refusal(outcome);
  return outcome.kind === 'no-answer' ? 'no-answer' : 'cannot-read';
}

function focusOf(code: number | null): FocusMode | null {
  return code === 0x02 ? 'auto' : code === 0x03 ? 'manual' : null;
}

function keyOf<K extends string>(codes: Readonly<Partial<Record<K, number>>>, code: number | null): K | null {
  const entry = Object.entries(codes).find(([, known]) => known === code);
  return entry ? (entry[0] as K) : null;
}

const isKnown = (position: CameraPosition): boolean =>
  position.pan !== null || position.tilt !== null || position.zoom !== null;
