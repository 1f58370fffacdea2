/**
 * What the same picture costs by each way of sending it: our layers on demand, all our layers all the time, VP9 simulcast with and
 * without pausing, and one size for everybody. Rates are taken from rate-distortion curves at the quality that the product's own
 * 1,500 kbps give, so that each viewer sees as much everywhere.
 */
import { encodeMs, ksvcPoints, ksvcReferences, vp9Point, writeScaled, type Point } from './codecs.ts';

export interface Way {
  readonly name: string;
  readonly uplinkKbps: number;
  /** To all viewers together. */
  readonly downlinkKbps: number;
  /** Processor time a picture, ms. */
  readonly encodeMs: number;
}

export interface Scenario {
  readonly name: string;
  readonly thumbnails: number;
  readonly full: number;
  readonly ways: readonly Way[];
}

export interface Comparison {
  readonly scenarios: readonly Scenario[];
  readonly thumbnail: Point;
  readonly full: Point;
  /** For whoever wants to check: what was measured, before anything was interpolated. */
  readonly curves: Readonly<Record<string, readonly Point[]>>;
}

const PRODUCT_KBPS = 1_500;
const totals = [700, 1_050, 1_500, 2_100];
/** Around where each size has the product's quality. */
const vp9Rates = [
  [90, 140, 200, 280],
  [200, 320, 460, 650],
  [450, 700, 1_000, 1_400],
] as const;

interface Stream {
  readonly kbps: number;
  readonly encodeMs: number;
}

export async function compareWays(folder: string): Promise<Comparison> {
  await writeScaled(folder);
  const references = await ksvcReferences(folder);
  const all = new Map<number, Point[]>();
  for (const kbps of totals) all.set(kbps, await ksvcPoints(folder, 2, kbps, references));
  const product = all.get(PRODUCT_KBPS) ?? [];
  const [thumbnail, , full] = product;
  if (!thumbnail || !full) throw new Error('no product');
  const lowest: Point[] = [];
  for (const kbps of vp9Rates[0]) lowest.push(...(await ksvcPoints(folder, 0, kbps, references)));
  const alone = rateFor(lowest, thumbnail.psnr);
  const single: Stream[] = [];
  const curves: Record<string, readonly Point[]> = { 'k-SVC, lowest layer alone': lowest };
  for (const layer of [0, 1, 2])
    curves[`k-SVC, layer ${layer} of three`] = [...all.values()].flatMap((points) => points[layer] ?? []);
  for (const [layer, rates] of vp9Rates.entries()) {
    const curve: Point[] = [];
    for (const kbps of rates) curve.push(await vp9Point(folder, layer, kbps));
    curves[`VP9, size ${layer} alone`] = curve;
    const kbps = rateFor(curve, product[layer]?.psnr ?? 0);
    single.push({ kbps, encodeMs: await encodeMs(folder, { layer }, kbps) });
  }
  const ksvc: Stream = {
    kbps: sum(product.map(({ kbps }) => kbps)),
    encodeMs: await encodeMs(folder, { ksvcTop: 2 }, PRODUCT_KBPS),
  };
  const small: Stream = { kbps: alone, encodeMs: await encodeMs(folder, { ksvcTop: 0 }, alone) };
  const scenario = (name: string, thumbnails: number, larges: number): Scenario => ({
    name,
    thumbnails,
    full: larges,
    ways: waysOf({ thumbnails, full: larges, ksvc, small, layers: product, single }),
  });
  return {
    thumbnail,
    full,
    scenarios: [
      scenario('four thumbnails', 4, 0),
      scenario('one full size, three thumbnails', 3, 1),
      scenario('four full size', 0, 4),
    ],
    curves,
  };
}

function waysOf(parts: {
  thumbnails: number;
  full: number;
  ksvc: Stream;
  small: Stream;
  layers: readonly Point[];
  single: readonly Stream[];
}): Way[] {
  const { thumbnails, full, ksvc, small, layers, single } = parts;
  const [low, middle, high] = single;
  if (!low || !middle || !high) throw new Error('three sizes');
  const layered = thumbnails * (layers[0]?.kbps ?? 0) + full * (layers[2]?.kbps ?? 0);
  const sized = thumbnails * low.kbps + full * high.kbps;
  const way = (name: string, streams: readonly Stream[], downlinkKbps: number): Way => ({
    name,
    uplinkKbps: sum(streams.map(({ kbps }) => kbps)),
    downlinkKbps,
    encodeMs: sum(streams.map((stream) => stream.encodeMs)),
  });
  const wanted = [...(thumbnails > 0 ? [low] : []), ...(full > 0 ? [high] : [])];
  return [
    way('k-SVC on demand', full > 0 ? [ksvc] : [small], full > 0 ? layered : thumbnails * small.kbps),
    way('k-SVC, all layers always', [ksvc], layered),
    way('VP9 simulcast, unwatched paused', wanted, sized),
    way('VP9 simulcast, all always', single, sized),
    way('one fixed 720p', [high], (thumbnails + full) * high.kbps),
  ];
}

/** Rate at a quality, between the points of a curve; on their line's end beyond them. Bits grow by factors with decibels. */
export function rateFor(curve: readonly Point[], psnr: number): number {
  const points = curve.toSorted((a, b) => a.psnr - b.psnr);
  const found = points.findIndex((point) => point.psnr >= psnr);
  const above = found === -1 ? points.length - 1 : Math.max(1, found);
  const [a, b] = [points[above - 1], points[above]];
  if (!a || !b) throw new Error('a curve has two points');
  const at = (psnr - a.psnr) / (b.psnr - a.psnr);
  return Math.exp(Math.log(a.kbps) + at * (Math.log(b.kbps) - Math.log(a.kbps)));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
