import type { Booking } from './booking.ts';
import { currentOf } from './day.ts';
import type { ReleaseRules } from './release.ts';
import { COUNTDOWN_MS, isReleasable, releaseTimes } from './release.ts';

/** What becomes of the booking that has the room while nobody has shown up. */
export type NoShow =
  | { readonly kind: 'none' }
  /** It will be announced at `atMs`. */
  | { readonly kind: 'waiting'; readonly booking: Booking; readonly atMs: number }
  /** It is released at `atMs`, which may have passed. */
  | { readonly kind: 'releasing'; readonly booking: Booking; readonly atMs: number }
  /** Announcing it is due, and somebody is there. */
  | { readonly kind: 'used'; readonly booking: Booking };

export interface RoomUse {
  /** Ids. */
  readonly checkedIn: ReadonlySet<string>;
  readonly madeHere: ReadonlySet<string>;
  /** Somebody is in the room, or it is in a call. */
  readonly isUsed: boolean;
}

/** Watches for bookings that nobody comes to. It keeps from when the room has known of each, and what it has announced. */
export class NoShowWatch {
  readonly #rules: ReleaseRules;
  /** By id and start: a booking that was moved is waited for anew. */
  #knownSinceMs = new Map<string, number>();
  #announced: { readonly key: string; readonly atMs: number } | null = null;
  #watchingSinceMs: number;
  #hasLearned = false;

  constructor(rules: ReleaseRules, nowMs: number) {
    this.#rules = rules;
    this.#watchingSinceMs = nowMs;
  }

  /** The room may have missed who came before `nowMs`: it slept, or its clock was wrong. */
  beginAnew(nowMs: number): void {
    this.#watchingSinceMs = nowMs;
    this.#knownSinceMs.clear();
    this.#hasLearned = false;
    this.#announced = null;
  }

  /** Releasing it failed: wait as for one that is new. */
  waitAnew(booking: Booking, nowMs: number): void {
    this.#knownSinceMs.set(keyOf(booking), nowMs);
    this.#announced = null;
  }

  /** The bookings as they were read now; the first ones are as old as the watch. */
  learn(bookings: readonly Booking[], nowMs: number): void {
    const sinceMs = this.#hasLearned ? nowMs : this.#watchingSinceMs;
    this.#hasLearned = true;
    const known = this.#knownSinceMs;
    this.#knownSinceMs = new Map(bookings.map((each) => [keyOf(each), known.get(keyOf(each)) ?? sinceMs]));
  }

  look(bookings: readonly Booking[], use: RoomUse, nowMs: number): NoShow {
    const booking = currentOf(bookings, nowMs);
    const noShow = booking ? this.#lookAt(booking, use, nowMs) : { kind: 'none' as const };
    if (noShow.kind !== 'releasing') this.#announced = null;
    return noShow;
  }

  #lookAt(booking: Booking, { checkedIn, madeHere, isUsed }: RoomUse, nowMs: number): NoShow {
    const isSpared = checkedIn.has(booking.id) || madeHere.has(booking.id) || !isReleasable(booking, this.#rules);
    const key = keyOf(booking);
    const times = releaseTimes(booking, this.#rules, this.#knownSinceMs.get(key) ?? this.#watchingSinceMs);
    if (isSpared || times === null) return { kind: 'none' };
    if (nowMs < times.announceMs) return { kind: 'waiting', booking, atMs: times.announceMs };
    if (isUsed) return { kind: 'used', booking };
    // However late it is noticed, people get the time to say that they are there.
    if (this.#announced?.key !== key) this.#announced = { key, atMs: Math.max(times.releaseMs, nowMs + COUNTDOWN_MS) };
    return { kind: 'releasing', booking, atMs: this.#announced.atMs };
  }
}

const keyOf = ({ id, startMs }: Booking): string => `${id} ${startMs}`;
