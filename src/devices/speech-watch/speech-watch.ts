import { flagOff, type HeldFlag, holdFlag, type HoldTimes } from '../held-flag.ts';
import type { LevelFigures } from './level.ts';

/** What is known beside the microphone's level. */
export interface SpeechSurroundings {
  readonly muted: boolean;
  /** The room's own loudspeakers play: what the microphone hears may be that. */
  readonly farEndSpeaks: boolean;
  /** Something else says that somebody speaks here (an array's direction, another microphone); null when nothing can tell. */
  readonly seemsToSpeak: boolean | null;
}

/** What a person in the room should be told now. */
export interface SpeechFindings {
  /** People speak while the room is muted: they cannot be heard. */
  readonly talkingWhileMuted: boolean;
  /** The microphone is too loud for its converter. */
  readonly clipping: boolean;
  /** The microphone gives nothing at all, not even noise. */
  readonly digitalSilence: boolean;
  /** Somebody seems to speak and the microphone hears next to nothing: covered, turned away, the wrong one. */
  readonly deaf: boolean;
}

export interface SpeechWatchState {
  readonly floorDb: number | null;
  readonly lastMs: number;
  /** Speech of late while muted: counted up while there is some, down more slowly while not, so that pauses between words do not matter. */
  readonly spokenMs: number;
  /** Speech elsewhere of late that this microphone did not hear; counted in the same way. */
  readonly unheardMs: number;
  readonly talkingWhileMuted: HeldFlag;
  readonly clipping: HeldFlag;
  readonly digitalSilence: HeldFlag;
  readonly deaf: HeldFlag;
}

/** Codes of the findings as problems of the room. */
export const speechProblems = {
  talkingWhileMuted: 'device/talking-while-muted',
  clipping: 'device/microphone-clipping',
  digitalSilence: 'device/microphone-silent',
  deaf: 'device/microphone-deaf',
} as const satisfies Record<keyof SpeechFindings, string>;

/** Speech stands this far out of the room's noise, and above this level in any room. */
const SPEECH_OVER_FLOOR_DB = 9;
const SPEECH_LEAST_DB = -52;
/** A microphone that hears speech only this far above its noise, hears it from the next room. */
const DEAF_OVER_FLOOR_DB = 3;
const FLOOR_RISE_DB_PER_S = 0.5;
const COUNT_LIMIT_MS = 2_000;
const COUNT_DOWN = 0.5;
const COUNT_ON_MS = 700;
/** Two thresholds: a peak now and then is no fault; a fault is over when there are none. */
const [CLIPPED_MUCH, CLIPPED_LITTLE] = [0.002, 0.0002];

const holds = {
  talkingWhileMuted: { onMs: 0, offMs: 4_000 },
  clipping: { onMs: 300, offMs: 10_000 },
  digitalSilence: { onMs: 3_000, offMs: 500 },
  deaf: { onMs: 4_000, offMs: 2_000 },
} as const satisfies Record<keyof SpeechFindings, HoldTimes>;

/** A pause of the figures longer than this (a device unplugged) counts as this. */
const LONGEST_STEP_MS = 500;

export const speechWatchStart: SpeechWatchState = {
  floorDb: null,
  lastMs: 0,
  spokenMs: 0,
  unheardMs: 0,
  talkingWhileMuted: flagOff,
  clipping: flagOff,
  digitalSilence: flagOff,
  deaf: flagOff,
};

/** The state after the figures of one piece of sound, which ended at `atMs`. Pure; time does not go back. */
export function watchSpeech(
  state: SpeechWatchState,
  figures: LevelFigures,
  around: SpeechSurroundings,
  atMs: number,
): SpeechWatchState {
  const stepMs = state.floorDb === null ? 0 : Math.min(LONGEST_STEP_MS, Math.max(0, atMs - state.lastMs));
  const floorDb = followFloor(state.floorDb, figures, stepMs);
  const speaks = !around.farEndSpeaks && isSpeech(figures, floorDb);
  // What was said before the mute was heard: it must not count as said while muted.
  const spokenMs = around.muted ? count(state.spokenMs, speaks, stepMs) : 0;
  const unheard = around.seemsToSpeak === true && figures.rmsDb < (floorDb ?? -120) + DEAF_OVER_FLOOR_DB;
  const unheardMs = around.seemsToSpeak === null ? 0 : count(state.unheardMs, unheard, stepMs);
  const hold = (what: keyof SpeechFindings, condition: boolean | null): HeldFlag =>
    holdFlag(state[what], condition, atMs, holds[what]);
  return {
    floorDb,
    lastMs: atMs,
    spokenMs,
    unheardMs,
    talkingWhileMuted: around.muted ? hold('talkingWhileMuted', between(spokenMs, COUNT_ON_MS, 1)) : flagOff,
    clipping: hold('clipping', between(figures.clippedShare, CLIPPED_MUCH, CLIPPED_LITTLE)),
    // A microphone that is muted with the room, by its own button or ours, is meant to give nothing.
    digitalSilence: around.muted ? flagOff : hold('digitalSilence', figures.digitalSilence),
    deaf: around.muted ? flagOff : hold('deaf', between(unheardMs, COUNT_ON_MS, 1)),
  };
}

export function findingsOf(state: SpeechWatchState): SpeechFindings {
  return {
    talkingWhileMuted: state.talkingWhileMuted.on,
    clipping: state.clipping.on,
    digitalSilence: state.digitalSilence.on,
    // Who gives nothing at all is reported as that.
    deaf: state.deaf.on && !state.digitalSilence.on,
  };
}

function followFloor(floorDb: number | null, figures: LevelFigures, stepMs: number): number | null {
  if (figures.digitalSilence) return floorDb;
  if (floorDb === null || figures.rmsDb < floorDb) return figures.rmsDb;
  return Math.min(figures.rmsDb, floorDb + (FLOOR_RISE_DB_PER_S * stepMs) / 1000);
}

function isSpeech({ rmsDb }: LevelFigures, floorDb: number | null): boolean {
  return floorDb !== null && rmsDb >= Math.max(SPEECH_LEAST_DB, floorDb + SPEECH_OVER_FLOOR_DB);
}

function count(beforeMs: number, up: boolean, stepMs: number): number {
  return up ? Math.min(COUNT_LIMIT_MS, beforeMs + stepMs) : Math.max(0, beforeMs - COUNT_DOWN * stepMs);
}

function between(value: number, much: number, little: number): boolean | null {
  if (value >= much) return true;
  return value < little ? false : null;
}
