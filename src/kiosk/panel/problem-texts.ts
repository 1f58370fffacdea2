import type { Problem } from '../../call/call-state.ts';
import { frenchProblems, frenchUnknown } from './strings/french-problems.ts';
import { languageOf } from './strings.ts';

export interface ProblemText {
  readonly message: string;
  /** Empty when it mends itself. */
  readonly action: string;
}

/** A problem or refusal in the page's language: the daemon tells it in English, other languages know it by its code. */
export function problemText({ code, message, action }: Pick<Problem, 'code' | 'message' | 'action'>): ProblemText {
  if (languageOf(document.documentElement.lang) === 'en') return { message: withoutCode(message), action };
  return frenchProblems[code] ?? { ...frenchUnknown, action: `${frenchUnknown.action} (${code})` };
}

/** The same as one sentence or two. */
export function problemSentence(problem: Pick<Problem, 'code' | 'message' | 'action'>): string {
  const { message, action } = problemText(problem);
  return action ? `${message} ${action}` : message;
}

/** Errors end with their code, which is for logs. */
const withoutCode = (message: string): string => message.replace(/ \([a-z]+\/[a-z0-9-]+\)$/, '');
