/** The line of somebody who watches four people becomes narrow for a while. */
import { longestFreeze, usualWidth, wallMs, type ShownPicture } from '../../test/support/shown-pictures.ts';
import { VIEWER, type Viewer } from './actors.ts';
import { sleep, type Stage } from '../../test/support/stage.ts';

export interface Narrowing {
  /** Of each person watched: longest time without a picture while the line was narrow, and around its changes. */
  readonly freezesMs: Readonly<Record<string, number>>;
  /** After the rise, until every window shows the size again that it had before; `Infinity`: not within the time. */
  readonly recoveredMs: number;
  readonly widths: Readonly<Record<string, { before: number; narrow: number; after: number }>>;
}

const WIDE_KBPS = 4_000;
const NARROW_KBPS = 500;
const GROW_MS = 25_000;
const NARROW_MS = 15_000;
const AFTER_MS = 20_000;
const QUEUE_MS = 200;

export async function measureNarrowing(
  stage: Stage,
  viewer: Viewer,
  people: readonly string[],
  look: () => Promise<unknown>,
): Promise<Narrowing> {
  stage.change(VIEWER, { down: { rateKbps: WIDE_KBPS, queueMs: QUEUE_MS } });
  await look();
  await sleep(GROW_MS);
  const fallsAtMs = wallMs();
  stage.change(VIEWER, { down: { rateKbps: NARROW_KBPS } });
  await sleep(NARROW_MS);
  const risesAtMs = wallMs();
  stage.change(VIEWER, { down: { rateKbps: WIDE_KBPS } });
  await sleep(AFTER_MS);
  const endMs = wallMs();
  const freezesMs: Record<string, number> = {};
  const widths: Record<string, { before: number; narrow: number; after: number }> = {};
  let recoveredMs = 0;
  for (const name of people) {
    const shown = await viewer.pictures(name, fallsAtMs - 5_000);
    freezesMs[name] = longestFreeze(shown, fallsAtMs - 1_000, endMs);
    const before = usualWidth(shown, fallsAtMs - 3_000, fallsAtMs);
    widths[name] = {
      before,
      narrow: usualWidth(shown, risesAtMs - 5_000, risesAtMs),
      after: usualWidth(shown, endMs - 3_000, endMs),
    };
    recoveredMs = Math.max(recoveredMs, backAt(shown, risesAtMs, before) - risesAtMs);
  }
  return { freezesMs, recoveredMs, widths };
}

/** When the picture had its size for good. */
function backAt(shown: readonly ShownPicture[], risesAtMs: number, width: number): number {
  const last = shown.findLastIndex((picture) => picture.atMs >= risesAtMs && picture.width < width);
  const next = shown[last + 1];
  if (last === -1) return risesAtMs;
  return next === undefined ? Infinity : next.atMs;
}
