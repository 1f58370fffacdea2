/**
 * What a viewer's downlink needs beyond what mediasoup does by itself. Its estimate grows by 8 % a second once it fell, which takes
 * half a minute from a narrow line back to a wide one, and for ten seconds after a layer was taken from a viewer it gives none back
 * (SvcProducerStreamManager.cpp, BweDowngradeConservativeMs). So a line that carries less than is wanted is probed, and a viewer who
 * is still held down when there is room is set free.
 */
import type { Layers } from '../src/call/signalling/messages.ts';

/** One video of a viewer, while it is wanted. */
export interface DownlinkVideo {
  readonly consumer: string;
  readonly wanted: Layers;
  /** Forwarded now; null: nothing. */
  readonly current: Layers | null;
  /** mediasoup's: the larger is served first. */
  readonly priority: number;
  /** Bits a second of each spatial layer alone, as far as `wanted.temporal`; 0: not sent now. */
  readonly rates: readonly number[];
}

export interface DownlinkState {
  readonly probedAtMs: number;
  /** The estimate that the last probe started from. */
  readonly probedFromBps: number;
  /** Since when each consumer has less than it may have. */
  readonly heldSinceMs: ReadonlyMap<string, number>;
  readonly freedAtMs: ReadonlyMap<string, number>;
}

export interface DownlinkStep {
  readonly state: DownlinkState;
  /** Send a probe at this rate; null: none. */
  readonly probeBps: number | null;
  /** Consumers to be set free. */
  readonly free: readonly string[];
}

/** Room above what is wanted, for sound, retransmissions and rates that rise. */
const SPARE = 1.15;
/** What nobody gets is not sent either, and has no rate: a line on which everything stopped is probed for this much of each. */
const UNSENT_BPS = 120_000;
const PROBE_EVERY_MS = 1_500;
/** An estimate that grew this much since the last probe says that it succeeded: go on at once. */
const SUCCESS = 1.3;
const AGAIN_AFTER_MS = 300;
const PROBE_FACTOR = 2;
const HELD_MS = 700;
/** Each freeing costs a key picture. */
const FREE_EVERY_MS = 4_000;

export function startDownlink(): DownlinkState {
  return { probedAtMs: -Infinity, probedFromBps: 0, heldSinceMs: new Map(), freedAtMs: new Map() };
}

/** Pure; `nowMs` must not go back between steps. */
export function stepDownlink(
  state: DownlinkState,
  availableBps: number,
  videos: readonly DownlinkVideo[],
  nowMs: number,
): DownlinkStep {
  const needed = neededBps(videos);
  const probeBps = availableBps > 0 && availableBps < needed && mayProbe(state, availableBps, nowMs);
  const held = heldDown(videos, availableBps);
  const heldSinceMs = new Map(held.map((consumer) => [consumer, state.heldSinceMs.get(consumer) ?? nowMs]));
  const free = held.filter(
    (consumer) =>
      nowMs - (heldSinceMs.get(consumer) ?? nowMs) >= HELD_MS &&
      nowMs - (state.freedAtMs.get(consumer) ?? -Infinity) >= FREE_EVERY_MS,
  );
  const present = new Set(videos.map(({ consumer }) => consumer));
  const freedAtMs = new Map([...state.freedAtMs].filter(([consumer]) => present.has(consumer)));
  for (const consumer of free) freedAtMs.set(consumer, nowMs);
  return {
    state: {
      probedAtMs: probeBps ? nowMs : state.probedAtMs,
      probedFromBps: probeBps ? availableBps : state.probedFromBps,
      heldSinceMs,
      freedAtMs,
    },
    probeBps: probeBps ? Math.round(Math.min(needed * SPARE, availableBps * PROBE_FACTOR)) : null,
    free,
  };
}

/** Bits a second of everything that is wanted, and some to spare. */
export function neededBps(videos: readonly DownlinkVideo[]): number {
  return SPARE * videos.reduce((sum, { rates, wanted }) => sum + (topRate(rates, wanted.spatial) || UNSENT_BPS), 0);
}

const NEAR_FLOOR = 1.1;

/**
 * The estimate is kept from falling and may be lower in truth: nothing but the smallest and fewest pictures. Not where it is enough
 * for all that is wanted, for then nothing would raise it.
 */
export function isNearFloor(availableBps: number, floorBps: number, needed: number): boolean {
  return floorBps > 0 && availableBps <= NEAR_FLOOR * floorBps && availableBps < needed;
}

function mayProbe({ probedAtMs, probedFromBps }: DownlinkState, availableBps: number, nowMs: number): boolean {
  const sinceMs = nowMs - probedAtMs;
  return sinceMs >= PROBE_EVERY_MS || (sinceMs >= AGAIN_AFTER_MS && availableBps > probedFromBps * SUCCESS);
}

/** Those who are sent a smaller picture than what is wanted, sent and fits beside all that comes before them. */
function heldDown(videos: readonly DownlinkVideo[], availableBps: number): string[] {
  let left = availableBps / SPARE - videos.reduce((sum, { rates }) => sum + topRate(rates, 0), 0);
  const held: string[] = [];
  for (const { consumer, wanted, current, rates } of videos.toSorted((a, b) => b.priority - a.priority)) {
    const more = topRate(rates, wanted.spatial) - topRate(rates, 0);
    if (more > left) break;
    left -= more;
    const top = topLayer(rates, wanted.spatial);
    if (current !== null && current.spatial < top) held.push(consumer);
  }
  return held;
}

/** The highest layer up to this one that is sent; -1: none. */
function topLayer(rates: readonly number[], spatial: number): number {
  return rates.slice(0, spatial + 1).findLastIndex((rate) => rate > 0);
}

function topRate(rates: readonly number[], spatial: number): number {
  return rates[topLayer(rates, spatial)] ?? 0;
}
