/**
 * Tells the server which packets of the receive transport arrived and when, so that its estimate of our downlink can grow.
 * Every packet that carries a transport-wide sequence number counts: media, retransmissions and the probator's padding.
 */
import type { Clock } from '../../lib/clock.ts';
import { buildTransportFeedback, fitsDelta, TICKS_PER_REFERENCE } from '../rtp/twcc.ts';

/** mediasoup reports every 100 ms itself; a burst is reported sooner, since a probe is a burst. */
const INTERVAL_MS = 100;
const BURST_INTERVAL_MS = 50;
const BURST_PACKETS = 32;
/** So many packets missing are reported sooner, too: the server should send less at once. */
const HEAVY_LOSS_PACKETS = 3;
/** A late packet is reported again with its neighbours as long as they are remembered. */
const HISTORY_MS = 500;
const MAX_HISTORY = 4_096;
/** A gap longer than this, or a packet later than this, is an outage or nonsense: reporting starts anew there. */
const MAX_GAP = 2_000;
/** Keeps one feedback packet below 1,000 bytes, whatever its deltas. */
const MAX_STATUSES_A_PACKET = 400;

export interface TransportFeedbackDeps {
  readonly clock: Clock;
  /** Sender SSRC of the feedback. */
  readonly senderSsrc: number;
  readonly send: (rtcp: Buffer) => void;
}

export class TransportFeedback {
  readonly #deps: TransportFeedbackDeps;
  /** Unwrapped sequence number to arrival in 250 µs, in order of arrival. */
  readonly #arrivals = new Map<number, number>();
  #windowStart: number | null = null;
  #highest = 0;
  #lastUnwrapped: number | null = null;
  #mediaSsrc = 0;
  #pending = 0;
  /** Skipped since the last report. */
  #skipped = 0;
  #feedbackCount = 0;
  #lastFlushMs = -Infinity;
  #cancelTimer: (() => void) | null = null;
  #closed = false;

  constructor(deps: TransportFeedbackDeps) {
    this.#deps = deps;
  }

  /** `sequence` is the transport-wide one, `arrivalMs` the clock's monotonic time. */
  handlePacket(sequence: number, ssrc: number, arrivalMs: number): void {
    if (this.#closed) return;
    const unwrapped = this.#unwrap(sequence);
    if (this.#arrivals.has(unwrapped)) return;
    if (this.#windowStart !== null) this.#skipped += Math.max(0, unwrapped - this.#highest - 1);
    this.#place(unwrapped);
    this.#arrivals.set(unwrapped, Math.round(arrivalMs * 4));
    this.#mediaSsrc = ssrc;
    this.#pending++;
    const urgent = this.#pending >= BURST_PACKETS || this.#skipped >= HEAVY_LOSS_PACKETS;
    if (urgent && arrivalMs - this.#lastFlushMs >= BURST_INTERVAL_MS) this.#flush();
    else this.#cancelTimer ??= this.#deps.clock.after(INTERVAL_MS, () => this.#flush());
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#arrivals.clear();
  }

  /** The number nearest to the last one that is congruent to `sequence` modulo 2¹⁶. */
  #unwrap(sequence: number): number {
    const last = this.#lastUnwrapped ?? sequence;
    this.#lastUnwrapped = last + (((sequence - last) << 16) >> 16);
    return this.#lastUnwrapped;
  }

  #place(unwrapped: number): void {
    if (this.#windowStart === null || Math.abs(unwrapped - this.#windowStart) > MAX_GAP) {
      this.#arrivals.clear();
      this.#windowStart = unwrapped;
      this.#highest = unwrapped;
    }
    this.#windowStart = Math.min(this.#windowStart, unwrapped);
    this.#highest = Math.max(this.#highest, unwrapped);
  }

  #flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#pending === 0 || this.#windowStart === null) return;
    this.#pending = 0;
    this.#skipped = 0;
    this.#lastFlushMs = this.#deps.clock.nowMs();
    let next = this.#windowStart;
    while (next <= this.#highest) next = this.#sendFrom(next);
    this.#windowStart = next;
    this.#forget(this.#lastFlushMs * 4 - HISTORY_MS * 4);
  }

  /** Sends one feedback packet that begins at `first`; returns the sequence number behind it. */
  #sendFrom(first: number): number {
    const deltas: (number | null)[] = [];
    let reference: number | null = null;
    let last = 0;
    let sequence = first;
    for (; sequence <= this.#highest && deltas.length < MAX_STATUSES_A_PACKET; sequence++) {
      const ticks = this.#arrivals.get(sequence);
      if (ticks === undefined) {
        deltas.push(null);
        continue;
      }
      if (reference === null) {
        reference = Math.floor(ticks / TICKS_PER_REFERENCE);
        last = reference * TICKS_PER_REFERENCE;
      }
      if (!fitsDelta(ticks - last)) break;
      deltas.push(ticks - last);
      last = ticks;
    }
    // The server follows the reference times from packet to packet: one without arrivals must not jump.
    this.#deps.send(this.#build(first, reference ?? Math.floor((this.#lastFlushMs * 4) / TICKS_PER_REFERENCE), deltas));
    return sequence;
  }

  #build(first: number, reference: number, deltas: (number | null)[]): Buffer {
    const feedbackCount = this.#feedbackCount;
    this.#feedbackCount = (feedbackCount + 1) & 0xff;
    return buildTransportFeedback({
      senderSsrc: this.#deps.senderSsrc,
      mediaSsrc: this.#mediaSsrc,
      baseSequence: first & 0xffff,
      referenceTime: (reference << 8) >> 8,
      feedbackCount,
      deltas,
    });
  }

  #forget(beforeTicks: number): void {
    for (const [sequence, ticks] of this.#arrivals) {
      if (ticks >= beforeTicks && this.#arrivals.size <= MAX_HISTORY) return;
      this.#arrivals.delete(sequence);
    }
  }
}
