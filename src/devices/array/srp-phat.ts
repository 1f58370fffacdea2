import type { ArraySpectra } from './array-frames.ts';
import type { BinWeights } from './bin-weights.ts';
import type { ArrayGeometry } from './geometry.ts';
import { SPEED_OF_SOUND } from './geometry.ts';

/** Correlations are sampled at this step: eight times the rate of 16 kHz, so that a straight line between two is exact enough. */
const LAG_STEP_S = 1 / 128_000;
/** Degrees between the azimuths of the coarse map; peaks are refined between them. */
export const MAP_STEP_DEG = 4;
const FINE_STEP_DEG = 0.5;

interface Pair {
  readonly i: number;
  readonly j: number;
  readonly dxM: number;
  readonly dyM: number;
}

/**
 * Steered response power with the phase transform (DiBiase, Silverman and Brandstein 2001): the correlations of all pairs of
 * microphones, whitened, added up along the delays that each azimuth would make. Far field, horizontal.
 */
export class SrpPhat {
  /** Azimuths of the coarse map, degrees. */
  readonly azimuths: Float64Array;
  /** Of the last `evaluate`: mean correlation of the pairs at each azimuth, -1 to 1. */
  readonly map: Float64Array;
  readonly #pairs: readonly Pair[];
  readonly #weights: BinWeights;
  readonly #bins: number;
  readonly #lags: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #unit: Float64Array[];
  readonly #cross: Float64Array[];
  /** Per pair: correlation at lags -max to max. */
  readonly #correlation: Float64Array[];
  #believed = 0;

