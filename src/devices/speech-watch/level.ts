/** What a piece of sound, 200 ms by custom, says about its microphone. Level in dB below full scale, -120 at least. */
export interface LevelFigures {
  readonly rmsDb: number;
  /** Share of samples that are in runs of three or more at full scale: 0 to 1. */
  readonly clippedShare: number;
  /** Every sample the same: no converter in the world is so quiet, so nothing is connected or it is switched off. */
  readonly digitalSilence: boolean;
}

/** What a meter has counted since it began, of all channels together; see native/audio-meter.c. */
export interface MeterCounts {
  readonly samples: number;
  /** Sum of squares; full scale is 1. */
  readonly energy: number;
  readonly clipped: number;
  /** Samples unlike the one before. */
  readonly changes: number;
}

const QUIETEST_DB = -120;

/** Figures of the sound between two looks at a meter; null when none came, or the meter began anew. */
export function levelBetween(before: MeterCounts, now: MeterCounts): LevelFigures | null {
  const samples = now.samples - before.samples;
  if (!(samples > 0)) return null;
  const power = Math.max(0, now.energy - before.energy) / samples;
  return {
    rmsDb: Math.max(QUIETEST_DB, 10 * Math.log10(power + 1e-24)),
    clippedShare: Math.min(1, Math.max(0, now.clipped - before.clipped) / samples),
    digitalSilence: now.changes === before.changes,
  };
}
