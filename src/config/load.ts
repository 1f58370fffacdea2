import { open } from 'node:fs/promises';
import { ConfigError, codeOf, isENOENT } from '../lib/errors.ts';
import type { Config } from './settings.ts';
import type { ConfigValues } from './validate.ts';
import { validateConfig } from './validate.ts';

const MAX_BYTES = 1_000_000;

/**
 * Reads incamera.json (a flat JSON object, key by key as in docs/configuration.md); an absent file means defaults.
 * `overrides`, from the command line, win over the file.
 * @throws {ConfigError} `config/unreadable`, `config/not-json`, `config/unknown-key`, `config/bad-value`.
 */
export async function loadConfig(path: string, stateDirectory: string, overrides: ConfigValues = {}): Promise<Config> {
  const values = await readValues(path);
  return validateConfig({ ...values, ...overrides }, stateDirectory);
}

async function readValues(path: string): Promise<ConfigValues> {
  const content = await readBounded(path);
  return content === null ? {} : parseValues(content, path);
}

async function readBounded(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > MAX_BYTES) throw new ConfigError('config/unreadable', `${path} is larger than ${MAX_BYTES} bytes`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isENOENT(error)) return null;
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('config/unreadable', `${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

function parseValues(content: string, path: string): ConfigValues {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    // The parser's own message quotes the content, which may hold a secret one day.
    throw new ConfigError('config/not-json', `${path} is not JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError('config/not-json', `${path} does not hold a JSON object`);
  }
  return value as ConfigValues;
}
