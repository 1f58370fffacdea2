import type { Clock } from '../../lib/clock.ts';
import type { MediaGst } from './media-gst.ts';
import { RemoteDecoder } from './remote-decoder.ts';

export interface DecoderPoolDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  /** Videos decoded at once, at most. */
  readonly size: number;
}

export const slotName = (index: number): string => `window${index}`;

/** The decoders of the visible videos. A pipeline is never freed: what one video gives back, cleared, the next one takes. */
export class DecoderPool {
  readonly #deps: DecoderPoolDeps;
  readonly #all: RemoteDecoder[] = [];
  readonly #free: RemoteDecoder[] = [];

  constructor(deps: DecoderPoolDeps) {
    this.#deps = deps;
  }

  /** Null when all are in use. */
  take(): RemoteDecoder | null {
    const free = this.#free.pop();
    if (free) return free;
    const { open, clock, size } = this.#deps;
    const index = this.#all.length;
    if (index >= size) return null;
    const decoder = new RemoteDecoder({ open, clock, slot: slotName(index), index });
    this.#all.push(decoder);
    return decoder;
  }

  give(decoder: RemoteDecoder): void {
    decoder.close();
    this.#free.push(decoder);
  }
}
