import { isAbsolute, join } from 'node:path';
import { ConfigError } from '../lib/errors.ts';
import type { Config, SettingKey } from './settings.ts';
import { isSettingKey, rowOf, settingKeys } from './settings.ts';

export type ConfigValues = Readonly<Record<string, unknown>>;

const SHOWN_LENGTH = 80;

/**
 * Checks values by key and fills in defaults; relative paths are taken from `stateDirectory`.
 * Nothing is applied in part: one wrong value refuses the whole.
 * @throws {ConfigError} `config/unknown-key` or `config/bad-value`, naming every wrong key, its value and what is accepted.
 */
export function validateConfig(values: ConfigValues, stateDirectory: string): Config {
  const unknown = Object.keys(values).filter((key) => key !== '$schema' && !isSettingKey(key));
  if (unknown.length > 0) throw new ConfigError('config/unknown-key', unknown.map(describeUnknown).join('; '));
  const bad = settingKeys.filter((key) => Object.hasOwn(values, key) && !rowOf(key).type.is(values[key]));
  if (bad.length > 0)
    throw new ConfigError('config/bad-value', bad.map((key) => describeBad(key, values[key])).join('; '));
  const complete = settingKeys.map((key) => [
    key,
    resolvePaths(key, Object.hasOwn(values, key) ? values[key] : rowOf(key).default, stateDirectory),
  ]);
  return Object.freeze(Object.fromEntries(complete)) as Config;
}

/** What is wrong with one value, or null: the same words as a refused start. */
export function problemOf(key: SettingKey, value: unknown): string | null {
  return rowOf(key).type.is(value) ? null : describeBad(key, value);
}

function describeBad(key: SettingKey, value: unknown): string {
  const row = rowOf(key);
  return `${key} is ${row.secret ? 'not acceptable' : show(value)}, but must be ${row.type.accepts}`;
}

function describeUnknown(key: string): string {
  const near = settingKeys.filter((known) => known.toLowerCase() === key.toLowerCase() || known.endsWith(`.${key}`));
  const hint = near.length > 0 ? near : settingKeys.filter((known) => known.split('.')[0] === key.split('.')[0]);
  return `there is no setting ${show(key)}${hint.length > 0 ? `; did you mean ${hint.join(', ')}?` : '; docs/configuration.md lists all'}`;
}

function show(value: unknown): string {
  const json = value === undefined ? 'nothing' : JSON.stringify(value);
  return json.length > SHOWN_LENGTH ? `${json.slice(0, SHOWN_LENGTH)}…` : json;
}

function resolvePaths(key: SettingKey, value: unknown, base: string): unknown {
  if (!rowOf(key).type.path) return value;
  if (typeof value === 'string') return isAbsolute(value) ? value : join(base, value);
  return Array.isArray(value) ? value.map((entry: unknown) => resolvePaths(key, entry, base)) : value;
}
