/** The VP9 payload descriptor (RFC 9628 section 4.2): all that the server and the receiver learn of a layer frame in clear. */

export interface LayerSize {
  readonly width: number;
  readonly height: number;
}

/** One picture of the group that the scalability structure describes. */
export interface GroupPicture {
  readonly temporal: number;
  readonly switchUp: boolean;
  /** Distances in picture ids to the pictures it refers to, 1 to 255; at most three. */
  readonly references: readonly number[];
}

export interface ScalabilityStructure {
  readonly spatialLayers: number;
  /** Lowest layer first; null when the sender does not tell. */
  readonly sizes: readonly LayerSize[] | null;
  /** Empty when the sender does not tell. */
  readonly group: readonly GroupPicture[];
}

export interface Vp9Descriptor {
  /** Length of the descriptor: the layer frame's bytes begin there. */
  length: number;
  /** −1 when absent. */
  pictureId: number;
  /** 7 or 15; 0 when absent. */
  pictureIdBits: number;
  /** P: refers to earlier pictures. */
  interPicture: boolean;
  /** L: the layer indices were present; else they are 0. */
  hasLayers: boolean;
  flexible: boolean;
  /** B. */
  start: boolean;
  /** E. */
  end: boolean;
  /** Z. */
  notReferenceForUpper: boolean;
  temporal: number;
  /** U. */
  switchUp: boolean;
  spatial: number;
  /** D. */
  interLayer: boolean;
  /** TL0PICIDX; −1 when absent. */
  tl0: number;
  /** P_DIFF of flexible mode; how many of the three are in use. */
  referenceCount: number;
  readonly references: Uint8Array;
  structure: ScalabilityStructure | null;
}

export function createVp9Descriptor(): Vp9Descriptor {
  return {
    length: 0,
    pictureId: -1,
    pictureIdBits: 0,
    interPicture: false,
    hasLayers: false,
    flexible: false,
    start: false,
    end: false,
    notReferenceForUpper: false,
    temporal: 0,
    switchUp: false,
    spatial: 0,
    interLayer: false,
    tl0: -1,
    referenceCount: 0,
    references: new Uint8Array(3),
    structure: null,
  };
}

/** Reads the descriptor at `start` of `buffer`, not beyond `end`, into `into`. False when it is cut off or breaks RFC 9628. */
export function parseVp9Descriptor(buffer: Buffer, start: number, end: number, into: Vp9Descriptor): boolean {
  if (start >= end) return false;
  const first = at(buffer, start);
  let offset = start + 1;
  into.interPicture = (first & 0x40) !== 0;
  into.hasLayers = (first & 0x20) !== 0;
  into.flexible = (first & 0x10) !== 0;
  into.start = (first & 0x08) !== 0;
  into.end = (first & 0x04) !== 0;
  into.notReferenceForUpper = (first & 0x01) !== 0;
  into.structure = null;
  into.pictureId = -1;
  into.pictureIdBits = 0;
  if (first & 0x80) {
    if (offset >= end) return false;
    const high = at(buffer, offset++);
    into.pictureId = high & 0x7f;
    into.pictureIdBits = 7;
    if (high & 0x80) {
      if (offset >= end) return false;
      into.pictureId = ((high & 0x7f) << 8) | at(buffer, offset++);
      into.pictureIdBits = 15;
    }
  }
  offset = parseLayerIndices(buffer, offset, end, into);
  if (offset < 0) return false;
  offset = parseReferences(buffer, offset, end, into);
  if (offset < 0) return false;
  if (first & 0x02) {
    offset = parseStructure(buffer, offset, end, into);
    if (offset < 0) return false;
  }
  into.length = offset - start;
  return true;
}

function parseLayerIndices(buffer: Buffer, start: number, end: number, into: Vp9Descriptor): number {
  into.tl0 = -1;
  into.temporal = 0;
  into.spatial = 0;
  into.switchUp = false;
  into.interLayer = false;
  if (!into.hasLayers) return start;
  const bytes = into.flexible ? 1 : 2;
  if (start + bytes > end) return -1;
  const layers = at(buffer, start);
  into.temporal = layers >> 5;
  into.switchUp = (layers & 0x10) !== 0;
  into.spatial = (layers >> 1) & 0x07;
  into.interLayer = (layers & 0x01) !== 0;
  if (!into.flexible) into.tl0 = at(buffer, start + 1);
  return start + bytes;
}

function parseReferences(buffer: Buffer, start: number, end: number, into: Vp9Descriptor): number {
  into.referenceCount = 0;
  if (!into.flexible || !into.interPicture) return start;
  // A reference needs picture ids to mean anything (RFC 9628 section 4.2: I is mandatory in flexible mode).
  if (into.pictureId < 0) return -1;
  for (let offset = start; offset < end; offset++) {
    const value = at(buffer, offset);
    if (into.referenceCount === 3 || value >> 1 === 0) return -1;
    into.references[into.referenceCount++] = value >> 1;
    if ((value & 0x01) === 0) return offset + 1;
  }
  return -1;
}

