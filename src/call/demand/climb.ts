/**
 * When a limit that fell may rise again: once there has been room for a while. Each rise that did not last doubles the while, so
 * that a limit which cannot be seen from below is not run into again and again.
 */
export interface Climb {
  /** Since when there has been room; null: there is none. */
  readonly roomSinceMs: number | null;
  readonly holdMs: number;
  /** The last rise not yet known to have lasted or failed. */
  readonly raisedAtMs: number | null;
}

export interface ClimbOptions {
  readonly firstHoldMs: number;
  readonly lastHoldMs: number;
  /** A fall this soon after a rise was that rise's doing. */
  readonly failedWithinMs: number;
}

export function startClimb(options: ClimbOptions): Climb {
  return { roomSinceMs: null, holdMs: options.firstHoldMs, raisedAtMs: null };
}

export function fell(climb: Climb, nowMs: number, options: ClimbOptions): Climb {
  const { holdMs, raisedAtMs } = climb;
  const fallen = { roomSinceMs: null, raisedAtMs: null };
  // Several falls in a row are one failure.
  if (raisedAtMs === null) return { ...fallen, holdMs };
  const failed = nowMs - raisedAtMs < options.failedWithinMs;
  return { ...fallen, holdMs: failed ? Math.min(options.lastHoldMs, holdMs * 2) : options.firstHoldMs };
}

export function noteRoom(climb: Climb, room: boolean, nowMs: number): Climb {
  if (!room) return climb.roomSinceMs === null ? climb : { ...climb, roomSinceMs: null };
  return climb.roomSinceMs === null ? { ...climb, roomSinceMs: nowMs } : climb;
}

export function mayRise(climb: Climb, nowMs: number): boolean {
  return climb.roomSinceMs !== null && nowMs - climb.roomSinceMs >= climb.holdMs;
}

export function rose(climb: Climb, nowMs: number): Climb {
  return { ...climb, roomSinceMs: null, raisedAtMs: nowMs };
}

/** Until the next rise, if there stays room; null: there is none now. */
export function riseInMs(climb: Climb, nowMs: number): number | null {
  return climb.roomSinceMs === null ? null : Math.max(0, climb.roomSinceMs + climb.holdMs - nowMs);
}
