/** Messages of epochs not reached yet, by epoch: a short wait for what overtook its commit, bounded in number and bytes. */
export class EarlyMessages {
  readonly #byEpoch = new Map<number, Uint8Array[]>();
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #count = 0;
  #bytes = 0;

  constructor(limits: { maxCount: number; maxBytes: number }) {
    this.#maxCount = limits.maxCount;
    this.#maxBytes = limits.maxBytes;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** False when there is no room: the message is dropped. */
  add(epoch: number, message: Uint8Array): boolean {
    if (this.#count >= this.#maxCount || this.#bytes + message.length > this.#maxBytes) return false;
    this.#byEpoch.set(epoch, [...(this.#byEpoch.get(epoch) ?? []), message]);
    this.#count += 1;
    this.#bytes += message.length;
    return true;
  }

  /** Those of `epoch`, in their order; older ones are forgotten. */
  take(epoch: number): Uint8Array[] {
    const taken = this.#byEpoch.get(epoch) ?? [];
    for (const [key, messages] of this.#byEpoch) {
      if (key > epoch) continue;
      this.#byEpoch.delete(key);
      this.#count -= messages.length;
      this.#bytes -= messages.reduce((sum, { length }) => sum + length, 0);
    }
    return taken;
  }
}
