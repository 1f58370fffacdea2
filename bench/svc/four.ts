/** Four people to watch, and somebody who watches them: one large and three small. */
import type { Browser } from 'playwright-core';
import { admitGuest, nativeViewer, startPeople, type Viewer } from './actors.ts';
import { sleep, type Stage } from '../../test/support/stage.ts';

export const NAMES = ['Ana', 'Ben', 'Cleo', 'Dov'] as const;
const [MAIN] = NAMES;

/** Their pictures were encoded before, as the product encodes them: four encoders would take all of a small machine. */
export async function crowdOfFour(
  stage: Stage,
  pictures: string,
): Promise<{ names: readonly string[]; close: () => Promise<void> }> {
  const plans = NAMES.map((name) => ({ name, camera: 'replayed', microphone: false, listens: false }) as const);
  const people = await stage.admit('Crowd', () => startPeople(stage, pictures, plans));
  return { names: NAMES, close: () => people.close() };
}

interface Watching {
  readonly viewer: Viewer;
  readonly look: () => Promise<unknown>;
}

export async function viewerOfFour(stage: Stage, pictures: string): Promise<Watching> {
  const viewer = await nativeViewer(stage, pictures);
  // Names come a moment after the group.
  await sleep(2_000);
  return { viewer, look: () => viewer.look(MAIN, 'full') };
}

export async function guestOfFour(stage: Stage, browser: Browser): Promise<Watching> {
  const { guest, figures, viewer } = await admitGuest(stage, browser, 'Viewer', 'off');
  return {
    viewer,
    look: async () => {
      await figures.resize({ width: 1_600, height: 1_100 });
      await guest.press('Show the speaker large');
    },
  };
}
