import type { Clock } from '../../lib/clock.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { CameraControl, CameraPosition } from '../camera-control.ts';
import type { ControlProblem } from '../control-problem.ts';
import { ProblemList } from '../control-problem.ts';
import type { Outcome } from '../outcome.ts';
import { reached, unverified } from '../outcome.ts';
import { calmFraming, FramingDirector, type FramingMode, type FramingTarget, type PresetSector } from './director.ts';
import type { TalkerDirections } from './talker-directions.ts';

/** Who decides where the camera looks: people alone, or the talker, by presets or by direction. */
export const framingModeNames = ['fixed', 'presets', 'follow'] as const;
export type FramingModeName = (typeof framingModeNames)[number];

export interface FramingPlan {
  /** The mode to begin with. */
  readonly mode: FramingModeName;
  readonly sectors: readonly PresetSector[];
  readonly homePreset: number;
  /** Where the camera looks at pan 0, as the array measures it, degrees. */
  readonly cameraDeg: number;
}

export interface CameraFramingDeps {
  /** Started and closed by whoever made it. */
  readonly camera: CameraControl;
  /** For a camera that shows a part of its picture: at least this zoom while it follows, for without it nothing turns; else null. */
  readonly followZoom: number | null;
  readonly plan: FramingPlan;
  readonly talkers: TalkerDirections;
  /** Whether somebody elsewhere in the call speaks now: the array hears the loudspeaker too. */
  readonly farEndSpeaks: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface CameraFramingEvents {
  /** Modes, mode, rest or problems have changed. */
  change: [];
  /** The camera was turned to somebody and stands. */
  moved: [CameraPosition];
}

/** Whoever turns the camera by hand wants it there for a while. */
const HAND_MS = 120_000;
const LOOK_MS = 250;
/** After silence until the camera is home, with room for its rest and its settling. */
const UNTIL_HOME_MS = calmFraming.homeAfterMs + calmFraming.restMs + calmFraming.settleMs + 2 * LOOK_MS;

/**
 * Turns one camera to the talker as its mode says.
 *
 * INVARIANTS
 * - A mode that is not possible now moves nothing and is told as a problem; it works as soon as it is possible.
 * - No timer runs in the mode `fixed`, nor after long silence.
 */
export class CameraFraming {
  readonly #deps: CameraFramingDeps;
  readonly #events: TypedEmitter<CameraFramingEvents>;
  readonly #problems: ProblemList;
  readonly #director = new FramingDirector({ kind: 'fixed' });
  readonly #ends: (() => void)[] = [];
  #mode: FramingModeName;
  #talkerDeg: number | null = null;
  #busyUntilMs = -Infinity;
  #restUntilMs = -Infinity;
  #cancelLook: (() => void) | null = null;
  #cancelRest: (() => void) | null = null;

  constructor(deps: CameraFramingDeps) {
    this.#deps = deps;
    this.#mode = deps.plan.mode;
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
    this.#problems = new ProblemList(deps.clock, () => this.#events.emit('change'));
  }

