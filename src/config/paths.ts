import { join } from 'node:path';
import { ConfigError } from '../lib/errors.ts';

/** The only part of the environment that the product reads; every other setting is a configuration key. */
export interface Environment {
  /** What must survive: configuration, identity. */
  readonly stateDirectory: string;
  /** What can be made again. */
  readonly cacheDirectory: string;
  /** What must not survive a reboot: sockets, leases. */
  readonly runtimeDirectory: string;
  readonly configFile: string;
  /** mediasoup's worker; null: where mediasoup itself looks. */
  readonly mediasoupWorker: string | null;
  /** The program that holds GPIO lines; null: `incamera-gpio` on the path. */
  readonly gpioHelper: string | null;
  /** The X display a window can be opened on; null: none. */
  readonly xDisplay: string | null;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Directories in this order: `INCAMERA_…_DIR`, what systemd hands a unit (`STATE_DIRECTORY`…), the XDG directories.
 * @throws {ConfigError} `config/no-home` when none of them is set.
 */
export function readEnvironment(variables: Variables, uid: number): Environment {
  const stateDirectory =
    first(variables, ['INCAMERA_STATE_DIR', 'STATE_DIRECTORY']) ??
    underHome(variables, 'XDG_STATE_HOME', '.local/state');
  const configuration = first(variables, ['CONFIGURATION_DIRECTORY']);
  return {
    stateDirectory,
    cacheDirectory:
      first(variables, ['INCAMERA_CACHE_DIR', 'CACHE_DIRECTORY']) ?? underHome(variables, 'XDG_CACHE_HOME', '.cache'),
    runtimeDirectory:
      first(variables, ['INCAMERA_RUNTIME_DIR', 'RUNTIME_DIRECTORY']) ?? runtimeDirectory(variables, uid),
    configFile: first(variables, ['INCAMERA_CONFIG']) ?? join(configuration ?? stateDirectory, 'incamera.json'),
    mediasoupWorker: first(variables, ['MEDIASOUP_WORKER_BIN']),
    gpioHelper: first(variables, ['INCAMERA_GPIO_HELPER']),
    xDisplay: first(variables, ['DISPLAY']),
  };
}

/** The first set variable; systemd may hand several directories separated by colons, of which the first is ours. */
function first(variables: Variables, names: readonly string[]): string | null {
  for (const name of names) {
    const value = variables[name];
    if (value) return name.endsWith('_DIRECTORY') ? (value.split(':')[0] ?? value) : value;
  }
  return null;
}

function underHome(variables: Variables, xdg: string, fallback: string): string {
  const base = first(variables, [xdg]);
  if (base !== null) return join(base, 'incamera');
  const home = first(variables, ['HOME']);
  if (home === null)
    throw new ConfigError(
      'config/no-home',
      `neither ${xdg} nor HOME is set: set INCAMERA_STATE_DIR and INCAMERA_CACHE_DIR`,
    );
  return join(home, fallback, 'incamera');
}

function runtimeDirectory(variables: Variables, uid: number): string {
  const base = first(variables, ['XDG_RUNTIME_DIR']);
  return base === null ? join('/tmp', `incamera-${uid}`) : join(base, 'incamera');
}
