import type { EarBeam } from '../../devices/array/ear.ts';
import type { MediaGst } from './media-gst.ts';

/** Of `ptsheader`: presentation time, ns, and the same on CLOCK_MONOTONIC. */
const HEADER_BYTES = 16;
const HIGH = 2 ** 32;

/**
 * Carries the microphones' sound out of the pipeline to the beam and the beam's back, with its time: lips and the round trip are
 * measured by when a sound was recorded. Allocates nothing a buffer but what the binding does.
 */
export class ArrayFeed {
  readonly #gst: MediaGst;
  readonly #beam: EarBeam;
  readonly #nsPerSample: number;
  readonly #pts = Buffer.alloc(8);
  #ptsNs = 0;
  #samples: Int16Array | null = null;
  #bytes: Uint8Array = new Uint8Array(0);

  /** `sampleRate`: of the array. */
  constructor(gst: MediaGst, beam: EarBeam, sampleRate: number) {
    this.#gst = gst;
    this.#beam = beam;
    this.#nsPerSample = 1e9 / sampleRate;
    beam.onSound((samples, at) => this.#forward(samples, at));
  }

  /** A buffer of the appsink `array`. */
  handle(bytes: Buffer): void {
    if (bytes.length <= HEADER_BYTES) return;
    this.#ptsNs = bytes.readUInt32BE(0) * HIGH + bytes.readUInt32BE(4);
    this.#beam.push(samplesOf(bytes.subarray(HEADER_BYTES)));
  }

  #forward(samples: Int16Array, at: number): void {
    const ptsNs = Math.max(0, Math.round(this.#ptsNs + at * this.#nsPerSample));
    this.#pts.writeUInt32BE(Math.floor(ptsNs / HIGH), 0);
    this.#pts.writeUInt32BE(ptsNs % HIGH, 4);
    if (this.#samples !== samples) {
      this.#samples = samples;
      this.#bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    }
    this.#gst.push('beam', this.#bytes, this.#pts);
  }
}

/** A view where the bytes lie well for one, else a copy. */
function samplesOf(bytes: Buffer): Int16Array {
  const count = bytes.length >> 1;
  if (bytes.byteOffset % 2 === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, count);
  return new Int16Array(Uint8Array.prototype.slice.call(bytes, 0, 2 * count).buffer);
}
