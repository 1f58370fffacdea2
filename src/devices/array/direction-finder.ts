import { ArrayFrames, type ArraySpectra } from './array-frames.ts';
import { BinWeights } from './bin-weights.ts';
import { angleBetween, type ArrayGeometry, normaliseAngle } from './geometry.ts';
import { MAP_STEP_DEG, SrpPhat } from './srp-phat.ts';

/** Below this, microphones so close together hear nothing of a direction, and fans are loud. */
const LOWEST_HZ = 400;
/** Above this, speech of most people at a table is below the noise of microphones this small. */
const HIGHEST_HZ = 5_000;
/** Length of the pieces whose directions are counted; a syllable holds two to four. */
const PIECE_MS = 64;
/** Bins that a piece must have believed, of some 800: fewer are chance. */
const LEAST_BELIEVED = 12;
/** How many seconds of speech a direction is averaged over. */
const MEMORY_MS = 1_000;
/** Pieces vote for their peak: the higher, the less for what is beside it. */
const SHARPNESS = 4;
/** A second talker is nearer than this to the first only as its side lobe. */
const APART_DEG = 36;
/** Share of the first talker's votes that the second must have. */
const SECOND_SHARE = 0.2;
const MOST_TALKERS = 2;

/** Where sound comes from, of one piece of 64 ms in which somebody spoke; the loudest first. */
export interface HeardDirection {
  /** Degrees anticlockwise from the array's x, 0 to 360. */
  readonly azimuthDeg: number;
  /** Share of the recent votes that this direction has over an even spread, 0 to 1. */
  readonly confidence: number;
}

export interface HeardPiece {
  readonly speech: boolean;
  /** Empty before anybody spoke; not changed by pieces without speech. */
  readonly directions: readonly HeardDirection[];
}

/**
 * Directions of those who speak, from frames of a raw array. Pure but for its own memory. Each piece of 64 ms votes with its sharpened
 * map, as much as it holds direct sound, so that two who speak at once, one louder now and the other then, both keep their peaks.
 */
export class DirectionFinder {
  readonly #weights: BinWeights;
  readonly #srp: SrpPhat;
  readonly #votes: Float64Array;
  readonly #framesPerPiece: number;
  readonly #keep: number;
  readonly #round: boolean;
  readonly #onPiece: (piece: HeardPiece) => void;
  #frames = 0;
  #speechFrames = 0;
  #directions: readonly HeardDirection[] = [];

  constructor(geometry: ArrayGeometry, frames: { hopMs: number; binHz: number }, onPiece: (piece: HeardPiece) => void) {
    const { hopMs, binHz } = frames;
    this.#weights = new BinWeights(Math.round(LOWEST_HZ / binHz), Math.round(HIGHEST_HZ / binHz), hopMs);
    this.#srp = new SrpPhat(geometry, this.#weights, binHz);
    this.#votes = new Float64Array(this.#srp.map.length);
    this.#framesPerPiece = Math.max(1, Math.round(PIECE_MS / hopMs));
    this.#keep = Math.exp((-this.#framesPerPiece * hopMs) / MEMORY_MS);
    this.#round = geometry.shape === 'circular';
    this.#onPiece = onPiece;
  }

  /** Frames of a new stream with everything wired: what most callers want. */
  static listen(geometry: ArrayGeometry, onPiece: (piece: HeardPiece) => void): ArrayFrames {
    const frames: ArrayFrames = new ArrayFrames(geometry, (spectra) => finder.addFrame(spectra));
    const finder = new DirectionFinder(geometry, frames, onPiece);
    return frames;
  }

  addFrame(spectra: ArraySpectra): void {
    this.#weights.update(spectra);
    if (this.#weights.isSpeech) {
      this.#speechFrames++;
      this.#srp.add(spectra);
    }
    if (++this.#frames < this.#framesPerPiece) return;
    const speech = this.#finishPiece();
    this.#onPiece({ speech, directions: this.#directions });
  }

  #finishPiece(): boolean {
    const spoken = this.#speechFrames > 0;
    this.#frames = 0;
    this.#speechFrames = 0;
    if (!spoken) return false;
    const believed = this.#srp.evaluate();
    if (believed >= LEAST_BELIEVED) {
      this.#vote(believed);
      this.#directions = this.#peaks();
    }
    return true;
  }

  #vote(believed: number): void {
    const { map } = this.#srp;
    let [mean, most] = [0, -1];
    for (let at = 0; at < map.length; at++) {
      mean += (map[at] ?? 0) / map.length;
      most = Math.max(most, map[at] ?? 0);
    }
    const spread = Math.max(1e-9, most - mean);
    const strength = spread * Math.min(1, believed / 100);
    for (let at = 0; at < map.length; at++) {
      const vote = Math.max(0, ((map[at] ?? 0) - mean) / spread) ** SHARPNESS;
      this.#votes[at] = (this.#votes[at] ?? 0) * this.#keep + vote * strength;
    }
  }

  #peaks(): HeardDirection[] {
    const found: HeardDirection[] = [];
    let total = 0;
    for (const vote of this.#votes) total += vote;
    let first = 0;
    while (found.length < MOST_TALKERS) {
      const at = this.#highestApartFrom(found);
      const height = at < 0 ? 0 : (this.#votes[at] ?? 0);
      if (height <= 0 || height < SECOND_SHARE * first) break;
      first = Math.max(first, height);
      found.push({
        azimuthDeg: this.#summit(at),
        confidence: Math.max(0, 1 - total / this.#votes.length / height),
      });
    }
    return found;
  }

  /** Index of the highest vote that is a peak of its own, -1 when there is none. */
  #highestApartFrom(found: readonly HeardDirection[]): number {
    let best = -1;
    for (let at = 0; at < this.#votes.length; at++) {
      const vote = this.#votes[at] ?? 0;
      if (best >= 0 && vote <= (this.#votes[best] ?? 0)) continue;
      if (vote < this.#voteAt(at - 1) || vote < this.#voteAt(at + 1)) continue;
      const azimuth = this.#srp.azimuths[at] ?? 0;
      if (found.every((other) => Math.abs(angleBetween(azimuth, other.azimuthDeg)) >= APART_DEG)) best = at;
    }
    return best;
  }

  /** Of the parabola through a peak and its neighbours. */
  #summit(at: number): number {
    const [left, top, right] = [this.#voteAt(at - 1), this.#voteAt(at), this.#voteAt(at + 1)];
    const bend = left - 2 * top + right;
    const shift = bend < 0 ? (0.5 * (left - right)) / bend : 0;
    return normaliseAngle((this.#srp.azimuths[at] ?? 0) + Math.max(-0.5, Math.min(0.5, shift)) * MAP_STEP_DEG);
  }

  #voteAt(at: number): number {
    const { length } = this.#votes;
    return this.#votes[this.#round ? (at + length) % length : Math.max(0, Math.min(length - 1, at))] ?? 0;
  }
}
