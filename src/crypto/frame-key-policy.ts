/** Which key seals and opens a media frame: the rules, shared by Node (frame-keys.ts) and browsers (frame-keys-web.ts). */
import { sha256 } from '@noble/hashes/sha2.js';
import { fastEqual, toBase64Url, wipe } from '../lib/bytes.ts';
import type { EpochKeys } from './epoch-keys.ts';
import { PREVIOUS_EPOCH_MS } from './epoch-keys.ts';
import { ReplayWindow } from './replay-window.ts';
import { TAG_BYTES } from './sframe-derivation.ts';
import { readHeader } from './sframe-header.ts';

/** The position is the KID's context value. */
export const frameSources = ['microphone', 'camera', 'screen', 'screen-audio'] as const;
export type FrameSource = (typeof frameSources)[number];

/** Who a frame must come from, by the signalling: the frame's key decides whether that is true. */
export interface ExpectedSender {
  readonly peer: string;
  readonly source: FrameSource;
}

export type RejectReason = 'authentication' | 'replay' | 'wrong-sender' | 'malformed';

export type OpenResult =
  | { readonly kind: 'opened'; readonly plaintext: Uint8Array }
  /** Of an epoch not known (yet, or any more): hold it for `UNKNOWN_KEY_HOLD_MS` at most. */
  | { readonly kind: 'unknown-key' }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

const EPOCH_BITS = 6;
const LEAF_BITS = 8;
const EPOCHS = 1 << EPOCH_BITS;
const MAX_KID = (1 << (EPOCH_BITS + LEAF_BITS + 2)) - 1;
/** Epochs superseded within `PREVIOUS_EPOCH_MS` of each other: bounded, and far fewer than 64, where the KID's epoch wraps. */
const PAST_EPOCHS_KEPT = 16;
/** 2^32 frames of 32 kB are 2^43 blocks under one key: GCM's bound, (blocks)^2 / 2^129, is then 2^-43. */
const COUNTER_LIMIT = 2 ** 32;
/** Base keys remembered so that none is ever used with a counter that starts again. */
const USED_KEYS_KEPT = 4_096;

/** RFC 9605 section 5.2 with S = 8, E = 6: context, leaf, epoch. Null when the leaf does not fit (more than 256 leaves). */
export function kidOf(source: FrameSource, leaf: number, epoch: number): number | null {
  if (!Number.isInteger(leaf) || leaf < 0 || leaf >= 1 << LEAF_BITS) return null;
  return (frameSources.indexOf(source) << (LEAF_BITS + EPOCH_BITS)) | (leaf << EPOCH_BITS) | (epoch % EPOCHS);
}

/**
 * The sender's counters: one per source and base key, never repeated, not even when the same keys are set again after others.
 * INVARIANT: a counter is taken before the frame is sealed, so that a failure skips it and never reuses it.
 */
export class CounterBook {
  readonly #limit: number;
  readonly #used = new Map<string, number[]>();

  constructor(limit = COUNTER_LIMIT) {
    this.#limit = limit;
  }

  /** The counters that belong to a base key. */
  open(baseKey: Uint8Array): number[] {
    const name = toBase64Url(sha256(baseKey));
    let counters = this.#used.get(name);
    if (!counters) {
      counters = [0, 0, 0, 0];
      const oldest = this.#used.size >= USED_KEYS_KEPT ? this.#used.keys().next().value : undefined;
      if (oldest !== undefined) this.#used.delete(oldest);
      this.#used.set(name, counters);
    }
    return counters;
  }

