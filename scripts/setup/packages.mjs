import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fillFolder, fingerprint, readText } from './files.mjs';
import { SetupError } from './errors.mjs';
import { ask, run } from './run.mjs';

const STAMP = '.incamera-lock';
const PATCH_STAMP = '.incamera-patches';
const ADDON = 'gstreamer-superficial';

/** node_modules holds what package-lock.json says: our stamp of it, or npm's own record entry by entry. */
function agreesWithLock({ root, modules }) {
  const lock = readText(join(root, 'package-lock.json')) ?? '';
  const record = readText(join(modules, '.package-lock.json'));
  if (record === null) return false;
  if (readText(join(modules, STAMP)) === fingerprint(root, ['package-lock.json'])) return true;
  const wanted = JSON.parse(lock).packages;
  const present = JSON.parse(record).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    const found = present[path];
    if (path === '') return true;
    return found ? found.version === entry.version && found.integrity === entry.integrity : entry.optional === true;
  });
}

/** npm and node-gyp under our Node: a machine-wide `nodedir` for another version would build against the wrong headers. */
export function buildEnvironment(context) {
  const { prefix } = context.node;
  return {
    ...process.env,
    PATH: `${join(prefix, 'bin')}:${process.env.PATH ?? ''}`,
    npm_config_nodedir: prefix,
    npm_config_engine_strict: 'false',
  };
}

export const packagesStep = {
  title: 'npm packages from the lock file',
  satisfied: (context) => agreesWithLock(context.places),
  perform: async (context, progress) => {
    const { root, modules } = context.places;
    progress('npm ci');
    await run(context.places, 'npm-ci', 'npm', ['ci', '--ignore-scripts'], { env: buildEnvironment(context) }).catch(
      (error) => {
        const names = [...error.message.matchAll(/https?:\/\/[^/\s]+\/(\S+?)(?:\/-\/|\s|$)/g)].map((match) => match[1]);
        throw new SetupError(
          `npm ci failed${names.length > 0 ? ` at ${[...new Set(names)].join(', ')}` : ''}.\n${error.message}`,
          {
            action: 'Check the network and the registry that `npm config get registry` names, then start again.',
          },
        );
      },
    );
    writeFileSync(join(modules, STAMP), fingerprint(root, ['package-lock.json']));
  },
};

const patchOf = (name, version) => `patches/${name}+${version}.patch`;

/** The addon depends on its own version and our patch to it, on Node's ABI and on GStreamer's. */
function addonCache(context) {
  const { version } = JSON.parse(readText(join(context.places.modules, ADDON, 'package.json')));
  const gstreamer = ask('pkg-config', ['--modversion', 'gstreamer-1.0']) ?? 'none';
  const [major] = context.node.version.split('.');
  const patch = fingerprint(context.places.root, [patchOf(ADDON, version)]);
  return join(context.places.cache, `${ADDON}-${version}-${patch}-node${major}-gst${gstreamer}-${process.arch}`);
}

export const addonStep = {
  title: 'GStreamer binding for Node',
  satisfied: (context) => {
    context.addonCache = addonCache(context);
    const stamp = readText(join(context.places.modules, ADDON, 'build/.incamera'));
    return (
      stamp === context.addonCache && existsSync(join(context.places.modules, ADDON, `build/Release/${ADDON}.node`))
    );
  },
  perform: async (context, progress) => {
    const built = join(context.places.modules, ADDON, `build/Release/${ADDON}.node`);
    const cached = join(context.addonCache, `${ADDON}.node`);
    if (!existsSync(cached)) {
      progress(`building ${ADDON}`);
      await run(context.places, 'addon', 'npm', ['rebuild', ADDON], { env: buildEnvironment(context) });
      await fillFolder(context.addonCache, (folder) => cpSync(built, join(folder, `${ADDON}.node`)));
    }
    mkdirSync(dirname(built), { recursive: true });
    // Not written over: a running room has the old one mapped.
    rmSync(built, { force: true });
    cpSync(cached, built);
    writeFileSync(join(context.places.modules, ADDON, 'build/.incamera'), context.addonCache);
  },
};

/** A package that npm wrote anew has lost its patch: npm's record is part of the stamp. */
function patchFingerprint({ root, modules }) {
  const record = join(modules, '.package-lock.json');
  return fingerprint(root, ['patches'], String(existsSync(record) ? statSync(record).mtimeMs : 0));
}

export const patchesStep = {
  title: 'patches to npm packages',
  satisfied: ({ places }) =>
    !existsSync(join(places.root, 'patches')) ||
    readText(join(places.modules, PATCH_STAMP)) === patchFingerprint(places),
  perform: async (context) => {
    const { root, modules } = context.places;
    const node = join(context.node.prefix, 'bin/node');
    const program = join(modules, 'patch-package/index.js');
    await run(context.places, 'patches', node, [program, '--error-on-fail'], { cwd: root });
    writeFileSync(join(modules, PATCH_STAMP), patchFingerprint(context.places));
  },
};
