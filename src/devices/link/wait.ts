import type { Clock } from '../../lib/clock.ts';

/**
 * Waits for something that is told by calling `settle`, at most `timeoutMs`. `begin` subscribes and returns what
 * unsubscribes; it is called at once, and its return value exactly once, whatever way the wait ends.
 *
 * @returns the value, or `timeout`.
 * @throws what `signal` was aborted with, or what `fail` was given.
 */
export function waitFor<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal | null,
  begin: (settle: (value: T) => void, fail: (error: Error) => void) => () => void,
): Promise<{ kind: 'value'; value: T } | { kind: 'timeout' }> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const undo: (() => void)[] = [];
    const state = { done: false };
    const end = (act: () => void): void => {
      if (state.done) return;
      state.done = true;
      for (const step of undo) step();
      act();
    };
    const abort = (): void => end(() => reject(signal?.reason as Error));
    signal?.addEventListener('abort', abort);
    undo.push(() => signal?.removeEventListener('abort', abort));
    undo.push(clock.after(timeoutMs, () => end(() => resolve({ kind: 'timeout' }))));
    const unsubscribe = begin(
      (value) => end(() => resolve({ kind: 'value', value })),
      (error) => end(() => reject(error)),
    );
    if (state.done) unsubscribe();
    else undo.push(unsubscribe);
  });
}

/** Lets `ms` go by. @throws what `signal` was aborted with. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal | null): Promise<void> {
  await waitFor<never>(clock, ms, signal, () => () => undefined);
}
