import type { DecodeBudget } from '../../../src/call/demand/decode-capacity.ts';
import {
  sameDecisions,
  startViewer,
  stepViewer,
  type VideoWindow,
  type ViewerDecision,
  type ViewerState,
} from '../../../src/call/demand/viewer-demand.ts';
import type { RemotePicture } from '../call-controller.ts';

/** What one window has on the screen now, in device pixels; zero when hidden or scrolled away. */
export interface WindowSize {
  readonly width: number;
  readonly height: number;
  /** The picture fills the window and is cut, rather than shown whole. */
  readonly cover: boolean;
  readonly main: boolean;
}

/** What the page shows now. */
export interface PageView {
  readonly pictures: readonly RemotePicture[];
  /** By consumer; a remote video without one is not shown. */
  readonly windows: ReadonlyMap<string, WindowSize>;
  /** Peer who speaks. */
  readonly speaker: string | null;
}

/** What this page asked for last; its windows go through the same decision as a room's. */
export interface PageDemand {
  readonly viewer: ViewerState;
  readonly decisions: readonly ViewerDecision[];
}

export interface PageStep {
  readonly state: PageDemand;
  /** What to ask the server for now; null when it knows already. */
  readonly demands: readonly ViewerDecision[] | null;
  /** When to step again if nothing changes before; null: no need to. */
  readonly recheckInMs: number | null;
}

export function startPageDemand(): PageDemand {
  return { viewer: startViewer(), decisions: [] };
}

/** Pure; `nowMs` must not go back between steps. */
export function stepPageDemand(state: PageDemand, view: PageView, budget: DecodeBudget, nowMs: number): PageStep {
  const windows = view.pictures.map((picture) => windowOf(picture, view));
  const { state: viewer, decisions, recheckInMs } = stepViewer(state.viewer, { windows, budget }, nowMs);
  const demands = sameDecisions(state.decisions, decisions) ? null : decisions;
  return { state: { viewer, decisions }, demands, recheckInMs };
}

function windowOf({ consumer, source, peer }: RemotePicture, { windows, speaker }: PageView): VideoWindow {
  const { width, height, cover, main } = windows.get(consumer) ?? { width: 0, height: 0, cover: false, main: false };
  return { consumer, source, width, height, cover, hidden: false, pinned: main, speaker: peer === speaker };
}
