import type { RequestName } from '../../src/call/signalling/messages.ts';

/** How much of something is allowed: a burst, filled up again at a steady rate. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket; time comes in with every call. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes `amount` if it is there; takes nothing otherwise. */
  take(amount: number, nowMs: number): boolean {
    const earned = (Math.max(0, nowMs - this.#atMs) / 1000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + earned);
    this.#atMs = Math.max(this.#atMs, nowMs);
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }
}

/** What a peer may send; a person's client stays far below all of it. */
export const rates = {
  /** Frames of any kind; what is over is dropped unread. */
  messages: { perSecond: 60, burst: 240 },
  bytes: { perSecond: 500_000, burst: 4_000_000 },
  /** Malformed, oversized, refused and over-rate messages; when these run out the connection is closed. */
  offences: { perSecond: 1, burst: 40 },
} satisfies Record<string, Rate>;

/** Counted in requests, or in entries where a request carries a list. */
export const methodRates: Record<RequestName, Rate> = {
  join: { perSecond: 1, burst: 2 },
  connectTransport: { perSecond: 1, burst: 8 },
  restartIce: { perSecond: 1, burst: 8 },
  produce: { perSecond: 2, burst: 16 },
  closeProducer: { perSecond: 2, burst: 16 },
  pauseProducer: { perSecond: 5, burst: 20 },
  resumeProducer: { perSecond: 5, burst: 20 },
  limitLayers: { perSecond: 5, burst: 40 },
  consume: { perSecond: 100, burst: 1_000 },
  resumeConsumers: { perSecond: 100, burst: 1_000 },
  closeConsumers: { perSecond: 100, burst: 1_000 },
  setDemand: { perSecond: 300, burst: 1_500 },
  mlsCommit: { perSecond: 5, burst: 20 },
  mlsMessage: { perSecond: 10, burst: 40 },
  refuse: { perSecond: 5, burst: 40 },
  leave: { perSecond: 1, burst: 2 },
};

export type Verdict = 'ok' | 'over' | 'close';

/** Everything one connection may use up. */
export class ConnectionBudget {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #offences: TokenBucket;
  readonly #methods = new Map<RequestName, TokenBucket>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#messages = new TokenBucket(rates.messages, nowMs());
    this.#bytes = new TokenBucket(rates.bytes, nowMs());
    this.#offences = new TokenBucket(rates.offences, nowMs());
  }

  /** Asked before a frame is parsed. */
  frame(bytes: number): Verdict {
    const now = this.#nowMs();
    const fits = this.#messages.take(1, now) && this.#bytes.take(bytes, now);
    return fits ? 'ok' : this.offence();
  }

  /** Asked before a request is carried out; `cost` is 1, or the length of its list. */
  request(method: RequestName, cost: number): Verdict {
    let bucket = this.#methods.get(method);
    if (!bucket) this.#methods.set(method, (bucket = new TokenBucket(methodRates[method], this.#nowMs())));
    return bucket.take(cost, this.#nowMs()) ? 'ok' : this.offence();
  }

  /** Notes something a well-behaved client does not do: `close` when it was once too often. */
  offence(): 'over' | 'close' {
    return this.#offences.take(1, this.#nowMs()) ? 'over' : 'close';
  }
}
