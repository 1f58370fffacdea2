import type { Clock } from '../../lib/clock.ts';
import { ArrayFrames } from './array-frames.ts';
import { Beamformer } from './beamformer.ts';
import { DirectionFinder, type HeardDirection } from './direction-finder.ts';
import type { ArrayGeometry } from './geometry.ts';
import type { TalkerSource } from './talker-source.ts';

export interface ArrayListenerDeps {
  readonly geometry: ArrayGeometry;
  readonly clock: Clock;
  /** Told of every piece of sound in which somebody may have spoken. */
  readonly talkers: TalkerSource;
  /**
   * The beam, 16 bits mono at the array's rate, half a frame at a time; the array is reused. `at`: place of its first sample in the sound
   * that is being pushed, in samples from the start of that, and negative, for the beam is late by a frame.
   */
  readonly onSound: (samples: Int16Array, at: number) => void;
  /** Where the beam looks before anybody has spoken. */
  readonly startDeg: number;
}

/** A raw array as one microphone that turns to who speaks and says where that is. */
export class ArrayListener {
  readonly #talkers: TalkerSource;
  readonly #frames: ArrayFrames;
  readonly #beam: Beamformer;
  readonly #clock: Clock;
  #directions: readonly HeardDirection[] = [];
  #follows = true;

  constructor(deps: ArrayListenerDeps) {
    const { geometry, onSound, startDeg } = deps;
    this.#clock = deps.clock;
    this.#talkers = deps.talkers;
    this.#frames = new ArrayFrames(geometry, (spectra) => {
      finder.addFrame(spectra);
      this.#beam.addFrame(spectra);
    });
    const finder = new DirectionFinder(geometry, this.#frames, ({ speech, directions }) => {
      this.#directions = directions;
      this.#talkers.see({ speech: speech && this.#follows, direction: directions[0] ?? null }, this.#clock.nowMs());
      const talker = this.#talkers.current;
      if (talker !== null) this.#beam.steer(talker.azimuthDeg);
    });
    const lateBy = 2 * this.#frames.hop;
    this.#beam = new Beamformer(geometry, this.#frames, startDeg, (samples) =>
      onSound(samples, this.#frames.taken - lateBy),
    );
  }

  /** All who were heard lately, the loudest first: up to two. */
  get directions(): readonly HeardDirection[] {
    return this.#directions;
  }

  get beamDeg(): number {
    return this.#beam.azimuthDeg;
  }

  /** While the far end speaks the loudspeaker is who is heard: directions are not followed then, the beam stays. */
  setFollows(follows: boolean): void {
    this.#follows = follows;
  }

  /** Interleaved sound of the array, 16 bits, all channels. */
  push(samples: Int16Array): void {
    this.#frames.push(samples);
  }
}
