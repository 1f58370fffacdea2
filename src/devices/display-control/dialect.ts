import type { DisplayCapabilities, DisplayProperty, DisplayValues } from './display-control.ts';

/**
 * - `taken`: it says that it has taken it.
 * - `unclear`: it answered something damaged; whether it has taken it has to be read.
 * - the others as in `UnverifiedReason`.
 */
export type WriteResult = 'taken' | 'unclear' | 'refused' | 'not-now' | 'unsupported' | 'no-answer';

export type ReadResult<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'not-now' }
  | { readonly kind: 'cannot-read' };

/**
 * What one protocol has to know, and no more: to say and to ask, one thing at a time, each with a deadline of its own.
 * Verifying, repeating and telling problems is `VerifiedDisplay`'s. Methods reject only with the reason of `signal`.
 */
export interface DisplayDialect {
  readonly id: string;
  readonly virtual: boolean;
  readonly capabilities: DisplayCapabilities;
  start(): void;
  read<P extends DisplayProperty>(property: P, signal: AbortSignal | null): Promise<ReadResult<DisplayValues[P]>>;
  write<P extends DisplayProperty>(
    property: P,
    value: DisplayValues[P],
    signal: AbortSignal | null,
  ): Promise<WriteResult>;
  stepVolume(way: 'up' | 'down', signal: AbortSignal | null): Promise<WriteResult>;
  close(): Promise<void>;
}

/** How a dialect tells a problem that is its own, as a wrong password: the code, and whether it is there. */
export type TellTrouble = (code: string, isThere: boolean) => void;
