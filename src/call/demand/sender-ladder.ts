import type { Layers } from '../signalling/messages.ts';
import { fell, mayRise, noteRoom, riseInMs, rose, startClimb, type Climb, type ClimbOptions } from './climb.ts';
import { ladderFrom, pictureRate, saneLayers, type VideoSource } from './layers.ts';

export interface SenderInput {
  readonly source: VideoSource;
  /** The highest layers that any viewer wants; null: nobody watches. */
  readonly demand: Layers | null;
  /** What the network takes of this stream, kbit/s (`shareUplink`). */
  readonly targetKbps: number;
  /** To encode one picture with the layers in force, averaged over the last second or so; null while nothing is encoded. */
  readonly encodeMs: number | null;
  /** Share of all cores in use over the last second or two, 0 to 1; null when not known. Not the load average, which takes a minute. */
  readonly load: number | null;
  /** The processor is slowed down by heat or by its supply. */
  readonly throttled: boolean;
}

/** Why less than all layers are encoded; null: all are. */
export type SenderReason = 'window' | 'network' | 'cpu' | 'nobody' | null;

export interface SenderDecision {
  /** Highest spatial layer to encode; -1: nothing. */
  readonly maxSpatial: number;
  readonly maxTemporal: number;
  /** For all layers together; 0 with `maxSpatial` -1. */
  readonly bitrateKbps: number;
  readonly reason: SenderReason;
}

export interface SenderState {
  /** Rate that layers are chosen for: falls with the target, rises after a while. */
  readonly networkKbps: number;
  readonly networkClimb: Climb;
  /** Encoding cost that layers are held to, in parts of all layers at full rate. */
  readonly cpuCost: number;
  readonly cpuClimb: Climb;
  /** Measurements show what is in force now only from then on. */
  readonly settledAtMs: number;
  /** In force. */
  readonly layers: Layers | null;
}

export interface SenderStep {
  readonly state: SenderState;
  readonly decision: SenderDecision;
  /** When to step again if nothing changes before; null: no need to. */
  readonly recheckInMs: number | null;
}

/**
 * Bit rates by highest spatial layer, kbit/s with every temporal layer: where its picture is no better than the size below at the
 * same rate, and where more is not seen any more. The encoder splits the rate among the layers 100, or 30 and 70, or 12, 28 and 60
 * percent, so that a viewer of one layer gets:
 *
 * | source | highest layer | least | most | of which 1/4, 1/2, full size at most |
 * |---|---|---|---|---|
 * | camera | 180p | 60 | 130 | 130 |
 * | camera | 360p | 200 | 500 | 150, 350 |
 * | camera | 720p | 600 | 1,500 | 180, 420, 900 |
 * | screen | 270p | 60 | 300 | 300 |
 * | screen | 540p | 200 | 900 | 270, 630 |
 * | screen | 1080p | 600 | 2,500 | 300, 700, 1,500 |
 */
const rates = {
  camera: { least: [60, 200, 600], most: [130, 500, 1_500] },
  screen: { least: [60, 200, 600], most: [300, 900, 2_500] },
} as const satisfies Record<VideoSource, { least: readonly number[]; most: readonly number[] }>;
/** Part of the bits in temporal layers up to this one: what a picture of it needs when those above are not encoded. */
const temporalShare = [0.5, 0.7, 1] as const;
/**
 * Time to encode a picture up to this spatial layer, as part of the time for all three: measured at 720p between 0.16 and 0.32 for
 * one layer, 0.33 and 0.48 for two, more than their pixels, since the picture is scaled down for each.
 */
const spatialCost = [0.18, 0.4, 1] as const;
/** Part of the pictures up to this temporal layer. */
const temporalCost = [0.25, 0.5, 1] as const;

/** A better target must be this much better. */
const NETWORK_MARGIN = 1.15;
const network: ClimbOptions = { firstHoldMs: 2_000, lastHoldMs: 30_000, failedWithinMs: 10_000 };
/**
 * Part of the time between two pictures that encoding may take. It has a thread of its own: beyond all of it, pictures are left
 * out, at this share one in eight; half the frame rate, the next rung, is worse than that.
 */
