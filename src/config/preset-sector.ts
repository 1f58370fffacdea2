import type { ValueType } from './value-types.ts';

/** Directions that are shown with a preset of the camera: degrees as the microphone array counts them. */
export interface PresetSector {
  readonly preset: number;
  readonly centreDeg: number;
  readonly halfWidthDeg: number;
}

const PATTERN = '^(?:\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-4]): ?(?:[12]?\\d?\\d|3[0-5]\\d)-(?:[12]?\\d?\\d|3[0-5]\\d)$';
const MAX_LENGTH = 13;

/** `3: 60-120`, anticlockwise from the first to the second, also round 0 as in `1: 340-20`; null when it is none. */
export function parsePresetSector(text: string): PresetSector | null {
  if (text.length > MAX_LENGTH || !new RegExp(PATTERN).test(text)) return null;
  const [preset = 0, from = 0, to = 0] = text.split(/[:-]/).map(Number);
  const width = (to - from + 360) % 360;
  return width === 0 ? null : { preset, centreDeg: (from + width / 2) % 360, halfWidthDeg: width / 2 };
}

export const presetSector: ValueType<string> = {
  accepts: 'a preset and its directions from 0 to 359, anticlockwise, as in "3: 60-120" or "1: 340-20"',
  schema: { type: 'string', maxLength: MAX_LENGTH, pattern: PATTERN },
  path: false,
  repeatable: false,
  is: (value): value is string => typeof value === 'string' && parsePresetSector(value) !== null,
  fromText: (texts) => texts.at(-1),
};
