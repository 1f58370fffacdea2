import { type LevelFigures, levelBetween, type MeterCounts } from '../../src/devices/speech-watch/level.ts';

const nothing: MeterCounts = { samples: 0, energy: 0, clipped: 0, changes: 0 };

/** What native/audio-meter.c counts of `samples`, 16 bits, of `channels` interleaved, said once more in another language. */
export function countsOf(samples: Int16Array, channels: number): MeterCounts {
  let [energy, clipped, changes] = [0, 0, 0];
  for (let channel = 0; channel < channels; channel++) {
    let [run, last] = [0, 0];
    for (let i = channel; i < samples.length; i += channels) {
      const sample = samples[i] ?? 0;
      energy += (sample / 32_768) ** 2;
      if (sample !== last) changes++;
      last = sample;
      run = Math.abs(sample) >= 32_600 ? run + 1 : 0;
      clipped += run === 3 ? 3 : run > 3 ? 1 : 0;
    }
  }
  return { samples: samples.length, energy, clipped, changes };
}

/** Figures of mono samples. */
export function levelOf(samples: Int16Array): LevelFigures {
  const figures = levelBetween(nothing, countsOf(samples, 1));
  if (figures === null) throw new Error('no samples');
  return figures;
}
