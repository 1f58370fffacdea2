import type { Problem } from '../call/call-state.ts';
import type { Clock } from '../lib/clock.ts';

export interface ReachWatchDeps {
  readonly clock: Clock;
  /** Ms until the meeting server answered; null: it did not. */
  readonly probe: () => Promise<number | null>;
  /** Whether this machine has an address on any network. */
  readonly hasNetwork: () => boolean;
  readonly onChange: () => void;
}

const EACH_MS = 60_000;
/** Sooner while something is amiss: people stand before it. */
const AGAIN_MS = 10_000;
/** One that was not answered may be a restart of the server; two in a row are told. */
const MISSED_TOLD = 2;

/** Whether a meeting could be joined now, so that people know before they try. Nothing is asked before `start`. */
export class ReachWatch {
  readonly #deps: ReachWatchDeps;
  #missed = 0;
  #problem: Problem | null = null;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(deps: ReachWatchDeps) {
    this.#deps = deps;
  }

  get problems(): readonly Problem[] {
    return this.#problem ? [this.#problem] : [];
  }

  start(): void {
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const reachedMs = await this.#deps.probe();
    if (this.#closed) return;
    this.#missed = reachedMs === null ? this.#missed + 1 : 0;
    this.#take(this.#missed >= MISSED_TOLD ? this.#name() : null);
    this.#cancel = this.#deps.clock.after(reachedMs === null ? AGAIN_MS : EACH_MS, () => void this.#look());
  }

  #name(): Omit<Problem, 'since'> {
    if (!this.#deps.hasNetwork())
      return {
        code: 'kiosk/no-network',
        message: 'This room has no network.',
        action: 'Check its network cable or Wi-Fi; bookings are shown as they were.',
      };
    return {
      code: 'kiosk/server-down',
      message: 'The meeting server does not answer.',
      action: 'Meetings cannot be joined until it is back; the room keeps looking.',
    };
  }

  /** A problem that goes on keeps the time it began. */
  #take(found: Omit<Problem, 'since'> | null): void {
    if (found?.code === this.#problem?.code) return;
    this.#problem = found && { ...found, since: this.#deps.clock.wallMs() };
    this.#deps.onChange();
  }
}
