/** frame-keys.ts for a browser's worker: the same rules on WebCrypto, asynchronous. */
import { fastEqual, wipe } from '../lib/bytes.ts';
import type { EpochKeys } from './epoch-keys.ts';
import type { ExpectedSender, FrameSource, OpenResult } from './frame-key-policy.ts';
import { CounterBook, frameSources, kidOf, OpenerPolicy, rejectedFor } from './frame-key-policy.ts';
import { noMetadata } from './sframe-header.ts';
import type { WebSFrameKey } from './sframe-web.ts';
import { deriveWebKey, encryptWeb, openWithWeb } from './sframe-web.ts';

export type { ExpectedSender, FrameSource, OpenResult, RejectReason } from './frame-key-policy.ts';

const SUITE = 5;

interface SealKeys {
  readonly epoch: number;
  readonly baseKey: Uint8Array;
  readonly selfLeaf: number;
  readonly counters: number[];
  readonly keys: Map<FrameSource, Promise<WebSFrameKey>>;
}

/** As `FrameSealer`. Frames are sealed under the keys that stand when `seal` is called. */
export class WebFrameSealer {
  readonly #book: CounterBook;
  #current: SealKeys | null = null;

  /** `counterLimit` is for tests. */
  constructor(counterLimit?: number) {
    this.#book = new CounterBook(counterLimit);
  }

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

  /** A whole SFrame; null: no key (any more), drop the frame. */
  async seal(source: FrameSource, plaintext: Uint8Array): Promise<Uint8Array | null> {
    const current = this.#current;
    if (!current || !frameSources.includes(source)) return null;
    const kid = kidOf(source, current.selfLeaf, current.epoch);
    if (kid === null) return null;
    let importing = current.keys.get(source);
    if (!importing) current.keys.set(source, (importing = deriveWebKey(SUITE, current.baseKey, kid)));
    const ctr = this.#book.take(current.counters, source);
    if (ctr === null) return null;
    const frame = await encryptWeb(await importing, kid, ctr, noMetadata, plaintext);
    // Cleared or superseded meanwhile: what the others may no longer expect is not sent.
    return this.#current === null ? null : frame;
  }

  clear(): void {
    if (this.#current) wipe(this.#current.baseKey);
    this.#current = null;
  }
}

/** As `FrameOpener`. */
export class WebFrameOpener {
  readonly #policy = new OpenerPolicy<Promise<WebSFrameKey>>(
    (baseKey, kid) => deriveWebKey(SUITE, baseKey, kid),
    // WebCrypto holds the key; the salt is no secret, and a frame may be under way with it.
    () => undefined,
  );

  setKeys(keys: EpochKeys, nowMs: number): void {
    this.#policy.setKeys(keys, nowMs);
  }

  /** Never rejects for anything in `frame`. Results may come in another order than the calls only if the caller lets them. */
  async open(expected: ExpectedSender, frame: Uint8Array, nowMs: number): Promise<OpenResult> {
    const selection = this.#policy.select(expected, frame, nowMs);
    if (selection.kind !== 'selected') return selection;
    const { entry, ctr, headerBytes } = selection;
    const plaintext = await openWithWeb(await entry.key, ctr, headerBytes, noMetadata, frame);
    if (!plaintext) return rejectedFor('authentication');
    return entry.window.accept(ctr) ? { kind: 'opened', plaintext } : rejectedFor('replay');
  }

  expire(nowMs: number): void {
    this.#policy.expire(nowMs);
  }

  clear(): void {
    this.#policy.clear();
  }
}
