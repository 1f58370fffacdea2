/** Capture times → RTP timestamps of Opus packets: even steps as long as the capture is even enough, jumps only over real gaps. */

export const AUDIO_CLOCK_RATE = 48_000;
export const AUDIO_FRAME_MS = 20;
const FRAME_TICKS = (AUDIO_CLOCK_RATE / 1000) * AUDIO_FRAME_MS;
/** Frames of difference that are no longer scatter of the capture's time stamps. */
const JUMP_FRAMES = 2;
/** How fast the mapping follows a sound card's clock. */
const DRIFT_WEIGHT = 1 / 64;

export class AudioTimeline {
  #frame: number | null = null;
  /** Capture time of frame 0, following the drift. */
  #originMs = 0;
  readonly #offset: number;

  /** `offset`: where timestamps start, 32 random bits. */
  constructor(offset: number) {
    this.#offset = offset >>> 0;
  }

  /** Timestamp of the next packet, captured at `captureMs`; `jumped` tells of a gap before it (or the start). */
  next(captureMs: number): { timestamp: number; jumped: boolean } {
    const jumped = this.#advance(captureMs);
    return { timestamp: this.#timestamp(this.#frame ?? 0), jumped };
  }

  /** Timestamp of what is captured at `nowMs`, for sender reports; null before the first packet. */
  at(nowMs: number): number | null {
    return this.#frame === null ? null : this.#timestamp((nowMs - this.#originMs) / AUDIO_FRAME_MS);
  }

  #advance(captureMs: number): boolean {
    if (this.#frame === null) {
      this.#frame = 0;
      this.#originMs = captureMs;
      return true;
    }
    const due = Math.round((captureMs - this.#originMs) / AUDIO_FRAME_MS);
    const next = this.#frame + 1;
    const jumped = due - next >= JUMP_FRAMES;
    this.#frame = jumped ? due : next;
    const errorMs = captureMs - this.#originMs - this.#frame * AUDIO_FRAME_MS;
    // Timestamps never go back: where the capture does, the timeline moves instead.
    this.#originMs += Math.abs(errorMs) > JUMP_FRAMES * AUDIO_FRAME_MS ? errorMs : errorMs * DRIFT_WEIGHT;
    return jumped;
  }

  #timestamp(frames: number): number {
    const ticks = this.#offset + Math.round(frames * FRAME_TICKS);
    return ((ticks % 2 ** 32) + 2 ** 32) % 2 ** 32;
  }
}
