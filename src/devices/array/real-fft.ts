import FFT from 'fft.js';

/**
 * Real Fourier transforms of one size, without allocation. Spectra are interleaved (re, im) of bins 0 to size/2: `size + 2` numbers
 * used of arrays of `2 * size`, which is what fft.js works in.
 */
export class RealFft {
  readonly size: number;
  readonly #fft: FFT;
  readonly #time: Float64Array;

  /** `size`: a power of two above 1. */
  constructor(size: number) {
    this.size = size;
    this.#fft = new FFT(size);
    this.#time = new Float64Array(size * 2);
  }

  createSpectrum(): Float64Array {
    return new Float64Array(this.size * 2);
  }

  /** `samples`: `size` of them. */
  forward(samples: Float64Array, spectrum: Float64Array): void {
    this.#fft.realTransform(spectrum, samples);
  }

  /** Fills in the mirrored half of `spectrum`, then writes `size` samples, scaled so that it undoes `forward`. */
  inverse(spectrum: Float64Array, samples: Float64Array): void {
    this.#fft.completeSpectrum(spectrum);
    // The mirrored half of a real signal's bins 0 and size/2 is themselves: anything imaginary there is no signal's.
    spectrum[1] = 0;
    spectrum[this.size + 1] = 0;
    this.#fft.inverseTransform(this.#time, spectrum);
    for (let i = 0; i < this.size; i++) samples[i] = this.#time[2 * i] ?? 0;
  }
}