export const ENCODE_BUDGET = 1.15;
const THROTTLED_BUDGET = 0.6;
/** Of a machine that is busy all over: what is encoded in time nevertheless is left alone, whoever keeps the machine busy. */
const BUSY_BUDGET = 1;
/** More layers must be foreseen to need less than this part of the budget. */
const CPU_MARGIN = 0.9;
const OVERLOAD = 0.95;
const SETTLE_MS = 1_000;
const cpu: ClimbOptions = { firstHoldMs: 3_000, lastHoldMs: 30_000, failedWithinMs: 10_000 };

export function startSender(): SenderState {
  return {
    networkKbps: Infinity,
    networkClimb: startClimb(network),
    cpuCost: 1,
    cpuClimb: startClimb(cpu),
    settledAtMs: -Infinity,
    layers: null,
  };
}

/**
 * What the room encodes of one source: never more than is wanted, and of that what network and processor carry. Both take frames
 * first, then sizes, from a camera, and frames before any size from a shared screen. What is wanted more is encoded at once if both
 * carry it; what one of them took comes back after a while in which there was room. An overloaded processor is relieved in one
 * step of the right size, checked every second. Step at least once a second. Pure; `nowMs` must not go back between steps.
 */
export function stepSender(state: SenderState, input: SenderInput, nowMs: number): SenderStep {
  const demand = saneLayers(input.demand);
  const relieved = stepCpu(stepNetwork(state, input, nowMs), input, demand, nowMs);
  const rungs = demand === null ? [] : ladderFrom(input.source, demand);
  const fits = (layers: Layers): boolean =>
    leastKbps(input.source, layers) <= relieved.networkKbps && costOf(layers) <= relieved.cpuCost;
  // The processor always has the lowest rung left; a network that does not take even that gets nothing.
  const cheapest = rungs.at(-1) ?? null;
  const fallback = cheapest !== null && leastKbps(input.source, cheapest) <= relieved.networkKbps ? cheapest : null;
  const layers = rungs.find(fits) ?? fallback;
  const changed = layers?.spatial !== state.layers?.spatial || layers?.temporal !== state.layers?.temporal;
  const next = { ...relieved, layers, settledAtMs: changed ? nowMs + SETTLE_MS : relieved.settledAtMs };
  return {
    state: next,
    decision: decide(input, demand, layers, next),
    recheckInMs: soonest(riseInMs(next.networkClimb, nowMs), demand === null ? null : riseInMs(next.cpuClimb, nowMs)),
  };
}

/** The most these layers are worth, kbit/s. */
export function mostKbps(source: VideoSource, layers: Layers): number {
  return (rates[source].most[layers.spatial] ?? 0) * (temporalShare[layers.temporal] ?? 0);
}

/** The least these layers can do with, kbit/s. */
export function leastKbps(source: VideoSource, layers: Layers): number {
  return (rates[source].least[layers.spatial] ?? 0) * (temporalShare[layers.temporal] ?? 0);
}

/** Encoding cost a second, as part of that of all layers. */
export function costOf(layers: Layers): number {
  return (spatialCost[layers.spatial] ?? 0) * (temporalCost[layers.temporal] ?? 0);
}

/**
 * Parts of one uplink, kbit/s: each stream first gets the least it can be sent with, then the screen all it can use, then the
 * camera. What nobody wants gets nothing.
 */
export function shareUplink(
  targetKbps: number,
  demands: Readonly<Record<VideoSource, Layers | null>>,
): Record<VideoSource, number> {
  const parts = { screen: 0, camera: 0 };
  let left = Number.isFinite(targetKbps) ? Math.max(0, targetKbps) : 0;
  const order = (['screen', 'camera'] as const).filter((source) => demands[source] !== null);
  const give = (source: VideoSource, upTo: number): void => {
    const part = Math.min(left, Math.max(0, upTo - parts[source]));
    parts[source] += part;
    left -= part;
  };
  for (const source of order) give(source, leastKbps(source, { spatial: 0, temporal: 0 }));
  for (const source of order)
    give(source, mostKbps(source, saneLayers(demands[source]) ?? { spatial: 0, temporal: 0 }));
  // Room to spare tells the ladder that more would fit if more were wanted.
  for (const source of order) parts[source] += left / order.length;
  return parts;
}

