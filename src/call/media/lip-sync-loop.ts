import type { Clock } from '../../lib/clock.ts';
import { type LipSyncState, lipSyncStart, updateLipSync } from '../rtp/lip-sync.ts';
import { IncomingAudio } from './incoming-audio.ts';
import { IncomingVideo } from './incoming-video.ts';

const PERIOD_MS = 250;
/** From a whole picture to light: decoding, the compositor's frame, the display. */
const DISPLAY_DELAY_MS = 60;
/** A silent microphone's last packet tells nothing of now. */
const FRESH_MS = 2_000;
const voiceOf = { camera: 'microphone', screen: 'screen-audio' } as const;

/** Holds each person's video back by what their voice is late, by the senders' own clocks. */
export class LipSync {
  readonly #clock: Clock;
  readonly #audioDelayMs: number;
  readonly #streams: () => Iterable<IncomingAudio | IncomingVideo>;
  readonly #states = new WeakMap<IncomingVideo, LipSyncState>();
  readonly #cancel: () => void;

  constructor(clock: Clock, audioDelayMs: number, streams: () => Iterable<IncomingAudio | IncomingVideo>) {
    this.#clock = clock;
    this.#audioDelayMs = audioDelayMs;
    this.#streams = streams;
    this.#cancel = clock.every(PERIOD_MS, () => this.#measure());
  }

  close(): void {
    this.#cancel();
  }

  #measure(): void {
    const streams = [...this.#streams()];
    for (const video of streams) {
      if (!(video instanceof IncomingVideo)) continue;
      const voice = voiceOf[video.info.source === 'screen' ? 'screen' : 'camera'];
      const audio = streams.find(
        (s) => s instanceof IncomingAudio && s.info.peer === video.info.peer && s.info.source === voice,
      );
      if (audio instanceof IncomingAudio) this.#adjust(video, audio);
    }
  }

  #adjust(video: IncomingVideo, audio: IncomingAudio): void {
    const [seen, heard] = [video.lastSample, audio.lastSample];
    const nowMs = this.#clock.nowMs();
    if (!seen || !heard || seen.captureMs === null || heard.captureMs === null) return;
    if (nowMs - seen.arrivalMs > FRESH_MS || nowMs - heard.arrivalMs > FRESH_MS) return;
    const state = this.#states.get(video) ?? lipSyncStart;
    const next = updateLipSync(state, {
      audioCaptureMs: heard.captureMs,
      videoCaptureMs: seen.captureMs,
      audioPlayoutMs: heard.arrivalMs + this.#audioDelayMs + state.audioExtraMs,
      videoPlayoutMs: seen.arrivalMs + DISPLAY_DELAY_MS + state.videoDelayMs,
    });
    this.#states.set(video, next);
    video.setDelay(next.videoDelayMs);
  }
}
