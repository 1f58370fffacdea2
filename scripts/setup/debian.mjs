import { readFileSync } from 'node:fs';
import { SetupError } from './errors.mjs';
import { ask, run } from './run.mjs';

const APT_OPTIONS = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=30'];
const NETWORK = /Failed to fetch|Could not resolve|Temporary failure|Unable to connect|Connection (timed out|refused)/;

/** Debian packages of the wanted groups that dpkg does not have installed. */
export function missingPackages(groups) {
  const table = JSON.parse(readFileSync(new URL('debian-packages.json', import.meta.url), 'utf8'));
  const wanted = groups.flatMap((group) => Object.keys(table[group]));
  const status = ask('sh', [
    '-c',
    'dpkg-query -W -f=\'${Package} ${db:Status-Status}\\n\' "$@" || true',
    'sh',
    ...wanted,
  ]);
  const installed = new Set((status ?? '').split('\n').map((line) => line.trim()));
  return wanted.filter((name) => !installed.has(`${name} installed`));
}

/** How to become root here: a prefix of the command, or null when there is no way without a person. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return ask('sudo', ['-n', 'true']) === null ? null : ['sudo', '-n'];
}

function runApt(context, prefix, progress, name, args) {
  const command = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...APT_OPTIONS, ...args];
  const [program, ...rest] = command;
  return run(context.places, name, program, rest, { onLine: (line) => progress(line.slice(0, 90)) });
}

/** Brings apt's lists of packages up to date. @throws {SetupError} without root, and without a network. */
export async function updatePackageLists(context, progress) {
  const prefix = rootPrefix();
  if (prefix === null)
    throw new SetupError(
      "apt's lists of packages are absent or old, and there is neither root nor a sudo without password.",
      {
        action: 'Run this once, then start again:\n\n  sudo apt-get update\n',
        exitCode: 2,
      },
    );
  await runApt(context, prefix, progress, 'apt-update', ['update']);
}

export const debianStep = {
  title: 'Debian packages',
  satisfied: (context) => {
    context.missing = missingPackages(context.groups);
    return context.missing.length === 0;
  },
  perform: async (context, progress) => {
    const missing = context.missing;
    if (ask('apt-get', ['--version']) === null) throw notDebian(missing);
    const prefix = rootPrefix();
    if (prefix === null) throw needsRoot(missing);
    const apt = (name, args) => runApt(context, prefix, progress, name, args);
    const install = ['install', '-y', '--no-install-recommends', ...missing];
    try {
      await apt('apt-install', install);
    } catch {
      // The package lists are absent or older than the archive.
      await apt('apt-update', ['update']).catch((error) => Promise.reject(explain(error, missing)));
      await apt('apt-install', install).catch((error) => Promise.reject(explain(error, missing)));
    }
    const still = missingPackages(context.groups);
    if (still.length > 0)
      throw new SetupError(`apt-get reported success, but these are not installed: ${still.join(' ')}`);
  },
};

function installCommand(missing) {
  return `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
}

function needsRoot(missing) {
  return new SetupError(
    `${missing.length} Debian packages are missing, and there is neither root nor a sudo without password.`,
    {
      action: `Run this once, then start again:\n\n  sudo sh -c '${installCommand(missing)}'\n`,
      exitCode: 2,
    },
  );
}

function notDebian(missing) {
  return new SetupError('There is no apt-get: set-up knows Debian 12 and later, Ubuntu and Raspberry Pi OS.', {
    action: `Install what corresponds to: ${missing.join(' ')}`,
    exitCode: 2,
  });
}

function explain(error, missing) {
  const unknown = [...error.message.matchAll(/Unable to locate package (\S+)/g)].map((match) => match[1]);
  if (unknown.length > 0)
    return new SetupError(`This system's archive has no package ${unknown.join(', ')}.\n${error.message}`, error);
  if (!NETWORK.test(error.message)) return error;
  const failed = [
    ...new Set([...error.message.matchAll(/Failed to fetch \S*\/([^/\s_]+)_/g)].map((match) => match[1])),
  ];
  const names = failed.length > 0 ? failed : missing;
  return new SetupError(`No network to Debian's archive while fetching: ${names.join(' ')}.\n${error.message}`, {
    action: `Connect this machine, or run where there is a mirror: ${installCommand(missing)}`,
  });
}
