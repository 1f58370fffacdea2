import type { CallState, Participant } from '../../../src/call/call-state.ts';
import type { RemotePicture } from '../call-controller.ts';

export type Layout = 'grid' | 'speaker';

/** One window: a participant's camera, a shared screen, or ourselves. */
export interface Tile {
  readonly key: string;
  readonly kind: 'camera' | 'screen' | 'self';
  readonly participant: Participant;
  readonly consumer: string | null;
  readonly stream: MediaStream | null;
}

export interface Stage {
  /** Large window, or null in a plain grid. */
  readonly main: Tile | null;
  readonly tiles: readonly Tile[];
  /** Small window over the others: ourselves, in a conversation of two. */
  readonly corner: Tile | null;
}

/** What to show where. `speaker` is the peer shown large; screens come before people. */
export function stageOf(
  state: CallState,
  pictures: readonly RemotePicture[],
  selfView: MediaStream | null,
  layout: Layout,
  speaker: string | null,
): Stage {
  const screens = state.participants.filter((each) => !each.self).flatMap((each) => screenOf(each, pictures));
  const others = state.participants.filter((each) => !each.self).map((each) => cameraOf(each, pictures));
  const self = state.participants.filter((each) => each.self).map((each) => selfOf(each, selfView));
  if (others.length === 0) return { main: self[0] ?? null, tiles: [], corner: null };
  if (layout === 'grid' && screens.length === 0) {
    return others.length === 1
      ? { main: others[0] ?? null, tiles: [], corner: self[0] ?? null }
      : { main: null, tiles: [...others, ...self], corner: null };
  }
  if (layout === 'grid') return { main: null, tiles: [...screens, ...others, ...self], corner: null };
  const main = screens[0] ?? others.find((tile) => tile.participant.peer === speaker) ?? others[0] ?? null;
  const rest = [...screens, ...others].filter((tile) => tile !== main);
  return rest.length === 0
    ? { main, tiles: [], corner: self[0] ?? null }
    : { main, tiles: [...rest, ...self], corner: null };
}

/** A window is at most this wide for its height, and at most this high for its width: a face stays in the picture. */
const WIDEST = 2;
const HIGHEST = { landscape: 3 / 4, portrait: 1.15 } as const;

export interface GridShape {
  readonly columns: number;
  readonly rows: number;
  /** Of one window, whole pixels. */
  readonly width: number;
  readonly height: number;
}

/** The grid of `count` windows that fills a box best; `gap` pixels between windows. */
export function gridShape(count: number, width: number, height: number, gap: number): GridShape {
  const highest = width > height ? HIGHEST.landscape : HIGHEST.portrait;
  let best: GridShape = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = Math.max(0, (width - gap * (columns - 1)) / columns);
    const cellHeight = Math.max(0, (height - gap * (rows - 1)) / rows);
    const shape = {
      columns,
      rows,
      width: Math.floor(Math.min(cellWidth, cellHeight * WIDEST)),
      height: Math.floor(Math.min(cellHeight, cellWidth * highest)),
    };
    if (shape.width * shape.height > best.width * best.height) best = shape;
  }
  return best;
}

function cameraOf(participant: Participant, pictures: readonly RemotePicture[]): Tile {
  const found = pictures.find(({ peer, source }) => peer === participant.peer && source === 'camera');
  const shown = participant.camera === 'on' ? (found ?? null) : null;
  return {
    key: `camera-${participant.peer}`,
    kind: 'camera',
    participant,
    consumer: shown?.consumer ?? null,
    stream: shown?.stream ?? null,
  };
}

function screenOf(participant: Participant, pictures: readonly RemotePicture[]): Tile[] {
  const found = pictures.find(({ peer, source }) => peer === participant.peer && source === 'screen');
  return found
    ? [
        {
          key: `screen-${participant.peer}`,
          kind: 'screen',
          participant,
          consumer: found.consumer,
          stream: found.stream,
        },
      ]
    : [];
}

function selfOf(participant: Participant, selfView: MediaStream | null): Tile {
  return { key: 'self', kind: 'self', participant, consumer: null, stream: selfView };
}