  constructor(geometry: ArrayGeometry, weights: BinWeights, binHz: number) {
    const { microphones, shape } = geometry;
    this.#weights = weights;
    this.#bins = weights.last - weights.first + 1;
    this.#pairs = microphones.flatMap((a, i) =>
      microphones.slice(i + 1).map((b, k) => ({ i, j: i + 1 + k, dxM: a.xM - b.xM, dyM: a.yM - b.yM })),
    );
    const apertureM = Math.max(...this.#pairs.map(({ dxM, dyM }) => Math.hypot(dxM, dyM)));
    this.#lags = Math.ceil(apertureM / SPEED_OF_SOUND / LAG_STEP_S) + 2;
    const phase = (lag: number, b: number): number => 2 * Math.PI * (weights.first + b) * binHz * lag * LAG_STEP_S;
    const table = (of: (x: number) => number): Float64Array =>
      Float64Array.from({ length: this.#lags * this.#bins }, (_, at) =>
        of(phase(Math.floor(at / this.#bins), at % this.#bins)),
      );
    this.#cos = table(Math.cos);
    this.#sin = table(Math.sin);
    this.#unit = microphones.map(() => new Float64Array(2 * this.#bins));
    this.#cross = this.#pairs.map(() => new Float64Array(2 * this.#bins));
    this.#correlation = this.#pairs.map(() => new Float64Array(2 * this.#lags - 1));
    const count = shape === 'circular' ? 360 / MAP_STEP_DEG : 180 / MAP_STEP_DEG + 1;
    this.azimuths = Float64Array.from({ length: count }, (_, at) => at * MAP_STEP_DEG);
    this.map = new Float64Array(count);
  }

  /** Adds a frame, as `weights` (already updated with it) believe it. */
  add(spectra: ArraySpectra): void {
    for (let m = 0; m < spectra.length; m++) this.#whiten(spectra[m], this.#unit[m]);
    const { weights } = this.#weights;
    for (let p = 0; p < this.#pairs.length; p++) {
      const pair = this.#pairs[p];
      const [a, c, cross] = [this.#unit[pair?.i ?? 0], this.#unit[pair?.j ?? 0], this.#cross[p]];
      if (a === undefined || c === undefined || cross === undefined) continue;
      for (let b = 0; b < this.#bins; b++) {
        const weight = weights[b] ?? 0;
        if (weight === 0) continue;
        const [ar, ai, cr, ci] = [a[2 * b] ?? 0, a[2 * b + 1] ?? 0, c[2 * b] ?? 0, c[2 * b + 1] ?? 0];
        cross[2 * b] = (cross[2 * b] ?? 0) + weight * (ar * cr + ai * ci);
        cross[2 * b + 1] = (cross[2 * b + 1] ?? 0) + weight * (ai * cr - ar * ci);
      }
    }
    this.#believed += this.#weights.total * this.#bins;
  }

  /** Makes `map` of the frames added since the last time and forgets them. Returns how many bins of them were believed, in all. */
  evaluate(): number {
    const believed = this.#believed;
    for (let p = 0; p < this.#pairs.length; p++) this.#correlate(this.#cross[p], this.#correlation[p], believed);
    for (let at = 0; at < this.map.length; at++) this.map[at] = this.responseAt(this.azimuths[at] ?? 0);
    for (const cross of this.#cross) cross.fill(0);
    this.#believed = 0;
    return believed;
  }

  /** Response of the frames last evaluated towards any azimuth, -1 to 1. */
  responseAt(azimuthDeg: number): number {
    const [x, y] = [Math.cos((azimuthDeg * Math.PI) / 180), Math.sin((azimuthDeg * Math.PI) / 180)];
    let sum = 0;
    for (let p = 0; p < this.#pairs.length; p++) {
      const pair = this.#pairs[p];
      const correlation = this.#correlation[p];
      if (pair === undefined || correlation === undefined) continue;
      // Sound from the azimuth reaches the microphone nearer to it earlier.
      const lag = this.#lags - 1 - (pair.dxM * x + pair.dyM * y) / SPEED_OF_SOUND / LAG_STEP_S;
      const low = Math.floor(lag);
      const left = correlation[low] ?? 0;
      sum += left + (lag - low) * ((correlation[low + 1] ?? 0) - left);
    }
    return sum / this.#pairs.length;
  }

  /** The azimuth of the largest response near a peak of the coarse map. */
  refine(azimuthDeg: number): number {
    let [best, bestResponse] = [azimuthDeg, -Infinity];
    for (let offset = -MAP_STEP_DEG; offset <= MAP_STEP_DEG; offset += FINE_STEP_DEG) {
      const response = this.responseAt(azimuthDeg + offset);
      if (response > bestResponse) [best, bestResponse] = [azimuthDeg + offset, response];
    }
    return best;
  }

  #whiten(spectrum: Float64Array | undefined, unit: Float64Array | undefined): void {
    if (spectrum === undefined || unit === undefined) return;
    const first = 2 * this.#weights.first;
    for (let b = 0; b < 2 * this.#bins; b += 2) {
      const [re, im] = [spectrum[first + b] ?? 0, spectrum[first + b + 1] ?? 0];
      const scale = 1 / (Math.sqrt(re * re + im * im) + 1e-20);
      unit[b] = re * scale;
      unit[b + 1] = im * scale;
    }
  }

  /** The even and the odd part of the correlation are summed apart, so that one pass gives both signs of a lag. */
  #correlate(cross: Float64Array | undefined, correlation: Float64Array | undefined, believed: number): void {
    if (cross === undefined || correlation === undefined) return;
    const scale = believed > 0 ? 1 / believed : 0;
    const centre = this.#lags - 1;
    for (let lag = 0; lag < this.#lags; lag++) {
      let [even, odd] = [0, 0];
      const row = lag * this.#bins;
      for (let b = 0; b < this.#bins; b++) {
        even += (cross[2 * b] ?? 0) * (this.#cos[row + b] ?? 0);
        odd += (cross[2 * b + 1] ?? 0) * (this.#sin[row + b] ?? 0);
      }
      correlation[centre + lag] = (even - odd) * scale;
      correlation[centre - lag] = (even + odd) * scale;
    }
  }
}
