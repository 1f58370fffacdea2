/** A k-SVC stream as our encoder makes it, with what every picture really refers to, and an SFU that forwards parts of it. */
import type { OutgoingLayerFrame } from '../../../../src/call/rtp/vp9-packetizer.ts';

const pattern = [0, 2, 1, 2] as const;
/** Distance back to what a picture refers to, by place in the pattern: the base, the base, the base, the middle. */
const reference = [4, 1, 2, 1] as const;

export interface EncodedFrame extends OutgoingLayerFrame {
  /** Picture number and layer it refers to (besides the layer below in key pictures); null in key pictures. */
  readonly refersTo: number | null;
  readonly body: Buffer;
}

/** Content that tells layer and picture and fills `bytes`. */
export function bodyOf(picture: number, spatial: number, bytes: number): Buffer {
  const body = Buffer.alloc(Math.max(8, bytes), (picture * 31 + spatial * 7) & 0xff);
  body.writeUInt32BE(picture, 0);
  body[4] = spatial;
  return body;
}

export class KsvcSource {
  readonly #fps: number;
  #picture = 0;
  #sinceKey = 0;
  #forceKey = true;
  active = 3;

  constructor(fps = 30) {
    this.#fps = fps;
  }

  forceKey(): void {
    this.#forceKey = true;
  }

  /** The layer frames of the next picture; `bytes(spatial)` says how large. */
  next(captureMs: number, bytes: (spatial: number, key: boolean) => number): EncodedFrame[] {
    if (this.#forceKey) this.#sinceKey = 0;
    const key = this.#forceKey;
    this.#forceKey = false;
    const place = this.#sinceKey % 4;
    const picture = this.#picture++;
    const refersTo = key ? null : picture - (reference[place] ?? 1);
    this.#sinceKey++;
    return Array.from({ length: this.active }, (_, spatial) => {
      const body = bodyOf(picture, spatial, bytes(spatial, key));
      const third = Math.ceil(body.length / 3);
      return {
        parts: [body.subarray(0, 3), body.subarray(3, third), body.subarray(third)],
        body,
        key,
        spatial,
        temporal: pattern[place] ?? 0,
        width: 320 << spatial,
        height: 180 << spatial,
        activeSpatialLayers: this.active,
        picture,
        captureMs,
        refersTo,
      };
    });
  }

  get frameMs(): number {
    return 1000 / this.#fps;
  }
}
