import type { ArraySpectra } from './array-frames.ts';

/** Decay of power per second that late reverberation is reckoned with: a room of half a second (60 dB in it). */
const REVERB_DECAY_PER_S = 10 ** (-6 / 0.5);
/** Reverberation starts to count this long after the direct sound. */
const REVERB_DELAY_MS = 32;
/** Late reverberation is about as strong as the sound itself at the distances of a meeting table. */
const REVERB_SHARE = 0.5;
/** The noise floor rises this much in a second at most, in power, and falls at once. */
const FLOOR_RISE_PER_S = 1.15;
const SMOOTHING_MS = 60;
/** The floor rests below the mean of noise; this multiple of it is no longer counted as sound. */
const FLOOR_MARGIN = 2;
/** Power of a frame over that of its floor at which it holds speech: 5 dB. */
const SPEECH_RATIO = 3.2;

/**
 * How much each frequency of a frame can be believed: near 1 where the sound has just begun, near 0 where it is noise or the room's echo
 * of what came before. Cross-correlations weighted so look at direct sound, whose direction is the talker's.
 */
export class BinWeights {
  /** Of bins `first` to `last`, at index bin - first. */
  readonly weights: Float64Array;
  readonly first: number;
  readonly last: number;
  readonly #power: Float64Array;
  readonly #floor: Float64Array;
  readonly #smooth: Float64Array;
  readonly #late: Float64Array;
  readonly #delayed: Float64Array[];
  readonly #decay: number;
  readonly #smoothing: number;
  readonly #rise: number;
  #frames = 0;
  #total = 0;
  #ratio = 0;

  /** Bins `first` to `last`, inclusive; `hopMs` from frame to frame. */
  constructor(first: number, last: number, hopMs: number) {
    const bins = last - first + 1;
    this.first = first;
    this.last = last;
    this.weights = new Float64Array(bins);
    this.#power = new Float64Array(bins);
    this.#floor = new Float64Array(bins);
    this.#smooth = new Float64Array(bins);
    this.#smoothing = 1 - Math.exp(-hopMs / SMOOTHING_MS);
    this.#late = new Float64Array(bins);
    this.#delayed = Array.from(
      { length: Math.max(1, Math.round(REVERB_DELAY_MS / hopMs)) },
      () => new Float64Array(bins),
    );
    this.#decay = REVERB_DECAY_PER_S ** (hopMs / 1000);
    this.#rise = FLOOR_RISE_PER_S ** (hopMs / 1000);
  }

  /** Mean weight of the last frame, 0 to 1. */
  get total(): number {
    return this.#total;
  }

  get isSpeech(): boolean {
    return this.#ratio >= SPEECH_RATIO;
  }

  update(spectra: ArraySpectra): void {
    this.#measure(spectra);
    const before = this.#delayed[this.#frames % this.#delayed.length];
    let [total, loudness, quiet] = [0, 0, 0];
    for (let b = 0; b < this.weights.length; b++) {
      const power = this.#power[b] ?? 0;
      const floor = this.#followFloor(b, power);
      const late = Math.max((this.#late[b] ?? 0) * this.#decay, (before?.[b] ?? 0) * this.#decay);
      this.#late[b] = late;
      const believed = Math.max(0, 1 - (FLOOR_MARGIN * floor + REVERB_SHARE * late) / (power + 1e-20));
      this.weights[b] = believed;
      total += believed;
      loudness += power;
      quiet += floor;
    }
    before?.set(this.#power);
    this.#frames++;
    this.#total = total / this.weights.length;
    this.#ratio = loudness / (quiet + 1e-20);
  }

  #measure(spectra: ArraySpectra): void {
    this.#power.fill(0);
    for (const spectrum of spectra)
      for (let b = 0; b < this.#power.length; b++) {
        const at = 2 * (this.first + b);
        const [re, im] = [spectrum[at] ?? 0, spectrum[at + 1] ?? 0];
        this.#power[b] = (this.#power[b] ?? 0) + re * re + im * im;
      }
  }

  #followFloor(b: number, power: number): number {
    // Single frames of noise scatter widely: minima are taken of power smoothed over some 60 ms.
    const before = this.#smooth[b] ?? 0;
    const smooth = this.#frames === 0 ? power : before + this.#smoothing * (power - before);
    const floor = this.#frames === 0 ? power : Math.min(smooth, (this.#floor[b] ?? 0) * this.#rise);
    this.#smooth[b] = smooth;
    this.#floor[b] = floor;
    return floor;
  }
}
