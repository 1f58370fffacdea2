/** Spreads the packets of one transport over time: a key picture sent at once overflows queues on the way. */
import type { Clock } from '../../lib/clock.ts';

/** What the pacer serves: a queue that knows what comes next (retransmissions first). */
export interface PacedQueue {
  /** Bytes waiting; 0 when there is nothing to send. */
  readonly queuedBytes: number;
  /** Sends one packet and returns its bytes. */
  sendOne(nowMs: number): number;
}

const TICK_MS = 5;
/** Pictures are not spread evenly over a frame's time: they should arrive soon. */
const RATE_FACTOR = 2.5;
/** Saved up while idle. */
const BURST_MS = 10;
const MIN_BURST_BYTES = 3_600;
const MIN_RATE_BPS = 300_000;
/** The rate rises as far as it takes to empty the queues in this time. */
const MAX_QUEUE_MS = 400;

/** `sentBps` is a mean over about this long. */
const SENT_MS = 700;

/**
 * Token bucket over all paced queues of a transport, served in turn. Audio does not wait: its sender only charges what it
 * sends. No timer runs while the queues are empty.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #queues: PacedQueue[] = [];
  readonly #tick = (): void => this.#onTick();
  #targetBps = MIN_RATE_BPS;
  #budget = MIN_BURST_BYTES;
  #filledAtMs: number;
  #cancelTick: (() => void) | null = null;
  #turn = 0;
  /** Bytes sent of late, each the less the longer ago. */
  #sentBytes = 0;
  #sentAtMs: number;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAtMs = this.#sentAtMs = clock.nowMs();
  }

  /** What is sent of late, audio included, bits a second. */
  get sentBps(): number {
    this.#countSent(0);
    return (this.#sentBytes * 8_000) / SENT_MS;
  }

  /** Returns the function that takes the queue out again. */
  add(queue: PacedQueue): () => void {
    this.#queues.push(queue);
    return () => {
      const at = this.#queues.indexOf(queue);
      if (at >= 0) this.#queues.splice(at, 1);
    };
  }

  /** What the streams of this transport are meant to send together, bits a second. */
  setTarget(bps: number): void {
    this.#targetBps = Math.max(0, bps);
  }

  /** Milliseconds it takes to send what waits now, at the rate meant for the target. */
  get queueMs(): number {
    return (this.#queuedBytes() * 8000) / this.#pacedBps();
  }

  /** Bytes sent past the pacer. */
  charge(bytes: number): void {
    this.#budget -= bytes;
    this.#countSent(bytes);
  }

  /** Something was queued: sends what the budget allows now, the rest in ticks. */
  kick(): void {
    if (this.#cancelTick === null && !this.#closed) this.#serve();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTick?.();
    this.#cancelTick = null;
  }

  #onTick(): void {
    this.#cancelTick = null;
    this.#serve();
  }

  #serve(): void {
    const nowMs = this.#clock.nowMs();
    this.#refill(nowMs);
    let waiting = this.#queuedBytes();
    while (waiting > 0 && this.#budget > 0) {
      const queue = this.#queues[this.#turn++ % this.#queues.length];
      if (queue === undefined || queue.queuedBytes === 0) continue;
      this.charge(queue.sendOne(nowMs));
      waiting = this.#queuedBytes();
    }
    if (waiting > 0 && !this.#closed) this.#cancelTick = this.#clock.after(TICK_MS, this.#tick);
  }

  #countSent(bytes: number): void {
    const nowMs = this.#clock.nowMs();
    this.#sentBytes = this.#sentBytes * Math.exp((this.#sentAtMs - nowMs) / SENT_MS) + bytes;
    this.#sentAtMs = nowMs;
  }

  #refill(nowMs: number): void {
    const bytesPerMs = this.#rateBps() / 8000;
    const most = Math.max(MIN_BURST_BYTES, bytesPerMs * BURST_MS);
    this.#budget = Math.min(most, this.#budget + (nowMs - this.#filledAtMs) * bytesPerMs);
    this.#filledAtMs = nowMs;
  }

  #rateBps(): number {
    return Math.max(this.#pacedBps(), (this.#queuedBytes() * 8000) / MAX_QUEUE_MS);
  }

  #pacedBps(): number {
    return Math.max(MIN_RATE_BPS, this.#targetBps * RATE_FACTOR);
  }

  #queuedBytes(): number {
    let bytes = 0;
    for (const queue of this.#queues) bytes += queue.queuedBytes;
    return bytes;
  }
}
