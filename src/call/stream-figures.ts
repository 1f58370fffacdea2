import { ALL_LAYERS } from './demand/layers.ts';
import type { ViewerDecision } from './demand/viewer-demand.ts';
import { noStats, type StreamDemand, type StreamStats } from './media-engine.ts';
import type { Layers } from './signalling/messages.ts';

/** A stream as people read it: its figures, and what they came to over the last `SPAN_MS`. */
export interface StreamFigures extends StreamStats {
  readonly kbps: number;
  /** null for sound. */
  readonly framesPerSecond: number | null;
  /** Share of packets that did not arrive, 0 to 1; null where nothing was sent, or nobody tells. */
  readonly loss: number | null;
}

export const noFigures = { ...noStats, kbps: 0, framesPerSecond: null, loss: null } as const;

export interface FiguresInput {
  readonly stats: readonly StreamStats[];
  /** What this viewer asked for last. */
  readonly decisions: readonly ViewerDecision[];
  /** By consumer: what the server said that it forwards; nothing is known of those that are not in it. */
  readonly forwarded: ReadonlyMap<string, Layers | null>;
  /** Peers who say that they show nothing: nothing is short of their cameras. */
  readonly camerasOff: ReadonlySet<string>;
}

interface StreamHistory {
  /** Oldest first: the last one before `SPAN_MS`, and all since. */
  readonly samples: readonly { readonly atMs: number; readonly stats: StreamStats }[];
  /** Since when less is forwarded than asked for; null: it is not. */
  readonly shortSinceMs: number | null;
}

export type FiguresState = ReadonlyMap<string, StreamHistory>;

const SPAN_MS = 3_000;
/** The server needs a key picture and some bandwidth measuring to follow a wish: until then nothing is amiss. */
const SHORT_MS = 2_000;

export function startFigures(): FiguresState {
  return new Map();
}

/** One step, about once a second; streams that are not among `stats` any more are forgotten. Pure. */
export function stepFigures(
  state: FiguresState,
  input: FiguresInput,
  nowMs: number,
): { state: FiguresState; figures: StreamFigures[] } {
  const next = new Map<string, StreamHistory>();
  const figures = input.stats.map((stats) => {
    const key = `${stats.direction} ${stats.id}`;
    const before = state.get(key);
    const samples = follow(before?.samples ?? [], { atMs: nowMs, stats });
    const demand = demandOf(stats, input, before?.shortSinceMs ?? null, nowMs);
    next.set(key, { samples, shortSinceMs: demand.shortSinceMs });
    return { ...stats, ...demand.demand, ...ratesOf(samples) };
  });
  return { state: next, figures };
}

/** A new login counts from nothing under the same name: what was counted before says nothing of it. */
function follow(samples: StreamHistory['samples'], sample: StreamHistory['samples'][number]): StreamHistory['samples'] {
  const last = samples.at(-1);
  if (!last || restarted(last.stats, sample.stats)) return [sample];
  const start = samples.findLastIndex(({ atMs }) => atMs <= sample.atMs - SPAN_MS);
  return [...samples.slice(Math.max(0, start)), sample];
}

/** Lost packets are no sign: those that arrive late after all are taken back. */
function restarted(before: StreamStats, now: StreamStats): boolean {
  const fell = (a: number | null, b: number | null): boolean => a !== null && (b ?? 0) < a;
  return (
    now.packets < before.packets ||
    now.bytes < before.bytes ||
    fell(before.framesEncoded, now.framesEncoded) ||
    fell(before.framesDecoded, now.framesDecoded)
  );
}

function ratesOf(samples: StreamHistory['samples']): Pick<StreamFigures, 'kbps' | 'framesPerSecond' | 'loss'> {
  const [from, to] = [samples[0], samples.at(-1)];
  const frames = to?.stats.framesEncoded ?? to?.stats.framesDecoded ?? null;
  const spanMs = from && to ? to.atMs - from.atMs : 0;
  if (!from || !to || !(spanMs > 0)) return { kbps: 0, framesPerSecond: frames === null ? null : 0, loss: null };
  const framesBefore = from.stats.framesEncoded ?? from.stats.framesDecoded ?? 0;
  return {
    kbps: ((to.stats.bytes - from.stats.bytes) * 8) / spanMs,
    framesPerSecond: frames === null ? null : ((frames - framesBefore) * 1_000) / spanMs,
    loss: lossBetween(from.stats, to.stats),
  };
}

function lossBetween(from: StreamStats, to: StreamStats): number | null {
  const lost = Math.max(0, to.packetsLost - from.packetsLost);
  const counted = to.packets - from.packets;
  // What is lost on the way was sent, and counted there; what is received was not lost.
  const all = to.direction === 'send' ? counted : counted + lost;
  return all > 0 ? Math.min(1, lost / all) : null;
}

function demandOf(
  stats: StreamStats,
  { decisions, forwarded, camerasOff }: FiguresInput,
  shortSinceMs: number | null,
  nowMs: number,
): { demand: StreamDemand; shortSinceMs: number | null } {
  const { wanted, layers, limit } = stats;
  const decision = decisions.find(({ consumer }) => consumer === stats.id);
  if (stats.direction === 'send' || !decision) return { demand: { wanted, layers, limit }, shortSinceMs: null };
  const flows = forwarded.get(stats.id) ?? null;
  const expected = forwarded.has(stats.id) && !(stats.source === 'camera' && camerasOff.has(stats.peer ?? ''));
  const since = expected && isShort(decision.layers, flows) ? (shortSinceMs ?? nowMs) : null;
  const short = since !== null && nowMs - since > SHORT_MS;
  return {
    demand: { wanted: decision.layers, layers: flows, limit: short ? 'network' : decision.reason },
    shortSinceMs: since,
  };
}

function isShort(wanted: Layers | null, flows: Layers | null): boolean {
  if (!wanted) return false;
  return flows === null || flows.spatial < wanted.spatial || flows.temporal < wanted.temporal;
}

/**
 * Layers of a stream in the numbers that demand has, where the full picture is spatial layer 2: a stream of a single size, as a
 * shared screen may be, is at full size whatever its only layer is called. `mode` as WebRTC names it; unknown: as ours.
 */
export function fullSizeLayers(layers: Layers | null, mode: string | undefined): Layers | null {
  const spatialLayers = Number(/^[LS](\d)T\d/.exec(mode ?? '')?.[1] ?? ALL_LAYERS.spatial + 1);
  if (layers === null || spatialLayers > ALL_LAYERS.spatial) return layers;
  return { ...layers, spatial: Math.min(ALL_LAYERS.spatial, layers.spatial + ALL_LAYERS.spatial + 1 - spatialLayers) };
}
