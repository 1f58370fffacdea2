import type { Clock } from '../lib/clock.ts';
import type { Problem } from './call-state.ts';
import { textOf } from './call-texts.ts';
import type { ToldCheck } from './process/ipc.ts';

export interface CheckState {
  /** Of the microphone, 0 to 1 as a person hears it; null: no microphone. */
  readonly level: number | null;
  /** Number of the newest picture; 0: none yet, null: no camera. */
  readonly picture: number | null;
}

export interface SupervisedCheckDeps {
  readonly clock: Clock;
  /** Nobody has asked for the check for too long: it is to be ended. */
  readonly onExpired: () => void;
  readonly onChange: () => void;
}

/** The page that shows the check asks for it every 10 s; one that does not may be gone. */
export const CHECK_LEASE_MS = 30_000;
/** So long the end of a process that checked is told, or until it checks again. */
const CRASH_SHOWN_MS = 60_000;
const CRASHED = 'call/check-crashed';

/**
 * What the daemon knows of a device check that a process makes, `Owner`: its figures, its newest picture, and for how long it is
 * wanted. Picture numbers grow from check to check, so that no page shows a picture of another one.
 */
export class SupervisedCheck<Owner extends object> {
  readonly #deps: SupervisedCheckDeps;
  #owner: Owner | null = null;
  #level: number | null = 0;
  #picture: number | null = 0;
  #pictures = 0;
  #jpeg: Uint8Array | null = null;
  #problems: readonly Problem[] = [];
  #cancelLease = (): void => undefined;
  #cancelCrash = (): void => undefined;

  constructor(deps: SupervisedCheckDeps) {
    this.#deps = deps;
  }

  /** Null: nothing is checked. */
  get owner(): Owner | null {
    return this.#owner;
  }

  get state(): CheckState | null {
    return this.#owner && { level: this.#level, picture: this.#picture };
  }

  /** JPEG. */
  get jpeg(): Uint8Array | null {
    return this.#jpeg;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Begins, or is wanted for longer. */
  begin(owner: Owner): void {
    this.#cancelLease();
    this.#cancelLease = this.#deps.clock.after(CHECK_LEASE_MS, () => this.#deps.onExpired());
    if (this.#owner === owner) return;
    this.#owner = owner;
    this.#level = this.#picture = 0;
    this.#deps.onChange();
  }

  /** Those of others are late and count for nothing. */
  report(owner: Owner, { level, hasCamera, picture, problems }: ToldCheck): void {
    if (owner !== this.#owner) return;
    const before = JSON.stringify([this.state, this.#problems]);
    this.#level = level;
    if (picture) {
      this.#jpeg = picture;
      this.#picture = ++this.#pictures;
    }
    if (!hasCamera) this.#picture = null;
    this.#cancelCrash();
    this.#problems = problems;
    if (JSON.stringify([this.state, this.#problems]) !== before) this.#deps.onChange();
  }

  /** The process is gone; of no account unless it checked. */
  crashed(owner: Owner): void {
    if (owner !== this.#owner) return;
    this.#clear();
    this.#problems = [{ code: CRASHED, ...textOf(CRASHED), since: this.#deps.clock.wallMs() }];
    this.#cancelCrash = this.#deps.clock.after(CRASH_SHOWN_MS, () => {
      this.#problems = [];
      this.#deps.onChange();
    });
    this.#deps.onChange();
  }

  /** Idempotent. */
  end(): void {
    this.#cancelCrash();
    if (!this.#owner && this.#problems.length === 0) return;
    this.#clear();
    this.#deps.onChange();
  }

  #clear(): void {
    this.#cancelLease();
    this.#owner = null;
    this.#jpeg = null;
    this.#problems = [];
  }
}
