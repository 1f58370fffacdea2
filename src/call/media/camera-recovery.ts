/** How long to wait for what. */
export interface RecoveryPlan {
  /** Before the first reopening of a device that is there; doubled with each failure. */
  readonly firstMs: number;
  readonly capMs: number;
  /** Before opening a device that has come back: its links and rights take a moment. Doubled when it goes again and again. */
  readonly appearedMs: number;
  readonly appearedCapMs: number;
  /** Pictures for so long without a break end a trouble; a camera that gives one now and then is still failing. */
  readonly steadyMs: number;
  /** After so many failures in a row, and each time as many later, the device is cured before it is opened. */
  readonly cureAfter: number;
}

/** The distances of the field reports: a loop of 730 ms wedged cameras for good (OpenHD#1329, crowsnest#265). */
export const calmRecovery: RecoveryPlan = {
  firstMs: 500,
  capMs: 30_000,
  appearedMs: 250,
  appearedCapMs: 2_000,
  steadyMs: 10_000,
  cureAfter: 4,
};

export interface Moment {
  /** Monotonic. */
  readonly nowMs: number;
  readonly wallMs: number;
}

/** `gone`: its node is not there, or has come back and was not opened yet. `failing`: the node is there, and opening it or its pictures fail. */
export interface CameraTrouble {
  readonly form: 'gone' | 'failing';
  /** Wall clock, of when the pictures ended. */
  readonly sinceMs: number;
}

export type RecoveryStep =
  | { readonly kind: 'reopen'; readonly inMs: number; readonly cureFirst: boolean }
  /** Nothing is tried until the device is told to be there. */
  | { readonly kind: 'wait' };

/**
 * Decides when a camera that failed is opened again. Pure but for its memory: time comes as an argument and does not go back.
 *
 * INVARIANTS
 * - Each step replaces the one before; between two openings there are at least `appearedMs`, and the distance grows until
 *   pictures have come for `steadyMs`.
 * - While there is trouble, there is a step: either a reopening is due or the device is waited for.
 */
export class CameraRecovery {
  readonly #plan: RecoveryPlan;
  #trouble: CameraTrouble | null = null;
  #isThere = true;
  #failures = 0;
  #appearances = 0;
  #wellSinceMs: number | null = null;

  constructor(plan: RecoveryPlan = calmRecovery) {
    this.#plan = plan;
  }

  /** Null while pictures come. */
  get trouble(): CameraTrouble | null {
    return this.#trouble;
  }

  /** The pictures ended, or none came after opening. */
  failed(isThere: boolean, at: Moment): RecoveryStep {
    if (this.#wellSinceMs !== null && at.nowMs - this.#wellSinceMs >= this.#plan.steadyMs) this.#forget();
    this.#wellSinceMs = null;
    this.#isThere = isThere;
    this.#trouble = { form: isThere ? 'failing' : 'gone', sinceMs: this.#trouble?.sinceMs ?? at.wallMs };
    if (!isThere) return { kind: 'wait' };
    this.#failures += 1;
    const { firstMs, capMs, cureAfter } = this.#plan;
    return {
      kind: 'reopen',
      inMs: doubled(firstMs, this.#failures - 1, capMs),
      cureFirst: this.#failures % cureAfter === 0,
    };
  }

  /** The device was plugged in or out. Null: what was decided stays. */
  presence(isThere: boolean): RecoveryStep | null {
    const trouble = this.#trouble;
    if (trouble === null || isThere === this.#isThere) return null;
    this.#isThere = isThere;
    if (!isThere) {
      this.#trouble = { ...trouble, form: 'gone' };
      return { kind: 'wait' };
    }
    const { appearedMs, appearedCapMs } = this.#plan;
    this.#appearances += 1;
    return { kind: 'reopen', inMs: doubled(appearedMs, this.#appearances - 1, appearedCapMs), cureFirst: false };
  }

  /** A picture came. */
  worked(at: Moment): void {
    this.#trouble = null;
    this.#wellSinceMs ??= at.nowMs;
  }

  /** Nobody wants pictures any more. */
  reset(): void {
    this.#trouble = this.#wellSinceMs = null;
    this.#forget();
  }

  #forget(): void {
    this.#failures = this.#appearances = 0;
  }
}

function doubled(firstMs: number, times: number, capMs: number): number {
  return Math.min(capMs, firstMs * 2 ** times);
}
