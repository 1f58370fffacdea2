import type { LayoutMode } from '../call-state.ts';
import { pageOf } from '../pages.ts';
import {
  areaOf,
  type Box,
  cornerOf,
  gridBoxes,
  gridCapacity,
  type Size,
  stripBoxes,
  stripOf,
} from './display-boxes.ts';

/** Who there is to be shown, by window id. */
export interface Scene {
  readonly mode: LayoutMode;
  /** From 1; brought into range. */
  readonly page: number;
  readonly selfView: boolean;
  /** The others, in the order in which they came: nobody moves because somebody speaks. */
  readonly people: readonly string[];
  /** Shared screens, the newest first. */
  readonly screens: readonly string[];
  /** Of `people`; null: nobody has spoken yet. */
  readonly speaker: string | null;
}

export interface Layout {
  /** By window id; a window without a box is not visible. */
  readonly boxes: ReadonlyMap<string, Box>;
  /** The window that the others stand beside; null in a grid. */
  readonly large: string | null;
  readonly selfView: Box | null;
}

export interface Arrangement {
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** One of each display, in their order. */
  readonly displays: readonly Layout[];
}

/**
 * Which window is where. One display: a shared screen, or the one who speaks, with a filmstrip of the others; or all in a grid. Two:
 * people on one and what is shared on the other, or, while nothing is, the one who speaks on one and everybody on the other.
 * Pure.
 */
export function arrange(scene: Scene, displays: readonly Size[]): Arrangement {
  const areas = displays.map(areaOf);
  const [first, second] = areas;
  if (!first) return { page: 1, pages: 1, displays: [] };
  return second ? onTwo(scene, first, second) : onOne(scene, first);
}

interface Paged {
  readonly page: number;
  readonly pages: number;
  readonly layout: Layout;
}

function onOne(scene: Scene, area: Box): Arrangement {
  const { page, pages, layout } =
    scene.screens.length > 0
      ? shareOf(scene, area)
      : scene.mode === 'grid'
        ? gridOf(scene, area)
        : speakerOf(scene, area);
  return { page, pages, displays: [layout] };
}

function onTwo(scene: Scene, first: Box, second: Box): Arrangement {
  const [share, ...others] = scene.screens;
  if (share !== undefined) {
    const people = scene.mode === 'grid' ? gridOf(scene, first) : speakerOf(scene, first);
    const shared = spotlight(
      second,
      { page: 1, selfView: false },
      { large: share, whole: true, kept: others, paged: [] },
    );
    return { page: people.page, pages: people.pages, displays: [people.layout, shared.layout] };
  }
  const large = largeOf(scene);
  const [gridArea, largeArea] = scene.mode === 'grid' ? [first, second] : [second, first];
  const grid = gridOf(scene, gridArea);
  const alone =
    large === null
      ? nothing
      : spotlight(largeArea, { page: 1, selfView: false }, { large, whole: false, kept: [], paged: [] }).layout;
  return {
    page: grid.page,
    pages: grid.pages,
    displays: scene.mode === 'grid' ? [grid.layout, alone] : [alone, grid.layout],
  };
}

const nothing: Layout = { boxes: new Map(), large: null, selfView: null };

function largeOf({ people, speaker }: Scene): string | null {
  return speaker !== null && people.includes(speaker) ? speaker : (people[0] ?? null);
}

function gridOf(scene: Scene, area: Box): Paged {
  const { items, page, pages } = pageOf(scene.people, gridCapacity(area, scene.selfView ? 1 : 0), scene.page);
  // In a conversation of two we are small in the other's corner.
  const ownCell = scene.selfView && (items.length !== 1 || pages > 1);
  const cells = gridBoxes(area, items.length + (ownCell ? 1 : 0));
  const boxes = boxesOf(items, cells);
  const corner = scene.selfView && cells[0] ? cornerOf(cells[0]) : null;
  return { page, pages, layout: { boxes, large: null, selfView: ownCell ? (cells.at(-1) ?? null) : corner } };
}

function speakerOf(scene: Scene, area: Box): Paged {
  const large = largeOf(scene);
  if (large === null) return gridOf(scene, area);
  return spotlight(area, scene, { large, whole: false, kept: [], paged: scene.people.filter((id) => id !== large) });
}

/** The newest share large; then the other shares, the one who speaks, and everybody else. */
function shareOf(scene: Scene, area: Box): Paged {
  const [large = '', ...others] = scene.screens;
  const { speaker } = scene;
  const kept = speaker === null ? others : [...others, speaker];
  return spotlight(area, scene, { large, whole: true, kept, paged: scene.people.filter((id) => id !== speaker) });
}

interface Cast {
  readonly large: string;
  /** The large window takes all the place, whatever the picture's shape. */
  readonly whole: boolean;
  /** On every page of the filmstrip. */
  readonly kept: readonly string[];
  readonly paged: readonly string[];
}

function spotlight(area: Box, scene: Pick<Scene, 'page' | 'selfView'>, { large, whole, kept, paged }: Cast): Paged {
  const beside = kept.length + paged.length;
  const { capacity } = stripOf(area);
  // Where the strip is short the others come first, and we are in the corner.
  const ownTile = scene.selfView && beside > 0 && capacity >= 3;
  const places = capacity - (ownTile ? 1 : 0);
  const constant = kept.slice(0, paged.length > 0 ? places - 1 : places);
  const { items, page, pages } = pageOf(paged, places - constant.length, scene.page);
  const shown = [...constant, ...items];
  const { large: largeBox, strip } = stripBoxes(area, shown.length + (ownTile ? 1 : 0), whole);
  const boxes = new Map([[large, largeBox], ...boxesOf(shown, strip)]);
  const selfView = !scene.selfView ? null : ownTile ? (strip.at(-1) ?? null) : cornerOf(largeBox);
  return { page, pages, layout: { boxes, large, selfView } };
}

function boxesOf(ids: readonly string[], boxes: readonly Box[]): Map<string, Box> {
  return new Map(
    ids.flatMap((id, i) => {
      const box = boxes[i];
      return box ? [[id, box] as const] : [];
    }),
  );
}
