/** The part of a VP9 frame's uncompressed header that says what decoding it would cost (VP9 bitstream specification 0.6, section 6.2). */

/** The largest picture that is decoded: 4K of cinema, and a little more height than 16:9 for screens of 16:9 and 17:9. */
export const MAX_PICTURE = { width: 4_096, height: 2_304 } as const;

const FRAME_MARKER = 2;
const SYNC_CODE = 0x49_83_42;
const REFERENCES = 3;
const RGB = 7;

export interface Vp9FrameHeader {
  /** No frame of its own: shows one that was decoded before. */
  readonly showsExisting: boolean;
  /** Frame type 0: refers to nothing. An upper spatial layer of a key picture is none. */
  readonly key: boolean;
  /** Where the frame gives one; null: that of a frame it refers to. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** Null unless it is a frame of profile 0 (8 bit, 4:2:0), whole as far as its size. Pure; reads at most 14 bytes. */
export function parseVp9FrameHeader(frame: Uint8Array): Vp9FrameHeader | null {
  const bits = new Bits(frame);
  // Marker, and two bits of the profile: 0.
  if (bits.read(2) !== FRAME_MARKER || bits.read(2) !== 0) return null;
  if (bits.read(1) === 1) return bits.read(3) < 0 ? null : { showsExisting: true, key: false, size: null };
  const key = bits.read(1) === 0;
  const shown = bits.read(1) === 1;
  const resilient = bits.read(1) === 1;
  const size = key ? sizeOfKey(bits) : sizeOfOther(bits, shown, resilient);
  return size === undefined || bits.ranOut ? null : { showsExisting: false, key, size };
}

/**
 * Whether a frame may go to the decoder: of the one profile that is negotiated, and no larger than `MAX_PICTURE`. Where its first frame
 * ends only a decoder knows: what is hidden behind it slotsink refuses, once decoded.
 */
export function isDecodableFrame(frame: Uint8Array): boolean {
  const header = parseVp9FrameHeader(frame);
  if (!header) return false;
  return header.size === null || (header.size.width <= MAX_PICTURE.width && header.size.height <= MAX_PICTURE.height);
}

type Size = Vp9FrameHeader['size'];

/** Undefined: malformed. */
function sizeOfKey(bits: Bits): Size | undefined {
  if (bits.read(24) !== SYNC_CODE) return undefined;
  // Colour space and range; RGB is of profiles 1 and 3.
  if (bits.read(3) === RGB) return undefined;
  bits.read(1);
  return explicitSize(bits);
}

function sizeOfOther(bits: Bits, shown: boolean, resilient: boolean): Size | undefined {
  const intraOnly = !shown && bits.read(1) === 1;
  // What of the contexts is reset.
  if (!resilient) bits.read(2);
  if (intraOnly && bits.read(24) !== SYNC_CODE) return undefined;
  // Which of the eight kept frames it replaces.
  bits.read(8);
  if (intraOnly) return explicitSize(bits);
  // Each reference: which kept frame, and a sign.
  bits.read(REFERENCES * 4);
  for (let i = 0; i < REFERENCES; i++) if (bits.read(1) === 1) return null;
  return explicitSize(bits);
}

function explicitSize(bits: Bits): Size {
  const width = bits.read(16) + 1;
  return { width, height: bits.read(16) + 1 };
}

/** Most significant bit first. */
class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** More was read than there is. */
  get ranOut(): boolean {
    return this.#at > this.#bytes.length * 8;
  }

  /** Up to 24 bits; −1 past the end. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++)
      value = (value << 1) | (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    return this.ranOut ? -1 : value;
  }
}
