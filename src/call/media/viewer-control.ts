import type { Clock } from '../../lib/clock.ts';
import { errorFields, type Logger } from '../../lib/log.ts';
import { type DecodeBudget, unmeasuredDecoding } from '../demand/decode-capacity.ts';
import { sameDecisions, startViewer, stepViewer } from '../demand/viewer-demand.ts';
import type { VideoWindow, ViewerDecision, ViewerState } from '../demand/viewer-demand.ts';

export interface ViewerControlDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly windows: () => readonly VideoWindow[];
  /** What decoding costs and may cost, asked every second. */
  readonly readBudget: () => Promise<DecodeBudget>;
  readonly send: (decisions: readonly ViewerDecision[]) => Promise<void>;
}

/** A layout moves all its windows in one turn, a page of people in a few: one request for them together. */
const DEBOUNCE_MS = 40;
const BUDGET_PERIOD_MS = 1_000;

/** Asks the server for what the room's windows can show and its processor can decode: soon after a change, and when time decides. */
export class ViewerControl {
  readonly #deps: ViewerControlDeps;
  #state: ViewerState = startViewer();
  #sent: readonly ViewerDecision[] = [];
  #budget: DecodeBudget = unmeasuredDecoding;
  #reading = false;
  #cancelStep: (() => void) | null = null;
  #cancelRecheck = (): void => undefined;
  readonly #cancelBudget: () => void;

  constructor(deps: ViewerControlDeps) {
    this.#deps = deps;
    this.#cancelBudget = deps.clock.every(BUDGET_PERIOD_MS, () => void this.#readBudget());
  }

  /** Windows, streams or speakers may have changed. */
  update(): void {
    this.#cancelStep ??= this.#deps.clock.after(DEBOUNCE_MS, () => {
      this.#cancelStep = null;
      this.#step();
    });
  }

  close(): void {
    this.#cancelStep?.();
    this.#cancelRecheck();
    this.#cancelBudget();
  }

  #step(): void {
    const { clock, windows } = this.#deps;
    this.#cancelRecheck();
    const step = stepViewer(this.#state, { windows: windows(), budget: this.#budget }, clock.nowMs());
    this.#state = step.state;
    if (step.recheckInMs !== null) this.#cancelRecheck = clock.after(step.recheckInMs + 1, () => this.#step());
    if (!sameDecisions(this.#sent, step.decisions)) this.#send(step.decisions);
  }

  #send(decisions: readonly ViewerDecision[]): void {
    this.#sent = decisions;
    this.#deps.send(decisions).catch((error: unknown) => {
      // Asked again with the next step.
      this.#sent = [];
      this.#deps.log.debug('demand not sent', errorFields(error));
    });
  }

  async #readBudget(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    this.#budget = await this.#deps.readBudget();
    this.#reading = false;
    this.update();
  }
}
