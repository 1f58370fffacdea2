/** What a receiver report says of a stream (RFC 3550 section 6.4.1 and appendix A): the link as it is, before retransmission. */
import { distance32 } from './sequence.ts';

/** RFC 3550 appendix A.1: a step further than these is a new start or a stray packet. */
export const MAX_DROPOUT = 3_000;
export const MAX_MISORDER = 1_000;

export interface ReceptionFigures {
  /** 256ths of what was expected since the figures before. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** In units of the RTP clock. */
  readonly jitter: number;
}

export class ReceptionMeter {
  readonly #clockRate: number;
  #started = false;
  #first = 0;
  #highest = 0;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #lostBefore = 0;
  #jitter = 0;
  #lastTransit: number | null = null;
  #suspect = -1;

  /** `clockRate` of the RTP timestamps, in Hz. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Extended; meaningless before the first packet. */
  get highestSequence(): number {
    return this.#highest;
  }

  /** The stream begins (anew) with `sequence`; what was lost before stays counted. */
  restart(sequence: number): void {
    if (this.#started) this.#lostBefore += this.#highest - this.#first + 1 - this.#received;
    this.#started = true;
    this.#first = sequence;
    this.#highest = sequence;
    this.#received = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#lastTransit = null;
    this.#suspect = -1;
  }

  /** Counts a packet that came on the media SSRC, with its extended sequence number. */
  count(extended: number, timestamp: number, nowMs: number): void {
    this.#received++;
    this.#suspect = -1;
    // Late and repeated packets say little about the path's jitter.
    if (extended < this.#highest || (extended === this.#highest && this.#received > 1)) return;
    this.#highest = extended;
    const arrival = Math.floor(nowMs * (this.#clockRate / 1000)) % 2 ** 32;
    const transit = (arrival - timestamp) >>> 0;
    if (this.#lastTransit !== null)
      this.#jitter += (Math.abs(distance32(this.#lastTransit, transit)) - this.#jitter) / 16;
    this.#lastTransit = transit;
  }

  /** The stream began earlier than with the packet that came first. */
  extendBack(extended: number): void {
    this.#first = Math.min(this.#first, extended);
  }

  /** A packet far from where the stream stands: true when it follows another such, so that the stream has begun anew there. */
  isNewStart(sequence: number): boolean {
    const again = sequence === this.#suspect;
    this.#suspect = (sequence + 1) & 0xffff;
    return again;
  }

  figures(): ReceptionFigures {
    const expected = this.#started ? this.#highest - this.#first + 1 : 0;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return {
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      cumulativeLost: this.#lostBefore + expected - this.#received,
      highestSequence: this.#highest >>> 0,
      jitter: Math.floor(this.#jitter),
    };
  }
}