  /** The next counter of a source; null at the limit: a new epoch must come first. */
  take(counters: number[], source: FrameSource): number | null {
    const at = frameSources.indexOf(source);
    const next = counters[at];
    if (next === undefined || next >= this.#limit) return null;
    counters[at] = next + 1;
    return next;
  }
}

/** One key id's key and what was accepted under it. */
export interface OpenEntry<K> {
  readonly key: K;
  readonly window: ReplayWindow;
}

interface EpochRecord<K> {
  readonly epoch: number;
  readonly baseKey: Uint8Array;
  readonly leaves: ReadonlyMap<string, number>;
  readonly entries: Map<number, OpenEntry<K>>;
  expiresAtMs: number;
}

export type Selection<K> =
  | { readonly kind: 'selected'; readonly entry: OpenEntry<K>; readonly ctr: number; readonly headerBytes: number }
  | Exclude<OpenResult, { kind: 'opened' }>;

const unknownKey = { kind: 'unknown-key' } as const;
const rejected = {
  authentication: { kind: 'rejected', reason: 'authentication' },
  replay: { kind: 'rejected', reason: 'replay' },
  'wrong-sender': { kind: 'rejected', reason: 'wrong-sender' },
  malformed: { kind: 'rejected', reason: 'malformed' },
} as const;

export function rejectedFor(reason: RejectReason): OpenResult {
  return rejected[reason];
}

/**
 * The receiver's keys. The epoch bits of a KID select one epoch, the expected sender one leaf of it: nothing is ever tried.
 * The current epoch stays until superseded; superseded ones, and with them the leaves removed since, for PREVIOUS_EPOCH_MS.
 */
export class OpenerPolicy<K> {
  readonly #derive: (baseKey: Uint8Array, kid: number) => K;
  readonly #dispose: (key: K) => void;
  readonly #header = { kid: 0, ctr: 0, length: 0 };
  #current: EpochRecord<K> | null = null;
  #past: EpochRecord<K>[] = [];

  constructor(derive: (baseKey: Uint8Array, kid: number) => K, dispose: (key: K) => void) {
    this.#derive = derive;
    this.#dispose = dispose;
  }

  /** Takes a copy of the base key. Setting the current keys again changes nothing. */
  setKeys(keys: EpochKeys, nowMs: number): void {
    const current = this.#current;
    if (current && current.epoch === keys.epoch && fastEqual(current.baseKey, keys.baseKey)) return;
    if (current) {
      current.expiresAtMs = nowMs + PREVIOUS_EPOCH_MS;
      this.#past.unshift(current);
    }
    this.#current = {
      epoch: keys.epoch,
      baseKey: keys.baseKey.slice(),
      leaves: new Map(Object.entries(keys.leaves)),
      entries: new Map(),
      expiresAtMs: Infinity,
    };
    // RFC 9605 section 5.2: an old epoch goes when a new one has the same low-order bits.
    this.#keep(
      (record, i) =>
        i < PAST_EPOCHS_KEPT && record.epoch % EPOCHS !== keys.epoch % EPOCHS && nowMs < record.expiresAtMs,
    );
  }

  select(expected: ExpectedSender, frame: Uint8Array, nowMs: number): Selection<K> {
    this.expire(nowMs);
    const header = this.#header;
    if (!readHeader(frame, header) || header.kid > MAX_KID || frame.length < header.length + TAG_BYTES)
      return rejected.malformed;
    const { kid, ctr, length: headerBytes } = header;
    const record = this.#recordOf(kid % EPOCHS);
    if (!record) return unknownKey;
    const leaf = record.leaves.get(expected.peer);
    if (leaf === undefined || kidOf(expected.source, leaf, record.epoch) !== kid) return rejected['wrong-sender'];
    let entry = record.entries.get(kid);
    if (!entry)
      record.entries.set(kid, (entry = { key: this.#derive(record.baseKey, kid), window: new ReplayWindow() }));
    if (!entry.window.isFresh(ctr)) return rejected.replay;
    return { kind: 'selected', entry, ctr, headerBytes };
  }

  /** Drops the keys whose time has come; called with every frame, and by whoever wants them gone without one. */
  expire(nowMs: number): void {
    const oldest = this.#past.at(-1);
    if (oldest && nowMs >= oldest.expiresAtMs) this.#keep((record) => nowMs < record.expiresAtMs);
  }

  /** Wipes everything: every frame is of an unknown key until `setKeys`. */
  clear(): void {
    if (this.#current) this.#drop(this.#current);
    this.#current = null;
    this.#keep(() => false);
  }

  #recordOf(epochBits: number): EpochRecord<K> | null {
    if (this.#current && this.#current.epoch % EPOCHS === epochBits) return this.#current;
    return this.#past.find((record) => record.epoch % EPOCHS === epochBits) ?? null;
  }

  #keep(wanted: (record: EpochRecord<K>, i: number) => boolean): void {
    const past = this.#past;
    this.#past = past.filter(wanted);
    for (const record of past) if (!this.#past.includes(record)) this.#drop(record);
  }

  #drop(record: EpochRecord<K>): void {
    wipe(record.baseKey);
    for (const { key } of record.entries.values()) this.#dispose(key);
    record.entries.clear();
  }
}
