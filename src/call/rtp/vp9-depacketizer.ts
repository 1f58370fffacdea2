/** RTP packets in order → layer frames, still encrypted. Damaged frames are dropped and leave a hole in the numbering. */
import type { RtpHeader } from './rtp-packet.ts';
import type { LayerSize, ScalabilityStructure, Vp9Descriptor } from './vp9-payload-descriptor.ts';
import { createVp9Descriptor, parseVp9Descriptor } from './vp9-payload-descriptor.ts';
import { MAX_FRAME_BYTES } from './vp9-packetizer.ts';

/** One spatial layer of one picture, as the descriptor (not authenticated) tells of it. */
export interface IncomingLayerFrame {
  /** May be a view of a packet's memory; nobody else uses that. */
  readonly data: Buffer;
  /** Rises by one from frame to frame; a greater step says that something between was lost. */
  readonly index: number;
  /** P clear: refers to no earlier picture. */
  readonly key: boolean;
  readonly spatial: number;
  readonly temporal: number;
  /** Refers to the spatial layer below, of the same picture. */
  readonly interLayer: boolean;
  readonly switchUp: boolean;
  readonly hasLayers: boolean;
  /** −1 when absent. */
  readonly pictureId: number;
  /** 7, 15, or 0 when absent. */
  readonly pictureIdBits: number;
  /** −1 when absent, as in flexible mode. */
  readonly tl0: number;
  /** Distances in picture ids, in flexible mode; else null. */
  readonly references: readonly number[] | null;
  /** Where the frame carries one. */
  readonly structure: ScalabilityStructure | null;
  /** From the last scalability structure, if that told sizes. */
  readonly size: LayerSize | null;
  readonly rtpTimestamp: number;
  /** The marker was on its last packet. */
  readonly endOfPicture: boolean;
  /** Of the last packet, in the clock's monotonic milliseconds. */
  readonly arrivalMs: number;
}

export interface DepacketizerStats {
  frames: number;
  /** Begun and not ended, or ended and not begun. */
  incomplete: number;
  malformed: number;
  oversized: number;
}

type FrameMeta = Omit<IncomingLayerFrame, 'data' | 'index' | 'endOfPicture' | 'arrivalMs'>;

export class Vp9Depacketizer {
  readonly stats: DepacketizerStats = { frames: 0, incomplete: 0, malformed: 0, oversized: 0 };
  readonly #descriptor: Vp9Descriptor = createVp9Descriptor();
  readonly #onFrame: (frame: IncomingLayerFrame) => void;
  readonly #parts: Buffer[] = [];
  #meta: FrameMeta | null = null;
  #bytes = 0;
  #index = 0;
  #sizes: readonly LayerSize[] | null = null;

  constructor(onFrame: (frame: IncomingLayerFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** Packets before the next one are missing for good. */
  gap(): void {
    this.#abandon();
    this.#index++;
  }

  /** The next packet in order; its payload is kept until the frame is whole. */
  push(packet: Buffer, header: RtpHeader, arrivalMs: number): void {
    // Padding only: keeps the path warm, carries nothing.
    if (header.payloadLength === 0) return;
    const end = header.payloadOffset + header.payloadLength;
    const d = this.#descriptor;
    if (!parseVp9Descriptor(packet, header.payloadOffset, end, d)) {
      this.stats.malformed++;
      this.gap();
      return;
    }
    if (d.start) this.#begin(d, header);
    else if (!this.#continues(d, header)) {
      this.#refuse();
      return;
    }
    this.#append(packet.subarray(header.payloadOffset + d.length, end));
    if (d.end) this.#finish(header.marker, arrivalMs);
  }

  #begin(d: Vp9Descriptor, header: RtpHeader): void {
    if (this.#meta !== null) this.gap();
    if (d.structure) this.#sizes = d.structure.sizes;
    this.#meta = {
      key: !d.interPicture,
      spatial: d.spatial,
      temporal: d.temporal,
      interLayer: d.interLayer,
      switchUp: d.switchUp,
      hasLayers: d.hasLayers,
      pictureId: d.pictureId,
      pictureIdBits: d.pictureIdBits,
      tl0: d.tl0,
      references: d.flexible ? [...d.references.subarray(0, d.referenceCount)] : null,
      structure: d.structure,
      size: this.#sizes?.[d.spatial] ?? null,
      rtpTimestamp: header.timestamp,
    };
  }

  #continues(d: Vp9Descriptor, header: RtpHeader): boolean {
    const meta = this.#meta;
    return (
      meta !== null &&
      meta.rtpTimestamp === header.timestamp &&
      meta.pictureId === d.pictureId &&
      meta.spatial === d.spatial
    );
  }

  #refuse(): void {
    if (this.#meta === null) this.stats.incomplete++;
    this.gap();
  }

  #append(payload: Buffer): void {
    if (this.#meta === null) return;
    this.#bytes += payload.length;
    if (this.#bytes > MAX_FRAME_BYTES) {
      this.stats.oversized++;
      this.gap();
      return;
    }
    this.#parts.push(payload);
  }

  #finish(marker: boolean, arrivalMs: number): void {
    const meta = this.#meta;
    if (meta === null) return;
    const only = this.#parts.length === 1 ? this.#parts[0] : undefined;
    const data = only ?? Buffer.concat(this.#parts, this.#bytes);
    this.#reset();
    this.stats.frames++;
    this.#onFrame({ ...meta, data, index: this.#index++, endOfPicture: marker, arrivalMs });
  }

  #abandon(): void {
    if (this.#meta !== null) this.stats.incomplete++;
    this.#reset();
  }

  #reset(): void {
    this.#meta = null;
    this.#parts.length = 0;
    this.#bytes = 0;
  }
}
