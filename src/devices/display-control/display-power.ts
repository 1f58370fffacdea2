import type { Clock } from '../../lib/clock.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { ControlProblem } from '../control-problem.ts';
import { ProblemList } from '../control-problem.ts';
import type { DisplayControl, PowerState, PowerWish } from './display-control.ts';

export interface DisplayPowerDeps {
  /** Not closed by `close`. */
  readonly display: Pick<DisplayControl, 'readPower' | 'setPower'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of the display's power. */
export interface DisplayPowerState {
  readonly wanted: PowerWish | null;
  /** As last read; `null` when the display did not say. */
  readonly actual: PowerState | null;
  /** Whether `actual` is what is wanted, or on its way there. */
  readonly isVerified: boolean;
  /** The room has to show black, because the display should be in standby and is not known to be. */
  readonly needsBlack: boolean;
}

/** How often the actual state is compared with the wanted one. */
const CHECK_MS = 30_000;
/** Until the first comparison after a wish. */
const FIRST_CHECK_MS = 5_000;
/**
 * A wish is repeated so often; then only every `STUBBORN_MS`, because somebody may have pressed the display's own button and
 * mean it, and because a relay that never holds wears out.
 */
const QUICK_TRIES = 3;
const STUBBORN_MS = 10 * 60_000;
/** A lamp warms up and cools down in less. */
const TRANSITION_MS = 3 * 60_000;
/** Told as a problem after so many comparisons in a row. */
const TOLD_AFTER = 2;

/**
 * Keeps a display's power as it should be: sets it, goes on comparing, sets it again, and says when the display does
 * otherwise or does not say. While it should be in standby and that is not verified, the room shows black instead.
 *
 * INVARIANTS
 * - One command or question at a time; a new wish is sent when the one under way has been answered.
 * - A problem is there exactly as long as the last comparisons found it.
 */
export class DisplayPower {
  readonly #deps: DisplayPowerDeps;
  readonly #events: TypedEmitter<{ state: [DisplayPowerState]; problems: [] }>;
  readonly #problems: ProblemList;
  readonly #abort = new AbortController();
  #wanted: PowerWish | null = null;
  #actual: PowerState | null = null;
  #told = '';
  #tries = 0;
  #triedAtMs = 0;
  #transitionSinceMs: number | null = null;
  #wrong = 0;
  #silent = 0;
  #isBusy = false;
  #isDue = false;
  #cancelCheck: () => void = () => undefined;
  #closed = false;

  constructor(deps: DisplayPowerDeps) {
    this.#deps = deps;
    this.#events = new TypedEmitter((error) => deps.logger.error('listener failed', errorFields(error)));
    this.#problems = new ProblemList(deps.clock, () => this.#events.emit('problems'));
  }

  get state(): DisplayPowerState {
    const isVerified = this.#wanted !== null && this.#isAsWanted;
    return {
      wanted: this.#wanted,
      actual: this.#actual,
      isVerified,
      needsBlack: this.#wanted === 'standby' && !isVerified,
    };
  }

  get problems(): readonly ControlProblem[] {
    return this.#problems.list;
  }

  on(event: 'state', listener: (state: DisplayPowerState) => void): () => void;
  on(event: 'problems', listener: () => void): () => void;
  on(event: 'state' | 'problems', listener: (state: DisplayPowerState) => void): () => void {
    return event === 'state'
      ? this.#events.on('state', listener)
      : this.#events.on('problems', () => listener(this.state));
  }

  /** Takes effect soon; asking for what is wanted already does nothing. */
  want(power: PowerWish): void {
    if (this.#closed || this.#wanted === power) return;
    this.#wanted = power;
    this.#tries = this.#wrong = this.#silent = 0;
    this.#transitionSinceMs = null;
    this.#tell();
    this.#act();
  }

  /** Idempotent; the display stays as it is. */
  close(): void {
    this.#closed = true;
    this.#cancelCheck();
    this.#abort.abort(new Error('closed'));
    this.#events.clear();
  }

  get #isAsWanted(): boolean {
    const onTheWay = this.#wanted === 'on' ? 'warming' : 'cooling';
    return this.#actual === this.#wanted || (this.#actual === onTheWay && !this.#isTransitionTooLong);
  }

  get #isTransitionTooLong(): boolean {
    return this.#transitionSinceMs !== null && this.#deps.clock.nowMs() - this.#transitionSinceMs > TRANSITION_MS;
  }

  #act(): void {
    if (this.#isBusy) this.#isDue = true;
    else void this.#step();
  }

  async #step(): Promise<void> {
    const { clock, logger } = this.#deps;
    const wanted = this.#wanted;
    if (wanted === null) return;
    this.#isBusy = true;
    this.#cancelCheck();
    try {
      await this.#compare(wanted);
    } catch (error) {
      if (!this.#closed) logger.warn('display power not compared', errorFields(error));
    }
    this.#isBusy = false;
    if (this.#closed) return;
    this.#tell();
    if (this.#isDue) {
      this.#isDue = false;
      return this.#act();
    }
    this.#cancelCheck = clock.after(this.#isAsWanted ? CHECK_MS : FIRST_CHECK_MS, () => this.#act());
  }

  async #compare(wanted: PowerWish): Promise<void> {
    const { display } = this.#deps;
    this.#saw(await display.readPower(this.#abort.signal));
    if (!this.#isAsWanted && this.#maySet()) {
      this.#tries += 1;
      this.#triedAtMs = this.#deps.clock.nowMs();
      const outcome = await display.setPower(wanted, this.#abort.signal);
      this.#saw(outcome.value);
    }
    if (wanted === this.#wanted) this.#judge();
  }

  #maySet(): boolean {
    return this.#tries < QUICK_TRIES || this.#deps.clock.nowMs() - this.#triedAtMs >= STUBBORN_MS;
  }

  #saw(actual: PowerState | null): void {
    const isTransition = actual === 'warming' || actual === 'cooling';
    if (!isTransition) this.#transitionSinceMs = null;
    else if (actual !== this.#actual || this.#transitionSinceMs === null) {
      this.#transitionSinceMs = this.#deps.clock.nowMs();
    }
    this.#actual = actual;
  }

  #judge(): void {
    const isSilent = this.#actual === null;
    const isWrong = !isSilent && !this.#isAsWanted;
    this.#silent = isSilent ? this.#silent + 1 : 0;
    this.#wrong = isWrong ? this.#wrong + 1 : 0;
    this.#problems.set('device/display-power-unverified', this.#silent >= TOLD_AFTER);
    this.#problems.set('device/display-power-differs', this.#wrong >= TOLD_AFTER);
    // From here on it obeys: what comes later is a new disagreement, with its own tries.
    if (this.#isAsWanted) this.#tries = 0;
  }

  #tell(): void {
    const state = this.state;
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    this.#deps.logger.info('display power', { wanted: state.wanted, actual: state.actual, black: state.needsBlack });
    this.#events.emit('state', state);
  }
}
