import type { ManualClock } from '../../src/lib/clock.ts';

/** Lets everything that is already due run: promises and what they start, and a few turns of real sockets' callbacks. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves the clock by `byMs` in steps, letting promises run after each, so that a wait begun in between is waited for too. */
export async function pass(clock: ManualClock, byMs: number, stepMs = 10): Promise<void> {
  await settle();
  for (let gone = 0; gone < byMs; gone += stepMs) {
    clock.advance(Math.min(stepMs, byMs - gone));
    await settle();
  }
}

/** Moves the clock until the promise has settled, at most `withinMs`; then it fails. */
export async function passUntil<T>(
  clock: ManualClock,
  promise: Promise<T>,
  withinMs = 60_000,
  stepMs = 10,
): Promise<T> {
  let settled = false;
  const watched = promise.finally(() => (settled = true));
  watched.catch(() => undefined);
  await settle();
  for (let gone = 0; !settled && gone < withinMs; gone += stepMs) {
    clock.advance(stepMs);
    await settle();
  }
  if (!settled) throw new Error(`not settled within ${withinMs} ms of the test's clock`);
  return watched;
}
