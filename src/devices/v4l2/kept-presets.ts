import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { CameraPosition } from '../camera-control.ts';
import type { Presets, PresetStore } from './preset-store.ts';

/** The presets of one camera, read once and kept as they change. */
export class KeptPresets {
  readonly #store: PresetStore;
  readonly #cameraId: string;
  readonly #logger: Logger;
  #presets: Presets | null = null;

  constructor(store: PresetStore, cameraId: string, logger: Logger) {
    this.#store = store;
    this.#cameraId = cameraId;
    this.#logger = logger;
  }

  /** Null for one that was never kept. */
  async get(preset: number): Promise<CameraPosition | null> {
    return (await this.#load()).get(preset) ?? null;
  }

  /** False when it could not be kept; what was kept before holds then. */
  async keep(preset: number, position: CameraPosition): Promise<boolean> {
    const presets = new Map(await this.#load()).set(preset, position);
    try {
      await this.#store.save(this.#cameraId, presets);
    } catch (error) {
      this.#logger.warn('a preset could not be kept', errorFields(error));
      return false;
    }
    this.#presets = presets;
    return true;
  }

  async #load(): Promise<Presets> {
    return (this.#presets ??= await this.#store.load(this.#cameraId));
  }
}
