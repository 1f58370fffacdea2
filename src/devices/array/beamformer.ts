import type { ArraySpectra } from './array-frames.ts';
import { BeamDesign } from './beam-design.ts';
import { angleBetween, type ArrayGeometry, normaliseAngle } from './geometry.ts';
import { RealFft } from './real-fft.ts';

/** Beams are made for every so many degrees; between them the width of a beam makes no difference. */
const STEP_DEG = 5;
/** Share of the way to a new direction that the beam goes in a frame of 16 to 21 ms: there in a tenth of a second, without a click. */
const TURN = 0.25;

/**
 * One beam out of a raw array: spectra of `ArrayFrames` in, mono sound out, half a frame (16 to 21 ms) later. Allocates nothing per
 * frame but when it is steered to a direction it never had.
 */
export class Beamformer {
  readonly #design: BeamDesign;
  readonly #fft: RealFft;
  readonly #window: Float64Array;
  readonly #onSound: (samples: Int16Array) => void;
  readonly #beams = new Map<number, Float64Array>();
  readonly #weights: Float64Array;
  readonly #spectrum: Float64Array;
  readonly #time: Float64Array;
  readonly #tail: Float64Array;
  readonly #out: Int16Array;
  #target: Float64Array;
  #azimuthDeg: number;

  /** `onSound` gets half a frame at a time, 16 bits, at the array's rate; the array is reused. */
  constructor(
    geometry: ArrayGeometry,
    frames: { fft: RealFft; window: Float64Array; binHz: number },
    azimuthDeg: number,
    onSound: (samples: Int16Array) => void,
  ) {
    const { size } = frames.fft;
    this.#fft = new RealFft(size);
    this.#window = frames.window;
    this.#design = new BeamDesign(geometry, size / 2 + 1, frames.binHz);
    this.#onSound = onSound;
    this.#spectrum = this.#fft.createSpectrum();
    this.#time = new Float64Array(size);
    this.#tail = new Float64Array(size / 2);
    this.#out = new Int16Array(size / 2);
    this.#azimuthDeg = quantise(azimuthDeg);
    this.#target = this.#beam(this.#azimuthDeg);
    this.#weights = this.#target.slice();
  }

  /** Where the beam looks or is turning to. */
  get azimuthDeg(): number {
    return this.#azimuthDeg;
  }

  /** Returns the direction that the beam really has: the nearest one of its steps. */
  steer(azimuthDeg: number): number {
    if (Math.abs(angleBetween(azimuthDeg, this.#azimuthDeg)) > STEP_DEG / 2) {
      this.#azimuthDeg = quantise(azimuthDeg);
      this.#target = this.#beam(this.#azimuthDeg);
    }
    return this.#azimuthDeg;
  }

  addFrame(spectra: ArraySpectra): void {
    this.#turn();
    this.#sum(spectra);
    this.#fft.inverse(this.#spectrum, this.#time);
    const half = this.#out.length;
    for (let i = 0; i < half; i++) {
      const sample = (this.#tail[i] ?? 0) + (this.#time[i] ?? 0) * (this.#window[i] ?? 0);
      this.#out[i] = Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768)));
      this.#tail[i] = (this.#time[half + i] ?? 0) * (this.#window[half + i] ?? 0);
    }
    this.#onSound(this.#out);
  }

  #turn(): void {
    if (this.#weights.length !== this.#target.length) return;
    for (let i = 0; i < this.#weights.length; i++) {
      const now = this.#weights[i] ?? 0;
      this.#weights[i] = now + TURN * ((this.#target[i] ?? 0) - now);
    }
  }

  #sum(spectra: ArraySpectra): void {
    const count = spectra.length;
    const bins = this.#fft.size / 2 + 1;
    this.#spectrum.fill(0);
    for (let m = 0; m < count; m++) {
      const input = spectra[m];
      if (input === undefined) continue;
      for (let bin = 0; bin < bins; bin++) {
        const at = 2 * (bin * count + m);
        const [wr, wi] = [this.#weights[at] ?? 0, this.#weights[at + 1] ?? 0];
        const [re, im] = [input[2 * bin] ?? 0, input[2 * bin + 1] ?? 0];
        this.#spectrum[2 * bin] = (this.#spectrum[2 * bin] ?? 0) + wr * re - wi * im;
        this.#spectrum[2 * bin + 1] = (this.#spectrum[2 * bin + 1] ?? 0) + wr * im + wi * re;
      }
    }
  }

  #beam(azimuthDeg: number): Float64Array {
    const known = this.#beams.get(azimuthDeg);
    if (known) return known;
    const made = this.#design.weightsTowards(azimuthDeg);
    this.#beams.set(azimuthDeg, made);
    return made;
  }
}

function quantise(azimuthDeg: number): number {
  return normaliseAngle(Math.round(azimuthDeg / STEP_DEG) * STEP_DEG);
}
