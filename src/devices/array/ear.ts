import type { Clock } from '../../lib/clock.ts';
import { ArrayListener } from './array-listener.ts';
import { type ArrayGeometry, microphonesOnly } from './geometry.ts';
import type { TalkerSource } from './talker-source.ts';

/** Hears where people speak as long as the room's microphone is open, and tells a `TalkerSource`. */
export interface Ear {
  /** The microphone has been opened; idempotent. */
  open(): void;
  /** It has been closed; idempotent. Opening again is allowed. */
  close(): void;
  /** False while the far end speaks: the loudspeaker is who is heard then. */
  setFollows(follows: boolean): void;
  /** Somebody speaks now, as known by other means than the microphone's sound; null when there are none. */
  readonly hears: boolean | null;
  /** For arrays whose directions are found in their sound, which becomes the room's by way of a beam; null for the others. */
  readonly beam: EarBeam | null;
}

export interface EarBeam {
  /** Interleaved, 16 bits, of the array's microphones alone in the order of its geometry, at its rate. */
  push(samples: Int16Array): void;
  /** Takes the beam as `ArrayListenerDeps.onSound` does. One at a time: a new one replaces the one before. */
  onSound(listener: (samples: Int16Array, at: number) => void): void;
}

/** An array along a wall looks into the room; for a round one any start is as good. */
const START_DEG = 90;

/**
 * An ear for an array with raw channels. Making one takes up to a quarter of a second on a desktop, for its tables: whoever makes it does
 * so before a call.
 */
export class ArrayEar implements Ear, EarBeam {
  readonly hears = null;
  readonly #talkers: TalkerSource;
  readonly #listener: ArrayListener;
  #isOpen = false;
  #onSound: (samples: Int16Array, at: number) => void = () => undefined;

  constructor({ geometry, clock, talkers }: { geometry: ArrayGeometry; clock: Clock; talkers: TalkerSource }) {
    this.#talkers = talkers;
    this.#listener = new ArrayListener({
      geometry: microphonesOnly(geometry),
      clock,
      talkers,
      onSound: (samples, at) => this.#onSound(samples, at),
      startDeg: START_DEG,
    });
  }

  get beam(): EarBeam {
    return this;
  }

  open(): void {
    this.#isOpen = true;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onSound = () => undefined;
    this.#talkers.end();
  }

  setFollows(follows: boolean): void {
    this.#listener.setFollows(follows);
  }

  push(samples: Int16Array): void {
    if (this.#isOpen) this.#listener.push(samples);
  }

  onSound(listener: (samples: Int16Array, at: number) => void): void {
    this.#onSound = listener;
  }
}
