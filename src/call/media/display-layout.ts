export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface LayoutInput {
  readonly width: number;
  readonly height: number;
  /** Remote windows in their order. */
  readonly windows: readonly { readonly id: string; readonly source: 'camera' | 'screen' }[];
  readonly selfView: boolean;
}

export interface Layout {
  /** By window id; a window without a box is not visible. */
  readonly boxes: ReadonlyMap<string, Box>;
  readonly selfView: Box | null;
}

/** Height of the status line, of a screen of 720 lines. */
export const STATUS_LINES = 36;
const GAP = 8;
/** Clear of the frame around who speaks. */
const INSET = 12;
const FILMSTRIP_SHARE = 0.2;
const MOST_IN_GRID = 25;
const MOST_IN_FILMSTRIP = 5;

/**
 * A grid of equal windows, ourselves the last of them; in a conversation of two we are small in the other's corner instead. A
 * shared screen takes most of the room, with the people beside it. Pure.
 */
export function arrange(input: LayoutInput): Layout {
  const top = Math.round((STATUS_LINES * input.height) / 720);
  const area: Box = { x: GAP, y: top, width: input.width - 2 * GAP, height: input.height - top - GAP };
  const screen = input.windows.find((window) => window.source === 'screen');
  const others = input.windows.filter((window) => window !== screen).map((window) => window.id);
  const boxes = new Map<string, Box>();
  if (screen) {
    const own = input.selfView ? corner(area, 0) : null;
    const strip = others.length > 0 || own ? Math.round(area.width * FILMSTRIP_SHARE) : 0;
    boxes.set(screen.id, { ...area, width: area.width - strip - (strip ? GAP : 0) });
    const column: Box = {
      x: area.x + area.width - strip,
      y: area.y,
      width: strip,
      height: area.height - (own ? own.height + GAP : 0),
    };
    for (const [i, id] of others.slice(0, MOST_IN_FILMSTRIP).entries()) {
      const height = Math.round((strip * 9) / 16);
      const box = { x: column.x, y: column.y + i * (height + GAP), width: strip, height };
      if (box.y + box.height <= column.y + column.height) boxes.set(id, box);
    }
    return { boxes, selfView: own };
  }
  const shown = others.slice(0, MOST_IN_GRID);
  const ownCell = input.selfView && shown.length !== 1;
  const cells = grid(area, shown.length + (ownCell ? 1 : 0));
  for (const [i, id] of shown.entries()) boxes.set(id, cells[i] ?? area);
  if (!input.selfView) return { boxes, selfView: null };
  return { boxes, selfView: (ownCell ? cells.at(-1) : corner(cells[0] ?? area, INSET)) ?? null };
}

/** As many columns as make the windows largest, each 16:9. */
function grid(area: Box, count: number): Box[] {
  let best: Box[] = [];
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const width = Math.floor(
      Math.min((area.width - GAP * (columns - 1)) / columns, (((area.height - GAP * (rows - 1)) / rows) * 16) / 9),
    );
    const height = Math.floor((width * 9) / 16);
    if (height < 1 || width <= (best[0]?.width ?? 0)) continue;
    best = Array.from({ length: count }, (_, i) => place(area, { columns, rows, count, width, height }, i));
  }
  return best;
}

function place(
  area: Box,
  g: { columns: number; rows: number; count: number; width: number; height: number },
  i: number,
): Box {
  const row = Math.floor(i / g.columns);
  const inRow = row === g.rows - 1 ? g.count - row * g.columns : g.columns;
  const left = area.x + Math.floor((area.width - inRow * g.width - (inRow - 1) * GAP) / 2);
  const top = area.y + Math.floor((area.height - g.rows * g.height - (g.rows - 1) * GAP) / 2);
  return {
    x: left + (i % g.columns) * (g.width + GAP),
    y: top + row * (g.height + GAP),
    width: g.width,
    height: g.height,
  };
}

/** Ourselves small at the lower right of a box, `inset` pixels from its edges. */
function corner(area: Box, inset: number): Box {
  const width = Math.round(area.width * 0.16);
  const height = Math.round((width * 9) / 16);
  return { x: area.x + area.width - width - inset, y: area.y + area.height - height - inset, width, height };
}
