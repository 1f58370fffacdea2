import { angleBetween, normaliseAngle } from './geometry.ts';

/** Who speaks, as far as an array can tell: from where. */
export interface TalkerDirection {
  /** Degrees anticlockwise from the array's x seen from above, 0 (inclusive) to 360 (exclusive). */
  readonly azimuthDeg: number;
  /** 0 to 1. */
  readonly confidence: number;
}

/** One look at the array. */
export interface DirectionSighting {
  /** Somebody speaks now. Arrays keep telling their last direction in silence; it counts only with this. */
  readonly speech: boolean;
  /** Null when the array has none. */
  readonly direction: TalkerDirection | null;
}

export interface TrackerOptions {
  /** Directions nearer than this are the same talker, who moves. */
  readonly sameDeg: number;
  /** Another talker must be heard for so long, without the present one in between, before the direction changes. */
  readonly settleMs: number;
  /** The last direction stays for so long after the last speech. */
  readonly holdMs: number;
  /** Share of a sighting in the direction of the same talker: 1 follows at once. */
  readonly follow: number;
}

export const defaultTracking: TrackerOptions = { sameDeg: 18, settleMs: 350, holdMs: 3_000, follow: 0.25 };

/** Sightings → the direction to act on. Pure: time comes as an argument and does not go back. */
export class TalkerTracker {
  readonly #options: TrackerOptions;
  #current: TalkerDirection | null = null;
  #candidate: { direction: TalkerDirection; sinceMs: number } | null = null;
  #lastSpeechMs = -Infinity;

  constructor(options: TrackerOptions = defaultTracking) {
    this.#options = options;
  }

  get current(): TalkerDirection | null {
    return this.#current;
  }

  /** Returns the direction after this sighting; null when nobody has spoken for `holdMs`. */
  update({ speech, direction }: DirectionSighting, atMs: number): TalkerDirection | null {
    if (speech && direction !== null) {
      this.#lastSpeechMs = atMs;
      this.#hear(direction, atMs);
    } else if (atMs - this.#lastSpeechMs >= this.#options.holdMs) {
      this.#current = null;
      this.#candidate = null;
    }
    return this.#current;
  }

  forget(): void {
    this.#current = null;
    this.#candidate = null;
    this.#lastSpeechMs = -Infinity;
  }

  #hear(direction: TalkerDirection, atMs: number): void {
    const { settleMs, follow } = this.#options;
    if (this.#isSame(this.#current, direction)) {
      this.#current = blend(this.#current, direction, follow);
      this.#candidate = null;
      return;
    }
    if (this.#candidate === null || !this.#isSame(this.#candidate.direction, direction))
      this.#candidate = { direction, sinceMs: atMs };
    else this.#candidate = { ...this.#candidate, direction: blend(this.#candidate.direction, direction, follow) };
    if (atMs - this.#candidate.sinceMs < settleMs) return;
    this.#current = this.#candidate.direction;
    this.#candidate = null;
  }

  #isSame(a: TalkerDirection | null, b: TalkerDirection): a is TalkerDirection {
    return a !== null && Math.abs(angleBetween(a.azimuthDeg, b.azimuthDeg)) <= this.#options.sameDeg;
  }
}

function blend(from: TalkerDirection, to: TalkerDirection, share: number): TalkerDirection {
  return {
    azimuthDeg: normaliseAngle(from.azimuthDeg + share * angleBetween(to.azimuthDeg, from.azimuthDeg)),
    confidence: from.confidence + share * (to.confidence - from.confidence),
  };
}
