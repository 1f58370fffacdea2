/** How long a receiver keeps the previous epoch's keys for packets in flight. */
export const PREVIOUS_EPOCH_MS = 2_000;
/** How long a receiver holds frames whose key has not arrived yet. */
export const UNKNOWN_KEY_HOLD_MS = 500;

/** What the media path needs of one MLS epoch. Structured-cloneable: it crosses to workers. */
export interface EpochKeys {
  /** MLS epoch; below 2^53. */
  readonly epoch: number;
  /** MLS exporter "SFrame 1.0 Base Key" (RFC 9605 section 5.2), 32 bytes. */
  readonly baseKey: Uint8Array;
  /** Our own leaf index. */
  readonly selfLeaf: number;
  /** Leaf index of every member by peer id, ourselves included. */
  readonly leaves: Readonly<Record<string, number>>;
}
