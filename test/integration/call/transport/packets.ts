/** Just enough packet writing for the transport's tests, apart from the product's own writers. */
import { randomBytes } from 'node:crypto';
import type { RtpSendPort } from '../../../../src/call/rtp/ports.ts';

/** Sends one opaque packet a picture, VP9 key pictures of a single layer frame; the payload behind the descriptor is random. */
export class PacketSource {
  readonly sent = new Map<number, Buffer>();
  #sequence = 100;
  #picture = 0;
  readonly port: RtpSendPort;

  constructor(port: RtpSendPort) {
    this.port = port;
  }

  /** Returns whether the transport took it. */
  send(bytes = 200): boolean {
    const packet = this.make(bytes);
    this.sent.set(packet.readUInt16BE(2), packet);
    return this.port.send(Buffer.from(packet));
  }

  make(bytes: number): Buffer {
    this.#picture = (this.#picture + 1) & 0x7fff;
    const video = this.port.kind === 'video';
    const descriptor = video
      ? Buffer.from([0xad, 0x80 | (this.#picture >> 8), this.#picture & 0xff, 0, this.#picture & 0xff])
      : Buffer.alloc(0);
    const header = Buffer.alloc(20);
    header[0] = 0x90;
    header[1] = 0x80 | this.port.payloadType;
    header.writeUInt16BE(this.#sequence, 2);
    header.writeUInt32BE((this.#picture * (video ? 3_000 : 960)) >>> 0, 4);
    header.writeUInt32BE(this.port.ssrc, 8);
    header.writeUInt16BE(0xbede, 12);
    header.writeUInt16BE(1, 14);
    header[16] = ((this.port.extensions.absSendTime ?? 15) << 4) | 2;
    header.writeUIntBE(Math.floor((performance.now() % 64_000) * 262.144), 17, 3);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    return Buffer.concat([header, descriptor, randomBytes(bytes)]);
  }
}

/** Behind header and extensions. */
export function payloadOf(packet: Buffer): Buffer {
  const extension = packet.readUInt8(0) & 0x10 ? 4 + packet.readUInt16BE(14) * 4 : 0;
  return packet.subarray(12 + extension);
}

export function rtcpTypes(compound: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at + 4 <= compound.length; at += 4 + compound.readUInt16BE(at + 2) * 4)
    types.push(`${compound.readUInt8(at + 1)}/${compound.readUInt8(at) & 0x1f}`);
  return types;
}
