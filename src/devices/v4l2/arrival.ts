import type { Clock } from '../../lib/clock.ts';
import { pause } from '../link/wait.ts';
import type { V4l2Control } from './controls.ts';

export interface ArrivalDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal | null;
  /** How long after a command a camera may still stand where it was. */
  readonly latencyMs: number;
  /** Empty: wherever it comes to stand. */
  readonly wanted: ReadonlyMap<V4l2Control, number>;
  /** Where it is, by name of the control; empty when it cannot be read. */
  readonly read: () => Promise<Map<string, number>>;
  /** Something else is wanted of the camera now. */
  readonly isOver: () => boolean;
}

export interface Arrival {
  readonly kind: 'there' | 'elsewhere' | 'superseded' | 'unreadable';
  readonly values: ReadonlyMap<string, number>;
}

/** From one end stop to the other takes below this. */
const TIMEOUT_MS = 20_000;
const PAUSE_MS = 150;
/** Share of the range that motors may be off. */
const PLAY = 0.005;

/** Waits until a camera that was sent somewhere stands. @throws what `signal` was aborted with. */
export async function arrive(deps: ArrivalDeps): Promise<Arrival> {
  const { clock, signal, latencyMs, read, isOver } = deps;
  const startMs = clock.nowMs();
  let before = new Map<string, number>();
  for (;;) {
    const values = await read();
    if (isOver()) return { kind: 'superseded', values };
    if (values.size === 0) return { kind: 'unreadable', values };
    const goneMs = clock.nowMs() - startMs;
    if (isSame(values, before)) {
      if (isNear(deps.wanted, values)) return { kind: 'there', values };
      if (goneMs >= latencyMs) return { kind: 'elsewhere', values };
    }
    if (goneMs >= TIMEOUT_MS) return { kind: 'elsewhere', values };
    before = values;
    await pause(clock, PAUSE_MS, signal);
  }
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}

function isNear(wanted: ReadonlyMap<V4l2Control, number>, values: ReadonlyMap<string, number>): boolean {
  return [...wanted].every(([{ name, min, max, step }, place]) => {
    const at = values.get(name);
    return at !== undefined && Math.abs(at - place) <= Math.max(step, (max - min) * PLAY);
  });
}
