import type { Layers } from '../signalling/messages.ts';

export type VideoSource = 'camera' | 'screen';

/** Layers of each kind in our k-SVC streams: three sizes, each twice the one below, and three frame rates likewise. */
const TOP = 2;
export const ALL_LAYERS: Layers = { spatial: TOP, temporal: TOP };
/** Pictures are made this large; what arrives otherwise is scaled. */
export const FULL_SIZE = { camera: { width: 1_280, height: 720 }, screen: { width: 1_920, height: 1_080 } } as const;
/** Pictures a second with every temporal layer. */
export const FULL_RATE = { camera: 30, screen: 15 } as const;

/** Pictures a second up to and including a temporal layer. */
export function pictureRate(source: VideoSource, temporal: number): number {
  return FULL_RATE[source] / 2 ** (TOP - temporal);
}

/** Side of a spatial layer against the full picture's. */
export function layerScale(spatial: number): number {
  return 1 / 2 ** (TOP - spatial);
}

/**
 * From `top` down, best first: what to fall back to, each step cheaper than the one before for network and CPU alike. A camera
 * gives up frames down to half the rate, then a size, and the last frames only at the smallest size; a shared screen gives up all
 * its frames before its size, since text is read, not watched.
 */
export function ladderFrom(source: VideoSource, top: Layers): readonly Layers[] {
  const rungs: Layers[] = [];
  for (let spatial = top.spatial; spatial >= 0; spatial--) {
    const first = source === 'screen' && spatial < top.spatial ? Math.min(1, top.temporal) : top.temporal;
    const last = source === 'screen' || spatial === 0 ? 0 : Math.min(1, top.temporal);
    for (let temporal = first; temporal >= last; temporal--) rungs.push({ spatial, temporal });
  }
  return rungs;
}

/** Layers that exist, from anything: whole, within range; null for what names none. */
export function saneLayers(layers: Layers | null): Layers | null {
  if (layers === null) return null;
  const { spatial, temporal } = layers;
  if (!(spatial >= 0 && temporal >= 0)) return null;
  return { spatial: Math.min(TOP, Math.floor(spatial)), temporal: Math.min(TOP, Math.floor(temporal)) };
}
