import { concatBytes } from '../../lib/bytes.ts';
import { MAX_PACKET, ReplySplitter } from './reply.ts';
import type { ViscaReply } from './reply.ts';

/**
 * How packets travel:
 * - `serial`: bare, in a stream; the chain has to be numbered first.
 * - `tcp`: bare, in a stream.
 * - `udp`: one bare packet a datagram, as cameras do that know no header (glikely/obs-ptz#177).
 * - `udp-header`: one packet a datagram after the eight bytes of "VISCA over IP" (port 52381).
 */
export type ViscaTransport = 'serial' | 'tcp' | 'udp' | 'udp-header';
export type MessageKind = 'command' | 'inquiry' | 'control';

export type Received =
  /** `sequence` is that of the message answered, `null` where messages carry none. */
  | { readonly kind: 'reply'; readonly sequence: number | null; readonly reply: ViscaReply }
  | { readonly kind: 'reset-done' }
  | { readonly kind: 'sequence-refused' }
  | { readonly kind: 'message-refused' };

export const VISCA_OVER_IP_PORT = 52_381;
/** Payload types of "VISCA over IP" (Sony SRG-300H Technical Manual, Command List). */
const types = { command: 0x0100, inquiry: 0x0110, control: 0x0200 } as const;
const REPLY = 0x0111;
const CONTROL_REPLY = 0x0201;
const HEADER = 8;

/** The control message that sets the camera's sequence number to 0. */
export const RESET_SEQUENCE = Uint8Array.of(0x01);

/** `sequence` is used where messages carry one: an unsigned 32-bit number. */
export function encodeMessage(
  transport: ViscaTransport,
  kind: MessageKind,
  sequence: number,
  packet: Uint8Array,
): Uint8Array {
  if (transport !== 'udp-header') return packet;
  const header = new DataView(new ArrayBuffer(HEADER));
  header.setUint16(0, types[kind]);
  header.setUint16(2, packet.length);
  header.setUint32(4, sequence);
  return concatBytes(new Uint8Array(header.buffer), packet);
}

/** Reads what comes in, whatever it is cut into; what is no message is dropped. */
export class MessageDecoder {
  readonly #transport: ViscaTransport;
  readonly #splitter = new ReplySplitter();

  constructor(transport: ViscaTransport) {
    this.#transport = transport;
  }

  push(chunk: Uint8Array): Received[] {
    if (this.#transport === 'udp-header') return this.#datagram(chunk);
    // A datagram is whole: half a packet in one does not go on in the next.
    if (this.#transport === 'udp') this.#splitter.reset();
    return this.#bare(chunk);
  }

  /** A new link begins with a new packet. */
  reset(): void {
    this.#splitter.reset();
  }

  #bare(chunk: Uint8Array): Received[] {
    return this.#splitter.push(chunk).map((reply) => ({ kind: 'reply', sequence: null, reply }));
  }

  #datagram(chunk: Uint8Array): Received[] {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const length = chunk.length >= HEADER ? view.getUint16(2) : 0;
    if (length < 1 || length > MAX_PACKET || chunk.length !== HEADER + length) return this.#headless(chunk);
    const payload = chunk.subarray(HEADER);
    switch (view.getUint16(0)) {
      case REPLY:
        this.#splitter.reset();
        return this.#splitter.push(payload).map((reply) => ({ kind: 'reply', sequence: view.getUint32(4), reply }));
      case CONTROL_REPLY:
      case types.control:
        return control(payload);
      default:
        return [];
    }
  }

  /** Some cameras take messages with the header and answer without it. */
  #headless(chunk: Uint8Array): Received[] {
    this.#splitter.reset();
    if ((chunk[0] ?? 0) < 0x88) return [];
    return this.#bare(chunk);
  }
}

/** `01` acknowledges RESET; `0F 01` is an abnormal sequence number, `0F 02` an abnormal message. */
function control(payload: Uint8Array): Received[] {
  const [first, second] = payload;
  if (first === 0x01 && payload.length === 1) return [{ kind: 'reset-done' }];
  if (first !== 0x0f) return [];
  if (second === 0x01) return [{ kind: 'sequence-refused' }];
  return second === 0x02 ? [{ kind: 'message-refused' }] : [];
}
