/** From captured RTP back to the SFrames it carried, and what a set of keys can make of them. */
import type { EpochKeys } from '../../src/crypto/epoch-keys.ts';
import { decodeHeader, decrypt, deriveKey } from '../../src/crypto/sframe.ts';
import type { SFrameKey } from '../../src/crypto/sframe.ts';
import { createVp9Descriptor, parseVp9Descriptor } from '../../src/call/rtp/vp9-payload-descriptor.ts';
import type { TappedPacket, TappedStream } from './rtp-tap.ts';
import { payloadOf } from './stock-decoders.ts';

const SUITE = 5;

export interface CapturedFrame {
  /** When its first packet passed the router. */
  readonly atMs: number;
  readonly rtpTimestamp: number;
  readonly spatial: number;
  readonly sframe: Buffer;
}

/** Whole SFrames: of sound one in each packet, of video one in each layer frame. What lacks a packet is left out. */
export function framesOf(stream: TappedStream): CapturedFrame[] {
  if (stream.producer.kind === 'video') return layerFrames(stream.packets);
  return stream.packets.map(({ atMs, packet }) => ({
    atMs,
    rtpTimestamp: packet.readUInt32BE(4),
    spatial: 0,
    sframe: payloadOf(packet),
  }));
}

function layerFrames(packets: readonly TappedPacket[]): CapturedFrame[] {
  const descriptor = createVp9Descriptor();
  const frames: CapturedFrame[] = [];
  let open: { atMs: number; rtpTimestamp: number; spatial: number; next: number; parts: Buffer[] } | null = null;
  for (const { atMs, packet } of inOrder(packets)) {
    const payload = payloadOf(packet);
    if (!parseVp9Descriptor(payload, 0, payload.length, descriptor)) continue;
    const [sequence, rtpTimestamp] = [packet.readUInt16BE(2), packet.readUInt32BE(4)];
    if (descriptor.start) open = { atMs, rtpTimestamp, spatial: descriptor.spatial, next: sequence, parts: [] };
    if (!open || open.next !== sequence || open.rtpTimestamp !== rtpTimestamp) {
      open = null;
      continue;
    }
    open.next = (sequence + 1) & 0xffff;
    open.parts.push(payload.subarray(descriptor.length));
    if (!descriptor.end) continue;
    frames.push({ atMs: open.atMs, rtpTimestamp, spatial: open.spatial, sframe: Buffer.concat(open.parts) });
    open = null;
  }
  return frames;
}

/** From the last key picture on: what a receiver can begin with. */
export function sinceKeyPicture(packets: readonly TappedPacket[]): TappedPacket[] {
  const descriptor = createVp9Descriptor();
  const at = packets.findLastIndex(({ packet }) => {
    const payload = payloadOf(packet);
    return (
      parseVp9Descriptor(payload, 0, payload.length, descriptor) &&
      descriptor.start &&
      !descriptor.interPicture &&
      descriptor.spatial === 0
    );
  });
  return at < 0 ? [] : packets.slice(at);
}

/** The same packets over and over, numbered and timed on as one stream: only what they carry was there before. */
export function* replayed(packets: readonly TappedPacket[]): Generator<Buffer> {
  const first = packets[0]?.packet;
  const last = packets.at(-1)?.packet;
  if (!first || !last) return;
  const span = ((last.readUInt32BE(4) - first.readUInt32BE(4)) >>> 0) + 3_000;
  for (let i = 0; ; i++) {
    const packet = Buffer.from(packets[i % packets.length]?.packet ?? first);
    packet.writeUInt16BE((first.readUInt16BE(2) + i) & 0xffff, 2);
    packet.writeUInt32BE((packet.readUInt32BE(4) + Math.floor(i / packets.length) * span) >>> 0, 4);
    yield packet;
  }
}

/** By sequence number, without repeats: retransmissions come late. */
export function inOrder(packets: readonly TappedPacket[]): TappedPacket[] {
  const first = packets[0]?.packet.readUInt16BE(2) ?? 0;
  let [last, extended] = [first, 0];
  const placed = new Map<number, TappedPacket>();
  for (const each of packets) {
    const sequence = each.packet.readUInt16BE(2);
    const step = ((sequence - last + 0x18000) & 0xffff) - 0x8000;
    if (!placed.has(extended + step)) placed.set(extended + step, each);
    [last, extended] = [sequence, extended + step];
  }
  return [...placed].toSorted(([a], [b]) => a - b).map(([, each]) => each);
}

/** Somebody with these keys and no rules: whatever opens a frame is tried, whoever it is of. */
export class KeyRing {
  readonly #baseKeys: readonly Uint8Array[];
  readonly #derived = new Map<string, SFrameKey>();

  constructor(keys: readonly EpochKeys[]) {
    this.#baseKeys = keys.map(({ baseKey }) => baseKey);
  }

  open(sframe: Buffer): Uint8Array | null {
    for (const [i, baseKey] of this.#baseKeys.entries()) {
      try {
        return decrypt((kid) => this.#key(i, baseKey, kid), new Uint8Array(0), sframe);
      } catch {
        // The next key, then.
      }
    }
    return null;
  }

  #key(i: number, baseKey: Uint8Array, kid: bigint): SFrameKey {
    const name = `${i}/${kid}`;
    let key = this.#derived.get(name);
    if (!key) this.#derived.set(name, (key = deriveKey(SUITE, baseKey, kid)));
    return key;
  }
}

/** The encrypted part of an SFrame, without header and tag. */
export function ciphertextOf(sframe: Buffer): Buffer {
  return sframe.subarray(decodeHeader(sframe).length, -16);
}

/** Opened layer frames put together to pictures, as a decoder takes them. */
export function picturesFrom(frames: readonly CapturedFrame[], ring: KeyRing): Uint8Array[] {
  const pictures = new Map<number, Uint8Array[]>();
  for (const frame of frames) {
    const plain = ring.open(frame.sframe);
    if (!plain) continue;
    const layers = pictures.get(frame.rtpTimestamp) ?? [];
    layers[frame.spatial] = plain;
    pictures.set(frame.rtpTimestamp, layers);
  }
  return [...pictures.values()].map((layers) => Buffer.concat(layers.filter((layer) => layer !== undefined)));
}
