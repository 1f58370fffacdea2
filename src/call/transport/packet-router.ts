/** Which stream a packet of the link belongs to: RTP by its SSRC, RTCP by the SSRCs it speaks of. */
import type { RtcpPacket } from '../rtp/rtcp.ts';
import { parseRtcp } from '../rtp/rtcp.ts';
import { createRtpHeader, extensionDataLength, findExtension, parseRtp } from '../rtp/rtp-packet.ts';
import type { StreamIdentity } from './stream-ports.ts';

/** RTP and RTCP share the transport: RTCP's types are 192 to 223 in the second byte (RFC 5761 section 4). */
export function isRtcp(packet: Buffer): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

export interface StreamPort {
  readonly ssrc: number;
  readonly rtxSsrc: number | null;
}

export interface RtpRoute<Port> {
  readonly ssrc: number;
  /** Null for a stream nobody registered. */
  readonly port: Port | null;
  /** The transport-wide sequence number; null when the packet carries none. */
  readonly transportSequence: number | null;
}

export class PacketRouter<Port extends StreamPort> {
  readonly #ports = new Map<number, Port>();
  readonly #header = createRtpHeader();
  #transportCcId: number | null = null;
  #malformed = 0;
  #unknown = 0;

  /** Packets that were no RTP or RTCP, and packets of no known stream. */
  get dropped(): { readonly malformed: number; readonly unknown: number } {
    return { malformed: this.#malformed, unknown: this.#unknown };
  }

  /** False when one of the SSRCs is taken. */
  add(port: Port, identity: StreamIdentity): boolean {
    const ssrcs = ssrcsOf(port);
    if (ssrcs.some((ssrc) => this.#ports.has(ssrc))) return false;
    for (const ssrc of ssrcs) this.#ports.set(ssrc, port);
    // Header extensions have one id for the whole router, so any stream's is the transport's.
    this.#transportCcId ??= identity.extensions.transportCc;
    return true;
  }

  remove(port: Port): void {
    for (const ssrc of ssrcsOf(port)) if (this.#ports.get(ssrc) === port) this.#ports.delete(ssrc);
  }

  has(ssrc: number): boolean {
    return this.#ports.has(ssrc);
  }

  /** Null when it is no RTP packet. */
  routeRtp(packet: Buffer): RtpRoute<Port> | null {
    const header = this.#header;
    if (!parseRtp(packet, header)) {
      this.#malformed++;
      return null;
    }
    const port = this.#ports.get(header.ssrc) ?? null;
    if (port === null) this.#unknown++;
    return { ssrc: header.ssrc, port, transportSequence: this.#transportSequence(packet) };
  }

  /** Every stream that the compound concerns, once each. */
  routeRtcp(compound: Buffer): Set<Port> {
    const parsed = parseRtcp(compound);
    this.#malformed += parsed.malformed;
    const concerned = new Set<Port>();
    for (const packet of parsed.packets) {
      for (const ssrc of subjectsOf(packet)) {
        const port = this.#ports.get(ssrc);
        if (port) concerned.add(port);
      }
      if (packet.kind === 'remb' && packet.ssrcs.length === 0)
        for (const port of this.#ports.values()) concerned.add(port);
    }
    return concerned;
  }

  #transportSequence(packet: Buffer): number | null {
    if (this.#transportCcId === null) return null;
    const at = findExtension(packet, this.#header, this.#transportCcId);
    return at < 0 || extensionDataLength(packet, at) !== 2 ? null : packet.readUInt16BE(at);
  }
}

function ssrcsOf(port: StreamPort): number[] {
  return port.rtxSsrc === null ? [port.ssrc] : [port.ssrc, port.rtxSsrc];
}

/** SSRCs of the media a packet speaks of. */
function subjectsOf(packet: RtcpPacket): readonly number[] {
  switch (packet.kind) {
    case 'sr':
      return [packet.ssrc, ...packet.blocks.map((block) => block.ssrc)];
    case 'rr':
      return packet.blocks.map((block) => block.ssrc);
    case 'sdes':
    case 'bye':
    case 'remb':
      return packet.ssrcs;
    case 'nack':
    case 'pli':
    case 'transport-feedback':
      return [packet.media];
    case 'fir':
      return packet.requests.map((request) => request.ssrc);
    case 'other':
      return [];
  }
}
