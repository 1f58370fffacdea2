import type { EncodedLayer } from './video-parts.ts';

/** Bytes of native/layer-frame.h before each layer. */
const HEADER_BYTES = 40;
const VERSION = 1;

/** What `ksvcenc` puts out, as native/layer-frame.h describes it; the data is a view. Null for anything else. */
export function parseLayerFrame(bytes: Buffer): EncodedLayer | null {
  if (bytes.length <= HEADER_BYTES || bytes[4] !== VERSION) return null;
  return {
    data: bytes.subarray(HEADER_BYTES),
    key: bytes[5] === 1,
    spatial: bytes.readUInt8(6),
    temporal: bytes.readUInt8(7),
    width: bytes.readUInt16BE(8),
    height: bytes.readUInt16BE(10),
    activeSpatialLayers: bytes.readUInt8(28),
    picture: bytes.readUInt32BE(24),
    captureUs: Number(bytes.readBigUInt64BE(32)),
    encodeUs: bytes.readUInt16BE(30),
  };
}