  /** Possible now; `fixed` alone is no choice. */
  get modes(): readonly FramingModeName[] {
    return framingModeNames.filter((name) => name === 'fixed' || this.#modeOf(name) !== null);
  }

  /** As chosen last, possible or not. */
  get mode(): FramingModeName {
    return this.#mode;
  }

  /** Somebody has turned the camera by hand: it stays there for a while. */
  get isResting(): boolean {
    return this.#deps.clock.nowMs() < this.#restUntilMs;
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  on<K extends keyof CameraFramingEvents>(event: K, listener: (...args: CameraFramingEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  start(): void {
    const { camera, talkers } = this.#deps;
    const changed = (): void => this.#update();
    this.#ends.push(
      talkers.onTalker((direction) => this.#hear(direction?.azimuthDeg ?? null)),
      talkers.onPresence(changed),
      camera.on('capabilities', changed),
      camera.on('reachable', changed),
    );
    this.#talkerDeg = talkers.current?.azimuthDeg ?? null;
    this.#update();
  }

  /** Choosing ends the rest after a movement by hand. `unsupported`: not possible with this camera, or nothing tells directions. */
  setMode(mode: FramingModeName): Outcome<FramingModeName> {
    if (!this.modes.includes(mode)) return unverified('unsupported', this.#mode);
    this.#mode = mode;
    this.#endRest();
    this.#update();
    return reached(mode);
  }

  /** Somebody turned the camera, to a preset or elsewhere. */
  movedByHand(preset: number | null): void {
    const { clock } = this.#deps;
    const nowMs = clock.nowMs();
    this.#director.movedByHand(preset === null ? null : { kind: 'preset', preset }, nowMs);
    if (this.#mode === 'fixed') return;
    this.#cancelRest?.();
    this.#restUntilMs = nowMs + HAND_MS;
    this.#cancelRest = clock.after(HAND_MS, () => {
      this.#endRest();
      this.#update();
    });
    this.#update();
  }

  /** Idempotent. */
  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#endRest();
    this.#cancelLook?.();
    this.#cancelLook = null;
    this.#events.clear();
  }

  #endRest(): void {
    this.#cancelRest?.();
    this.#cancelRest = null;
    this.#restUntilMs = -Infinity;
  }

  #update(): void {
    const mode = this.#modeOf(this.#mode);
    const { talkers } = this.#deps;
    const isKnown = this.#deps.camera.isReachable && this.#canMove;
    this.#problems.set('device/framing-no-talkers', isKnown && mode === null && !talkers.isThere);
    this.#problems.set('device/framing-impossible', isKnown && mode === null && talkers.isThere);
    const next = mode ?? { kind: 'fixed' };
    if (JSON.stringify(next) !== JSON.stringify(this.#director.mode)) this.#director.setMode(next);
    this.#watch();
    this.#events.emit('change');
  }

  get #canMove(): boolean {
    const { pan, tilt, zoom } = this.#deps.camera.capabilities;
    return [pan, tilt, zoom].some(({ kind }) => kind !== 'none');
  }

  /** Null: not possible now. */
  #modeOf(name: FramingModeName): FramingMode | null {
    const { camera, plan, talkers } = this.#deps;
    const { pan, presets } = camera.capabilities;
    if (name === 'fixed') return { kind: 'fixed' };
    if (!talkers.isThere) return null;
    if (name === 'presets') {
      if (presets === null || plan.sectors.length === 0) return null;
      return { kind: 'follow-presets', sectors: plan.sectors, homePreset: plan.homePreset };
    }
    if (pan.kind !== 'absolute' || pan.unit !== 'degrees') return null;
    return { kind: 'follow-angle', cameraDeg: plan.cameraDeg, mostPanDeg: Math.max(-pan.min, pan.max) };
  }

  #hear(talkerDeg: number | null): void {
    this.#talkerDeg = talkerDeg;
    this.#busyUntilMs = this.#deps.clock.nowMs() + UNTIL_HOME_MS;
    this.#watch();
  }

  /** Looks several times a second while there is somebody to follow. */
  #watch(): void {
    const isNeeded =
      this.#director.mode.kind !== 'fixed' &&
      !this.isResting &&
      (this.#talkerDeg !== null || this.#deps.clock.nowMs() < this.#busyUntilMs);
    if (isNeeded) this.#cancelLook ??= this.#deps.clock.every(LOOK_MS, () => this.#look());
    else this.#cancelLook?.();
    if (!isNeeded) this.#cancelLook = null;
  }

  #look(): void {
    const { clock, farEndSpeaks } = this.#deps;
    const isFarEnd = farEndSpeaks();
    // Silence begins when the conversation ends.
    if (isFarEnd) this.#busyUntilMs = clock.nowMs() + UNTIL_HOME_MS;
    const target = this.#director.update({ talkerDeg: this.#talkerDeg, farEndSpeaks: isFarEnd }, clock.nowMs());
    if (target !== null) void this.#turn(target);
    this.#watch();
  }

  async #turn(target: FramingTarget): Promise<void> {
    const { clock, logger } = this.#deps;
    try {
      const outcome = await this.#moveTo(target);
      if (outcome.value !== null) this.#events.emit('moved', outcome.value);
      // Beyond the range it looks as near as it can; what somebody else wanted meanwhile has been told.
      if (outcome.kind === 'reached' || ['differs', 'cannot-read', 'superseded'].includes(outcome.reason)) return;
      logger.info('the camera was not turned to the talker', { target: target.kind, reason: outcome.reason });
      // It is tried again after a rest. A preset that was never stored would be refused for ever.
      if (outcome.reason !== 'refused') this.#director.movedByHand(null, clock.nowMs());
    } catch (error) {
      logger.info('the camera was not turned to the talker', { ...errorFields(error), target: target.kind });
    }
  }

  async #moveTo(target: FramingTarget): Promise<Outcome<CameraPosition>> {
    const { camera, followZoom } = this.#deps;
    if (target.kind === 'preset') return camera.recallPreset(target.preset, null);
    const pan = target.kind === 'pan' ? target.panDeg : 0;
    if (followZoom === null) return camera.moveTo({ pan, tilt: null, zoom: null }, null);
    if (target.kind === 'home') return camera.home(null);
    const { position } = await camera.state(null);
    return camera.moveTo({ pan, tilt: null, zoom: Math.max(followZoom, position.zoom ?? 0) }, null);
  }
}
