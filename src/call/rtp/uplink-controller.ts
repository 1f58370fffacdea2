/**
 * What the room may send as video. The server's estimate (REMB) is heeded for when it falls, not for how high it is: it rises by
 * 8 % a second and never above what it has seen arrive, so that a room which for a while had nothing large to send would be held to
 * that for half a minute. The estimator sees delay; this adds loss, a quick start and calm. Pure: the state goes in and comes out.
 */

export interface UplinkOptions {
  readonly minBps: number;
  readonly maxBps: number;
  readonly startBps: number;
  /** Set aside for audio, retransmission and RTCP. */
  readonly reserveBps: number;
}

export const uplinkDefaults: UplinkOptions = {
  minBps: 80_000,
  maxBps: 3_500_000,
  startBps: 800_000,
  reserveBps: 60_000,
};

export interface UplinkState {
  /** The rate in force. */
  readonly targetBps: number;
  /** What the network is believed to take. */
  readonly capBps: number;
  /** The server's last word; null before the first or when it lifted its limit. */
  readonly rembBps: number | null;
  /** Since when the estimate has not risen. */
  readonly flatSinceMs: number;
  readonly fellAtMs: number;
  /** What was sent when the cap last fell: near it, the cap rises slowly. */
  readonly fellFromBps: number;
  readonly updatedAtMs: number;
  /** No loss and no fall so far: rise quickly. */
  readonly ramping: boolean;
  /** Base of the round trip's rise: the least seen lately. */
  readonly minRttMs: number | null;
  /** The last report told of loss, or of a queue in the making. */
  readonly suspicious: boolean;
}

export type UplinkInput = {
  /** What left the room over the last second or so, everything included. */
  readonly sentBps: number;
} & (
  | { readonly kind: 'remb'; readonly bps: number }
  /** `fractionLost` 0 to 1 since the report before. */
  | { readonly kind: 'report'; readonly fractionLost: number; readonly rttMs: number | null }
  | { readonly kind: 'tick' }
);

/** Loss below this is noise, above the other it is ours (the thresholds of GCC's loss-based part). */
const LOW_LOSS = 0.02;
const HIGH_LOSS = 0.1;
const RAMP_PER_S = 1.6;
const CLIMB_PER_S = 1.15;
const NEAR_CLIMB_PER_S = 1.03;
/** This near to where it last fell. */
const NEAR = { from: 0.8, to: 1.2 } as const;
const REST_MS = 2_000;
/** A cap rises only while it is used: what was never sent proves nothing. */
const USED = 0.5;
/** So little of the cap was sent that a falling estimate tells what was sent, not what could be. */
const HARDLY_USED = 0.7;
/** A fall is forgotten after this long: the cap is then at least where a call begins. */
const FORGET_MS = 15_000;
const REMB_MARGIN = 0.95;
const FALL = 0.85;
/** The estimate was overtaken by what is sent: its height says nothing any more, only whether it rises. */
const OVERTAKEN = 1.25;
const FLAT_MS = 700;
/** A fall, not a wobble. */
const REMB_FALL = 0.97;
/** Queues on the way: a round trip this much above the least seen, and one that makes a falling estimate believed. */
const QUEUE_RTT_MS = 250;
const SUSPICIOUS_RTT_MS = 60;
/** Differences that no encoder need hear of. */
const HYSTERESIS = 0.05;
const MAX_STEP_S = 1;

export function startUplink(nowMs: number, options: UplinkOptions): UplinkState {
  const start = clamp(options.startBps, options);
  return {
    targetBps: start,
    capBps: start,
    rembBps: null,
    flatSinceMs: nowMs,
    fellAtMs: -Infinity,
    fellFromBps: Infinity,
    updatedAtMs: nowMs,
    ramping: true,
    minRttMs: null,
    suspicious: false,
  };
}

/** The next state; give it reports and REMB as they come and a tick a few times a second. */
export function updateUplink(
  state: UplinkState,
  input: UplinkInput,
  nowMs: number,
  options: UplinkOptions,
): UplinkState {
  const sentBps = input.sentBps >= 0 ? input.sentBps : 0;
  const climbed = climb(state, sentBps, nowMs, options);
  return settle(react(climbed, input, sentBps, nowMs, options), options);
}

