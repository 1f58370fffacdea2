import type { ArrayGeometry } from './geometry.ts';
import { RealFft } from './real-fft.ts';

/** One frame of all microphones: interleaved spectra of bins 0 to size/2, in the order of the geometry; reused for the next frame. */
export type ArraySpectra = readonly Float64Array[];

/**
 * Cuts the interleaved stream of an array into overlapping frames (half a frame apart, root of a Hann window) and transforms them. Frames
 * last 32 ms at 16 kHz, 43 ms at 48 kHz. Nothing is allocated per frame.
 */
export class ArrayFrames {
  readonly fft: RealFft;
  readonly hop: number;
  readonly sampleRate: number;
  readonly window: Float64Array;
  readonly #geometry: ArrayGeometry;
  readonly #onFrame: (spectra: ArraySpectra) => void;
  readonly #history: Float64Array[];
  readonly #spectra: Float64Array[];
  readonly #windowed: Float64Array;
  #filled: number;
  #taken = 0;

  constructor(geometry: ArrayGeometry, onFrame: (spectra: ArraySpectra) => void) {
    const size = geometry.sampleRate === 16_000 ? 512 : 2048;
    this.#geometry = geometry;
    this.#onFrame = onFrame;
    this.fft = new RealFft(size);
    this.hop = size / 2;
    this.sampleRate = geometry.sampleRate;
    this.window = Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / size));
    this.#history = geometry.microphones.map(() => new Float64Array(size));
    this.#spectra = geometry.microphones.map(() => this.fft.createSpectrum());
    this.#windowed = new Float64Array(size);
    // The first frame begins with half a frame of silence, so that the beam's output starts with the input's first sample.
    this.#filled = this.hop;
  }

  get binHz(): number {
    return this.sampleRate / this.fft.size;
  }

  get hopMs(): number {
    return (this.hop * 1000) / this.sampleRate;
  }

  /** Samples of each channel that have been taken of the sound that is being pushed. */
  get taken(): number {
    return this.#taken;
  }

  /** Interleaved samples, 16 bits, of all channels; whole frames of channels, any number of them. */
  push(samples: Int16Array): void {
    const { channels } = this.#geometry;
    const count = Math.floor(samples.length / channels);
    for (let done = 0; done < count;) {
      const take = Math.min(count - done, this.fft.size - this.#filled);
      this.#copy(samples, done, take);
      this.#filled += take;
      done += take;
      this.#taken = done;
      if (this.#filled === this.fft.size) this.#transform();
    }
  }

  #copy(samples: Int16Array, from: number, count: number): void {
    const { channels, microphones } = this.#geometry;
    for (let m = 0; m < microphones.length; m++) {
      const history = this.#history[m];
      const channel = microphones[m]?.channel ?? 0;
      if (history === undefined) continue;
      for (let i = 0; i < count; i++)
        history[this.#filled + i] = (samples[(from + i) * channels + channel] ?? 0) / 32_768;
    }
  }

  #transform(): void {
    const { size } = this.fft;
    for (let m = 0; m < this.#history.length; m++) {
      const [history, spectrum] = [this.#history[m], this.#spectra[m]];
      if (history === undefined || spectrum === undefined) continue;
      for (let i = 0; i < size; i++) this.#windowed[i] = (history[i] ?? 0) * (this.window[i] ?? 0);
      this.fft.forward(this.#windowed, spectrum);
      history.copyWithin(0, this.hop);
    }
    this.#filled = this.hop;
    this.#onFrame(this.#spectra);
  }
}
