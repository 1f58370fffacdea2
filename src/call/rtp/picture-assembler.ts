/**
 * Decrypted layer frames → pictures for the decoder. A picture is let through only when everything it refers to was let
 * through before: libvpx shows damage instead of reporting it. When the chain is broken it asks for a key picture.
 */
import { unwrapNear } from './sequence.ts';
import type { GroupPicture, LayerSize } from './vp9-payload-descriptor.ts';
import type { IncomingLayerFrame } from './vp9-depacketizer.ts';

export interface Picture {
  /** The layers concatenated, lowest first: what vp9dec takes. */
  readonly data: Buffer;
  readonly key: boolean;
  /** The highest layer in it. */
  readonly spatial: number;
  readonly temporal: number;
  readonly size: LayerSize | null;
  readonly rtpTimestamp: number;
  readonly arrivalMs: number;
}

export interface AssemblerStats {
  pictures: number;
  keyPictures: number;
  /** A layer or part of it was missing. */
  incomplete: number;
  /** Whole, but what they refer to was not let through. */
  undecodable: number;
  /** Times the chain broke. */
  breaks: number;
}

/** Reaches further back than any reference of one byte. */
const MEMORY = 256;
const ALL_TEMPORAL = 7;

export class PictureAssembler {
  readonly stats: AssemblerStats = { pictures: 0, keyPictures: 0, incomplete: 0, undecodable: 0, breaks: 0 };
  readonly #onPicture: (picture: Picture) => void;
  readonly #onKeyPictureNeeded: () => void;
  readonly #collecting: IncomingLayerFrame[] = [];
  #damaged = false;
  #lastIndex: number | null = null;
  #waitingForKey = true;
  #lastId = -1;
  /** Of the pictures let through, by id: the id, which spatial layers, temporal layer if a switch-up point (else ALL_TEMPORAL). */
  readonly #memoryId = new Float64Array(MEMORY).fill(-1);
  readonly #memoryLayers = new Uint8Array(MEMORY);
  readonly #memorySwitch = new Uint8Array(MEMORY);
  #group: readonly GroupPicture[] = [];
  #groupStart = 0;
  #tl0 = -1;
  #tl0Layers = 0;
  /** Highest temporal layer of which nothing it may refer to is missing: for streams that do not describe their group. */
  #cleanTemporal = ALL_TEMPORAL;

  /** `onKeyPictureNeeded` may be called for every picture that cannot be shown: the receiver throttles. */
  constructor(deps: { onPicture: (picture: Picture) => void; onKeyPictureNeeded: () => void }) {
    this.#onPicture = deps.onPicture;
    this.#onKeyPictureNeeded = deps.onKeyPictureNeeded;
  }

  /** Nothing is shown before the next key picture. */
  get waitingForKey(): boolean {
    return this.#waitingForKey;
  }

  /** Frames that wait for the rest of their picture: at most one for each layer. */
  get collecting(): number {
    return this.#collecting.length;
  }

  /** The next frame in order. Frames that could not be decrypted are simply left out: the step in `index` tells. */
  push(frame: IncomingLayerFrame): void {
    const gap = this.#lastIndex !== null && frame.index !== this.#lastIndex + 1;
    this.#lastIndex = frame.index;
    const first = this.#collecting[0];
    if (first !== undefined && first.pictureId === frame.pictureId && first.rtpTimestamp === frame.rtpTimestamp) {
      const below = this.#collecting[this.#collecting.length - 1];
      if (gap || below === undefined || frame.spatial <= below.spatial) this.#damaged = true;
    } else {
      // A picture without marker is whole only if its successor follows at once.
      if (gap) this.#damaged = true;
      this.#finish();
    }
    if (gap) this.#cleanTemporal = 0;
    // Of a damaged picture its first frame is enough, to know what was lost; of a sound one the layers rise, so that there are few.
    if (!this.#damaged || this.#collecting.length === 0) this.#collecting.push(frame);
    if (frame.endOfPicture) this.#finish();
  }

  /** The decoder lost its state, or refused a picture: wait for a key picture. */
  breakChain(): void {
    if (!this.#waitingForKey) this.stats.breaks++;
    this.#waitingForKey = true;
    this.#onKeyPictureNeeded();
  }

  #finish(): void {
    const frames = this.#collecting.splice(0);
    const damaged = this.#damaged;
    this.#damaged = false;
    const lowest = frames[0];
    const top = frames[frames.length - 1];
    if (lowest === undefined || top === undefined) return;
    const key = lowest.key && lowest.spatial === 0;
    const id = this.#idOf(lowest, key);
    if (damaged) this.stats.incomplete++;
    if (damaged || !(key ? isWholeKey(frames) : this.#isDecodable(frames, id))) {
      if (!damaged) this.stats.undecodable++;
      this.#drop(lowest, key);
      return;
    }
    this.#remember(frames, id, key);
    this.stats.pictures++;
    if (key) this.stats.keyPictures++;
    this.#onPicture({
      data: frames.length === 1 ? top.data : Buffer.concat(frames.map((frame) => frame.data)),
      key,
      spatial: top.spatial,
      temporal: top.temporal,
      size: top.size,
      rtpTimestamp: top.rtpTimestamp,
      arrivalMs: top.arrivalMs,
    });
  }

