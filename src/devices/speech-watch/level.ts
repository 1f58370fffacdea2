/** What a piece of sound, 100 ms by custom, says about its microphone. Levels in dB below full scale, -120 at least. */
export interface LevelFigures {
  readonly rmsDb: number;
  readonly peakDb: number;
  /** Share of samples that are in runs of three or more at full scale: 0 to 1. */
  readonly clippedShare: number;
  /** Every sample the same: no converter in the world is so quiet, so nothing is connected or it is switched off. */
  readonly digitalSilence: boolean;
}

const QUIETEST_DB = -120;
/** Converters and automatic gain stop a little below full scale. */
const FULL = 32_600;
const RUN = 3;

/** Figures of mono samples, 16 bits; those of no samples are of silence, but not digital. */
export function measureLevel(samples: Int16Array): LevelFigures {
  let [energy, peak, run, clipped] = [0, 0, 0, 0];
  const first = samples[0] ?? 0;
  let same = samples.length > 0;
  for (const sample of samples) {
    const size = Math.abs(sample);
    energy += sample * sample;
    peak = Math.max(peak, size);
    same &&= sample === first;
    run = size >= FULL ? run + 1 : 0;
    if (run === RUN) clipped += RUN;
    else if (run > RUN) clipped += 1;
  }
  const count = Math.max(1, samples.length);
  return {
    rmsDb: decibels(Math.sqrt(energy / count)),
    peakDb: decibels(peak),
    clippedShare: clipped / count,
    digitalSilence: same,
  };
}

function decibels(size: number): number {
  return Math.max(QUIETEST_DB, 20 * Math.log10(size / 32_768 + 1e-12));
}