/** Time passes: the cap rises, unless it fell a moment ago or is not used. */
function climb(state: UplinkState, sentBps: number, nowMs: number, options: UplinkOptions): UplinkState {
  const seconds = Math.min(MAX_STEP_S, Math.max(0, (nowMs - state.updatedAtMs) / 1000));
  const { capBps, fellFromBps, ramping } = state;
  const rested = nowMs - state.fellAtMs >= REST_MS;
  const near = capBps > fellFromBps * NEAR.from && capBps < fellFromBps * NEAR.to;
  const rate = ramping ? RAMP_PER_S : near ? NEAR_CLIMB_PER_S : CLIMB_PER_S;
  const risen = rested && sentBps >= USED * capBps ? capBps * rate ** seconds : capBps;
  const forgotten = nowMs - state.fellAtMs >= FORGET_MS ? Math.min(options.startBps, risen * RAMP_PER_S ** seconds) : 0;
  return {
    ...state,
    updatedAtMs: Math.max(nowMs, state.updatedAtMs),
    capBps: clamp(Math.max(risen, forgotten), options),
  };
}

function react(
  state: UplinkState,
  input: UplinkInput,
  sentBps: number,
  nowMs: number,
  options: UplinkOptions,
): UplinkState {
  if (input.kind === 'remb') return reactToEstimate(state, input.bps, sentBps, nowMs, options);
  return input.kind === 'report' ? reactToReport(state, input.fractionLost, input.rttMs, sentBps, nowMs) : state;
}

function reactToEstimate(
  state: UplinkState,
  bps: number,
  sentBps: number,
  nowMs: number,
  options: UplinkOptions,
): UplinkState {
  // 0 lifts the limit (mediasoup); nonsense is not heard.
  if (!Number.isFinite(bps) || bps < 0) return state;
  if (bps === 0) return { ...state, rembBps: null, flatSinceMs: nowMs };
  const before = state.rembBps;
  const rose = before === null || bps > before;
  const heard = { ...state, rembBps: bps, flatSinceMs: rose ? nowMs : state.flatSinceMs };
  const fell = before === null ? bps < sentBps * 0.9 : bps < before * REMB_FALL;
  const believed = sentBps >= state.targetBps * HARDLY_USED || state.suspicious;
  if (fell && believed) return fall(heard, bps * REMB_MARGIN - options.reserveBps, sentBps, nowMs);
  const stuck = !rose && nowMs - state.flatSinceMs >= FLAT_MS && nowMs - state.fellAtMs >= FLAT_MS;
  return stuck && sentBps > bps * OVERTAKEN ? fall(heard, sentBps * FALL, sentBps, nowMs) : heard;
}

function reactToReport(
  state: UplinkState,
  fractionLost: number,
  rttMs: number | null,
  sentBps: number,
  nowMs: number,
): UplinkState {
  const loss = Number.isFinite(fractionLost) ? Math.min(1, Math.max(0, fractionLost)) : 0;
  const least = rttMs === null ? state.minRttMs : Math.min(rttMs, (state.minRttMs ?? rttMs) + 2);
  const queueMs = rttMs !== null && least !== null ? rttMs - least : 0;
  const next = { ...state, minRttMs: least, suspicious: loss > LOW_LOSS || queueMs > SUSPICIOUS_RTT_MS };
  if (loss > HIGH_LOSS) return fall(next, Math.min(next.capBps, next.targetBps) * (1 - 0.5 * loss), sentBps, nowMs);
  if (queueMs > QUEUE_RTT_MS) return fall(next, Math.min(next.capBps, next.targetBps) * FALL, sentBps, nowMs);
  // A little loss is no reason to send less, nor to try more.
  return loss > LOW_LOSS ? { ...next, ramping: false, fellAtMs: Math.max(next.fellAtMs, nowMs) } : next;
}

function fall(state: UplinkState, toBps: number, sentBps: number, nowMs: number): UplinkState {
  return {
    ...state,
    capBps: Math.min(state.capBps, toBps),
    ramping: false,
    fellAtMs: nowMs,
    fellFromBps: sentBps,
    flatSinceMs: nowMs,
  };
}

/** Falls at once, rises only by steps worth an encoder's while. */
function settle(state: UplinkState, options: UplinkOptions): UplinkState {
  const capBps = clamp(state.capBps, options);
  const { targetBps } = state;
  const small = Math.abs(capBps - targetBps) < targetBps * HYSTERESIS;
  // The limits themselves are always reached, and a cap below the target is never sat out.
  const atLimit = capBps === options.maxBps || capBps === options.minBps;
  return { ...state, capBps, targetBps: small && !atLimit && targetBps <= capBps ? targetBps : capBps };
}

function clamp(bps: number, options: UplinkOptions): number {
  return Math.min(options.maxBps, Math.max(options.minBps, bps));
}
