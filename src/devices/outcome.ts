/**
 * Why the state that was asked for is not known to be reached:
 * - `no-answer`: the device did not answer in time, or its link is down.
 * - `refused`: it answered that it will not.
 * - `not-now`: it answered that it cannot at the moment, as a projector that is warming up; worth another try.
 * - `differs`: it was read back and is in another state, which stands in `value`.
 * - `cannot-read`: it took the command and has no way to tell its state.
 * - `unsupported`: the device cannot do this.
 * - `superseded`: something else was asked for before this was reached.
 */
export type UnverifiedReason =
  'no-answer' | 'refused' | 'not-now' | 'differs' | 'cannot-read' | 'unsupported' | 'superseded';

export interface Reached<T> {
  readonly kind: 'reached';
  readonly value: T;
}

export interface Unverified<T> {
  readonly kind: 'unverified';
  readonly reason: UnverifiedReason;
  /** The state that it reports instead, or `null` when that is not known. */
  readonly value: T | null;
}

/** What a setter returns: the state that the device itself reports, or why that could not be had. */
export type Outcome<T> = Reached<T> | Unverified<T>;

export function reached<T>(value: T): Reached<T> {
  return { kind: 'reached', value };
}

export function unverified<T>(reason: UnverifiedReason, value: T | null): Unverified<T> {
  return { kind: 'unverified', reason, value };
}
