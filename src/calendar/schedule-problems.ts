import { calendarText } from './calendar-texts.ts';

/** One thing that is wrong with the calendar now, in a person's words. */
export interface CalendarProblem {
  readonly code: string;
  readonly message: string;
  /** What a person can do; empty when it mends itself. */
  readonly action: string;
  /** Wall clock, ms since 1970. */
  readonly since: number;
}

/** Problems as states: each is there once, from when it began until it has ended. */
export class CalendarProblems {
  #list: readonly CalendarProblem[] = [];

  get list(): readonly CalendarProblem[] {
    return this.#list;
  }

  /** `sinceMs`: when those began that were not there before. */
  set(codes: readonly string[], sinceMs: number): void {
    this.#list = codes.map(
      (code) => this.#list.find((each) => each.code === code) ?? { code, ...calendarText(code), since: sinceMs },
    );
  }
}
