import { flagOff, type HeldFlag, holdFlag } from '../held-flag.ts';

/** What says that somebody is in the room. Sensors see movement only: who sits still is not seen. */
export interface PresenceEvidence {
  /** Level of the sensor; null when there is none, or it is broken. */
  readonly motion: boolean | null;
  readonly inCall: boolean;
  /** When the panel was last touched or a button pressed; null: never. */
  readonly touchedMs: number | null;
  /** When somebody last spoke here, the far end not counted; null: never. */
  readonly spokenMs: number | null;
}

export interface PresenceTimes {
  /** A touch or a word counts for so long. */
  readonly tracesMs: number;
  /** Movement must last this long, so that the door and the sun do not wake the room. */
  readonly onMs: number;
  /** Nobody seen, heard or calling for so long: empty. */
  readonly offMs: number;
}

export const ordinaryPresence: PresenceTimes = { tracesMs: 5_000, onMs: 500, offMs: 300_000 };

export interface PresenceState {
  readonly flag: HeldFlag;
  /** For how long a sensor without any change has been disbelieved; those stuck at `true` would keep a room lit for ever. */
  readonly motionSinceMs: number | null;
}

export const presenceStart: PresenceState = { flag: flagOff, motionSinceMs: null };

/** Movement reported without a break for so long is a broken sensor: theirs end after minutes at most. */
const STUCK_MS = 4 * 3_600_000;

/** State after the evidence at `atMs`; look again at least once a second. Pure; time does not go back. */
export function watchPresence(
  state: PresenceState,
  evidence: PresenceEvidence,
  times: PresenceTimes,
  atMs: number,
): PresenceState {
  const motionSinceMs = evidence.motion === true ? (state.motionSinceMs ?? atMs) : null;
  const moves = motionSinceMs !== null && atMs - motionSinceMs < STUCK_MS;
  const isFresh = (at: number | null): boolean => at !== null && atMs - at < times.tracesMs;
  // People do these themselves: no waiting.
  const certain = evidence.inCall || isFresh(evidence.touchedMs);
  const somebody = certain || moves || isFresh(evidence.spokenMs);
  const flag = certain ? { on: true, otherSinceMs: null } : holdFlag(state.flag, somebody, atMs, times);
  return { flag, motionSinceMs };
}

export function isOccupied(state: PresenceState): boolean {
  return state.flag.on;
}
