import type { ArrayGeometry } from './geometry.ts';
import { SPEED_OF_SOUND } from './geometry.ts';

/** The least that a beam may do to the microphones' own noise, in power: it may raise it four times (6 dB), at low frequencies. */
const LEAST_WHITE_NOISE_GAIN = 0.25;
/** Tenfold steps of the least and the most loading: from a microphone's own noise to the plain sum. */
const [LEAST_LOADING, MOST_LOADING] = [-3, 2];
/** Halvings: fine enough that neighbouring bins have nearly the same weights, else the beam would ring beyond its frame. */
const SEARCH_STEPS = 12;
const PROBES_DEG = [0, 25, 60, 90, 155] as const;

/**
 * Superdirective beams (Bitzer and Simmer 2001): minimum variance without distortion for noise from all around, whose coherence between
 * microphones is sin(x)/x. The diagonal is loaded, bin by bin, until the white noise gain is bearable.
 */
export class BeamDesign {
  readonly #geometry: ArrayGeometry;
  readonly #bins: number;
  readonly #binHz: number;
  /** Inverse of the loaded coherence, per bin, row by row. */
  readonly #inverse: Float64Array[];

  constructor(geometry: ArrayGeometry, bins: number, binHz: number) {
    this.#geometry = geometry;
    this.#bins = bins;
    this.#binHz = binHz;
    this.#inverse = Array.from({ length: bins }, (_, bin) => this.#invertLoaded(bin));
  }

  /** Conjugated weights, interleaved (re, im), microphone after microphone, bin after bin. */
  weightsTowards(azimuthDeg: number): Float64Array {
    const count = this.#geometry.microphones.length;
    const weights = new Float64Array(2 * count * this.#bins);
    for (let bin = 0; bin < this.#bins; bin++) {
      const { re, im } = solve(this.#inverse[bin] ?? new Float64Array(), this.#steering(azimuthDeg, bin));
      for (let m = 0; m < count; m++) {
        weights[2 * (bin * count + m)] = re[m] ?? 0;
        weights[2 * (bin * count + m) + 1] = -(im[m] ?? 0);
      }
    }
    return weights;
  }

  #steering(azimuthDeg: number, bin: number): { re: Float64Array; im: Float64Array } {
    const { microphones } = this.#geometry;
    const [x, y] = [Math.cos((azimuthDeg * Math.PI) / 180), Math.sin((azimuthDeg * Math.PI) / 180)];
    const phases = microphones.map(
      ({ xM, yM }) => (2 * Math.PI * bin * this.#binHz * (xM * x + yM * y)) / SPEED_OF_SOUND,
    );
    return { re: Float64Array.from(phases, Math.cos), im: Float64Array.from(phases, Math.sin) };
  }

  #invertLoaded(bin: number): Float64Array {
    const inverseAt = (power: number): Float64Array =>
      invert(this.#coherence(bin, 10 ** power), this.#geometry.microphones.length);
    let [low, high] = [LEAST_LOADING, MOST_LOADING];
    if (this.#isBearable(inverseAt(low), bin)) return inverseAt(low);
    for (let step = 0; step < SEARCH_STEPS; step++) {
      const middle = (low + high) / 2;
      if (this.#isBearable(inverseAt(middle), bin)) high = middle;
      else low = middle;
    }
    return inverseAt(high);
  }

  #isBearable(inverse: Float64Array, bin: number): boolean {
    return PROBES_DEG.every((azimuthDeg) => {
      const { re, im } = solve(inverse, this.#steering(azimuthDeg, bin));
      return squared(re) + squared(im) <= 1 / LEAST_WHITE_NOISE_GAIN;
    });
  }

  #coherence(bin: number, loading: number): Float64Array {
    const { microphones } = this.#geometry;
    return Float64Array.from(
      microphones.flatMap((a) =>
        microphones.map((b) => {
          const x = (2 * Math.PI * bin * this.#binHz * Math.hypot(a.xM - b.xM, a.yM - b.yM)) / SPEED_OF_SOUND;
          return (x < 1e-9 ? 1 : Math.sin(x) / x) + (a === b ? loading : 0);
        }),
      ),
    );
  }
}

/** inverse * d over its product with d: passes the direction of `d` unchanged. */
function solve(
  inverse: Float64Array,
  d: { re: Float64Array; im: Float64Array },
): { re: Float64Array; im: Float64Array } {
  const re = multiply(inverse, d.re);
  const im = multiply(inverse, d.im);
  let power = 0;
  for (let m = 0; m < re.length; m++) power += (re[m] ?? 0) * (d.re[m] ?? 0) + (im[m] ?? 0) * (d.im[m] ?? 0);
  return { re: re.map((x) => x / power), im: im.map((x) => x / power) };
}

function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return vector.map((_, row) => vector.reduce((sum, x, column) => sum + x * (matrix[row * size + column] ?? 0), 0));
}

function squared(vector: Float64Array): number {
  return vector.reduce((sum, x) => sum + x * x, 0);
}

/** Gauss and Jordan, without pivots: loaded coherences are symmetric and positive definite. */
function invert(matrix: Float64Array, size: number): Float64Array {
  const a = matrix.slice();
  const inverse = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  const at = (of: Float64Array, row: number, column: number): number => of[row * size + column] ?? 0;
  for (let pivot = 0; pivot < size; pivot++) {
    const scale = 1 / at(a, pivot, pivot);
    for (const part of [a, inverse])
      for (let column = 0; column < size; column++) part[pivot * size + column] = at(part, pivot, column) * scale;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = at(a, row, pivot);
      for (const part of [a, inverse])
        for (let column = 0; column < size; column++)
          part[row * size + column] = at(part, row, column) - factor * at(part, pivot, column);
    }
  }
  return inverse;
}
