/** Packets of one stream between being written and being too old to repeat: a ring whose memory is reused. */
export const HISTORY_SLOTS = 2_048;
/** Room for a header with extensions and a full payload. */
export const SLOT_BYTES = 1_320;
/** Older packets are not repeated: the receiver has given them up. */
const MAX_AGE_MS = 1_000;
const MAX_PACKETS = 1_500;
const MAX_RESENDS = 8;

export class SendHistory {
  readonly #slots: (Buffer | undefined)[] = new Array<Buffer | undefined>(HISTORY_SLOTS);
  readonly #lengths = new Uint16Array(HISTORY_SLOTS);
  readonly #sentAtMs = new Float64Array(HISTORY_SLOTS).fill(-Infinity);
  readonly #resentAtMs = new Float64Array(HISTORY_SLOTS);
  readonly #resends = new Uint8Array(HISTORY_SLOTS);

  /** The memory of packet `extended` (extended sequence number): write it there, then tell its length. */
  slot(extended: number): Buffer {
    const at = extended & (HISTORY_SLOTS - 1);
    return (this.#slots[at] ??= Buffer.allocUnsafeSlow(SLOT_BYTES));
  }

  written(extended: number, length: number): void {
    const at = extended & (HISTORY_SLOTS - 1);
    this.#lengths[at] = length;
    this.#sentAtMs[at] = -Infinity;
    this.#resends[at] = 0;
  }

  length(extended: number): number {
    return this.#lengths[extended & (HISTORY_SLOTS - 1)] ?? 0;
  }

  sent(extended: number, nowMs: number): void {
    const at = extended & (HISTORY_SLOTS - 1);
    this.#sentAtMs[at] = nowMs;
    this.#resentAtMs[at] = nowMs;
  }

  /** Whether `extended` may be sent again now; `next` is the number after the last one sent. */
  mayResend(extended: number, next: number, nowMs: number, minIntervalMs: number): boolean {
    if (extended >= next || next - extended > MAX_PACKETS) return false;
    const at = extended & (HISTORY_SLOTS - 1);
    const age = nowMs - (this.#sentAtMs[at] ?? -Infinity);
    return (
      age <= MAX_AGE_MS &&
      (this.#resends[at] ?? 0) < MAX_RESENDS &&
      nowMs - (this.#resentAtMs[at] ?? 0) >= minIntervalMs
    );
  }

  /** Times it was repeated. */
  resends(extended: number): number {
    return this.#resends[extended & (HISTORY_SLOTS - 1)] ?? 0;
  }

  resent(extended: number, nowMs: number): void {
    const at = extended & (HISTORY_SLOTS - 1);
    this.#resentAtMs[at] = nowMs;
    this.#resends[at] = (this.#resends[at] ?? 0) + 1;
  }
}