function stepNetwork(state: SenderState, { source, demand, targetKbps }: SenderInput, nowMs: number): SenderState {
  // Nobody's stream has no share of the network; whoever begins to watch it waits for none either.
  if (demand === null) return { ...state, networkKbps: Infinity };
  const target = targetKbps >= 0 ? targetKbps : 0;
  if (target < state.networkKbps) {
    const lost = state.layers !== null && leastKbps(source, state.layers) > target;
    const networkClimb = lost ? fell(state.networkClimb, nowMs, network) : noteRoom(state.networkClimb, false, nowMs);
    return { ...state, networkKbps: target, networkClimb };
  }
  const networkClimb = noteRoom(state.networkClimb, target > state.networkKbps * NETWORK_MARGIN, nowMs);
  if (!mayRise(networkClimb, nowMs)) return { ...state, networkClimb };
  return { ...state, networkKbps: target, networkClimb: rose(networkClimb, nowMs) };
}

function stepCpu(state: SenderState, input: SenderInput, demand: Layers | null, nowMs: number): SenderState {
  const load = sane(input.load) ?? 0;
  const budget = budgetOf(input.throttled, load);
  // What others load the machine with is no reason to send less of nothing.
  if (state.layers === null || demand === null)
    return riseCpu(state, input, null, { usage: 0, budget, calm: load < OVERLOAD }, nowMs);
  const usage = usageOf(input, state.layers);
  if (usage > budget) {
    if (nowMs < state.settledAtMs) return { ...state, cpuClimb: noteRoom(state.cpuClimb, false, nowMs) };
    const cpuCost = Math.min(state.cpuCost, (costOf(state.layers) * budget) / usage);
    return { ...state, cpuCost, cpuClimb: fell(state.cpuClimb, nowMs, cpu), settledAtMs: nowMs + SETTLE_MS };
  }
  return riseCpu(state, input, demand, { usage, budget: budget * CPU_MARGIN, calm: load < OVERLOAD }, nowMs);
}

function budgetOf(throttled: boolean, load: number): number {
  if (throttled) return THROTTLED_BUDGET;
  return load > OVERLOAD ? BUSY_BUDGET : ENCODE_BUDGET;
}

function riseCpu(
  state: SenderState,
  { source }: SenderInput,
  demand: Layers | null,
  now: { usage: number; budget: number; calm: boolean },
  nowMs: number,
): SenderState {
  const next = demand && ladderFrom(source, demand).findLast((rung) => costOf(rung) > state.cpuCost);
  const cost = next ? costOf(next) : Math.min(1, state.cpuCost * 2);
  const foreseen = next && state.layers ? (now.usage * cost) / costOf(state.layers) : now.usage;
  const cpuClimb = noteRoom(state.cpuClimb, state.cpuCost < 1 && now.calm && foreseen <= now.budget, nowMs);
  if (!mayRise(cpuClimb, nowMs)) return { ...state, cpuClimb };
  return { ...state, cpuCost: cost, cpuClimb: rose(cpuClimb, nowMs) };
}

/** Part of the time between two encoded pictures that encoding one takes. */
function usageOf({ source, encodeMs }: SenderInput, layers: Layers): number {
  return ((sane(encodeMs) ?? 0) * pictureRate(source, layers.temporal)) / 1_000;
}

function decide(input: SenderInput, demand: Layers | null, layers: Layers | null, state: SenderState): SenderDecision {
  const nothing = { maxSpatial: -1, maxTemporal: 0, bitrateKbps: 0 };
  if (demand === null) return { ...nothing, reason: 'nobody' };
  if (layers === null) return { ...nothing, reason: 'network' };
  const { spatial, temporal } = layers;
  const bitrateKbps = Math.floor(Math.min(input.targetKbps, mostKbps(input.source, layers)));
  return {
    maxSpatial: spatial,
    maxTemporal: temporal,
    bitrateKbps,
    reason: reasonOf(input.source, demand, layers, state),
  };
}

function reasonOf(source: VideoSource, demand: Layers, layers: Layers, state: SenderState): SenderReason {
  if (layers.spatial === demand.spatial && layers.temporal === demand.temporal)
    return demand.spatial === 2 && demand.temporal === 2 ? null : 'window';
  const above = ladderFrom(source, demand).findLast((rung) => costOf(rung) > costOf(layers)) ?? demand;
  return leastKbps(source, above) > state.networkKbps ? 'network' : 'cpu';
}

function sane(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null;
}

function soonest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
