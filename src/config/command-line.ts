import { parseArgs } from 'node:util';
import { ConfigError, codeOf } from '../lib/errors.ts';
import type { SettingKey } from './settings.ts';
import { rowOf, settingKeys } from './settings.ts';
import type { ConfigValues } from './validate.ts';

export interface CommandLine {
  readonly help: boolean;
  /** Another configuration file than the environment's; null: that one. */
  readonly configFile: string | null;
  /** Settings for this start only, not yet checked: hand them to `loadConfig`. */
  readonly overrides: ConfigValues;
}

/** `meetingServer.url` → `meeting-server-url`. */
export function flagOf(key: SettingKey): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-');
}

/**
 * Every setting has a flag. Secrets have none: a command line is visible to every user of the machine.
 * @throws {ConfigError} `config/bad-flag` for a flag that does not exist or lacks its value.
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const keys = settingKeys.filter((key) => !rowOf(key).secret);
  const flags = Object.fromEntries(
    keys.map((key) => [flagOf(key), { type: 'string' as const, multiple: true as const }]),
  );
  const values = parse(args, flags);
  const overrides = keys.flatMap((key) => {
    const texts = values[flagOf(key)];
    return Array.isArray(texts) ? [[key, rowOf(key).type.fromText(texts.map(String))]] : [];
  });
  const configFile = values['config'];
  return {
    help: values['help'] === true,
    configFile: typeof configFile === 'string' ? configFile : null,
    overrides: Object.fromEntries(overrides) as ConfigValues,
  };
}

type Flags = Record<string, { type: 'string'; multiple: true }>;

function parse(args: readonly string[], flags: Flags): Record<string, unknown> {
  try {
    const options = { ...flags, help: { type: 'boolean' as const }, config: { type: 'string' as const } };
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    const message =
      cause instanceof Error && codeOf(cause).startsWith('ERR_PARSE_ARGS')
        ? cause.message
        : 'the command line cannot be read';
    throw new ConfigError('config/bad-flag', `${message.split('\n')[0] ?? ''} --help lists the flags`, { cause });
  }
}

/** The text of `--help`. */
export function helpText(): string {
  const flags = settingKeys
    .filter((key) => !rowOf(key).secret)
    .map((key) => `  --${flagOf(key).padEnd(38)} ${rowOf(key).type.accepts}`);
  return [
    'usage: npm start -- [--config FILE] [FLAGS]',
    '       npm start -- doctor [--json] [--config FILE] [FLAGS]   what devices there are, and what is wrong with them',
    '',
    'Each setting of docs/configuration.md, for this start only:',
    ...flags,
    '',
  ].join('\n');
}
