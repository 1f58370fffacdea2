/**
 * Keeps a participant's lips and voice together: how long to hold back the video, or, where the video is the late one,
 * how much to add to the audio. Pure. Within −45/+125 ms nobody notices (ITU-R BT.1359).
 */

export interface LipSyncInput {
  /** Sender's wall clock of the audio sample and of the picture that are next to be played, by its sender reports; ms. */
  readonly audioCaptureMs: number;
  readonly videoCaptureMs: number;
  /** The clock's monotonic time at which each of them is going to be heard or seen with the delays of now. */
  readonly audioPlayoutMs: number;
  readonly videoPlayoutMs: number;
}

export interface LipSyncState {
  /** How far the video would run ahead of the audio if neither were held back; positive: hold the video. Null before the first measurement. */
  readonly aheadMs: number | null;
  /** In force: what to hold back the video, 0 to 250. */
  readonly videoDelayMs: number;
  /** In force: what the audio playout should add, 0 to 250; not 0 only while `videoDelayMs` is. */
  readonly audioExtraMs: number;
}

export const MAX_SYNC_DELAY_MS = 250;
/** Each measurement moves the estimate by this part. */
const WEIGHT = 0.15;
/** Further away than this is a new situation, not scatter. */
const JUMP_MS = 400;
/** Beyond any playout: clocks that do not belong together. */
const NONSENSE_MS = 5_000;
/** Corrections smaller than this are not made: each costs a repeated or dropped picture. */
const DEAD_BAND_MS = 15;
/** Late video is tolerated this far before the audio is slowed: it is heard when a conversation lags. */
const LATE_VIDEO_MS = 45;

export const lipSyncStart: LipSyncState = { aheadMs: null, videoDelayMs: 0, audioExtraMs: 0 };

/** The next state after one measurement, taken with the delays of `state` in force; a few times a second is enough. */
export function updateLipSync(state: LipSyncState, input: LipSyncInput): LipSyncState {
  const audioLatency = input.audioPlayoutMs - input.audioCaptureMs - state.audioExtraMs;
  const videoLatency = input.videoPlayoutMs - input.videoCaptureMs - state.videoDelayMs;
  const measured = audioLatency - videoLatency;
  if (!Number.isFinite(measured) || Math.abs(measured) > NONSENSE_MS) return state;
  const aheadMs =
    state.aheadMs === null || Math.abs(measured - state.aheadMs) > JUMP_MS
      ? measured
      : state.aheadMs + (measured - state.aheadMs) * WEIGHT;
  return {
    aheadMs,
    videoDelayMs: follow(state.videoDelayMs, aheadMs),
    audioExtraMs: follow(state.audioExtraMs, -aheadMs - LATE_VIDEO_MS),
  };
}

function follow(current: number, wanted: number): number {
  const bounded = Math.min(MAX_SYNC_DELAY_MS, Math.max(0, wanted));
  return Math.abs(bounded - current) < DEAD_BAND_MS && bounded !== 0 ? current : bounded;
}
