/** What an echo canceller did, from a recording of which the parts are known. */
import { ECHO_RATE } from './echo-room.ts';

const FRAME = ECHO_RATE / 50;
/** Frames this far below the loudest are pauses. */
const ACTIVE_DB = 25;
/** More than this is a cut. */
const CUT_DB = 10;

export interface DoubleTalk {
  /** Loss of the voice's level over its active frames, as ITU-T P.340 judges duplex: to 3 dB full, to 12 dB partial. */
  readonly lossDb: number;
  /** Share of its active frames, 20 ms each, that lose more than 10 dB. */
  readonly cutShare: number;
  /** Longest run of such frames, pauses of the voice not counted, ms. */
  readonly longestCutMs: number;
}

/** Echo at the microphone over what is sent in its place, noise and all, dB: what is sent is silence at best. */
export function returnLossDb(echo: Float64Array, sent: Float64Array): number {
  return 10 * Math.log10(energy(echo) / (energy(sent) + 1e-12));
}

/**
 * `alone`: the voice as it is sent while the far end is silent, `talking`: the same voice, sample for sample, against the far end.
 * How much of it is left is read from the projection of a frame on the same frame alone: echo that is left does not count as voice.
 */
export function doubleTalk(alone: Float64Array, talking: Float64Array): DoubleTalk {
  const frames = Array.from({ length: Math.floor(alone.length / FRAME) }, (_, i) => {
    const [a, t] = [alone, talking].map((sound) => sound.subarray(i * FRAME, (i + 1) * FRAME)) as [
      Float64Array,
      Float64Array,
    ];
    const power = energy(a);
    const gain = Math.max(0, a.reduce((sum, x, k) => sum + x * (t[k] ?? 0), 0) / (power + 1e-12));
    return { power, gain };
  });
  const most = Math.max(...frames.map(({ power }) => power));
  const active = frames.filter(({ power }) => power > most * 10 ** (-ACTIVE_DB / 10));
  const isCut = ({ gain }: { gain: number }): boolean => gain < 10 ** (-CUT_DB / 20);
  let [longest, run, before, after] = [0, 0, 0, 0];
  for (const frame of active) {
    longest = Math.max(longest, (run = isCut(frame) ? run + 1 : 0));
    before += frame.power;
    after += frame.gain ** 2 * frame.power;
  }
  return {
    lossDb: 10 * Math.log10(before / after),
    cutShare: active.filter(isCut).length / active.length,
    longestCutMs: longest * 20,
  };
}

function energy(sound: Float64Array): number {
  return sound.reduce((sum, x) => sum + x * x, 0);
}
