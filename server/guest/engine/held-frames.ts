import { UNKNOWN_KEY_HOLD_MS } from '../../../src/crypto/epoch-keys.ts';
import type { OpenResult, RejectReason } from '../../../src/crypto/frame-keys-web.ts';
import type { Clock } from '../../../src/lib/clock.ts';

/** Half a second of any stream that we accept; what comes beyond is dropped. */
const MAX_HELD_FRAMES = 96;
const MAX_HELD_BYTES = 4_000_000;

export interface EncodedFrame {
  data: ArrayBuffer;
}

export interface HeldFramesDeps<F extends EncodedFrame> {
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  open(frame: Uint8Array, nowMs: number): Promise<OpenResult>;
  /** Takes frames whose `data` is plaintext, in the order of arrival. */
  pass(frame: F): void;
  rejected(reason: RejectReason): void;
  /** A frame was dropped because its key did not come in time, or too many waited for theirs. */
  withoutKey(): void;
}

interface Held<F> {
  readonly frame: F;
  readonly bytes: number;
  readonly deadlineMs: number;
}

/**
 * Opens the frames of one received stream in their order, and lets a frame whose key is not known yet wait for it, and those
 * behind it with it, for at most UNKNOWN_KEY_HOLD_MS after its own arrival. Nothing passes that was not opened.
 * INVARIANT: one frame is opened at a time; the queue is bounded in frames and bytes.
 */
export class HeldFrames<F extends EncodedFrame> {
  readonly #deps: HeldFramesDeps<F>;
  readonly #queue: Held<F>[] = [];
  #bytes = 0;
  #draining = false;
  #closed = false;
  #wake: (() => void) | null = null;
  /** Counts key changes, so that one that comes while a frame is being opened is not missed. */
  #keyChanges = 0;

  constructor(deps: HeldFramesDeps<F>) {
    this.#deps = deps;
  }

  push(frame: F): void {
    // Empty frames are the padding packets of bandwidth probes.
    if (this.#closed || frame.data.byteLength === 0) return;
    const bytes = frame.data.byteLength;
    if (this.#queue.length >= MAX_HELD_FRAMES || this.#bytes + bytes > MAX_HELD_BYTES) {
      this.#deps.withoutKey();
      return;
    }
    this.#queue.push({ frame, bytes, deadlineMs: this.#deps.clock.nowMs() + UNKNOWN_KEY_HOLD_MS });
    this.#bytes += bytes;
    if (!this.#draining) void this.#drain();
  }

  /** Keys changed: what waits may be opened now. */
  handleKeys(): void {
    this.#keyChanges += 1;
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#wake?.();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let head = this.#queue[0]; head && !this.#closed; head = this.#queue[0]) {
      await this.#handle(head);
      this.#queue.shift();
      this.#bytes -= head.bytes;
    }
    this.#draining = false;
  }

  async #handle(head: Held<F>): Promise<void> {
    for (;;) {
      const changes = this.#keyChanges;
      const result = await this.#deps.open(new Uint8Array(head.frame.data), this.#deps.clock.nowMs());
      if (this.#isClosed()) return;
      if (result.kind === 'opened') {
        head.frame.data = exactBuffer(result.plaintext);
        return this.#deps.pass(head.frame);
      }
      if (result.kind === 'rejected') return this.#deps.rejected(result.reason);
      if (changes === this.#keyChanges && !(await this.#keyOrDeadline(head.deadlineMs))) return this.#deps.withoutKey();
      if (this.#isClosed()) return;
    }
  }

  /** A function, because it may have changed during an await. */
  #isClosed(): boolean {
    return this.#closed;
  }

  /** False when the time is up. */
  #keyOrDeadline(deadlineMs: number): Promise<boolean> {
    const leftMs = deadlineMs - this.#deps.clock.nowMs();
    if (leftMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (woken: boolean): void => {
        this.#wake = null;
        cancel();
        resolve(woken);
      };
      const cancel = this.#deps.clock.after(leftMs, () => end(false));
      this.#wake = () => end(true);
    });
  }
}

/** A buffer that holds these bytes and nothing else, as encoded frames want it. */
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return new Uint8Array(bytes).buffer;
}
