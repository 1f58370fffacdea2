import type { Layers } from '../src/call/signalling/messages.ts';

const LEVELS = 3;

/** What is kept of one producer's demand: until when each layer counts as wanted, Infinity while a viewer wants it. */
export interface DemandState {
  readonly spatialUntil: readonly number[];
  readonly temporalUntil: readonly number[];
  /** What the sender was told last; undefined before the first word. */
  readonly told: Layers | null | undefined;
}

export interface DemandStep {
  readonly state: DemandState;
  /** What to tell the sender now; undefined when it knows already. */
  readonly tell: Layers | null | undefined;
  /** When to step again if nothing changes before; null: no need to. */
  readonly recheckInMs: number | null;
}

export function initialDemand(): DemandState {
  const never = Array.from({ length: LEVELS }, () => -Infinity);
  return { spatialUntil: never, temporalUntil: never, told: undefined };
}

/** The layers that satisfy every viewer: the highest of each kind; null when no viewer wants any. */
export function highestLayers(wants: Iterable<Layers | null>): Layers | null {
  let spatial = -1;
  let temporal = -1;
  for (const want of wants) {
    spatial = Math.max(spatial, want?.spatial ?? -1);
    temporal = Math.max(temporal, want?.temporal ?? -1);
  }
  return spatial < 0 ? null : { spatial, temporal };
}

/**
 * One decision: a layer is told at once when somebody wants it, and taken back when nobody has wanted it for `holdMs`.
 * What is told is thus the highest of what was wanted in the last `holdMs`: it never falls below the wish of any viewer.
 * Pure; `nowMs` must not go back between steps.
 */
export function stepDemand(state: DemandState, wanted: Layers | null, nowMs: number, holdMs: number): DemandStep {
  const spatialUntil = hold(state.spatialUntil, wanted?.spatial ?? -1, nowMs, holdMs);
  const temporalUntil = hold(state.temporalUntil, wanted?.temporal ?? -1, nowMs, holdMs);
  const spatial = top(spatialUntil, nowMs);
  const temporal = top(temporalUntil, nowMs);
  const layers = spatial < 0 ? null : { spatial, temporal: Math.max(0, temporal) };
  const changed = state.told === undefined || !sameLayers(state.told, layers);
  const next = [...spatialUntil, ...temporalUntil].filter((until) => until > nowMs && until !== Infinity);
  return {
    state: { spatialUntil, temporalUntil, told: layers },
    tell: changed ? layers : undefined,
    recheckInMs: next.length === 0 ? null : Math.min(...next) - nowMs,
  };
}

function hold(untils: readonly number[], wanted: number, nowMs: number, holdMs: number): number[] {
  return untils.map((until, level) => {
    if (level <= wanted) return Infinity;
    return until === Infinity ? nowMs + holdMs : until;
  });
}

function top(untils: readonly number[], nowMs: number): number {
  return untils.findLastIndex((until) => until > nowMs);
}

export function sameLayers(a: Layers | null, b: Layers | null): boolean {
  return a === b || (a !== null && b !== null && a.spatial === b.spatial && a.temporal === b.temporal);
}
