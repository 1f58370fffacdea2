import type { Layers } from '../signalling/messages.ts';
import {
  capacityRecheckInMs,
  startCapacity,
  stepCapacity,
  type CapacityState,
  type DecodeBudget,
} from './decode-capacity.ts';
import { FULL_SIZE, ladderFrom, layerScale, pictureRate, type VideoSource } from './layers.ts';

/** One place on a screen where a remote video is, or would be, shown. */
export interface VideoWindow {
  readonly consumer: string;
  readonly source: VideoSource;
  /** Device pixels that the window has now. */
  readonly width: number;
  readonly height: number;
  /** Not seen: covered, scrolled away, on another page, or the whole screen is off. */
  readonly hidden: boolean;
  /** The picture fills the window and is cut, rather than shown whole. */
  readonly cover: boolean;
  /** The one who speaks. */
  readonly speaker: boolean;
  /** Made large by somebody's choice, or by the layout. */
  readonly pinned: boolean;
}

export interface ViewerInput {
  readonly windows: readonly VideoWindow[];
  readonly budget: DecodeBudget;
}

/** Why a stream is asked for with less than all its layers; null: it is not. */
export type ViewerReason = 'hidden' | 'window' | 'cpu' | null;

export interface ViewerDecision {
  readonly consumer: string;
  readonly layers: Layers | null;
  /** mediasoup's consumer priority, 1 to 255. */
  readonly priority: number;
  readonly reason: ViewerReason;
}

interface WindowState {
  /** Index of `levels`. */
  readonly level: number;
  /** Since when a smaller layer would do; null: it would not. */
  readonly smallerSinceMs: number | null;
}

export interface ViewerState {
  readonly windows: ReadonlyMap<string, WindowState>;
  readonly capacity: CapacityState;
  /** Megapixels a second asked for by the last step. */
  readonly used: number;
}

export interface ViewerStep {
  readonly state: ViewerState;
  /** One of each consumer, the most valuable first. */
  readonly decisions: readonly ViewerDecision[];
  /** When to step again if nothing changes before; null: no need to. */
  readonly recheckInMs: number | null;
}

/** A layer may be enlarged this much before the next one is worth its cost: text shows it sooner than faces. */
const STRETCH = { camera: 1.25, screen: 1.1 } as const;
/** Part of the smallest layer's size up to which a window does with half the pictures: the thumbnails beside a speaker. */
const THUMBNAIL = 0.8;
/** A window must be this much smaller than where it grew, and stay so, before a layer is given up: each change costs a key picture. */
const SHRINK_MARGIN = 0.85;
const SHRINK_HOLD_MS = 1_000;
const SMALLEST_PX = 2;
const LARGEST_PX = 16_384;
const TOP_SPATIAL = 2;
/**
 * mediasoup gives each consumer its lowest layer, then goes round by priority and lets each take as many layers at a turn as its
 * priority says. From 9, the number of layers there are, one is served wholly before those below it; so those of equal rank get
 * small numbers, by size, and share.
 */
const PRIORITY = { screen: 255, pinned: 160, speaker: 80 } as const;

export function startViewer(): ViewerState {
  return { windows: new Map(), capacity: startCapacity(), used: 0 };
}

/**
 * What this viewer asks of the server: for each remote video the lowest layers that fill its largest window, less what this machine
 * cannot decode. Shared screens are served first, then what is pinned, then the speaker, then larger before smaller windows. A
 * window that grows is followed at once, one that shrinks after a moment. Where decoding is too dear, the least valuable lose
 * frames, then size, and only when all are at their lowest do they lose their picture, never the most valuable one.
 * Pure; `nowMs` must not go back between steps.
 */
export function stepViewer(state: ViewerState, input: ViewerInput, nowMs: number): ViewerStep {
  const shown = uniqueWindows(input.windows);
  const windows = new Map<string, WindowState>();
  for (const window of shown) {
    const next = followSize(window, state.windows.get(window.consumer) ?? null, nowMs);
    if (next) windows.set(window.consumer, next);
  }
  const wishes = shown.map((window) => wishOf(window, windows.get(window.consumer) ?? null)).sort(byValue);
  const wanted = total(wishes);
  const [mostValuable] = wishes;
  const first = mostValuable ? costOf(mostValuable) : 0;
  const capacity = stepCapacity(state.capacity, input.budget, { used: state.used, wanted, first }, nowMs);
  shed(wishes, capacity.rate);
  return {
    state: { windows, capacity, used: total(wishes) },
    decisions: wishes.map(decisionOf),
    recheckInMs: soonest([
      ...[...windows.values()].map((window) => shrinkInMs(window, nowMs)),
      capacityRecheckInMs(capacity, nowMs),
    ]),
  };
}

/** True when both ask for the same for the same reason, in whatever order: nobody has to be told. */
export function sameDecisions(a: readonly ViewerDecision[], b: readonly ViewerDecision[]): boolean {
  const before = new Map(a.map((decision) => [decision.consumer, decision]));
  return a.length === b.length && b.every((decision) => sameDecision(decision, before.get(decision.consumer)));
}

/** As the request `setDemand` takes it. */
export function demandsOf(
  decisions: readonly ViewerDecision[],
): { consumer: string; layers: Layers | null; priority: number }[] {
  return decisions.map(({ consumer, layers, priority }) => ({ consumer, layers: layers && { ...layers }, priority }));
}

function sameDecision(a: ViewerDecision, b: ViewerDecision | undefined): boolean {
  return (
    a.consumer === b?.consumer &&
    a.priority === b.priority &&
    a.reason === b.reason &&
    a.layers?.spatial === b.layers?.spatial &&
    a.layers?.temporal === b.layers?.temporal
  );
}

