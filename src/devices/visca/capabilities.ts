import type { CameraAxis, CameraCapabilities, Exposure, PowerLineFrequency, WhiteBalance } from '../camera-control.ts';
import type { ViscaModel, ViscaRange } from './models.ts';

/** Of CAM_Flicker (Tekvox 79068-4K-12 and PTZOptics command lists). */
export const frequencyCodes: Readonly<Record<PowerLineFrequency, number>> = { off: 0, '50 Hz': 1, '60 Hz': 2 };

export function capabilitiesOf(model: ViscaModel): CameraCapabilities {
  return {
    pan: axisOf(model.pan),
    tilt: axisOf(model.tilt),
    zoom: { kind: 'absolute', min: 0, max: model.maxZoom, unit: 'steps' },
    home: axisOf(model.pan).kind !== 'none',
    presets: { first: 0, last: model.lastPreset },
    focus: ['auto', 'manual'],
    focusDrive: true,
    whiteBalance: Object.keys(model.whiteBalance) as WhiteBalance[],
    exposure: Object.keys(model.exposure) as Exposure[],
    powerLineFrequency: model.flicker ? (Object.keys(frequencyCodes) as PowerLineFrequency[]) : [],
    power: true,
  };
}

function axisOf({ min, max, stepsPerDegree }: ViscaRange): CameraAxis {
  if (min === max) return { kind: 'none' };
  if (stepsPerDegree === null) return { kind: 'absolute', min, max, unit: 'steps' };
  return { kind: 'absolute', min: min / stepsPerDegree, max: max / stepsPerDegree, unit: 'degrees' };
}

/** What is sent for a place asked for, cut to what the camera can do; `null` for none, or an axis that has no places. */
export function stepsOf(place: number | null, axis: CameraAxis, range: ViscaRange): number | null {
  if (place === null || axis.kind !== 'absolute' || !Number.isFinite(place)) return null;
  return Math.max(range.min, Math.min(range.max, Math.round(place * (range.stepsPerDegree ?? 1))));
}

export function unitsOf(steps: number | null, range: ViscaRange): number | null {
  return steps === null ? null : steps / (range.stepsPerDegree ?? 1);
}
