import type { PresetSector } from './preset-sector.ts';
import { parsePresetSector } from './preset-sector.ts';
import type { Config } from './settings.ts';

/** Where the configuration wants the camera to look. */
export interface FramingWish {
  readonly mode: Config['framing.mode'];
  readonly viewDeg: number;
  readonly cameraDeg: number;
  readonly sectors: readonly PresetSector[];
  readonly homePreset: number;
  readonly digital: boolean;
  /** Never beside real devices. */
  readonly virtualTalkers: boolean;
}

export function framingWish(config: Config): FramingWish {
  return {
    mode: config['framing.mode'],
    viewDeg: config['framing.viewDeg'],
    cameraDeg: config['framing.cameraDeg'],
    sectors: config['framing.sectors'].map(parsePresetSector).filter((sector) => sector !== null),
    homePreset: config['framing.homePreset'],
    digital: config['framing.digital'],
    virtualTalkers: config.devices === 'virtual' && config['virtual.talkers'] !== 'none',
  };
}
