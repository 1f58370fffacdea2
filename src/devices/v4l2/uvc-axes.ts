import type { CameraAxis, CameraPosition } from '../camera-control.ts';
import type { V4l2Control } from './controls.ts';
import { controlIds, isUsable, onStep } from './controls.ts';

export type ControlsById = ReadonlyMap<number, V4l2Control>;
export type AxisName = 'pan' | 'tilt' | 'zoom';
export const axisNames = ['pan', 'tilt', 'zoom'] as const;

/** One axis as it is really moved. */
export interface UvcAxis {
  /** Takes positions; null where the camera has none. */
  readonly place: V4l2Control | null;
  /** Takes speeds in both directions; null where there is none that can be used. */
  readonly speed: V4l2Control | null;
}

export type UvcAxes = Readonly<Record<AxisName, UvcAxis>>;

/**
 * How much faster one direction may be told to be. Kernels without the correction tell the speeds of an OBSBOT Tiny as -1 to
 * 160, of a Jabra PanaCast as 0 to 10, and cut what is written to that (torvalds/linux#823): one direction would crawl, or
 * not move at all.
 */
const MOST_LOPSIDED = 4;
const ARC_SECONDS = 3_600;

export function axesOf(controls: ControlsById): UvcAxes {
  const { pan, tilt, zoom, panSpeed, tiltSpeed, zoomSpeed } = controlIds;
  const axis = (place: number, speed: number): UvcAxis => axisOf(controls.get(place), controls.get(speed));
  return { pan: axis(pan, panSpeed), tilt: axis(tilt, tiltSpeed), zoom: axis(zoom, zoomSpeed) };
}

function axisOf(place: V4l2Control | undefined, speed: V4l2Control | undefined): UvcAxis {
  const known = isUsable(place) ? place : null;
  if (!isUsable(speed) || speed.min >= 0 || speed.max <= 0) return { place: known, speed: null };
  const [slow, fast] = [-speed.min, speed.max].toSorted((a, b) => a - b) as [number, number];
  // Positions in small steps are better than a direction that crawls; without positions a crawl is all there is.
  return { place: known, speed: known !== null && fast > slow * MOST_LOPSIDED ? null : speed };
}

export function capabilityOf(name: AxisName, { place, speed }: UvcAxis): CameraAxis {
  if (place === null) return speed === null ? { kind: 'none' } : { kind: 'speed-only' };
  const { min, max } = place;
  if (name === 'zoom') return { kind: 'absolute', min, max, unit: 'steps' };
  return { kind: 'absolute', min: min / ARC_SECONDS, max: max / ARC_SECONDS, unit: 'degrees' };
}

const perUnit = (name: AxisName): number => (name === 'zoom' ? 1 : ARC_SECONDS);

/** Values by control for the axes that have places and are asked for, cut to what the camera can do. */
export function valuesOf(axes: UvcAxes, position: CameraPosition): Map<V4l2Control, number> {
  const values = new Map<V4l2Control, number>();
  for (const name of axisNames) {
    const [{ place }, asked] = [axes[name], position[name]];
    if (place !== null && asked !== null && !Number.isNaN(asked))
      values.set(place, onStep(place, asked * perUnit(name)));
  }
  return values;
}

/** What was read, in the units of the capabilities; null where the camera did not say. */
export function positionOf(axes: UvcAxes, values: ReadonlyMap<string, number>): CameraPosition {
  const unit = (name: AxisName): number | null => {
    const value = values.get(axes[name].place?.name ?? '');
    return value === undefined ? null : value / perUnit(name);
  };
  return { pan: unit('pan'), tilt: unit('tilt'), zoom: unit('zoom') };
}

/** The speed control's value for -1 to 1 of its fastest; what is not 0 moves at least slowly. */
export function levelOf(share: number, { min, max }: V4l2Control): number {
  if (!Number.isFinite(share) || share === 0) return 0;
  const most = share > 0 ? max : -min;
  return Math.sign(share) * Math.max(1, Math.round(Math.min(1, Math.abs(share)) * most));
}