function parseStructure(buffer: Buffer, start: number, end: number, into: Vp9Descriptor): number {
  if (start >= end) return -1;
  const first = at(buffer, start);
  let offset = start + 1;
  const spatialLayers = (first >> 5) + 1;
  let sizes: LayerSize[] | null = null;
  if (first & 0x10) {
    if (offset + spatialLayers * 4 > end) return -1;
    sizes = [];
    for (let i = 0; i < spatialLayers; i++, offset += 4)
      sizes.push({ width: buffer.readUInt16BE(offset), height: buffer.readUInt16BE(offset + 2) });
  }
  const group: GroupPicture[] = [];
  if (first & 0x08) {
    if (offset >= end) return -1;
    const pictures = at(buffer, offset++);
    for (let i = 0; i < pictures; i++) {
      if (offset >= end) return -1;
      const value = at(buffer, offset++);
      const count = (value >> 2) & 0x03;
      if (offset + count > end) return -1;
      group.push({
        temporal: value >> 5,
        switchUp: (value & 0x10) !== 0,
        references: [...buffer.subarray(offset, offset + count)],
      });
      offset += count;
    }
  }
  into.structure = { spatialLayers, sizes, group };
  return offset;
}

/** What our sender says of a packet; the picture id always has 15 bits and the mode is never flexible. */
export interface OutgoingDescriptor {
  pictureId: number;
  tl0: number;
  key: boolean;
  spatial: number;
  temporal: number;
  /** Layers of this picture that are sent, 1 to 8. */
  activeSpatialLayers: number;
  start: boolean;
  end: boolean;
  /** Encoded scalability structure to add (`encodeStructure`), or null. */
  structure: Buffer | null;
}

/** Without a scalability structure. */
export const DESCRIPTOR_BYTES = 5;

/**
 * Writes the descriptor and returns its length. P is clear on every layer of a key picture, D is set on its upper layers
 * only, and Z on everything but its lower layers: k-SVC, as the server and Chromium's receiver want it.
 */
export function writeVp9Descriptor(into: Buffer, offset: number, d: OutgoingDescriptor): number {
  const lower = d.key && d.spatial < d.activeSpatialLayers - 1;
  into[offset] =
    0xa0 |
    (d.key ? 0 : 0x40) |
    (d.start ? 0x08 : 0) |
    (d.end ? 0x04 : 0) |
    (d.structure ? 0x02 : 0) |
    (lower ? 0 : 0x01);
  into[offset + 1] = 0x80 | ((d.pictureId >> 8) & 0x7f);
  into[offset + 2] = d.pictureId & 0xff;
  into[offset + 3] =
    (d.temporal << 5) | (d.temporal > 0 ? 0x10 : 0) | (d.spatial << 1) | (d.key && d.spatial > 0 ? 1 : 0);
  into[offset + 4] = d.tl0 & 0xff;
  if (d.structure === null) return DESCRIPTOR_BYTES;
  d.structure.copy(into, offset + DESCRIPTOR_BYTES);
  return DESCRIPTOR_BYTES + d.structure.length;
}

/** Bytes of a scalability structure: at most 8 sizes, 255 pictures, three references each. */
export function encodeStructure(structure: ScalabilityStructure): Buffer {
  const { spatialLayers, sizes, group } = structure;
  const bytes = [((spatialLayers - 1) << 5) | (sizes === null ? 0 : 0x10) | (group.length > 0 ? 0x08 : 0)];
  for (const { width, height } of sizes ?? []) bytes.push(width >> 8, width & 0xff, height >> 8, height & 0xff);
  if (group.length > 0) bytes.push(group.length);
  for (const picture of group)
    bytes.push(
      (picture.temporal << 5) | (picture.switchUp ? 0x10 : 0) | (picture.references.length << 2),
      ...picture.references,
    );
  return Buffer.from(bytes);
}

const base = (reference: number): GroupPicture => ({ temporal: 0, switchUp: false, references: [reference] });
const upper = (temporal: number, ...references: number[]): GroupPicture => ({ temporal, switchUp: true, references });

/** The groups our encoder makes, by number of temporal layers: 0, 0-1, 0-2-1-2. */
export const temporalGroups: Readonly<Record<1 | 2 | 3, readonly GroupPicture[]>> = {
  1: [base(1)],
  2: [base(2), upper(1, 1)],
  3: [base(4), upper(2, 1), upper(1, 2), upper(2, 1, 2)],
};

function at(buffer: Buffer, offset: number): number {
  return buffer[offset] ?? 0;
}
