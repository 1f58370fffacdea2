import type { Clock } from '../../lib/clock.ts';
import type { DisplayPower } from './display-power.ts';
import { desiredPower } from './power-plan.ts';
import type { PowerPlan, PowerReason, RoomOccupancy } from './power-plan.ts';
import type { PowerWish } from './display-control.ts';

/** The plan goes by minutes. */
const LOOK_MS = 30_000;
/** What a person asks for by hand holds so long against the plan, or until a call begins. */
const BY_HAND_MS = 30 * 60_000;

export interface PlannedPowerDeps {
  readonly plan: PowerPlan;
  /** Not closed by `close`. */
  readonly power: Pick<DisplayPower, 'want'>;
  readonly clock: Clock;
}

/** Tells a display's power what it should be: by the plan of the week, by who is in the room, and by hand. */
export class PlannedPower {
  readonly #deps: PlannedPowerDeps;
  #occupancy: RoomOccupancy = { isInCall: false, isExpected: false, presence: null };
  #byHand: { readonly power: PowerWish; readonly untilMs: number } | null = null;
  #reason: PowerReason | 'by-hand' | null = null;
  #cancel: (() => void) | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(deps: PlannedPowerDeps) {
    this.#deps = deps;
  }

  /** Why the display is wanted as it is; null before `start`. */
  get reason(): PowerReason | 'by-hand' | null {
    return this.#reason;
  }

  /** Calls back when `reason` has changed; returns the function that unsubscribes. */
  onReason(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    this.#cancel ??= this.#deps.clock.every(LOOK_MS, () => this.#look());
    this.#look();
  }

  setOccupancy(occupancy: RoomOccupancy): void {
    if (occupancy.isInCall && !this.#occupancy.isInCall) this.#byHand = null;
    this.#occupancy = occupancy;
    if (this.#cancel !== null) this.#look();
  }

  /** A person asks for it. */
  askByHand(power: PowerWish): void {
    this.#byHand = { power, untilMs: this.#deps.clock.nowMs() + BY_HAND_MS };
    if (this.#cancel !== null) this.#look();
  }

  /** Idempotent; the display stays as it is. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(): void {
    const { plan, power, clock } = this.#deps;
    if (this.#byHand !== null && clock.nowMs() >= this.#byHand.untilMs) this.#byHand = null;
    const desired = this.#byHand
      ? { power: this.#byHand.power, reason: 'by-hand' as const }
      : desiredPower(plan, this.#occupancy, clock.wallMs());
    const before = this.#reason;
    this.#reason = desired.reason;
    power.want(desired.power);
    if (before !== desired.reason) for (const listener of [...this.#listeners]) listener();
  }
}
