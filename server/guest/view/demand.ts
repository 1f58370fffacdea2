import type { Demand, RemotePicture } from '../call-controller.ts';

/** What one window has on the screen now, in device pixels; zero when hidden or scrolled away. */
export interface WindowSize {
  readonly width: number;
  readonly height: number;
  /** The picture fills the window and is cut, rather than shown whole. */
  readonly cover: boolean;
  readonly main: boolean;
}

/** A layer may be shown up to this much larger than it is before the next one is worth its cost. */
const STRETCH = 1.25;
/** A window must be this much smaller than the limit before a layer is given up: resizing must not flutter. */
const HYSTERESIS = 0.85;
/** Size of each layer against the full picture. */
const SCALES = [0.25, 0.5, 1] as const;
const FULL = { camera: { width: 1280, height: 720 }, screen: { width: 1920, height: 1080 } } as const;
const PRIORITY = { screen: 200, main: 150, other: 100 } as const;

/**
 * What each remote video is worth to this page: the lowest layer that fills its window, null when no window shows it.
 * Pure: `previous` is the last answer, for hysteresis.
 */
export function demandsOf(
  pictures: readonly RemotePicture[],
  windows: ReadonlyMap<string, WindowSize>,
  previous: readonly Demand[],
): Demand[] {
  return pictures.map(({ consumer, source }) => {
    const window = windows.get(consumer);
    const before = previous.find((demand) => demand.consumer === consumer)?.layers?.spatial ?? null;
    const spatial = window ? spatialLayer(window, FULL[source], before) : null;
    return {
      consumer,
      layers: spatial === null ? null : { spatial, temporal: 2 },
      priority: source === 'screen' ? PRIORITY.screen : window?.main ? PRIORITY.main : PRIORITY.other,
    };
  });
}

/** True when both ask for the same: nothing has to be sent. */
export function sameDemands(a: readonly Demand[], b: readonly Demand[]): boolean {
  return a.length === b.length && a.every((demand, i) => JSON.stringify(demand) === JSON.stringify(b[i]));
}

function spatialLayer(
  window: WindowSize,
  full: { width: number; height: number },
  before: number | null,
): number | null {
  if (window.width < 2 || window.height < 2) return null;
  const across = window.width / full.width;
  const down = window.height / full.height;
  const needed = window.cover ? Math.max(across, down) : Math.min(across, down);
  const wanted = layerFor(needed);
  if (before === null || wanted >= before) return wanted;
  return Math.min(before, layerFor(needed / HYSTERESIS));
}

function layerFor(scale: number): number {
  const found = SCALES.findIndex((layer) => scale <= layer * STRETCH);
  return found === -1 ? SCALES.length - 1 : found;
}
