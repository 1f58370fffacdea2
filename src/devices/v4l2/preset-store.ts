import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import type { CameraPosition } from '../camera-control.ts';

/** Positions by preset number. */
export type Presets = ReadonlyMap<number, CameraPosition>;

/** Keeps the presets of cameras that have none of their own. */
export interface PresetStore {
  /** Empty when nothing is kept or it cannot be read. */
  load(cameraId: string): Promise<Presets>;
  /** @throws the system's error when it cannot be kept. */
  save(cameraId: string, presets: Presets): Promise<void>;
}

const MOST_PRESETS = 256;
const MOST_BYTES = 64 * 1024;

/** A JSON file a camera, `fileOf(cameraId)`: `{"3": {"pan": -20, "tilt": 0, "zoom": 200}}`. */
export function filePresetStore(fileOf: (cameraId: string) => string): PresetStore {
  return {
    load: async (cameraId) => decodePresets(await readFile(fileOf(cameraId), 'utf8').catch(() => '{}')),
    save: async (cameraId, presets) =>
      writeFileAtomic(fileOf(cameraId), `${JSON.stringify(Object.fromEntries(presets), null, 2)}\n`),
  };
}

/** What makes no sense is left out. */
export function decodePresets(text: string): Presets {
  const presets = new Map<number, CameraPosition>();
  if (text.length > MOST_BYTES) return presets;
  for (const [key, value] of Object.entries(parse(text)).slice(0, MOST_PRESETS)) {
    const place = placeOf(value);
    if (/^\d{1,3}$/.test(key) && place !== null) presets.set(Number(key), place);
  }
  return presets;
}

function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function placeOf(value: unknown): CameraPosition | null {
  if (typeof value !== 'object' || value === null) return null;
  const part = (name: string): number | null => {
    const number: unknown = (value as Record<string, unknown>)[name];
    return typeof number === 'number' && Number.isFinite(number) ? number : null;
  };
  const place = { pan: part('pan'), tilt: part('tilt'), zoom: part('zoom') };
  return place.pan === null && place.tilt === null && place.zoom === null ? null : place;
}
