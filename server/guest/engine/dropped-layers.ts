import type { StreamDemand } from '../../../src/call/media-engine.ts';
import type { Layers } from '../../../src/call/signalling/messages.ts';

/** By then the server has noticed by itself; from then on it alone decides, so that a layer that comes back is not missed. */
const HOLD_MS = 4_000;

/**
 * A browser takes layers away and gives them back as its network and processor allow, and tells nobody: this notices the
 * taking, for the viewers who would wait for them.
 */
export class DroppedLayers {
  #spatial = -1;
  #limit: Layers | null = null;
  #sinceMs = 0;

  /** One look a second at what is sent. Returns the limit to tell; undefined: as before. */
  note({ layers, limit }: StreamDemand, nowMs: number): Layers | null | undefined {
    const spatial = layers?.spatial ?? -1;
    const short = limit === 'network' || limit === 'cpu';
    const dropped = short && layers !== null && spatial < this.#spatial;
    this.#spatial = spatial;
    if (dropped) {
      this.#limit = layers;
      this.#sinceMs = nowMs;
      return layers;
    }
    const over = !short || spatial > (this.#limit?.spatial ?? spatial) || nowMs - this.#sinceMs >= HOLD_MS;
    if (this.#limit === null || !over) return undefined;
    this.#limit = null;
    return null;
  }
}