/** The largest visible window of each consumer: one may be on two displays. */
function uniqueWindows(windows: readonly VideoWindow[]): VideoWindow[] {
  const best = new Map<string, VideoWindow>();
  for (const window of windows) {
    const other = best.get(window.consumer);
    best.set(window.consumer, other ? mergeWindows(other, window) : window);
  }
  return [...best.values()];
}

function mergeWindows(a: VideoWindow, b: VideoWindow): VideoWindow {
  const larger = neededScale(b) > neededScale(a) ? b : a;
  return { ...larger, speaker: a.speaker || b.speaker, pinned: a.pinned || b.pinned };
}

/** How large the picture is drawn against its full size; 0: not at all. */
function neededScale({ width, height, hidden, cover, source }: VideoWindow): number {
  if (hidden || !(width >= SMALLEST_PX && height >= SMALLEST_PX)) return 0;
  const across = Math.min(LARGEST_PX, width) / FULL_SIZE[source].width;
  const down = Math.min(LARGEST_PX, height) / FULL_SIZE[source].height;
  return cover ? Math.max(across, down) : Math.min(across, down);
}

/** What windows can use, from small to large: the smallest show no motion that would need every picture. */
const levels = [
  { spatial: 0, temporal: 1 },
  { spatial: 0, temporal: 2 },
  { spatial: 1, temporal: 2 },
  { spatial: 2, temporal: 2 },
] as const satisfies readonly Layers[];

function levelFor(scale: number, source: VideoSource): number {
  if (scale <= layerScale(0) * THUMBNAIL) return 0;
  const spatial = [0, 1].find((each) => scale <= layerScale(each) * STRETCH[source]) ?? TOP_SPATIAL;
  return spatial + 1;
}

function followSize(window: VideoWindow, before: WindowState | null, nowMs: number): WindowState | null {
  const scale = neededScale(window);
  if (scale === 0) return null;
  const grown = levelFor(scale, window.source);
  if (before === null || grown >= before.level) return { level: grown, smallerSinceMs: null };
  const shrunk = levelFor(scale / SHRINK_MARGIN, window.source);
  if (shrunk >= before.level) return { ...before, smallerSinceMs: null };
  const sinceMs = before.smallerSinceMs ?? nowMs;
  return nowMs - sinceMs >= SHRINK_HOLD_MS
    ? { level: shrunk, smallerSinceMs: null }
    : { ...before, smallerSinceMs: sinceMs };
}

function shrinkInMs({ smallerSinceMs }: WindowState, nowMs: number): number | null {
  return smallerSinceMs === null ? null : Math.max(0, smallerSinceMs + SHRINK_HOLD_MS - nowMs);
}

type Rank = 'screen' | 'pinned' | 'speaker' | 'other';
const ranks: readonly Rank[] = ['screen', 'pinned', 'speaker', 'other'];

interface Wish {
  readonly consumer: string;
  readonly source: VideoSource;
  readonly rank: Rank;
  /** Wanted by the window, which does not flutter as its pixels do; -1: nothing. */
  readonly spatial: number;
  /** Best first; empty while nothing is to be seen. */
  readonly rungs: readonly Layers[];
  /** Index of `rungs`; its length: no picture. */
  at: number;
}

function wishOf(window: VideoWindow, size: WindowState | null): Wish {
  const { consumer, source, speaker, pinned } = window;
  const rank = source === 'screen' ? 'screen' : pinned ? 'pinned' : speaker ? 'speaker' : 'other';
  const most = size === null ? undefined : levels[size.level];
  const rungs = most === undefined ? [] : ladderFrom(source, most);
  return { consumer, source, rank, spatial: most?.spatial ?? -1, rungs, at: 0 };
}

/** The most valuable first; ids break ties, so that equal windows keep their order. */
function byValue(a: Wish, b: Wish): number {
  return ranks.indexOf(a.rank) - ranks.indexOf(b.rank) || b.spatial - a.spatial || (a.consumer < b.consumer ? -1 : 1);
}

/** Megapixels a second: in k-SVC only the layer that is shown is decoded. */
function costOf({ source, rungs, at }: Wish): number {
  const layers = rungs[at];
  if (!layers) return 0;
  const { width, height } = FULL_SIZE[source];
  return (width * height * layerScale(layers.spatial) ** 2 * pictureRate(source, layers.temporal)) / 1e6;
}

function total(wishes: readonly Wish[]): number {
  return wishes.reduce((sum, wish) => sum + costOf(wish), 0);
}

/** Steps down, round by round within each rank and the least valuable first, until `rate` holds it. */
function shed(wishes: readonly Wish[], rate: number): void {
  let cost = total(wishes);
  const lower = (wish: Wish): void => {
    cost -= costOf(wish);
    wish.at++;
    cost += costOf(wish);
  };
  const ascending = wishes.toReversed().filter(({ rungs }) => rungs.length > 0);
  for (const rank of ranks.toReversed()) {
    const group = ascending.filter((wish) => wish.rank === rank);
    for (let round = 0; cost > rate && group.some(({ at, rungs }) => at < rungs.length - 1); round++)
      for (const wish of group) if (cost > rate && wish.at === round && wish.at < wish.rungs.length - 1) lower(wish);
  }
  for (const wish of ascending.slice(0, -1)) if (cost > rate) lower(wish);
}

function decisionOf({ consumer, rank, spatial, rungs, at }: Wish): ViewerDecision {
  const priority = rank === 'other' ? Math.max(0, spatial) + 1 : PRIORITY[rank];
  if (spatial < 0) return { consumer, layers: null, priority, reason: 'hidden' };
  return {
    consumer,
    layers: rungs[at] ?? null,
    priority,
    reason: at > 0 ? 'cpu' : spatial < TOP_SPATIAL ? 'window' : null,
  };
}

function soonest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
