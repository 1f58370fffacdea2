import type { DecodeBudget } from '../../../src/call/demand/decode-capacity.ts';
import { entryOf } from './stats.ts';

interface Counted {
  readonly decodeMs: number;
  readonly frames: number;
}

/** What decoding took lately, all videos together. */
export interface DecodeCost {
  /** Totals of each video at the last step, by consumer. */
  readonly counted: ReadonlyMap<string, Counted>;
  readonly ms: number;
  readonly megapixels: number;
}

/** Each step counts this much against the one after it: some three seconds are remembered. */
const MEMORY = 0.7;
/** Fewer pixels tell little: a single picture may have waited for something else. */
const ENOUGH_MEGAPIXELS = 1;
/** Of all cores; the rest is for drawing, encoding and the machine's other work. */
const SHARE = 0.5;

export function startDecodeCost(): DecodeCost {
  return { counted: new Map(), ms: 0, megapixels: 0 };
}

/** One step a second over the reports of all received videos, by consumer. Larger pictures weigh by their pixels. */
export function stepDecodeCost(state: DecodeCost, reports: ReadonlyMap<string, Iterable<unknown>>): DecodeCost {
  const counted = new Map<string, Counted>();
  let [ms, megapixels] = [state.ms * MEMORY, state.megapixels * MEMORY];
  for (const [consumer, report] of reports) {
    const now = countedIn(report);
    if (!now) continue;
    counted.set(consumer, now);
    const before = state.counted.get(consumer) ?? { decodeMs: 0, frames: 0 };
    const [tookMs, frames] = [now.decodeMs - before.decodeMs, now.frames - before.frames];
    if (!(frames > 0) || !(tookMs >= 0)) continue;
    ms += tookMs;
    megapixels += (frames * now.pixels) / 1e6;
  }
  return { counted, ms, megapixels };
}

/** `load` of the whole machine, 0 to 1; null where the browser does not tell. */
export function decodeBudget({ ms, megapixels }: DecodeCost, cores: number, load: number | null): DecodeBudget {
  return {
    msPerMegapixel: megapixels < ENOUGH_MEGAPIXELS ? null : ms / megapixels,
    msPerSecond: 1_000 * SHARE * Math.max(1, cores),
    load,
  };
}

function countedIn(report: Iterable<unknown>): (Counted & { readonly pixels: number }) | null {
  const entry = entryOf([...report], 'inbound-rtp');
  const [seconds, frames] = [entry?.['totalDecodeTime'], entry?.['framesDecoded']];
  const [width, height] = [entry?.['frameWidth'], entry?.['frameHeight']];
  if (typeof seconds !== 'number' || typeof frames !== 'number') return null;
  if (typeof width !== 'number' || typeof height !== 'number') return null;
  return { decodeMs: seconds * 1_000, frames, pixels: width * height };
}
