/** The notes of the device check, in hertz: a major chord upwards, which nobody takes for an alarm. */
export const TONE_HERTZ = [523.25, 659.26, 783.99] as const;
const NOTE_MS = 350;
const GAP_MS = 80;
const FADE_MS = 25;
const PEAK = 12_000;

/** Three notes one after the other, 16-bit mono at `rate`: what the device check plays through the speaker. */
export function checkTone(rate: number): Int16Array {
  const samples = (ms: number): number => Math.round((ms / 1_000) * rate);
  const step = samples(NOTE_MS + GAP_MS);
  const length = samples(NOTE_MS);
  const out = new Int16Array(step * TONE_HERTZ.length);
  for (const [n, hertz] of TONE_HERTZ.entries())
    for (let i = 0; i < length; i++) {
      const fade = Math.min(1, i / samples(FADE_MS), (length - 1 - i) / samples(FADE_MS));
      out[n * step + i] = Math.round(PEAK * fade * Math.sin((2 * Math.PI * hertz * i) / rate));
    }
  return out;
}
