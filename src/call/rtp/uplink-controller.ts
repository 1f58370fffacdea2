/**
 * What the room may send as video: the server's estimate (REMB), held back where the receiver reports loss. Pure: the
 * state goes in and comes out. The server's estimator sees delay; this adds loss, a quick start and calm.
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
  /** What loss allows. */
  readonly lossCapBps: number;
  /** The server's last word; null before the first or when it lifted its limit. */
  readonly rembBps: number | null;
  readonly rembAtMs: number;
  readonly lossAtMs: number;
  readonly updatedAtMs: number;
  /** No loss and no fall so far: rise quickly. */
  readonly ramping: boolean;
  /** Base of the round trip's rise: the least seen lately. */
  readonly minRttMs: number | null;
}

export type UplinkInput =
  | { readonly kind: 'remb'; readonly bps: number }
  /** `fractionLost` 0 to 1 since the report before. */
  | { readonly kind: 'report'; readonly fractionLost: number; readonly rttMs: number | null }
  | { readonly kind: 'tick' };

/** A silent server's estimate is not believed for ever; mediasoup repeats it about every second while it limits. */
const REMB_TTL_MS = 10_000;
/** Loss below this is noise, above the other it is ours (the thresholds of GCC's loss-based part). */
const LOW_LOSS = 0.02;
const HIGH_LOSS = 0.1;
const RAMP_PER_S = 1.6;
const CLIMB_PER_S = 1.08;
const REMB_MARGIN = 0.95;
/** Queues on the way: a round trip this much above the least seen. */
const QUEUE_RTT_MS = 250;
const QUEUE_FALL = 0.85;
/** Differences that no encoder need hear of. */
const HYSTERESIS = 0.05;
const MAX_STEP_S = 1;

export function startUplink(nowMs: number, options: UplinkOptions): UplinkState {
  const start = clamp(options.startBps, options);
  return {
    targetBps: start,
    lossCapBps: start,
    rembBps: null,
    rembAtMs: nowMs,
    lossAtMs: -Infinity,
    updatedAtMs: nowMs,
    ramping: true,
    minRttMs: null,
  };
}

/** The next state; give it reports and REMB as they come and a tick a few times a second. */
export function updateUplink(
  state: UplinkState,
  input: UplinkInput,
  nowMs: number,
  options: UplinkOptions,
): UplinkState {
  return settle(react(climb(state, nowMs, options), input, nowMs), nowMs, options);
}

/** Time passes: the cap rises, unless loss was seen a moment ago. */
function climb(state: UplinkState, nowMs: number, options: UplinkOptions): UplinkState {
  const seconds = Math.min(MAX_STEP_S, Math.max(0, (nowMs - state.updatedAtMs) / 1000));
  const mayRise = nowMs - state.lossAtMs >= 2_000;
  const factor = mayRise ? (state.ramping ? RAMP_PER_S : CLIMB_PER_S) ** seconds : 1;
  return {
    ...state,
    updatedAtMs: Math.max(nowMs, state.updatedAtMs),
    lossCapBps: clamp(state.lossCapBps * factor, options),
  };
}

function react(state: UplinkState, input: UplinkInput, nowMs: number): UplinkState {
  if (input.kind === 'remb') {
    // 0 lifts the limit (mediasoup); nonsense is not heard.
    if (!Number.isFinite(input.bps) || input.bps < 0) return state;
    return { ...state, rembBps: input.bps === 0 ? null : input.bps, rembAtMs: nowMs };
  }
  if (input.kind === 'tick') return nowMs - state.rembAtMs > REMB_TTL_MS ? { ...state, rembBps: null } : state;
  return reactToReport(state, input.fractionLost, input.rttMs, nowMs);
}

function reactToReport(state: UplinkState, fractionLost: number, rttMs: number | null, nowMs: number): UplinkState {
  const loss = Number.isFinite(fractionLost) ? Math.min(1, Math.max(0, fractionLost)) : 0;
  const least = rttMs === null ? state.minRttMs : Math.min(rttMs, (state.minRttMs ?? rttMs) + 2);
  const queued = rttMs !== null && least !== null && rttMs - least > QUEUE_RTT_MS;
  const next = { ...state, minRttMs: least };
  if (loss > HIGH_LOSS)
    return {
      ...next,
      ramping: false,
      lossAtMs: nowMs,
      lossCapBps: Math.min(next.lossCapBps, next.targetBps) * (1 - 0.5 * loss),
    };
  if (queued)
    return {
      ...next,
      ramping: false,
      lossAtMs: nowMs,
      lossCapBps: Math.min(next.lossCapBps, next.targetBps) * QUEUE_FALL,
    };
  if (loss > LOW_LOSS) return { ...next, ramping: false, lossAtMs: nowMs };
  return next;
}

/** Falls at once, rises only by steps worth an encoder's while. */
function settle(state: UplinkState, nowMs: number, options: UplinkOptions): UplinkState {
  const remb =
    state.rembBps === null || nowMs - state.rembAtMs > REMB_TTL_MS
      ? Infinity
      : state.rembBps * REMB_MARGIN - options.reserveBps;
  const lossCapBps = clamp(state.lossCapBps, options);
  const wanted = clamp(Math.min(remb, lossCapBps), options);
  const small = Math.abs(wanted - state.targetBps) < state.targetBps * HYSTERESIS;
  // The limits themselves are always reached, and an estimate below the target is never sat out.
  const atLimit = wanted === options.maxBps || wanted === options.minBps;
  const targetBps =
    small && !atLimit && state.targetBps <= remb && state.targetBps <= lossCapBps ? state.targetBps : wanted;
  return { ...state, lossCapBps, targetBps };
}

function clamp(bps: number, options: UplinkOptions): number {
  return Math.min(options.maxBps, Math.max(options.minBps, bps));
}
