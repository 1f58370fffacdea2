import { UNKNOWN_KEY_HOLD_MS } from '../../crypto/epoch-keys.ts';
import type { OpenResult, RejectReason } from '../../crypto/frame-key-policy.ts';
import type { Clock } from '../../lib/clock.ts';

/** Bounds of what waits for a key, per stream: half a second of anything this room is ever sent. */
const HELD_FRAMES = 128;
const HELD_BYTES = 2_000_000;
const REPORT_PERIOD_MS = 1_000;

export interface FrameDecryptorDeps<F> {
  readonly open: (ciphertext: Uint8Array) => OpenResult;
  readonly clock: Clock;
  readonly deliver: (frame: F, plaintext: Uint8Array) => void;
  /** At most once a second; every rejection is counted. */
  readonly reportRejected: (reason: RejectReason) => void;
}

/**
 * Opens the frames of one stream in their order. A frame whose key is not known yet waits up to `UNKNOWN_KEY_HOLD_MS`, and those
 * after it wait with it; what is not authentic is dropped and counted. Nothing leaves unopened.
 */
export class FrameDecryptor<F extends { readonly ciphertext: Uint8Array }> {
  readonly #deps: FrameDecryptorDeps<F>;
  readonly #held: { frame: F; untilMs: number }[] = [];
  #heldBytes = 0;
  #cancelExpiry: (() => void) | null = null;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #rejected = 0;
  #withoutKey = 0;
  #closed = false;

  constructor(deps: FrameDecryptorDeps<F>) {
    this.#deps = deps;
  }

  /** Frames that were not authentic, replayed, malformed or under another sender's key. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Frames whose key did not come in time. */
  get withoutKey(): number {
    return this.#withoutKey;
  }

  push(frame: F): void {
    if (this.#closed) return;
    if (this.#held.length === 0 && this.#tryOpen(frame)) return;
    this.#hold(frame);
  }

  /** Keys have changed: what waits is tried again. */
  retry(): void {
    while (this.#held.length > 0 && !this.#closed) {
      const head = this.#held[0];
      if (!head || !this.#tryOpen(head.frame)) break;
      this.#shift();
    }
    this.#watch();
  }

  /** Keys are gone: what waits goes too. */
  drop(): void {
    this.#withoutKey += this.#held.length;
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#watch();
  }

  close(): void {
    this.#closed = true;
    this.drop();
  }

  /** False when the key is unknown: the frame is still to be dealt with. */
  #tryOpen(frame: F): boolean {
    const result = this.#deps.open(frame.ciphertext);
    if (result.kind === 'unknown-key') return false;
    if (result.kind === 'opened') this.#deps.deliver(frame, result.plaintext);
    else this.#reject(result.reason);
    return true;
  }

  #reject(reason: RejectReason): void {
    this.#rejected++;
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs - this.#reportedMs < REPORT_PERIOD_MS) return;
    this.#reportedMs = nowMs;
    this.#deps.reportRejected(reason);
  }

  #hold(frame: F): void {
    this.#held.push({ frame, untilMs: this.#deps.clock.nowMs() + UNKNOWN_KEY_HOLD_MS });
    this.#heldBytes += frame.ciphertext.length;
    while (this.#held.length > HELD_FRAMES || this.#heldBytes > HELD_BYTES) this.#expireHead();
    this.#watch();
  }

  #expireHead(): void {
    this.#shift();
    this.#withoutKey++;
  }

  #shift(): void {
    this.#heldBytes -= this.#held.shift()?.frame.ciphertext.length ?? 0;
  }

  #watch(): void {
    const head = this.#held[0];
    if (!head) {
      this.#cancelExpiry?.();
      this.#cancelExpiry = null;
    } else {
      this.#cancelExpiry ??= this.#deps.clock.after(Math.max(1, head.untilMs - this.#deps.clock.nowMs()), () =>
        this.#expire(),
      );
    }
  }

  #expire(): void {
    this.#cancelExpiry = null;
    const nowMs = this.#deps.clock.nowMs();
    while (this.#held[0] && this.#held[0].untilMs <= nowMs) this.#expireHead();
    this.retry();
  }
}
