/** What a sender uses of its uplink and its processor, by what is looked at. */
import { SENDER, type Sender, type Viewer } from './actors.ts';
import { sleep, type Stage } from '../../test/support/stage.ts';

export interface Spending {
  readonly kbps: number;
  readonly frames: number;
  /** Cores. */
  readonly cpu: number;
}

export interface Spendings {
  readonly nobody: Spending;
  readonly thumbnail: Spending;
  readonly full: Spending;
}

const SETTLE_MS = 3_000;
const RAMP_MS = 15_000;
/** The rate has come up when it is this near to what all layers may have. */
const RAMPED_KBPS = 1_300;

/** `viewer` is made after the sender was alone for a while, which is how nobody watches it. */
export async function measureSpending(
  stage: Stage,
  sender: Sender,
  makeViewer: () => Promise<Viewer>,
  forMs: number,
): Promise<Spendings & { viewer: Viewer }> {
  await sleep(SETTLE_MS);
  const nobody = await spend(stage, sender, forMs);
  const viewer = await makeViewer();
  await viewer.look(SENDER, 'full');
  await ramped(stage);
  const full = await spend(stage, sender, forMs);
  await viewer.look(SENDER, 'thumbnail');
  await sleep(SETTLE_MS);
  const thumbnail = await spend(stage, sender, forMs);
  return { nobody, thumbnail, full, viewer };
}

async function spend(stage: Stage, sender: Sender, forMs: number): Promise<Spending> {
  const look = async () => ({
    atMs: performance.now(),
    bytes: stage.traffic(SENDER).upBytes,
    ...(await sender.cost()),
  });
  const from = await look();
  await sleep(forMs);
  const to = await look();
  const ms = to.atMs - from.atMs;
  return {
    kbps: ((to.bytes - from.bytes) * 8) / ms,
    frames: to.frames - from.frames,
    cpu: ((to.cpuSeconds - from.cpuSeconds) * 1_000) / ms,
  };
}

async function ramped(stage: Stage): Promise<void> {
  const untilMs = performance.now() + RAMP_MS;
  while (performance.now() < untilMs) {
    const from = stage.traffic(SENDER).upBytes;
    await sleep(1_000);
    if (((stage.traffic(SENDER).upBytes - from) * 8) / 1_000 > RAMPED_KBPS) return;
  }
}
