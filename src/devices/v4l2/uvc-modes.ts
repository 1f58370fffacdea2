import type { CameraCapabilities, Exposure, FocusMode, PowerLineFrequency, WhiteBalance } from '../camera-control.ts';
import type { V4l2Control } from './controls.ts';
import { controlIds, isUsable } from './controls.ts';
import type { ControlsById } from './uvc-axes.ts';
import { axesOf, capabilityOf } from './uvc-axes.ts';

/** A setting with the value of each of its modes that this camera has; null where it has none of the kind. */
export interface ModeControl<T extends string> {
  readonly control: V4l2Control;
  readonly codes: Readonly<Partial<Record<T, number>>>;
}

export interface UvcModes {
  readonly focus: ModeControl<FocusMode> | null;
  readonly whiteBalance: ModeControl<WhiteBalance> | null;
  readonly exposure: ModeControl<Exposure> | null;
  readonly powerLineFrequency: ModeControl<PowerLineFrequency> | null;
}

/** Presets are the product's: numbers that a panel can offer. */
const PRESETS = { first: 0, last: 31 } as const;

export function modesOf(controls: ControlsById): UvcModes {
  const { focusAuto, whiteBalanceAuto, exposureMode, powerLineFrequency } = controlIds;
  return {
    focus: modeOf(controls.get(focusAuto), () => ({ auto: 1, manual: 0 })),
    whiteBalance: modeOf(controls.get(whiteBalanceAuto), () => ({ auto: 1, manual: 0 })),
    exposure: modeOf(controls.get(exposureMode), exposureCodes),
    powerLineFrequency: modeOf(controls.get(powerLineFrequency), ({ menu }) => ({
      ...(menu.includes(0) ? { off: 0 } : {}),
      ...(menu.includes(1) ? { '50 Hz': 1 } : {}),
      ...(menu.includes(2) ? { '60 Hz': 2 } : {}),
    })),
  };
}

/**
 * 0 auto, 1 manual, 2 shutter priority, 3 aperture priority (v4l2-controls.h). Most webcams have a fixed aperture and know 1
 * and 3 only: 3 is their automatic exposure.
 */
function exposureCodes({ menu }: V4l2Control): Partial<Record<Exposure, number>> {
  const auto = menu.includes(0) ? 0 : menu.includes(3) ? 3 : null;
  return {
    ...(auto === null ? {} : { auto }),
    ...(menu.includes(1) ? { manual: 1 } : {}),
    ...(menu.includes(2) ? { shutter: 2 } : {}),
    ...(menu.includes(3) && auto !== 3 ? { iris: 3 } : {}),
  };
}

function modeOf<T extends string>(
  control: V4l2Control | undefined,
  codesOf: (control: V4l2Control) => Readonly<Partial<Record<T, number>>>,
): ModeControl<T> | null {
  return isUsable(control) ? { control, codes: codesOf(control) } : null;
}

export function modeNames<T extends string>(mode: ModeControl<T> | null): T[] {
  return mode === null ? [] : (Object.keys(mode.codes) as T[]);
}

export function uvcCapabilities(controls: ControlsById): CameraCapabilities {
  const axes = axesOf(controls);
  const modes = modesOf(controls);
  const hasPlaces = Object.values(axes).some(({ place }) => place !== null);
  return {
    pan: capabilityOf('pan', axes.pan),
    tilt: capabilityOf('tilt', axes.tilt),
    zoom: capabilityOf('zoom', axes.zoom),
    home: hasPlaces,
    presets: hasPlaces ? PRESETS : null,
    focus: modeNames(modes.focus),
    focusDrive: isUsable(controls.get(controlIds.focus)),
    whiteBalance: modeNames(modes.whiteBalance),
    exposure: modeNames(modes.exposure),
    powerLineFrequency: modeNames(modes.powerLineFrequency),
    power: false,
  };
}

/** The mode that these values, by name of the control, say; null where they say none. */
export function modeIn<T extends string>(mode: ModeControl<T> | null, values: ReadonlyMap<string, number>): T | null {
  const value = mode === null ? undefined : values.get(mode.control.name);
  const entry = Object.entries(mode?.codes ?? {}).find(([, code]) => code === value);
  return value === undefined || entry === undefined ? null : (entry[0] as T);
}
