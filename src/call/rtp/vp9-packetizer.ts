/** Encrypted layer frames → payloads of RTP packets (RFC 9628), written where the caller wants them. */
import { UsageError } from '../../lib/errors.ts';
import type { LayerSize, OutgoingDescriptor } from './vp9-payload-descriptor.ts';
import { DESCRIPTOR_BYTES, encodeStructure, temporalGroups, writeVp9Descriptor } from './vp9-payload-descriptor.ts';

/** Payload descriptor included; header, extensions, SRTP and UDP then stay under an MTU of 1,280. */
export const MAX_PAYLOAD_BYTES = 1_200;
/** A layer frame of more than this is an encoder's error, not a picture. */
export const MAX_FRAME_BYTES = 1_000_000;

/** One encrypted spatial layer of one picture. Layers of a picture come one after another, lowest first. */
export interface OutgoingLayerFrame {
  /** The ciphertext in pieces (header, body, tag), sent back to back; not kept after the call. */
  readonly parts: readonly Uint8Array[];
  /** Part of a key picture: on all its layers. */
  readonly key: boolean;
  readonly spatial: number;
  readonly temporal: number;
  /** Size of this layer. */
  readonly width: number;
  readonly height: number;
  /** Layers of this picture that will be sent, this one included: the last of them ends the picture. */
  readonly activeSpatialLayers: number;
  /** The same for all layers of one picture, another for the next. */
  readonly picture: number;
  /** When the picture was captured, in the injected clock's monotonic milliseconds. */
  readonly captureMs: number;
}

export interface PictureIds {
  readonly pictureId: number;
  readonly tl0: number;
}

/**
 * Holds the counters of one stream and the frame being cut. Call `begin` with a frame, then `writeNext` until `remaining`
 * is 0. Picture ids follow the group of pictures: where the encoder leaves out pictures (temporal layers shed), ids are
 * skipped, so that a picture's place in the group is always what its id says.
 */
export class Vp9Packetizer {
  readonly #temporalLayers: 1 | 2 | 3;
  readonly #descriptor: OutgoingDescriptor;
  #picture: number | null = null;
  #keyPictureId: number | null = null;
  #parts: Buffer[] = [];
  #part = 0;
  #partOffset = 0;
  #bytesLeft = 0;
  #packetsLeft = 0;
  #marker = false;
  #patternBroken = false;

