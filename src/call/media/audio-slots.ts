/** Where a packet of a stream goes: which mixer input, and under which continuous RTP numbers. */
export interface SlotPacket {
  readonly slot: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, 48 kHz. */
  readonly timestamp: number;
}

interface Slot {
  stream: string | null;
  /** What the current occupant's numbers are added to. */
  sequenceOffset: number;
  timestampOffset: number;
  lastSequence: number;
  lastTimestamp: number;
  lastPacketMs: number;
  /** When the occupant was last heard to speak. */
  heardMs: number;
}

/** A packet every 20 ms is a talker; keep-alives come every 400 ms. */
const TALK_WINDOW_MS = 200;
const TALK_PACKETS = 4;
/** An occupant not heard for this long gives way to a talker without a slot. */
const YIELD_AFTER_MS = 1_500;
/** Larger steps are a restarted sender, not loss. */
const SEQUENCE_STEP = 1_000;
const TIMESTAMP_STEP = 48_000 * 30;

/**
 * Gives the mixer's fixed inputs to streams as they speak. Each input sees one unbroken RTP stream whoever occupies it, so
 * its jitter buffer never resets. With more streams than slots, those heard last keep theirs.
 */
export class AudioSlots {
  readonly #slots: Slot[];
  readonly #waiting = new Map<string, { sinceMs: number; packets: number }>();

  constructor(count: number) {
    this.#slots = Array.from({ length: count }, () => ({
      stream: null,
      sequenceOffset: 0,
      timestampOffset: 0,
      lastSequence: 0,
      lastTimestamp: 0,
      lastPacketMs: 0,
      heardMs: Number.NEGATIVE_INFINITY,
    }));
  }

  /** Null: no slot is free and this stream has not spoken enough to take one. */
  place(stream: string, sequence: number, timestamp: number, nowMs: number): SlotPacket | null {
    const index = this.#indexFor(stream, nowMs);
    const slot = index === null ? undefined : this.#slots[index];
    if (index === null || !slot) return null;
    if (slot.stream !== stream) this.#occupy(slot, stream, sequence, timestamp, nowMs);
    let out = renumber(slot, sequence, timestamp);
    if (
      Math.abs(signed16(out.sequence - slot.lastSequence)) > SEQUENCE_STEP ||
      Math.abs((out.timestamp - slot.lastTimestamp) | 0) > TIMESTAMP_STEP
    ) {
      this.#occupy(slot, stream, sequence, timestamp, nowMs);
      out = renumber(slot, sequence, timestamp);
    }
    if (signed16(out.sequence - slot.lastSequence) > 0) {
      slot.lastSequence = out.sequence;
      slot.lastTimestamp = out.timestamp;
      slot.lastPacketMs = nowMs;
    }
    return { slot: index, ...out };
  }

  /** The occupant of `slot` is loud enough to be speech. */
  heard(slot: number, nowMs: number): void {
    const found = this.#slots[slot];
    if (found) found.heardMs = nowMs;
  }

  streamOf(slot: number): string | null {
    return this.#slots[slot]?.stream ?? null;
  }

  /** The stream ended: its slot is free. */
  release(stream: string): void {
    this.#waiting.delete(stream);
    for (const slot of this.#slots) if (slot.stream === stream) slot.stream = null;
  }

  #indexFor(stream: string, nowMs: number): number | null {
    const own = this.#slots.findIndex((slot) => slot.stream === stream);
    if (own >= 0) return own;
    const free = this.#slots.findIndex((slot) => slot.stream === null);
    if (free >= 0) return free;
    if (!this.#isTalking(stream, nowMs)) return null;
    let quietest = 0;
    for (const [i, slot] of this.#slots.entries())
      if (slot.heardMs < (this.#slots[quietest]?.heardMs ?? 0)) quietest = i;
    return nowMs - (this.#slots[quietest]?.heardMs ?? nowMs) >= YIELD_AFTER_MS ? quietest : null;
  }

  #isTalking(stream: string, nowMs: number): boolean {
    const waiting = this.#waiting.get(stream);
    if (!waiting || nowMs - waiting.sinceMs > TALK_WINDOW_MS) {
      this.#waiting.set(stream, { sinceMs: nowMs, packets: 1 });
      return false;
    }
    return ++waiting.packets >= TALK_PACKETS;
  }

  #occupy(slot: Slot, stream: string, sequence: number, timestamp: number, nowMs: number): void {
    const elapsed = Math.min(Math.max(nowMs - slot.lastPacketMs, 20), 1_000_000);
    this.#waiting.delete(stream);
    slot.stream = stream;
    slot.heardMs = nowMs;
    slot.sequenceOffset = slot.lastSequence + 1 - sequence;
    slot.timestampOffset = slot.lastTimestamp + Math.round(elapsed * 48) - timestamp;
  }
}

function renumber(slot: Slot, sequence: number, timestamp: number): { sequence: number; timestamp: number } {
  return { sequence: (sequence + slot.sequenceOffset) & 0xffff, timestamp: (timestamp + slot.timestampOffset) >>> 0 };
}

const signed16 = (value: number): number => (value << 16) >> 16;

/** A minimal RTP packet (RFC 3550 section 5.1): 12-byte header and the payload. */
export function wrapRtp(
  payloadType: number,
  packet: { sequence: number; timestamp: number },
  payload: Uint8Array,
): Buffer {
  const out = Buffer.allocUnsafe(12 + payload.length);
  out[0] = 0x80;
  out[1] = payloadType;
  out.writeUInt16BE(packet.sequence, 2);
  out.writeUInt32BE(packet.timestamp, 4);
  out.writeUInt32BE(1, 8);
  out.set(payload, 12);
  return out;
}
