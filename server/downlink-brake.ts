/**
 * What a viewer's downlink needs when it carries much less all of a sudden. mediasoup's estimate heeds losses once a second and then
 * falls by less than half (libwebrtc's goog_cc_network_control.cc, send_side_bandwidth_estimation.cc), and a queue that is full
 * already grows no longer, so its delays tell nothing: for three or four seconds a line gets several times what it carries, and who
 * watches sees nothing. So heavy losses bring every video down to its smallest pictures at once, and the estimate to what arrives.
 * They stay small until a probe shows that the line carries more, and in any case no longer than half a minute: a brake that was
 * wrong ends by itself.
 */

/** Of one transport, as mediasoup's statistics tell. */
export interface DownlinkFigures {
  /** 0 to 1: of the last 24 reports, the newest weighted most (TransportCongestionControlClient::UpdatePacketLoss). */
  readonly loss: number;
  /** Everything, over about the last second. */
  readonly sentBps: number;
  /** Of the smallest pictures of everything watched, together, up to each temporal layer: bits a second. */
  readonly smallestBps: readonly [number, number, number];
  /** mediasoup's estimate. */
  readonly availableBps: number;
  /** Which it is kept from falling below. */
  readonly floorBps: number;
  /** For everything that is wanted. */
  readonly neededBps: number;
}

export interface BrakeState {
  readonly atMs: number;
  readonly loss: number;
  readonly brakedAtMs: number;
  /** What the line was found to carry at the last brake, and what the estimate was limited to. */
  readonly lineBps: number;
  readonly limitBps: number;
  /** The estimate has been above that since; null: it is not. */
  readonly provenSinceMs: number | null;
  /** It has lost more than chance explains since; null: it does not. */
  readonly losesSinceMs: number | null;
  /** Until then the line is taken not to carry even the smallest pictures. */
  readonly hopelessUntilMs: number;
}

export interface BrakeStep {
  readonly state: BrakeState;
  /** Braked: the most temporal layers of the smallest pictures; null: not braked. */
  readonly temporal: number | null;
  /** Queues are still full: no probe. */
  readonly drains: boolean;
  /** Braked again at once: what is asked for again and again fills the line, and nothing of it is worth waiting for. */
  readonly clears: boolean;
  /** Set when a brake begins or is renewed: bring the estimate down to this. */
  readonly limitBps: number | null;
  /** The line does not carry even the smallest pictures: mediasoup may take them away, the least important first. */
  readonly hopeless: boolean;
}

/** Of the newest reports. Of 5 % lost by chance, in reports of twelve packets, it is three times in ten hours together with `LASTING`. */
const HEAVY = 0.45;
/** Of the weighted figure: one report alone does not reach it. */
const LASTING = 0.1;
/** Both mediasoup's clients and browsers report about as often. */
const REPORT_MS = 100;
/** Weight of the newest report: 24 of 1 + 2 + … + 24. */
const NEWEST = 24 / 300;
/** Losses of before are told until then: reports are late by the time through the queue. */
const AGAIN_AFTER_MS = 600;
/** mediasoup's estimate follows a limit within a second. */
const DRAINS_MS = 2_000;
const LONGEST_MS = 30_000;
/** An estimate this much above the brake's limit was measured by a probe, and lasts when it is true. */
const PROVEN = 1.05;
const PROVEN_MS = 800;
/** Of what arrives: the queue must drain, too. */
const SHARE = 0.85;
/** A report more or less between two looks makes losses seem total. */
const MOST_LOST = 0.85;
/** Whatever is lost: for voices and some pictures. */
const LEAST_LIMIT_BPS = 150_000;
/** Room for the smallest pictures, whose rates rise and fall. */
const LEAST_SPARE = 1.2;
/** A brake's own losses are told for two and a half seconds. */
const HOPELESS_AFTER_MS = 4_500;
const HOPELESS_MS = 20_000;

export function startBrake(): BrakeState {
  return {
    atMs: -Infinity,
    loss: 0,
    brakedAtMs: -Infinity,
    lineBps: 0,
    limitBps: 0,
    provenSinceMs: null,
    losesSinceMs: null,
    hopelessUntilMs: -Infinity,
  };
}

/** Pure; `nowMs` must not go back between steps. */
export function stepBrake(state: BrakeState, figures: DownlinkFigures, nowMs: number): BrakeStep {
  const { loss, sentBps, smallestBps, availableBps, floorBps, neededBps } = figures;
  const recent = recentLoss(state, loss, nowMs);
  const losesSinceMs = loss > LASTING ? (state.losesSinceMs ?? nowMs) : null;
  const lasts = losesSinceMs !== null && nowMs - losesSinceMs >= HOPELESS_AFTER_MS;
  const hopelessUntilMs = lasts ? nowMs + HOPELESS_MS : state.hopelessUntilMs;
  const hopeless = nowMs < hopelessUntilMs;
  const brakes = loss > LASTING && recent > HEAVY && nowMs - state.brakedAtMs >= AGAIN_AFTER_MS;
  const lineBps = brakes ? SHARE * sentBps * (1 - Math.min(MOST_LOST, recent)) : state.lineBps;
  const leastBps = hopeless ? 0 : LEAST_SPARE * smallestBps[0];
  const limitBps = brakes ? Math.round(Math.max(LEAST_LIMIT_BPS, leastBps, lineBps)) : state.limitBps;
  const brakedAtMs = brakes ? nowMs : state.brakedAtMs;
  const sinceMs = nowMs - brakedAtMs;
  const drains = sinceMs < DRAINS_MS;
  const above = availableBps > PROVEN * Math.max(limitBps, floorBps) || availableBps >= neededBps;
  const provenSinceMs = above ? (state.provenSinceMs ?? nowMs) : null;
  const unproven = sinceMs < LONGEST_MS && (provenSinceMs === null || nowMs - provenSinceMs < PROVEN_MS);
  const fitting = smallestBps.findLastIndex((bps) => bps <= lineBps);
  return {
    state: {
      atMs: nowMs,
      loss,
      // What was proven stays so.
      brakedAtMs: drains || unproven ? brakedAtMs : -Infinity,
      lineBps,
      limitBps,
      provenSinceMs,
      losesSinceMs,
      hopelessUntilMs,
    },
    temporal: drains || unproven ? Math.max(0, fitting) : null,
    drains,
    clears: brakes && nowMs - state.brakedAtMs < DRAINS_MS,
    limitBps: brakes ? limitBps : null,
    hopeless,
  };
}

/** What the reports since the last step must have told, 0 to 1, for the weighted figure to move as it did. */
function recentLoss(state: BrakeState, loss: number, nowMs: number): number {
  const reports = Math.max(1, (nowMs - state.atMs) / REPORT_MS);
  const grown = Number.isFinite(reports) ? (loss - state.loss) / (NEWEST * Math.min(reports, 1 / NEWEST)) : 0;
  return Math.min(1, Math.max(0, loss + grown));
}
