import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import * as v from 'valibot';
import type { Clock } from '../../lib/clock.ts';
import { InternalError, UsageError } from '../../lib/errors.ts';
import { ExclusiveRunner } from '../../lib/exclusive.ts';
import { AdminError } from './admin-error.ts';

export interface PinLockDeps {
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Keeps the PIN's hash; null: none was ever chosen. */
  readonly kept: { read: () => Promise<string | null>; write: (text: string) => Promise<void> };
}

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number }, Buffer>(scrypt);
/** 16 MB and some 50 ms: a stolen file of a few digits does not open for nothing, and a panel does not wait. */
const COST = { N: 16_384, r: 8, p: 1 };
const HASH_BYTES = 32;
const PIN = /^\d{4,8}$/;
const FREE_TRIES = 5;
const FIRST_WAIT_MS = 30_000;
const MOST_WAIT_MS = 15 * 60_000;
/** Settings nobody touches lock themselves. */
const IDLE_MS = 5 * 60_000;
const MOST_TOKENS = 8;

const keptSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ salt: v.string(), hash: v.string(), wrong: v.number() }),
);
type Kept = v.InferOutput<typeof keptSchema>;

/**
 * The lock before the settings: a PIN of 4 to 8 digits opens it for whoever holds the token that comes back. It keeps honest
 * people out, and slows the others: after five wrong PINs each further one costs a wait that doubles.
 *
 * INVARIANTS
 * - Until a PIN was chosen, choosing one needs nothing; afterwards it needs a token.
 * - Wrong tries are counted before they are compared, and the count outlives a restart.
 */
export class PinLock {
  readonly #deps: PinLockDeps;
  readonly #one = new ExclusiveRunner(() => new InternalError('admin/closed', 'The settings are closed'));
  /** Hash of a token to when it was last used, in ms of the clock. */
  readonly #tokens = new Map<string, number>();
  #waitUntilMs = 0;

  constructor(deps: PinLockDeps) {
    this.#deps = deps;
  }

  async isPinSet(): Promise<boolean> {
    return (await this.#read()) !== null;
  }

  /** Returns a token. @throws {AdminError} admin/pin-wrong, admin/pin-wait. */
  unlock(pin: string): Promise<string> {
    return this.#one.run(() => this.#unlock(pin));
  }

  /** Returns a token. @throws {AdminError} admin/locked. @throws {UsageError} admin/pin-invalid. */
  setPin(pin: string, token: string | null): Promise<string> {
    return this.#one.run(async () => {
      if ((await this.#read()) !== null) this.require(token);
      if (!PIN.test(pin)) throw new UsageError('admin/pin-invalid', 'A PIN has 4 to 8 digits');
      const salt = this.#deps.randomBytes(16);
      const hash = await derive(pin, salt, HASH_BYTES, COST);
      await this.#write({ salt: encode(salt), hash: encode(hash), wrong: 0 });
      this.#tokens.clear();
      return this.#makeToken();
    });
  }

  /** @throws {AdminError} admin/locked unless the token was given lately. */
  require(token: string | null): void {
    const nowMs = this.#deps.clock.nowMs();
    const key = token === null ? '' : digest(token);
    const usedMs = this.#tokens.get(key);
    if (usedMs === undefined || nowMs - usedMs > IDLE_MS) {
      this.#tokens.delete(key);
      throw new AdminError('admin/locked', 'The settings are locked: enter the PIN', null);
    }
    this.#tokens.set(key, nowMs);
  }

  lock(token: string): void {
    this.#tokens.delete(digest(token));
  }

  async #unlock(pin: string): Promise<string> {
    const kept = await this.#read();
    if (!kept) throw new AdminError('admin/pin-wrong', 'No PIN was chosen yet', null);
    const waitMs = this.#waitUntilMs - this.#deps.clock.nowMs();
    if (waitMs > 0) throw new AdminError('admin/pin-wait', 'Too many wrong PINs', Math.ceil(waitMs));
    await this.#write({ ...kept, wrong: kept.wrong + 1 });
    const hash = await derive(pin.slice(0, 16), decode(kept.salt), HASH_BYTES, COST);
    if (!timingSafeEqual(hash, decode(kept.hash))) {
      this.#hold(kept.wrong + 1);
      throw new AdminError('admin/pin-wrong', 'That is not the PIN', null);
    }
    await this.#write({ ...kept, wrong: 0 });
    return this.#makeToken();
  }

  #hold(wrong: number): void {
    if (wrong < FREE_TRIES) return;
    const waitMs = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE_TRIES));
    this.#waitUntilMs = this.#deps.clock.nowMs() + waitMs;
  }

  #makeToken(): string {
    const token = encode(this.#deps.randomBytes(32));
    if (this.#tokens.size >= MOST_TOKENS) {
      const [oldest] = this.#tokens.keys();
      if (oldest !== undefined) this.#tokens.delete(oldest);
    }
    this.#tokens.set(digest(token), this.#deps.clock.nowMs());
    return token;
  }

  /** A file that was damaged locks: nobody gets in by breaking it. */
  async #read(): Promise<Kept | null> {
    const text = await this.#deps.kept.read();
    if (text === null) return null;
    const parsed = v.safeParse(keptSchema, text);
    if (parsed.success && decode(parsed.output.hash).length === HASH_BYTES) return parsed.output;
    throw new AdminError('admin/locked', 'The file of the PIN is damaged: remove it on the room itself', null);
  }

  #write(kept: Kept): Promise<void> {
    return this.#deps.kept.write(`${JSON.stringify(kept)}\n`);
  }
}

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Buffer => Buffer.from(text, 'base64url');
const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');
