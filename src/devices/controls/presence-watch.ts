import type { Clock } from '../../lib/clock.ts';
import { isOccupied, ordinaryPresence, presenceStart, watchPresence } from './presence.ts';
import type { PresenceState } from './presence.ts';

const LOOK_MS = 1_000;

export interface PresenceWatchDeps {
  readonly clock: Clock;
  /** Level of the sensor; null while there is none or it is broken. */
  readonly motion: () => boolean | null;
  /** Occupied or not has changed. */
  readonly onChange: () => void;
}

/** Says whether somebody is in the room, from the sensor, the call and what people touch. */
export class PresenceWatch {
  readonly #deps: PresenceWatchDeps;
  #state: PresenceState = presenceStart;
  #inCall = false;
  #touchedMs: number | null = null;
  #sinceWallMs: number;
  #cancel: (() => void) | null = null;

  constructor(deps: PresenceWatchDeps) {
    this.#deps = deps;
    // A program that starts in the night has seen nobody; that must not light the display.
    this.#sinceWallMs = deps.clock.wallMs() - ordinaryPresence.offMs;
  }

  get isOccupied(): boolean {
    return isOccupied(this.#state);
  }

  /** Since when it has been so, an empty room since it was last not; wall clock, milliseconds. */
  get sinceMs(): number {
    return this.#sinceWallMs;
  }

  start(): void {
    this.#cancel ??= this.#deps.clock.every(LOOK_MS, () => this.look());
  }

  setInCall(inCall: boolean): void {
    if (this.#inCall === inCall) return;
    this.#inCall = inCall;
    this.look();
  }

  /** A button or the panel was touched. */
  touched(): void {
    this.#touchedMs = this.#deps.clock.nowMs();
    this.look();
  }

  /** At once instead of within a second, as after an edge of the sensor. */
  look(): void {
    if (this.#cancel === null) return;
    const { clock, motion, onChange } = this.#deps;
    const before = this.isOccupied;
    const evidence = { motion: motion(), inCall: this.#inCall, touchedMs: this.#touchedMs, spokenMs: null };
    this.#state = watchPresence(this.#state, evidence, ordinaryPresence, clock.nowMs());
    if (this.isOccupied === before) return;
    // It is called empty so long after the last sign of life.
    this.#sinceWallMs = clock.wallMs() - (this.isOccupied ? 0 : ordinaryPresence.offMs);
    onChange();
  }

  /** Idempotent. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
