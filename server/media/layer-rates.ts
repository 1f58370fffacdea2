import type { types } from 'mediasoup';

/** All who watch a video share what the worker was asked about it lately. */
const asked = new WeakMap<types.Producer, { readonly atMs: number; readonly rates: Promise<LayerRates> }>();
const FRESH_MS = 400;

/**
 * Bits a second of what a producer sends, by `spatial.temporal`, each with everything below it
 * (RtpStreamRecv::TransmissionCounter::GetBitrate); 0 or missing: not sent now.
 */
export type LayerRates = Readonly<Record<string, number>>;

export function layerRates(producer: types.Producer): Promise<LayerRates> {
  const known = asked.get(producer);
  if (known && performance.now() - known.atMs < FRESH_MS) return known.rates;
  const rates = producer
    .getStats()
    .then(([stream]) => (stream as { bitrateByLayer?: Record<string, number> } | undefined)?.bitrateByLayer ?? {});
  asked.set(producer, { atMs: performance.now(), rates });
  return rates;
}

/** A smallest picture that is not sent yet is taken for this, bits a second up to each temporal layer. */
const USUAL_SMALLEST_BPS = [50_000, 75_000, 110_000] as const;

/** Of the smallest pictures of several videos together. */
export async function smallestRates(producers: readonly types.Producer[]): Promise<[number, number, number]> {
  const all = await Promise.all(producers.map(layerRates));
  const sum = (temporal: number, usual: number): number =>
    all.reduce((total, rates) => total + (rates[`0.${temporal}`] || usual), 0);
  const [t0, t1, t2] = USUAL_SMALLEST_BPS;
  return [sum(0, t0), sum(1, t1), sum(2, t2)];
}
