/** Media frames of one client under the meeting's epochs, in Node: synchronous. The browser's twin is frame-keys-web.ts. */
import { fastEqual, wipe } from '../lib/bytes.ts';
import type { EpochKeys } from './epoch-keys.ts';
import type { ExpectedSender, FrameSource, OpenResult } from './frame-key-policy.ts';
import { CounterBook, frameSources, kidOf, OpenerPolicy, rejectedFor } from './frame-key-policy.ts';
import { noMetadata } from './sframe-header.ts';
import type { SFrameKey, SFrameParts } from './sframe.ts';
import { deriveKey, encrypt, encryptParts, openWith, wipeKey } from './sframe.ts';

export type { ExpectedSender, FrameSource, OpenResult, RejectReason } from './frame-key-policy.ts';

/** RFC 9605 suite AES_256_GCM_SHA512_128. */
const SUITE = 5;

interface SealKeys {
  readonly epoch: number;
  readonly baseKey: Uint8Array;
  readonly selfLeaf: number;
  readonly counters: number[];
  readonly keys: Map<FrameSource, SFrameKey>;
}

/** Seals our own frames. Without keys, or at a counter's limit, nothing is sealed: the caller drops the frame. */
export class FrameSealer {
  readonly #book: CounterBook;
  #current: SealKeys | null = null;

  /** `counterLimit` is for tests. */
  constructor(counterLimit?: number) {
    this.#book = new CounterBook(counterLimit);
  }

  /** Seals under these keys from now on. Takes a copy of the base key. */
  setKeys(keys: EpochKeys): void {
    const current = this.#current;
    if (
      current &&
      current.epoch === keys.epoch &&
      current.selfLeaf === keys.selfLeaf &&
      fastEqual(current.baseKey, keys.baseKey)
    )
      return;
    this.clear();
    const baseKey = keys.baseKey.slice();
    this.#current = {
      epoch: keys.epoch,
      baseKey,
      selfLeaf: keys.selfLeaf,
      counters: this.#book.open(baseKey),
      keys: new Map(),
    };
  }

  /** A whole SFrame; null: no key, drop the frame. */
  seal(source: FrameSource, plaintext: Uint8Array): Uint8Array | null {
    const next = this.#next(source);
    return next && encrypt(next.key, next.key.kid, next.ctr, noMetadata, plaintext);
  }

  /** `seal` in parts, for a packetiser that copies them anyway. */
  sealParts(source: FrameSource, plaintext: Uint8Array): SFrameParts | null {
    const next = this.#next(source);
    return next && encryptParts(next.key, next.key.kid, next.ctr, noMetadata, plaintext);
  }

  /** Wipes the keys; idempotent. */
  clear(): void {
    if (!this.#current) return;
    wipe(this.#current.baseKey);
    for (const key of this.#current.keys.values()) wipeKey(key);
    this.#current = null;
  }

  #next(source: FrameSource): { key: SFrameKey; ctr: number } | null {
    const current = this.#current;
    if (!current || !frameSources.includes(source)) return null;
    let key = current.keys.get(source);
    if (!key) {
      const kid = kidOf(source, current.selfLeaf, current.epoch);
      if (kid === null) return null;
      current.keys.set(source, (key = deriveKey(SUITE, current.baseKey, kid)));
    }
    const ctr = this.#book.take(current.counters, source);
    return ctr === null ? null : { key, ctr };
  }
}

/** Opens the frames of the others: authentic, from the expected sender, each once; or says why not. */
export class FrameOpener {
  readonly #policy = new OpenerPolicy<SFrameKey>((baseKey, kid) => deriveKey(SUITE, baseKey, kid), wipeKey);

  /** `nowMs` is monotonic. Superseded keys live on for `PREVIOUS_EPOCH_MS`. */
  setKeys(keys: EpochKeys, nowMs: number): void {
    this.#policy.setKeys(keys, nowMs);
  }

  /** Never throws for anything in `frame`. */
  open(expected: ExpectedSender, frame: Uint8Array, nowMs: number): OpenResult {
    const selection = this.#policy.select(expected, frame, nowMs);
    if (selection.kind !== 'selected') return selection;
    const { entry, ctr, headerBytes } = selection;
    const plaintext = openWith(entry.key, ctr, headerBytes, noMetadata, frame);
    if (!plaintext) return rejectedFor('authentication');
    return entry.window.accept(ctr) ? { kind: 'opened', plaintext } : rejectedFor('replay');
  }

  /** Drops superseded keys whose time has come, without waiting for a frame. */
  expire(nowMs: number): void {
    this.#policy.expire(nowMs);
  }

  /** Wipes every key; idempotent. */
  clear(): void {
    this.#policy.clear();
  }
}
