/** Delay between sound leaving the mixer and coming back through the microphone. */
export interface EchoDelay {
  readonly delayMs: number;
  /** 0 to 1: how far the best match stands out. Below `TRUSTED` the room is too noisy or the speaker too quiet. */
  readonly confidence: number;
}

export const TRUSTED = 0.35;
const CHIRP_MS = 600;

/** A rising and falling sweep of 300 to 3,400 Hz, 16-bit mono: inside the range of any speaker, sharp when correlated. */
export function chirp(rate: number): Int16Array {
  const count = Math.round((CHIRP_MS / 1000) * rate);
  const [low, high] = [300, 3_400];
  const out = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    const t = i / rate;
    const duration = count / rate;
    const phase = 2 * Math.PI * (low * t + ((high - low) * t * t) / (2 * duration));
    const fade = Math.min(1, i / (0.02 * rate), (count - 1 - i) / (0.02 * rate));
    out[i] = Math.round(12_000 * fade * Math.sin(phase));
  }
  return out;
}

/**
 * Finds `played` inside `recorded`; both mono at `rate`, their first samples at the same moment. Spectra are whitened (GCC-PHAT,
 * Knapp and Carter 1976), so a coloured room does not smear the peak; the *first* strong peak wins, not a later reflection.
 * Null when `maxDelayMs` of room is not in the recording.
 */
export function estimateEchoDelay(
  played: Float32Array,
  recorded: Float32Array,
  rate: number,
  maxDelayMs: number,
): EchoDelay | null {
  const factor = Math.max(1, Math.floor(rate / 12_000));
  const low = rate / factor;
  const far = decimate(played, factor);
  const near = decimate(recorded, factor);
  const maxLag = Math.round((maxDelayMs / 1000) * low);
  if (near.length < maxLag || energy(far) < 1e-6 || energy(near) < 1e-9) return null;
  const correlation = whitenedCorrelation(far, near, low);
  let best = 0;
  for (let lag = 0; lag <= maxLag; lag++) if (at(correlation, lag) > at(correlation, best)) best = lag;
  const peak = at(correlation, best);
  for (let lag = 0; lag < best; lag++) {
    if (at(correlation, lag) > 0.6 * peak && at(correlation, lag) >= at(correlation, lag + 1)) {
      best = lag;
      break;
    }
  }
  let sum = 0;
  for (let lag = 0; lag <= maxLag; lag++) sum += at(correlation, lag) ** 2;
  const rms = Math.sqrt(sum / (maxLag + 1));
  // A peak 4 times the rest is what noise alone gives; 40 times is a clean room.
  const confidence = Math.max(0, Math.min(1, (peak / rms - 4) / 16));
  return { delayMs: (best / low) * 1000, confidence };
}

/**
 * By how much to delay the far-end reference before the echo canceller: the delay less a margin, because a reference that
 * comes after its echo cannot be cancelled, while 30 ms too early cost nothing: webrtcdsp looks 48 ms far, the echo filter 360 ms.
 */
export function alignmentFor(delay: EchoDelay): number {
  return Math.max(0, Math.round(delay.delayMs - 15));
}

function whitenedCorrelation(far: Float32Array, near: Float32Array, rate: number): Float64Array {
  let size = 1;
  while (size < far.length + near.length) size *= 2;
  const [fr, fi, nr, ni] = [
    new Float64Array(size),
    new Float64Array(size),
    new Float64Array(size),
    new Float64Array(size),
  ];
  fr.set(far);
  nr.set(near);
  fft(fr, fi, false);
  fft(nr, ni, false);
  const floor = 1e-3 * meanPower(fr, fi);
  for (let k = 0; k < size; k++) {
    const [a, b, c, d] = [at(nr, k), at(ni, k), at(fr, k), at(fi, k)];
    // Bins where nothing was played tell only of the room's noise.
    const hertz = (Math.min(k, size - k) * rate) / size;
    const used = hertz > 250 && hertz < 3_600 && c * c + d * d > floor;
    const re = a * c + b * d;
    const im = b * c - a * d;
    const magnitude = used ? Math.hypot(re, im) + 1e-12 : Number.POSITIVE_INFINITY;
    nr[k] = re / magnitude;
    ni[k] = im / magnitude;
  }
  fft(nr, ni, true);
  for (let k = 0; k < size; k++) nr[k] = Math.hypot(at(nr, k), at(ni, k));
  return nr;
}

/** Averages groups of `factor` samples; good enough a low-pass for a band-limited sweep. */
function decimate(samples: Float32Array, factor: number): Float32Array {
  const out = new Float32Array(Math.floor(samples.length / factor));
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < factor; k++) sum += at(samples, i * factor + k);
    out[i] = sum / factor;
  }
  return out;
}

/** In-place radix-2 transform; the inverse divides by the length. */
function fft(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [at(re, j), at(re, i)];
      [im[i], im[j]] = [at(im, j), at(im, i)];
    }
  }
  for (let length = 2; length <= n; length *= 2) {
    const angle = ((inverse ? 2 : -2) * Math.PI) / length;
    const [stepRe, stepIm] = [Math.cos(angle), Math.sin(angle)];
    for (let start = 0; start < n; start += length) butterflies(re, im, start, length / 2, stepRe, stepIm);
  }
  if (inverse) for (let i = 0; i < n; i++) [re[i], im[i]] = [at(re, i) / n, at(im, i) / n];
}

function butterflies(
  re: Float64Array,
  im: Float64Array,
  start: number,
  half: number,
  stepRe: number,
  stepIm: number,
): void {
  let [wr, wi] = [1, 0];
  for (let k = start; k < start + half; k++) {
    const tr = at(re, k + half) * wr - at(im, k + half) * wi;
    const ti = at(re, k + half) * wi + at(im, k + half) * wr;
    re[k + half] = at(re, k) - tr;
    im[k + half] = at(im, k) - ti;
    re[k] = at(re, k) + tr;
    im[k] = at(im, k) + ti;
    [wr, wi] = [wr * stepRe - wi * stepIm, wr * stepIm + wi * stepRe];
  }
}

function meanPower(re: Float64Array, im: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < re.length; i++) sum += at(re, i) ** 2 + at(im, i) ** 2;
  return sum / re.length;
}

function energy(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / samples.length;
}

const at = (array: Float64Array | Float32Array, index: number): number => array[index] ?? 0;
