/** What an opening in progress is told by. */
export interface Opening<T> {
  /** It is open. */
  readonly done: (opened: T) => void;
  readonly failed: (error: Error) => void;
}

/**
 * Something that opens with callbacks as a promise that an abort ends. `start` returns what undoes it, called when it failed or was
 * aborted. Rejects with what `failed` got, or with the signal's reason.
 */
export function opening<T>(signal: AbortSignal, start: (opening: Opening<T>) => () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const settle = (act: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', abort);
      act();
    };
    const refuse = (reason: Error): void =>
      settle(() => {
        undo();
        reject(reason);
      });
    const abort = (): void => refuse(signal.reason as Error);
    signal.addEventListener('abort', abort);
    const undo = start({ done: (opened) => settle(() => resolve(opened)), failed: refuse });
  });
}
