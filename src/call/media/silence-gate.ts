/** Sound this loud is always sent, dBov. */
const ALWAYS_DB = -38;
/** Sound below this is never taken for speech, however quiet the room. */
const NEVER_DB = -62;
/** How far above the room's noise speech begins. */
const MARGIN_DB = 9;
/** Sending goes on this long after the last loud frame: word ends and pauses between words. */
const HANGOVER_MS = 500;
/** A frame this often in silence keeps receivers' clocks, statistics and the path alive. */
const KEEP_ALIVE_MS = 400;

/**
 * Decides which 20 ms frames are sent. The sender alone can suppress silence: under end-to-end encryption the server cannot
 * see it. The room's noise is tracked as a slowly rising, quickly falling floor.
 */
export class SilenceGate {
  #floorDb = -60;
  #loudUntilMs = Number.NEGATIVE_INFINITY;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  /** `levelDb` of the frame in dBov; time in ms, never backwards. */
  decide(levelDb: number, nowMs: number): 'speech' | 'keep-alive' | 'drop' {
    const threshold = Math.max(NEVER_DB, Math.min(ALWAYS_DB, this.#floorDb + MARGIN_DB));
    const loud = levelDb >= threshold;
    this.#track(levelDb);
    if (loud) this.#loudUntilMs = nowMs + HANGOVER_MS;
    const verdict =
      nowMs < this.#loudUntilMs ? 'speech' : nowMs - this.#lastSentMs >= KEEP_ALIVE_MS ? 'keep-alive' : 'drop';
    if (verdict !== 'drop') this.#lastSentMs = nowMs;
    return verdict;
  }

  /** Falls within a frame or two, rises by 1.5 dB a second: speech does not lift it, an air conditioner does. */
  #track(levelDb: number): void {
    const bounded = Math.max(-90, levelDb);
    this.#floorDb =
      bounded < this.#floorDb
        ? this.#floorDb + (bounded - this.#floorDb) * 0.3
        : Math.min(bounded, this.#floorDb + 0.03);
  }
}
