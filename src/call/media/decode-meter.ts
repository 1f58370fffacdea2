/** Pictures that one window has decoded so far, and how large they are now. */
export interface DecodedStream {
  readonly id: string;
  readonly decoded: number;
  readonly width: number;
  readonly height: number;
}

/** Below this many megapixels between two readings the quotient says nothing. */
const LEAST_MEGAPIXELS = 0.5;
const WEIGHT = 0.3;

/** What it costs to decode a million pixels: processor time of the decoding threads against what their windows showed. */
export class DecodeMeter {
  readonly #decoded = new Map<string, number>();
  #cpuMs: number | null = null;
  #msPerMegapixel: number | null = null;

  /** `cpuMs`: of all decoding threads so far; null where it cannot be had. Returns the mean of late, ms; null: not known yet. */
  note(streams: Iterable<DecodedStream>, cpuMs: number | null): number | null {
    const megapixels = this.#megapixelsSince(streams);
    const spentMs = cpuMs === null || this.#cpuMs === null ? null : cpuMs - this.#cpuMs;
    this.#cpuMs = cpuMs;
    // A decoder that ended takes its threads' time with it.
    if (spentMs === null || spentMs <= 0 || megapixels < LEAST_MEGAPIXELS) return this.#msPerMegapixel;
    const now = spentMs / megapixels;
    const before = this.#msPerMegapixel ?? now;
    this.#msPerMegapixel = before + (now - before) * WEIGHT;
    return this.#msPerMegapixel;
  }

  #megapixelsSince(streams: Iterable<DecodedStream>): number {
    let pixels = 0;
    const seen = new Set<string>();
    for (const { id, decoded, width, height } of streams) {
      seen.add(id);
      pixels += Math.max(0, decoded - (this.#decoded.get(id) ?? decoded)) * width * height;
      this.#decoded.set(id, decoded);
    }
    for (const id of this.#decoded.keys()) if (!seen.has(id)) this.#decoded.delete(id);
    return pixels / 1e6;
  }
}
