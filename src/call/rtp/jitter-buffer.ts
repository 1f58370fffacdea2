/**
 * Puts the packets of one SSRC back in order, says which to ask for again and gives up on those that do not come.
 * Pure: time comes as an argument. Memory is fixed: a ring of packets, bounded in bytes too; nothing is allocated per packet.
 */
import type { ReceptionFigures } from './reception-meter.ts';
import { MAX_DROPOUT, MAX_MISORDER, ReceptionMeter } from './reception-meter.ts';
import { distance16 } from './sequence.ts';

export interface JitterBufferOptions {
  /** Slots; a power of two. What does not fit is declared lost. */
  readonly capacity: number;
  readonly maxBytes: number;
  /** A gap younger than this may be mere reordering. */
  readonly reorderToleranceMs: number;
  readonly maxNacks: number;
  /**
   * Requests a packet received earns, and how many may be saved up. What is asked for again comes on top of what a line already
   * cannot carry: without a bound, requests alone would fill it.
   */
  readonly nackShare: number;
  readonly nackBurst: number;
  /** A missing packet is waited for at least this long, and four round trips (three requests) if that is more. */
  readonly giveUpMs: number;
  readonly maxGiveUpMs: number;
  /** More packets missing at once are not asked for: a key picture is cheaper. */
  readonly maxMissing: number;
  /** How long the first packets are held, in case they were overtaken: what came before the first cannot be asked for. */
  readonly startHoldMs: number;
  /** RTP clock, for the jitter. */
  readonly clockRate: number;
}

export const videoJitterOptions: JitterBufferOptions = {
  capacity: 2_048,
  maxBytes: 2_000_000,
  reorderToleranceMs: 5,
  maxNacks: 10,
  nackShare: 0.25,
  nackBurst: 10,
  giveUpMs: 300,
  maxGiveUpMs: 1_000,
  maxMissing: 150,
  startHoldMs: 5,
  clockRate: 90_000,
};

export interface JitterStats {
  /** On the media SSRC, duplicates included. */
  received: number;
  receivedBytes: number;
  duplicates: number;
  /** Came after they were declared lost or passed. */
  late: number;
  /** Came again on the RTX SSRC and filled a gap. */
  recovered: number;
  /** Given up. */
  lost: number;
  nacked: number;
  /** Sequence numbers out of any order: dropped until two in a row agree (RFC 3550 appendix A.1). */
  outOfRange: number;
  resets: number;
}

const DEFAULT_RTT_MS = 100;
const EMPTY = Buffer.alloc(0);

export class JitterBuffer {
  readonly stats: JitterStats = {
    received: 0,
    receivedBytes: 0,
    duplicates: 0,
    late: 0,
    recovered: 0,
    lost: 0,
    nacked: 0,
    outOfRange: 0,
    resets: 0,
  };
  readonly #options: JitterBufferOptions;
  readonly #mask: number;
  /** By sequence: the packet, or EMPTY while it is missing. */
  readonly #packets: Buffer[];
  readonly #missingSince: Float64Array;
  readonly #nackedAt: Float64Array;
  readonly #nacks: Uint8Array;
  #started = false;
  /** While the first packets are held. */
  #holdUntilMs: number | null = null;
  /** Extended sequence numbers: the next to deliver, and the highest seen. */
  #next = 0;
  #highest = 0;
  #missing = 0;
  #bytes = 0;
  #nackBudget: number;
  #discontinuity = false;
  #rttMs = DEFAULT_RTT_MS;
  readonly #meter: ReceptionMeter;

  constructor(options: JitterBufferOptions) {
    this.#options = options;
    this.#nackBudget = options.nackBurst;
    this.#meter = new ReceptionMeter(options.clockRate);
    this.#mask = options.capacity - 1;
    this.#packets = new Array<Buffer>(options.capacity).fill(EMPTY);
    this.#missingSince = new Float64Array(options.capacity);
    this.#nackedAt = new Float64Array(options.capacity);
    this.#nacks = new Uint8Array(options.capacity);
  }

  /** Packets waited for. */
  get missing(): number {
    return this.#missing;
  }

  /** Bytes held back behind a gap. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Round trip to who answers NACKs, measured on its answers; 100 ms until then. */
  get rttMs(): number {
    return this.#rttMs;
  }

  get highestSequence(): number {
    return this.#highest;
  }

