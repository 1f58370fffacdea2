/** What one reading of calendars may cost. Whatever is beyond is left out and told as an `EventProblem`. */
export interface CalendarLimits {
  /** Characters of one object: one event of a CalDAV server, or a whole ICS file. */
  readonly objectChars: number;
  /** Characters of all objects together. */
  readonly totalChars: number;
  /** VEVENTs, VTIMEZONEs and their parts, of all objects together. */
  readonly components: number;
  /** Properties that are read of one component. */
  readonly properties: number;
  /** Characters of one unfolded property; long texts are cut there, anything else makes its event too large. */
  readonly propertyChars: number;
  /** Occurrences in the window, of one event and of all. */
  readonly occurrencesPerEvent: number;
  readonly occurrences: number;
  /** Steps (periods and candidates) of one event's rules; a step costs about a tenth of a microsecond. */
  readonly stepsPerEvent: number;
  /** Steps of all rules together. */
  readonly steps: number;
}

export const calendarLimits: CalendarLimits = {
  objectChars: 10_000_000,
  totalChars: 32_000_000,
  components: 50_000,
  properties: 5_000,
  propertyChars: 100_000,
  occurrencesPerEvent: 1_000,
  occurrences: 20_000,
  stepsPerEvent: 200_000,
  steps: 5_000_000,
};

/** Counts down while rules are expanded, so that no rule can take longer than it is worth. */
export class StepBudget {
  #left: number;
  readonly #parent: StepBudget | null;
  #exhausted = false;

  constructor(steps: number, parent: StepBudget | null) {
    this.#left = steps;
    this.#parent = parent;
  }

  /** It ended before the work did: what came out is not all. */
  get isExhausted(): boolean {
    return this.#exhausted;
  }

  /** Takes `steps`; false when there are none left. */
  spend(steps: number): boolean {
    this.#left -= steps;
    if (this.#left < 0 || this.#parent?.spend(steps) === false) this.#exhausted = true;
    return !this.#exhausted;
  }
}
