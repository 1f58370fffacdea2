export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Height of the status line, of a screen of 720 lines. */
export const STATUS_LINES = 36;
const GAP = 8;
/** Clear of the frame around who speaks. */
const INSET = 12;
/** Narrower than this a person is not recognised from the other end of a room. */
const LEAST_WIDTH = 160;
const MOST_IN_GRID = 25;
const STRIP_SHARE = 0.18;
const CORNER_SHARE = 0.16;

/** What the status line leaves of a screen. */
export function areaOf({ width, height }: Size): Box {
  const top = statusHeight(height);
  const margin = even(Math.min(GAP, width / 4, (height - top) / 4));
  return { x: margin, y: top, width: even(width - 2 * margin), height: even(height - top - margin) };
}

export const statusHeight = (height: number): number => even(Math.round((STATUS_LINES * height) / 720));

/** Pictures stand on even pixels, because their colours are halved. */
function even(pixels: number): number {
  return 2 * Math.floor(pixels / 2);
}

/** As many columns as make the windows largest, each 16:9; a last row that is not full is in the middle. */
export function gridBoxes(area: Box, count: number): Box[] {
  let best: Grid | null = null;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cell = fit((area.width - GAP * (columns - 1)) / columns, (area.height - GAP * (rows - 1)) / rows);
    if (best === null || cell.width > best.width) best = { columns, rows, ...cell };
  }
  const shape = best;
  return shape ? Array.from({ length: count }, (_, i) => cellOf(area, shape, count, i)) : [];
}

/** People on one page of a grid beside `own` window of ours: at most 25, fewer where they would be too small to be seen. */
export function gridCapacity(area: Box, own: 0 | 1): number {
  let count = MOST_IN_GRID;
  while (count > 1 && (gridBoxes(area, count + own)[0]?.width ?? 0) < LEAST_WIDTH) count--;
  return count;
}

export interface Strip {
  readonly side: 'right' | 'below';
  readonly tile: Size;
  /** Windows that it holds. */
  readonly capacity: number;
}

/** The filmstrip on the side that leaves the large window larger. */
export function stripOf(area: Box): Strip {
  const right = fit(area.width * STRIP_SHARE, area.height);
  const below = fit(area.width, area.height * STRIP_SHARE);
  const besideRight = fit(area.width - right.width - GAP, area.height).width;
  const aboveBelow = fit(area.width, area.height - below.height - GAP).width;
  return besideRight >= aboveBelow
    ? { side: 'right', tile: right, capacity: Math.max(1, Math.floor((area.height + GAP) / (right.height + GAP))) }
    : { side: 'below', tile: below, capacity: Math.max(1, Math.floor((area.width + GAP) / (below.width + GAP))) };
}

/** One large window with `count` small ones beside it; `whole`: it takes all that is left, whatever its shape. */
export function stripBoxes(area: Box, count: number, whole: boolean): { large: Box; strip: Box[] } {
  if (count === 0) return { large: whole ? area : middle(area), strip: [] };
  const { side, tile } = stripOf(area);
  const across = side === 'right';
  const left: Box = across
    ? { ...area, width: Math.max(2, area.width - tile.width - GAP) }
    : { ...area, height: Math.max(2, area.height - tile.height - GAP) };
  const length = count * ((across ? tile.height : tile.width) + GAP) - GAP;
  const start = even(((across ? area.height : area.width) - length) / 2);
  const strip = Array.from({ length: count }, (_, i) => {
    const along = start + i * ((across ? tile.height : tile.width) + GAP);
    return across
      ? { x: area.x + area.width - tile.width, y: area.y + along, ...tile }
      : { x: area.x + along, y: area.y + area.height - tile.height, ...tile };
  });
  return { large: whole ? left : middle(left), strip };
}

/** Ourselves small at the lower right of a window, whose name is at its lower left. */
export function cornerOf(window: Box): Box {
  const inset = even(Math.min(INSET, window.width / 20, window.height / 20));
  const size = fit(window.width * CORNER_SHARE, window.height / 2);
  return {
    x: window.x + window.width - size.width - inset,
    y: window.y + window.height - size.height - inset,
    ...size,
  };
}

interface Grid extends Size {
  readonly columns: number;
  readonly rows: number;
}

function cellOf(area: Box, grid: Grid, count: number, i: number): Box {
  const row = Math.floor(i / grid.columns);
  const inRow = row === grid.rows - 1 ? count - row * grid.columns : grid.columns;
  const left = area.x + even((area.width - inRow * grid.width - (inRow - 1) * GAP) / 2);
  const top = area.y + even((area.height - grid.rows * grid.height - (grid.rows - 1) * GAP) / 2);
  return {
    x: left + (i % grid.columns) * (grid.width + GAP),
    y: top + row * (grid.height + GAP),
    width: grid.width,
    height: grid.height,
  };
}

/** The largest 16:9 in a place. */
function fit(width: number, height: number): Size {
  const across = Math.max(2, even(Math.min(width, (height * 16) / 9)));
  return { width: across, height: Math.max(2, even((across * 9) / 16)) };
}

function middle(area: Box): Box {
  const size = fit(area.width, area.height);
  return {
    x: area.x + even((area.width - size.width) / 2),
    y: area.y + even((area.height - size.height) / 2),
    ...size,
  };
}