  /** Picture id that does not wrap. A key picture starts anew: its id need not follow. Only pictures let through move it. */
  #idOf(frame: IncomingLayerFrame, key: boolean): number {
    if (frame.pictureIdBits === 0) return this.#lastId + 1;
    const modulus = 2 ** frame.pictureIdBits;
    return key ? modulus + frame.pictureId : unwrapNear(this.#lastId, frame.pictureId, modulus);
  }

  #drop(lowest: IncomingLayerFrame, key: boolean): void {
    if (this.#waitingForKey) this.#onKeyPictureNeeded();
    else if (key || lowest.temporal === 0 || this.#baseIsMissing(lowest)) this.breakChain();
    else this.#cleanTemporal = Math.min(this.#cleanTemporal, lowest.temporal - 1);
  }

  /** An upper temporal layer of another base picture than ours: that one is lost, the next need not be waited for. */
  #baseIsMissing(frame: IncomingLayerFrame): boolean {
    return frame.hasLayers && frame.tl0 >= 0 && ((frame.tl0 - this.#tl0) & 0xff) < 0x80 && frame.tl0 !== this.#tl0;
  }

  #isDecodable(frames: readonly IncomingLayerFrame[], id: number): boolean {
    if (this.#waitingForKey || id <= this.#lastId) return false;
    // The server leaves ids out when it drops temporal layers, and may then add layers at a picture that refers to a dropped one.
    if (id !== this.#lastId + 1) this.#cleanTemporal = 0;
    let below: IncomingLayerFrame | null = null;
    for (const frame of frames) {
      if (frame.interLayer && below?.spatial !== frame.spatial - 1) return false;
      if (frame.key ? !frame.interLayer : !this.#hasReferences(frame, id)) return false;
      below = frame;
    }
    return true;
  }

  #hasReferences(frame: IncomingLayerFrame, id: number): boolean {
    if (frame.references !== null)
      return (
        frame.references.length > 0 && frame.references.every((distance) => this.#has(id - distance, frame.spatial))
      );
    if (!frame.hasLayers || frame.tl0 < 0)
      return this.#cleanTemporal === ALL_TEMPORAL && this.#has(this.#lastId, frame.spatial);
    const tl0Step = (frame.tl0 - this.#tl0) & 0xff;
    if (tl0Step !== (frame.temporal === 0 ? 1 : 0) || !hasLayer(this.#tl0Layers, frame.spatial)) return false;
    const place =
      this.#group.length === 0 || frame.pictureIdBits === 0
        ? undefined
        : this.#group[(id - this.#groupStart) % this.#group.length];
    if (place?.temporal !== frame.temporal) return this.#isClean(frame);
    return place.references.every(
      (distance) => this.#has(id - distance, frame.spatial) || this.#isSwitchedPast(id, distance, frame.temporal),
    );
  }

  /** Without a described group: right for every structure in which a switch-up point refers to lower layers only. */
  #isClean(frame: IncomingLayerFrame): boolean {
    const { temporal } = frame;
    return temporal <= this.#cleanTemporal || (frame.switchUp && temporal === this.#cleanTemporal + 1);
  }

  /** RFC 9628 section 4.2: after a switch-up point of layer T no picture above T refers to one above T before that point. */
  #isSwitchedPast(id: number, distance: number, temporal: number): boolean {
    for (let between = id - distance + 1; between < id; between++) {
      const slot = between & (MEMORY - 1);
      if (this.#memoryId[slot] === between && (this.#memorySwitch[slot] ?? ALL_TEMPORAL) < temporal) return true;
    }
    return false;
  }

  #has(id: number, spatial: number): boolean {
    const slot = id & (MEMORY - 1);
    return this.#memoryId[slot] === id && hasLayer(this.#memoryLayers[slot] ?? 0, spatial);
  }

  #remember(frames: readonly IncomingLayerFrame[], id: number, key: boolean): void {
    let layers = 0;
    for (const frame of frames) {
      layers |= 1 << frame.spatial;
      if (frame.structure !== null) {
        this.#group = frame.structure.group;
        this.#groupStart = id;
      } else if (key && frame.spatial === 0) this.#group = [];
    }
    const { temporal, switchUp, tl0 } = frames[0] ?? { temporal: 0, switchUp: false, tl0: -1 };
    if (key) {
      this.#memoryId.fill(-1);
      this.#waitingForKey = false;
      this.#cleanTemporal = ALL_TEMPORAL;
    } else if (switchUp && temporal === this.#cleanTemporal + 1) this.#cleanTemporal = temporal;
    this.#lastId = id;
    const slot = id & (MEMORY - 1);
    this.#memoryId[slot] = id;
    this.#memoryLayers[slot] = layers;
    this.#memorySwitch[slot] = switchUp ? temporal : ALL_TEMPORAL;
    if (temporal === 0) {
      this.#tl0 = tl0;
      this.#tl0Layers = layers;
    }
  }
}

/** Layers 0 to n without a hole, the upper ones built on the lower ones alone. */
function isWholeKey(frames: readonly IncomingLayerFrame[]): boolean {
  return frames.every((frame, i) => frame.spatial === i && frame.key && frame.interLayer === i > 0);
}

function hasLayer(layers: number, spatial: number): boolean {
  return (layers & (1 << spatial)) !== 0;
}
