import type { Clock } from '../../lib/clock.ts';
import type { TalkerRelay } from '../framing/talker-directions.ts';

const TURN_MS = 10_000;
/** To each side of where the camera looks. */
const ASIDE_DEG = 22;

/** Two people who are not there: one to the left, one to the right of the camera, in turn. Returns what silences them. */
export function startVirtualTalkers(relay: TalkerRelay, cameraDeg: number, clock: Clock): () => void {
  let side = 1;
  const speak = (): void => {
    relay.handleTalker({ azimuthDeg: (cameraDeg + side * ASIDE_DEG + 360) % 360, confidence: 1 });
    side = -side;
  };
  relay.handlePresence(true);
  speak();
  const silence = clock.every(TURN_MS, speak);
  return () => {
    silence();
    relay.handlePresence(false);
  };
}
