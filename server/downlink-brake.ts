/**
 * What a viewer's downlink needs when it carries much less all of a sudden. mediasoup's estimate heeds losses once a second and then
 * falls by less than half (libwebrtc's goog_cc_network_control.cc, send_side_bandwidth_estimation.cc), and a queue that is full
 * already grows no longer, so its delays tell nothing: for three or four seconds a line gets several times what it carries, and who
 * watches sees nothing. So heavy losses limit the estimate at once to what arrives. It is also kept from falling below what the
 * smallest pictures need: mediasoup would take the last of them away while the line still carries them.
 */

/** Of one transport, as mediasoup's statistics tell. */
export interface DownlinkFigures {
  /** 0 to 1: of the last 24 reports, the newest weighted most (TransportCongestionControlClient::UpdatePacketLoss). */
  readonly loss: number;
  /** Everything, over about the last second. */
  readonly sentBps: number;
  readonly availableBps: number;
  /** The smallest pictures of everything watched. */
  readonly leastBps: number;
}

export interface BrakeState {
  readonly atMs: number;
  readonly loss: number;
  readonly brakedAtMs: number;
  /** Losses have been heavy since; null: they are not. */
  readonly heavySinceMs: number | null;
  /** Until then the line is taken not to carry even the smallest pictures. */
  readonly hopelessUntilMs: number;
}

export interface BrakeStep {
  readonly state: BrakeState;
  /** Limit the estimate to this; null: as it is. */
  readonly limitBps: number | null;
  /** It may not fall below this; 0: as far as it likes. */
  readonly floorBps: number;
}

/** Losses by mere chance stay below it: of 5 % they come to at most 10. */
const HEAVY = 0.15;
const SLIGHT = 0.05;
/** Both mediasoup's clients and browsers report about as often. */
const REPORT_MS = 100;
/** Weight of the newest report: 24 of 1 + 2 + … + 24. */
const NEWEST = 24 / 300;
const AGAIN_AFTER_MS = 600;
/** Of what arrives: the queue must drain, too. */
const SHARE = 0.85;
const FLOOR_SPARE = 1.1;
/** A floor is for lines that are narrow, not for many pictures. */
const MOST_FLOOR_BPS = 450_000;
const HOPELESS_AFTER_MS = 2_500;
const HOPELESS_MS = 20_000;

export function startBrake(): BrakeState {
  return { atMs: -Infinity, loss: 0, brakedAtMs: -Infinity, heavySinceMs: null, hopelessUntilMs: -Infinity };
}

/** Pure; `nowMs` must not go back between steps. */
export function stepBrake(state: BrakeState, figures: DownlinkFigures, nowMs: number): BrakeStep {
  const { loss, sentBps, availableBps, leastBps } = figures;
  const recent = recentLoss(state, loss, nowMs);
  const heavy = loss > HEAVY && recent > HEAVY;
  const heavySinceMs = heavy ? (state.heavySinceMs ?? nowMs) : loss > SLIGHT ? state.heavySinceMs : null;
  const hopeless = heavy && heavySinceMs !== null && nowMs - heavySinceMs >= HOPELESS_AFTER_MS;
  const hopelessUntilMs = hopeless ? nowMs + HOPELESS_MS : state.hopelessUntilMs;
  const floorBps = nowMs < hopelessUntilMs ? 0 : Math.round(Math.min(MOST_FLOOR_BPS, FLOOR_SPARE * leastBps));
  const limit = Math.round(Math.max(floorBps, SHARE * sentBps * (1 - recent)));
  const brakes = heavy && limit < SHARE * availableBps && nowMs - state.brakedAtMs >= AGAIN_AFTER_MS;
  return {
    state: { atMs: nowMs, loss, brakedAtMs: brakes ? nowMs : state.brakedAtMs, heavySinceMs, hopelessUntilMs },
    limitBps: brakes ? limit : null,
    floorBps,
  };
}

/** What the reports since the last step must have told, 0 to 1, for the weighted figure to move as it did. */
function recentLoss(state: BrakeState, loss: number, nowMs: number): number {
  const reports = Math.max(1, (nowMs - state.atMs) / REPORT_MS);
  const grown = Number.isFinite(reports) ? (loss - state.loss) / (NEWEST * Math.min(reports, 1 / NEWEST)) : 0;
  return Math.min(1, Math.max(0, loss + grown));
}
