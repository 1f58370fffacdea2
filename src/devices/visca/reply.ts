/**
 * What a VISCA camera sends. Layout and codes: Sony "SRG-300H Technical Manual", Command List, "VISCA Communication
 * Specifications": `z0 4y FF` acknowledge, `z0 5y … FF` completion, `z0 6y ee FF` error, `z0 38 FF` network change, where
 * z is the camera's address + 8 and y the socket.
 */
export type ViscaErrorReason =
  'length' | 'syntax' | 'buffer-full' | 'cancelled' | 'no-socket' | 'not-executable' | 'unknown';

export type ViscaReply =
  | { readonly kind: 'ack'; readonly from: number; readonly socket: number }
  | { readonly kind: 'completion'; readonly from: number; readonly socket: number; readonly data: Uint8Array }
  | { readonly kind: 'error'; readonly from: number; readonly socket: number; readonly reason: ViscaErrorReason }
  | { readonly kind: 'network-change'; readonly from: number }
  /** The chain was numbered: how many cameras there are. */
  | { readonly kind: 'address-set'; readonly cameras: number }
  | { readonly kind: 'interface-cleared' };

/** A packet has at most 16 bytes: header, 14 of message, terminator. */
export const MAX_PACKET = 16;
export const TERMINATOR = 0xff;

const errorReasons: Readonly<Record<number, ViscaErrorReason>> = {
  0x01: 'length',
  0x02: 'syntax',
  0x03: 'buffer-full',
  0x04: 'cancelled',
  0x05: 'no-socket',
  0x41: 'not-executable',
};

/** Reads one packet, terminator included; `null` for anything that is no reply, also for one that is too long or too short. */
export function parseReply(packet: Uint8Array): ViscaReply | null {
  const [header = 0, kind = 0, detail = 0] = packet;
  if (packet.length < 3 || packet.length > MAX_PACKET || packet.at(-1) !== TERMINATOR) return null;
  if (packet.subarray(0, -1).includes(TERMINATOR)) return null;
  if (header === 0x88) return parseBroadcast(packet);
  if (header < 0x90 || (header & 0x0f) !== 0) return null;
  const from = (header >> 4) - 8;
  const socket = kind & 0x0f;
  switch (kind & 0xf0) {
    case 0x40:
      return packet.length === 3 ? { kind: 'ack', from, socket } : null;
    case 0x50:
      return { kind: 'completion', from, socket, data: packet.slice(2, -1) };
    case 0x60:
      return packet.length === 4 ? { kind: 'error', from, socket, reason: errorReasons[detail] ?? 'unknown' } : null;
    default:
      return packet.length === 3 && kind === 0x38 ? { kind: 'network-change', from } : null;
  }
}

/** Broadcasts go round the chain and come back: `88 30 0w FF` with w one more than the last address, `88 01 00 01 FF`. */
function parseBroadcast(packet: Uint8Array): ViscaReply | null {
  const [, command = 0, detail = 0] = packet;
  if (packet.length === 4 && command === 0x30 && detail >= 1 && detail <= 8) {
    return { kind: 'address-set', cameras: detail - 1 };
  }
  if (packet.length === 5 && command === 0x01 && detail === 0x00 && packet[3] === 0x01) {
    return { kind: 'interface-cleared' };
  }
  return null;
}

/**
 * Finds replies in a stream. There is no checksum and no length, so noise is told from replies by their form: everything up
 * to a terminator is searched for the first place from which it reads as a reply. Keeps at most one packet's bytes.
 */
export class ReplySplitter {
  readonly #kept: number[] = [];

  push(chunk: Uint8Array): ViscaReply[] {
    const replies: ViscaReply[] = [];
    for (const byte of chunk) {
      this.#kept.push(byte);
      if (this.#kept.length > MAX_PACKET) this.#kept.shift();
      if (byte !== TERMINATOR) continue;
      const reply = this.#find();
      if (reply !== null) replies.push(reply);
      this.#kept.length = 0;
    }
    return replies;
  }

  reset(): void {
    this.#kept.length = 0;
  }

  #find(): ViscaReply | null {
    for (let from = 0; from <= this.#kept.length - 3; from++) {
      const reply = parseReply(Uint8Array.from(this.#kept.slice(from)));
      if (reply !== null) return reply;
    }
    return null;
  }
}
