/** How somebody has sounded lately. */
interface Voice {
  /** Of speech less silence, ms. */
  readonly spokenMs: number;
  /** Smoothed, dBov. */
  readonly loudness: number;
  readonly heardAtMs: number;
}

export interface SpeakerState {
  /** Who is shown large; stays while nobody speaks. */
  readonly current: string | null;
  readonly sinceMs: number;
  readonly voices: ReadonlyMap<string, Voice>;
  readonly atMs: number;
}

export const noSpeaker: SpeakerState = { current: null, sinceMs: 0, voices: new Map(), atMs: 0 };

/** Louder than this is speech, dBov; as `Participants` has it. */
const SPEECH_DBOV = -45;
/** A cough, a door or a "yes" is shorter. */
const TAKES_MS = 1_500;
const MOST_SPOKEN_MS = 2_500;
/** Between words and sentences. */
const PAUSE_MS = 450;
/** After this the one shown large has stopped. */
const STOPPED_MS = 900;
/** So much louder is who takes the floor from one who goes on speaking. */
const LOUDER_DB = 6;
const SMOOTHING = 0.3;
const LONGEST_STEP_MS = 500;

/**
 * Who is shown large next. Somebody takes over after a second and a half of speech, when the one before has stopped or is clearly
 * quieter. `levels`: the loudest of each peer since the last step, dBov; `peers`: who may be shown. Pure; `nowMs` must not go back.
 */
export function stepSpeaker(
  state: SpeakerState,
  levels: ReadonlyMap<string, number>,
  peers: readonly string[],
  nowMs: number,
): SpeakerState {
  const stepMs = Math.min(LONGEST_STEP_MS, Math.max(0, nowMs - state.atMs));
  const voices = new Map<string, Voice>();
  for (const peer of peers) {
    const voice = nextVoice(state.voices.get(peer) ?? null, levels.get(peer) ?? -127, stepMs, nowMs);
    if (voice) voices.set(peer, voice);
  }
  const current = state.current !== null && peers.includes(state.current) ? state.current : null;
  // Nobody is large for a moment only, however the words fly.
  const held = current !== null && nowMs - state.sinceMs < TAKES_MS;
  const next = held ? current : nextOf(current, voices, nowMs);
  return { current: next, sinceMs: next === state.current ? state.sinceMs : nowMs, voices, atMs: nowMs };
}

function nextVoice(before: Voice | null, level: number, stepMs: number, nowMs: number): Voice | null {
  if (level > SPEECH_DBOV) {
    const spokenMs = Math.min(MOST_SPOKEN_MS, (before?.spokenMs ?? 0) + stepMs);
    const loudness = before ? before.loudness + SMOOTHING * (level - before.loudness) : level;
    return { spokenMs, loudness, heardAtMs: nowMs };
  }
  if (!before || nowMs - before.heardAtMs <= PAUSE_MS) return before;
  const spokenMs = before.spokenMs - 2 * stepMs;
  return spokenMs > 0 || nowMs - before.heardAtMs < STOPPED_MS ? { ...before, spokenMs: Math.max(0, spokenMs) } : null;
}

function nextOf(current: string | null, voices: ReadonlyMap<string, Voice>, nowMs: number): string | null {
  const holder = current === null ? undefined : voices.get(current);
  const holds = holder !== undefined && nowMs - holder.heardAtMs < STOPPED_MS;
  let [best, loudest] = [current, -Infinity];
  for (const [peer, { spokenMs, loudness, heardAtMs }] of voices) {
    if (peer === current || spokenMs < TAKES_MS || nowMs - heardAtMs > PAUSE_MS) continue;
    if (holds && loudness < holder.loudness + LOUDER_DB) continue;
    if (loudness > loudest) [best, loudest] = [peer, loudness];
  }
  return best;
}
