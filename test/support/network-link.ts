import type { Clock } from '../../src/lib/clock.ts';

/** One direction of a network path. */
export interface LinkShape {
  /** Bottleneck, kbit/s on the wire; null: none. */
  readonly rateKbps: number | null;
  /** What waits in front of the bottleneck at most, as time at its rate; what does not fit is dropped. */
  readonly queueMs: number;
  readonly delayMs: number;
  /** Up to this much is added to the delay of each packet, evenly spread; packets keep their order all the same. */
  readonly jitterMs: number;
  /** Jitter may let a packet overtake another. */
  readonly reorder: boolean;
  /** Chance of each packet to be lost, 0 to 1. */
  readonly loss: number;
  /**
   * Losses in bursts (Gilbert and Elliott): the chances, each packet, that a burst begins and that it ends, and of losing a packet in
   * it. The mean burst has 1 / `end` packets.
   */
  readonly burst: { readonly begin: number; readonly end: number; readonly loss: number } | null;
}

export const perfectLink: LinkShape = {
  rateKbps: null,
  queueMs: 200,
  delayMs: 0,
  jitterMs: 0,
  reorder: false,
  loss: 0,
  burst: null,
};

export interface LinkStats {
  packets: number;
  bytes: number;
  delivered: number;
  deliveredBytes: number;
  lost: number;
  /** For want of room in the queue. */
  dropped: number;
}

/** IPv4 and UDP headers, which the wire carries too. */
const HEADER_BYTES = 28;

interface Waiting {
  readonly dueMs: number;
  readonly bytes: number;
  readonly deliver: () => void;
}

/** Holds packets back and loses them as a path of this shape would; what they are does not matter. */
export class NetworkLink {
  readonly stats: LinkStats = { packets: 0, bytes: 0, delivered: 0, deliveredBytes: 0, lost: 0, dropped: 0 };
  readonly #clock: Clock;
  readonly #random: () => number;
  #shape: LinkShape;
  #freeAtMs = -Infinity;
  #lastDueMs = -Infinity;
  #inBurst = false;
  #waiting: Waiting[] = [];
  #cancel: (() => void) | null = null;

  /** `random`: from 0 to below 1. */
  constructor(shape: LinkShape, clock: Clock, random: () => number) {
    this.#shape = shape;
    this.#clock = clock;
    this.#random = random;
  }

  get shape(): LinkShape {
    return this.#shape;
  }

  /** Packets already on their way keep the times they were given. */
  change(change: Partial<LinkShape>): void {
    this.#shape = { ...this.#shape, ...change };
  }

  /** Calls `deliver` when the packet arrives, or never. */
  send(bytes: number, deliver: () => void): void {
    this.stats.packets++;
    this.stats.bytes += bytes;
    if (this.#isLost()) return void this.stats.lost++;
    const nowMs = this.#clock.nowMs();
    const sentMs = this.#pass(bytes + HEADER_BYTES, nowMs);
    if (sentMs === null) return void this.stats.dropped++;
    const { delayMs, jitterMs, reorder } = this.#shape;
    const arrivalMs = sentMs + delayMs + jitterMs * this.#random();
    const dueMs = reorder ? arrivalMs : Math.max(arrivalMs, this.#lastDueMs);
    this.#lastDueMs = Math.max(dueMs, this.#lastDueMs);
    if (dueMs <= nowMs && this.#waiting.length === 0) return this.#deliver({ dueMs, bytes, deliver });
    this.#enqueue({ dueMs, bytes, deliver });
  }

  /** Drops what is on its way. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting = [];
  }

  #isLost(): boolean {
    const { loss, burst } = this.#shape;
    if (burst === null) this.#inBurst = false;
    else this.#inBurst = this.#inBurst ? this.#random() >= burst.end : this.#random() < burst.begin;
    return this.#random() < (this.#inBurst ? (burst?.loss ?? 0) : loss);
  }

  /** When the last bit of the packet has left the bottleneck; null: the queue is full. */
  #pass(wireBytes: number, nowMs: number): number | null {
    const { rateKbps, queueMs } = this.#shape;
    if (rateKbps === null) return nowMs;
    if (!(rateKbps > 0)) return null;
    const startMs = Math.max(nowMs, this.#freeAtMs);
    // A packet that comes to an empty queue always fits.
    if (startMs > nowMs && startMs - nowMs > queueMs) return null;
    this.#freeAtMs = startMs + (wireBytes * 8) / rateKbps;
    return this.#freeAtMs;
  }

  #enqueue(packet: Waiting): void {
    const after = this.#waiting.findLastIndex(({ dueMs }) => dueMs <= packet.dueMs);
    this.#waiting.splice(after + 1, 0, packet);
    if (after === -1) this.#schedule();
  }

  #schedule(): void {
    this.#cancel?.();
    const [next] = this.#waiting;
    this.#cancel = next ? this.#clock.after(Math.max(0, next.dueMs - this.#clock.nowMs()), () => this.#run()) : null;
  }

  #run(): void {
    const nowMs = this.#clock.nowMs();
    const firstLater = this.#waiting.findIndex(({ dueMs }) => dueMs > nowMs);
    const due = this.#waiting.splice(0, firstLater === -1 ? this.#waiting.length : firstLater);
    for (const packet of due) this.#deliver(packet);
    this.#schedule();
  }

  #deliver({ bytes, deliver }: Waiting): void {
    this.stats.delivered++;
    this.stats.deliveredBytes += bytes;
    deliver();
  }
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
