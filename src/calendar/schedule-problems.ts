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

  /** What is wrong now, each code once; `sinceMs` counts for those that were not there before. */
  set(problems: readonly { readonly code: string; readonly sinceMs: number }[]): void {
    this.#list = problems.map(
      ({ code, sinceMs }) =>
        this.#list.find((each) => each.code === code) ?? { code, ...calendarText(code), since: sinceMs },
    );
  }
}