  /** Adds one packet; `recovered` if it came on the RTX stream. Take what is due with `pop` afterwards. */
  insert(packet: Buffer, sequence: number, timestamp: number, nowMs: number, recovered: boolean): void {
    if (!recovered) {
      this.stats.received++;
      this.stats.receivedBytes += packet.length;
      this.#nackBudget = Math.min(this.#options.nackBurst, this.#nackBudget + this.#options.nackShare);
    }
    if (!this.#started) {
      // A retransmission cannot be the first: nothing says yet where the stream stands.
      if (!recovered) this.#start(packet, sequence, timestamp, nowMs);
      return;
    }
    this.#endHold(nowMs);
    const step = distance16(this.#highest & 0xffff, sequence);
    if (step > MAX_DROPOUT || step < -MAX_MISORDER) {
      this.#outOfRange(packet, sequence, timestamp, nowMs, recovered);
      return;
    }
    const extended = this.#highest + step;
    // Recovered packets are late by nature; counting them would hide what the link loses.
    if (!recovered) this.#meter.count(extended, timestamp, nowMs);
    if (step > 0) this.#advanceTo(extended, nowMs);
    this.#store(packet, extended, nowMs, recovered);
  }

  /** The next packet in order, or null while it is missing. `popped` and `discontinuity` tell of it. */
  pop(): Buffer | null {
    if (!this.#started || this.#holdUntilMs !== null || this.#next > this.#highest) return null;
    const slot = this.#next & this.#mask;
    const packet = this.#packets[slot] ?? EMPTY;
    if (packet === EMPTY) return null;
    this.#packets[slot] = EMPTY;
    this.#bytes -= packet.length;
    this.#next++;
    return packet;
  }

  /** True once after packets were given up (or the stream began anew) before the packet popped last. */
  takeDiscontinuity(): boolean {
    const was = this.#discontinuity;
    this.#discontinuity = false;
    return was;
  }

  /**
   * Gives up what waited too long, and writes the sequence numbers to ask for now into `nacks` (emptied first, ascending).
   * Call when packets are missing, at the time `nextDeadline` says; pop afterwards.
   */
  poll(nowMs: number, nacks: number[]): void {
    nacks.length = 0;
    this.#endHold(nowMs);
    if (this.#missing === 0) return;
    if (this.#isMissing(this.#next) && nowMs - this.#since(this.#next) >= this.#giveUpMs()) this.#giveUpNext();
    const retryMs = this.#rttMs + 10;
    for (let sequence = this.#next, left = this.#missing; left > 0 && sequence < this.#highest; sequence++) {
      if (this.#nackBudget < 1) break;
      if (!this.#isMissing(sequence)) continue;
      left--;
      const slot = sequence & this.#mask;
      const count = this.#nacks[slot] ?? 0;
      const due =
        count === 0 ? this.#since(sequence) + this.#options.reorderToleranceMs : (this.#nackedAt[slot] ?? 0) + retryMs;
      if (count >= this.#options.maxNacks || nowMs < due) continue;
      this.#nacks[slot] = count + 1;
      this.#nackedAt[slot] = nowMs;
      this.#nackBudget--;
      nacks.push(sequence & 0xffff);
    }
    this.stats.nacked += nacks.length;
  }

  /** Goes on at this packet, which needs nothing before it: what is missing there is waited for no longer, what waits is dropped. */
  goOnAt(sequence: number): void {
    const extended = this.#highest + distance16(this.#highest & 0xffff, sequence);
    if (!this.#started || extended <= this.#next || extended > this.#highest) return;
    for (; this.#next < extended; this.#next++) {
      const slot = this.#next & this.#mask;
      const packet = this.#packets[slot] ?? EMPTY;
      this.#packets[slot] = EMPTY;
      this.#bytes -= packet.length;
      this.stats.lost++;
      if (packet === EMPTY) this.#missing--;
    }
    this.#discontinuity = true;
  }

  /** Milliseconds until `poll` has something to do; null when it has not. */
  nextDelayMs(nowMs: number): number | null {
    if (this.#holdUntilMs !== null) return Math.max(0, this.#holdUntilMs - nowMs);
    if (this.#missing === 0) return null;
    const age = nowMs - this.#since(this.#firstMissing());
    // One gap is given up at a time, so that each is told of.
    if (age >= this.#giveUpMs()) return 0;
    return age < this.#options.reorderToleranceMs ? this.#options.reorderToleranceMs - age : 10;
  }

  /** Figures since the last call (fraction) and since the start (the rest). */
  report(): ReceptionFigures {
    return this.#meter.figures();
  }

  #start(packet: Buffer, sequence: number, timestamp: number, nowMs: number): void {
    this.#started = true;
    this.#next = sequence;
    this.#highest = sequence;
    this.#holdUntilMs = nowMs + this.#options.startHoldMs;
    this.#endHold(nowMs);
    this.#meter.restart(sequence);
    this.#meter.count(sequence, timestamp, nowMs);
    this.#packets[sequence & this.#mask] = packet;
    this.#bytes += packet.length;
  }

  /** Two consecutive packets out of range: the stream has begun anew. */
  #outOfRange(packet: Buffer, sequence: number, timestamp: number, nowMs: number, recovered: boolean): void {
    this.stats.outOfRange++;
    if (recovered || !this.#meter.isNewStart(sequence)) return;
    this.stats.resets++;
    this.#clear();
    this.#discontinuity = true;
    this.#start(packet, sequence, timestamp, nowMs);
  }

  #advanceTo(extended: number, nowMs: number): void {
    const gap = extended - this.#highest - 1;
    if (this.#missing + gap > this.#options.maxMissing || extended - this.#next >= this.#options.capacity) {
      // Too much to wait for: go on at the new packet.
      this.#skipTo(extended, gap);
      return;
    }
    for (let sequence = this.#highest + 1; sequence < extended; sequence++) {
      const slot = sequence & this.#mask;
      this.#missingSince[slot] = nowMs;
      this.#nacks[slot] = 0;
    }
    this.#missing += gap;
    this.#highest = extended;
  }

  #skipTo(extended: number, gap: number): void {
    this.stats.lost += this.#missing + gap;
    this.#clear();
    this.#next = extended;
    this.#highest = extended;
    this.#discontinuity = true;
  }

  #store(packet: Buffer, extended: number, nowMs: number, recovered: boolean): void {
    if (extended < this.#next && !this.#takesEarlier(extended, nowMs)) {
      this.stats.late++;
      return;
    }
    const slot = extended & this.#mask;
    if (this.#packets[slot] !== EMPTY) {
      this.stats.duplicates++;
      return;
    }
    if (extended < this.#highest) {
      this.#missing--;
      this.#learnRtt(slot, nowMs);
    }
    if (recovered) this.stats.recovered++;
    this.#packets[slot] = packet;
    this.#bytes += packet.length;
    while (this.#bytes > this.#options.maxBytes && this.#isMissing(this.#next)) this.#giveUpNext();
  }

  #endHold(nowMs: number): void {
    if (this.#holdUntilMs !== null && nowMs >= this.#holdUntilMs) this.#holdUntilMs = null;
  }

  /** The stream began before what came first. */
  #takesEarlier(extended: number, nowMs: number): boolean {
    const gap = this.#next - extended;
    if (
      this.#holdUntilMs === null ||
      this.#missing + gap > this.#options.maxMissing ||
      this.#highest - extended >= this.#options.capacity
    )
      return false;
    for (let sequence = extended; sequence < this.#next; sequence++) {
      const slot = sequence & this.#mask;
      this.#missingSince[slot] = nowMs;
      this.#nacks[slot] = 0;
    }
    // One too many: the packet itself is about to be stored like any that was missing.
    this.#missing += gap;
    this.#next = extended;
    this.#meter.extendBack(extended);
    return true;
  }

  #giveUpMs(): number {
    return Math.min(this.#options.maxGiveUpMs, Math.max(this.#options.giveUpMs, 4 * this.#rttMs));
  }

  /** Only answers to a first request are unambiguous (Karn). */
  #learnRtt(slot: number, nowMs: number): void {
    if (this.#nacks[slot] !== 1) return;
    const sample = nowMs - (this.#nackedAt[slot] ?? nowMs);
    this.#rttMs += (Math.min(1_000, Math.max(1, sample)) - this.#rttMs) / 8;
  }

  #giveUpNext(): void {
    while (this.#missing > 0 && this.#isMissing(this.#next)) {
      this.#next++;
      this.#missing--;
      this.stats.lost++;
    }
    this.#discontinuity = true;
  }

  #clear(): void {
    this.#packets.fill(EMPTY);
    this.#bytes = 0;
    this.#missing = 0;
  }

  #isMissing(sequence: number): boolean {
    return sequence < this.#highest && this.#packets[sequence & this.#mask] === EMPTY;
  }

  #since(sequence: number): number {
    return this.#missingSince[sequence & this.#mask] ?? 0;
  }

  #firstMissing(): number {
    let sequence = this.#next;
    while (sequence < this.#highest && !this.#isMissing(sequence)) sequence++;
    return sequence;
  }
}
