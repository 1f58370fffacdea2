import type { Layers } from '../signalling/messages.ts';

/** Heights of the three spatial layers of a 720p camera. */
const heights = [180, 360, 720] as const;
/** A layer may be enlarged by this much before the next one is worth its cost. */
const STRETCH = 1.25;

/** The layers that a window of this many pixels can use; null for a window without any. */
export function layersForTile(width: number, height: number): Layers | null {
  if (!(width >= 1 && height >= 1)) return null;
  const lines = Math.min(height, (width * 9) / 16);
  const fits = heights.findIndex((layer) => lines <= layer * STRETCH);
  return { spatial: fits < 0 ? heights.length - 1 : fits, temporal: 2 };
}
