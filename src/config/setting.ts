import type { ValueType } from './value-types.ts';

/** One setting. `apply` says when a change takes effect: at once, with the next call, or after a restart of the daemon. */
export interface Setting<T> {
  readonly type: ValueType<T>;
  readonly default: T;
  readonly apply: 'at-once' | 'next-call' | 'restart';
  /** Secrets are never shown, logged or exported. */
  readonly secret: boolean;
  readonly meaning: string;
}

export function setting<T>(
  type: ValueType<T>,
  value: NoInfer<T>,
  apply: Setting<T>['apply'],
  meaning: string,
): Setting<T> {
  return { type, default: value, apply, secret: false, meaning };
}

/** A setting that nothing shows; absent it is empty. */
export function secret(type: ValueType<string>, apply: Setting<string>['apply'], meaning: string): Setting<string> {
  return { type, default: '', apply, secret: true, meaning };
}
