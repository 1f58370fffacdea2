import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import { normaliseAngle } from './geometry.ts';
import {
  type ControlRead,
  readAnswer,
  readRequest,
  type RespeakerParameter,
  type RespeakerQuirk,
} from './respeaker-tuning.ts';
import type { TalkerSource } from './talker-source.ts';

/** Code of the problem that an array does not answer. */
export const ARRAY_SILENT = 'device/array-silent';
const PERIOD_MS = 100;
/** A transfer takes 1 ms; the board takes longer while its firmware is busy. */
const TRANSFER_TIMEOUT_MS = 500;
/** Failures in a row after which the array is reported; it is asked on, less often. */
const FAILURES_REPORTED = 5;
const FAILED_PERIOD_MS = 2_000;

export interface RespeakerPollerDeps {
  /** Rejects when the transfer fails; is not called again before it has settled or `TRANSFER_TIMEOUT_MS` have passed. */
  readonly controlTransfer: (request: ControlRead) => Promise<Uint8Array>;
  readonly quirk: RespeakerQuirk;
  /** Angle of the array's x in the room. */
  readonly mountedDeg: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly talkers: Pick<TalkerSource, 'see'>;
  /** `ARRAY_SILENT` began (true) or ended. */
  readonly onProblem: (present: boolean) => void;
}

/** Asks an array that finds directions itself, ten times a second, and reports what it says as every array does. */
export class RespeakerPoller {
  readonly #deps: RespeakerPollerDeps;
  #cancel: () => void = () => undefined;
  #failures = 0;
  #closed = false;
  #started = false;

  constructor(deps: RespeakerPollerDeps) {
    this.#deps = deps;
  }

  /** Idempotent. */
  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    this.#schedule(0);
  }

  /** Idempotent; an answer on its way is ignored. */
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#deps.clock.after(delayMs, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    const { quirk, clock, talkers, mountedDeg } = this.#deps;
    try {
      const speech = (await this.#read(quirk.speech)) === 1;
      const angle = await this.#read('doaAngle');
      if (this.#isClosed()) return;
      const azimuthDeg = normaliseAngle(quirk.sign * (angle - quirk.offsetDeg) + mountedDeg);
      talkers.see({ speech, direction: { azimuthDeg, confidence: speech ? 1 : 0 } }, clock.nowMs());
      if (this.#failures >= FAILURES_REPORTED) this.#deps.onProblem(false);
      this.#failures = 0;
    } catch (error) {
      if (this.#isClosed()) return;
      this.#fail(error);
    }
    this.#schedule(this.#failures >= FAILURES_REPORTED ? FAILED_PERIOD_MS : PERIOD_MS);
  }

  #fail(error: unknown): void {
    if (++this.#failures !== FAILURES_REPORTED) return;
    this.#deps.log.warn('the microphone array does not answer', errorFields(error));
    this.#deps.onProblem(true);
  }

  async #read(parameter: RespeakerParameter): Promise<number> {
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#deps.clock.after(TRANSFER_TIMEOUT_MS, () => reject(new Error('a control transfer took too long')));
    });
    try {
      return readAnswer(parameter, await Promise.race([this.#deps.controlTransfer(readRequest(parameter)), late]));
    } finally {
      cancel();
    }
  }

  /** Asked after each wait: it may have been closed meanwhile. */
  #isClosed(): boolean {
    return this.#closed;
  }
}
