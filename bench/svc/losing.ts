/** A line that loses packets and is far away, at the viewer's end or at the sender's. */
import { SENDER, VIEWER, type Viewer } from './actors.ts';
import { longestFreeze, rateOf, wallMs } from '../../test/support/shown-pictures.ts';
import { sleep, type Stage } from '../../test/support/stage.ts';

export interface Lossy {
  readonly at: 'viewer' | 'sender';
  readonly fps: number;
  readonly freezeMs: number;
  readonly silenceMs: number;
}

const SETTLE_MS = 5_000;
const lossy = { loss: 0.05, delayMs: 50 };
const whole = { loss: 0, delayMs: 0 };

/** 5 % of the packets lost at random each way, 100 ms there and back, at one end and then at the other. */
export async function measureLoss(
  stage: Stage,
  viewer: Viewer,
  at: 'viewer' | 'sender',
  forMs: number,
): Promise<Lossy> {
  const path = at === 'viewer' ? VIEWER : SENDER;
  await viewer.look(SENDER, 'full');
  await sleep(SETTLE_MS);
  stage.change(path, { up: lossy, down: lossy });
  await sleep(SETTLE_MS);
  await viewer.longestSilence();
  const fromMs = wallMs();
  const silences: number[] = [];
  // A browser lets us hear the last two thirds of a second only.
  while (wallMs() < fromMs + forMs) {
    await sleep(400);
    silences.push(await viewer.longestSilence());
  }
  const toMs = wallMs();
  const pictures = await viewer.pictures(SENDER, fromMs - 1_000);
  stage.change(path, { up: whole, down: whole });
  return {
    at,
    fps: rateOf(pictures, fromMs, toMs),
    freezeMs: longestFreeze(pictures, fromMs, toMs),
    silenceMs: Math.max(...silences),
  };
}
