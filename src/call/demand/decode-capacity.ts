import { fell, mayRise, noteRoom, riseInMs, rose, startClimb, type Climb, type ClimbOptions } from './climb.ts';

/** What decoding costs this machine, and how much of it there may be. */
export interface DecodeBudget {
  /** To decrypt, decode and draw one million pixels, as measured lately; null: not measured yet. */
  readonly msPerMegapixel: number | null;
  /** Time for it in a second: 1000 is one core. */
  readonly msPerSecond: number;
  /** Share of all cores in use over the last second or two, 0 to 1; null where it cannot be had. */
  readonly load: number | null;
}

/** Of a machine that was not measured: nothing is held back. */
export const unmeasuredDecoding: DecodeBudget = { msPerMegapixel: null, msPerSecond: Infinity, load: null };

export interface CapacityState {
  /** Megapixels a second that may be decoded. */
  readonly rate: number;
  readonly climb: Climb;
  readonly cutAtMs: number;
}

const OVERLOAD = 0.9;
/** Part of its budget from which decoding has a share in a machine's being too busy: below it, asking for less would not help. */
const GUILTY = 0.12;
const CALM = 0.75;
const CUT = 0.55;
const CUT_EVERY_MS = 1_000;
/** Below this nothing is gained: one thumbnail at its lowest rate. */
const LEAST_RATE = 0.4;
/** A better measurement counts when it is this much better. */
const RISE_MARGIN = 1.2;
const RISE_STEP = 1.5;
const climbing: ClimbOptions = { firstHoldMs: 3_000, lastHoldMs: 60_000, failedWithinMs: 10_000 };

export function startCapacity(): CapacityState {
  return { rate: Infinity, climb: startClimb(climbing), cutAtMs: -Infinity };
}

/**
 * One step: what was measured bounds the rate at once, a machine too busy by our doing cuts it every second below what is decoded
 * now (`used`, megapixels a second), and it rises again after a calm while. `wanted` is what would be decoded without any limit, `first` what the most valuable video of
 * all takes: a busy machine alone never takes that, only a processor that cannot decode it.
 */
export function stepCapacity(
  state: CapacityState,
  budget: DecodeBudget,
  { used, wanted, first }: { used: number; wanted: number; first: number },
  nowMs: number,
): CapacityState {
  const measured = measuredRate(budget);
  const load = sane(budget.load);
  if (load !== null && load > OVERLOAD && budgetUsed(budget, used) > GUILTY)
    return cut(state, Math.min(measured, state.rate), { used, first }, nowMs);
  if (measured < state.rate) return { ...state, rate: measured, climb: fell(state.climb, nowMs, climbing) };
  const room = state.rate < measured / RISE_MARGIN && (load === null || load < CALM);
  const climb = noteRoom(state.climb, room, nowMs);
  if (!room || !mayRise(climb, nowMs)) return { ...state, climb };
  // Beyond all that is wanted there is nothing to feel one's way to.
  const next = state.rate * RISE_STEP;
  const rate = load === null || next > wanted * RISE_MARGIN ? measured : Math.min(measured, next);
  return { ...state, rate, climb: rose(climb, nowMs) };
}

/** Until the next rise may come; null: only a change of input can change anything. */
export function capacityRecheckInMs(state: CapacityState, nowMs: number): number | null {
  return riseInMs(state.climb, nowMs);
}

function cut(
  state: CapacityState,
  rate: number,
  { used, first }: { used: number; first: number },
  nowMs: number,
): CapacityState {
  const climb = noteRoom(state.climb, false, nowMs);
  if (nowMs - state.cutAtMs < CUT_EVERY_MS || !(used > 0)) return { ...state, rate, climb };
  const least = Math.min(rate, Math.max(LEAST_RATE, first));
  const lower = Math.max(least, Math.min(rate, used) * CUT);
  return { rate: lower, cutAtMs: nowMs, climb: fell(climb, nowMs, climbing) };
}

/** Part of the budget that is used; all of it while nothing is known of its cost. */
function budgetUsed({ msPerMegapixel, msPerSecond }: DecodeBudget, used: number): number {
  const cost = sane(msPerMegapixel);
  return cost === null || !(msPerSecond > 0) ? 1 : (used * cost) / msPerSecond;
}

function measuredRate({ msPerMegapixel, msPerSecond }: DecodeBudget): number {
  const cost = sane(msPerMegapixel);
  if (cost === null || cost === 0 || !(msPerSecond >= 0)) return Infinity;
  return msPerSecond / cost;
}

function sane(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null;
}
