/** A window that grows and shrinks: how soon its larger picture is there, and how soon its layer is no longer encoded. */
import { SENDER, type Sender, type Viewer } from './actors.ts';
import { percentile } from '../../test/support/figures.ts';
import { sleep } from '../../test/support/stage.ts';

export interface Switching {
  readonly growsMs: readonly number[];
  readonly shrinksMs: readonly number[];
}

const GIVE_UP_MS = 8_000;
const LOOK_MS = 50;
const FULL_WIDTH = 1_280;

export async function measureSwitching(sender: Sender, viewer: Viewer, changes: number): Promise<Switching> {
  const [growsMs, shrinksMs]: [number[], number[]] = [[], []];
  await grow(viewer);
  for (let change = 0; change < changes; change++) {
    // Not in step with anything that ticks.
    await sleep(700 + ((change * 137) % 400));
    shrinksMs.push(await shrink(sender, viewer));
    await sleep(300 + ((change * 211) % 500));
    growsMs.push(await grow(viewer));
  }
  return { growsMs, shrinksMs };
}

/** Until the first picture of full size; `Infinity` after `GIVE_UP_MS`. */
async function grow(viewer: Viewer): Promise<number> {
  const fromMs = await viewer.look(SENDER, 'full');
  return until(async () => {
    const first = (await viewer.pictures(SENDER, fromMs)).find(({ width }) => width >= FULL_WIDTH);
    return first ? first.atMs - fromMs : null;
  });
}

/** Until the last picture with the largest layer. */
async function shrink(sender: Sender, viewer: Viewer): Promise<number> {
  const fromMs = await viewer.look(SENDER, 'thumbnail');
  return until(async () => {
    const looks = await sender.encoded(fromMs);
    const last = looks.findLastIndex(({ top }) => top === 2);
    return looks.length - 1 > last && looks.length > 0 ? (looks[last]?.atMs ?? fromMs) - fromMs : null;
  });
}

async function until(look: () => Promise<number | null>): Promise<number> {
  const fromMs = performance.now();
  while (performance.now() - fromMs < GIVE_UP_MS) {
    const found = await look();
    if (found !== null) return found;
    await sleep(LOOK_MS);
  }
  return Infinity;
}

export const spreadOf = (values: readonly number[]): string =>
  `p95 ${percentile(values, 95).toFixed(0)} ms, median ${percentile(values, 50).toFixed(0)}, worst ${Math.max(...values).toFixed(0)} of ${values.length}`;