  /** `first`: where the counters start, random (15 and 8 bits). */
  constructor(temporalLayers: 1 | 2 | 3, first: PictureIds) {
    this.#temporalLayers = temporalLayers;
    this.#descriptor = {
      pictureId: first.pictureId,
      tl0: first.tl0,
      key: false,
      spatial: 0,
      temporal: 0,
      activeSpatialLayers: 1,
      start: false,
      end: false,
      structure: null,
    };
  }

  /** True until the first key picture: there is nothing a receiver could do with other frames. */
  get needsKeyPicture(): boolean {
    return this.#keyPictureId === null;
  }

  /** A picture of a lower temporal layer is missing in what the encoder gave: receivers are stuck until a key picture. */
  get patternBroken(): boolean {
    return this.#patternBroken;
  }

  /** Packets of the current frame not yet written. */
  get remaining(): number {
    return this.#packetsLeft;
  }

  /** Of the payload written last: it ends the picture. */
  get marker(): boolean {
    return this.#marker;
  }

  get ids(): PictureIds {
    return { pictureId: this.#descriptor.pictureId, tl0: this.#descriptor.tl0 };
  }

  /**
   * Takes the next layer frame and returns its number of packets.
   * @throws {UsageError} call/rtp-frame-invalid for layers out of range, an empty or huge frame, or one before the first key picture.
   */
  begin(frame: OutgoingLayerFrame): number {
    const bytes = frame.parts.reduce((sum, part) => sum + part.length, 0);
    this.#check(frame, bytes);
    if (frame.picture !== this.#picture) this.#nextPicture(frame);
    const d = this.#descriptor;
    d.key = frame.key;
    d.spatial = frame.spatial;
    d.activeSpatialLayers = frame.activeSpatialLayers;
    d.structure = frame.key && frame.spatial === 0 ? this.#structureOf(frame) : null;
    this.#parts = frame.parts.map((part) =>
      Buffer.isBuffer(part) ? part : Buffer.from(part.buffer, part.byteOffset, part.length),
    );
    this.#part = 0;
    this.#partOffset = 0;
    this.#bytesLeft = bytes;
    this.#packetsLeft = Math.ceil((bytes + (d.structure?.length ?? 0)) / (MAX_PAYLOAD_BYTES - DESCRIPTOR_BYTES));
    return this.#packetsLeft;
  }

  /** Writes the next payload at `offset` of `into` (room for MAX_PAYLOAD_BYTES) and returns its length; 0 when there is none. */
  writeNext(into: Buffer, offset: number): number {
    if (this.#packetsLeft === 0) return 0;
    const d = this.#descriptor;
    const extra = d.structure?.length ?? 0;
    d.start = this.#part === 0 && this.#partOffset === 0;
    d.end = this.#packetsLeft === 1;
    const length = writeVp9Descriptor(into, offset, d);
    // Packets of about the same size: a burst of equal packets suffers less than full ones with a crumb behind.
    const share = d.end ? this.#bytesLeft : Math.ceil((this.#bytesLeft + extra) / this.#packetsLeft) - extra;
    this.#copy(into, offset + length, share);
    this.#bytesLeft -= share;
    this.#packetsLeft--;
    this.#marker = d.end && d.spatial === d.activeSpatialLayers - 1;
    d.structure = null;
    if (this.#packetsLeft === 0) this.#parts = [];
    return length + share;
  }

  #check(frame: OutgoingLayerFrame, bytes: number): void {
    const { spatial, temporal, activeSpatialLayers: active } = frame;
    const problem =
      bytes === 0 || bytes > MAX_FRAME_BYTES
        ? 'size'
        : !Number.isInteger(active) ||
            active < 1 ||
            active > 3 ||
            !Number.isInteger(spatial) ||
            spatial < 0 ||
            spatial >= active
          ? 'spatial layer'
          : !Number.isInteger(temporal) ||
              temporal < 0 ||
              temporal >= this.#temporalLayers ||
              (frame.key && temporal !== 0)
            ? 'temporal layer'
            : this.needsKeyPicture && !frame.key
              ? 'no key picture before it'
              : null;
    if (problem !== null)
      throw new UsageError('call/rtp-frame-invalid', `A layer frame cannot be sent: ${problem}`, {
        context: { bytes, spatial, temporal, active },
      });
  }

  #nextPicture(frame: OutgoingLayerFrame): void {
    const d = this.#descriptor;
    this.#picture = frame.picture;
    d.pictureId = (d.pictureId + 1) & 0x7fff;
    if (frame.key) {
      this.#keyPictureId = d.pictureId;
      this.#patternBroken = false;
    } else this.#alignToGroup(frame.temporal, this.#keyPictureId ?? 0);
    d.temporal = frame.temporal;
    if (frame.temporal === 0) d.tl0 = (d.tl0 + 1) & 0xff;
  }

  /** Skips picture ids until the group says what the encoder made. */
  #alignToGroup(temporal: number, keyPictureId: number): void {
    const group = temporalGroups[this.#temporalLayers];
    const d = this.#descriptor;
    for (;;) {
      // 32,768 is a multiple of every group's length, so the place is right across the wrap.
      const place = ((d.pictureId - keyPictureId) & 0x7fff) % group.length;
      const planned = group[place]?.temporal ?? 0;
      if (planned === temporal) return;
      if (planned < temporal) this.#patternBroken = true;
      d.pictureId = (d.pictureId + 1) & 0x7fff;
    }
  }

  /** Each layer has twice the width and height of the one below. */
  #structureOf(frame: OutgoingLayerFrame): Buffer {
    const sizes: LayerSize[] = [];
    for (let layer = 0; layer < frame.activeSpatialLayers; layer++)
      sizes.push({ width: (frame.width << layer) & 0xffff, height: (frame.height << layer) & 0xffff });
    return encodeStructure({
      spatialLayers: frame.activeSpatialLayers,
      sizes,
      group: temporalGroups[this.#temporalLayers],
    });
  }

  #copy(into: Buffer, start: number, bytes: number): void {
    let at = start;
    const end = start + bytes;
    while (at < end) {
      const part = this.#parts[this.#part];
      if (part === undefined) return;
      const take = Math.min(end - at, part.length - this.#partOffset);
      part.copy(into, at, this.#partOffset, this.#partOffset + take);
      at += take;
      this.#partOffset += take;
      if (this.#partOffset < part.length) continue;
      this.#part++;
      this.#partOffset = 0;
    }
  }
}
