import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fillFolder, fingerprint, readText } from './files.mjs';
import { SetupError } from './errors.mjs';
import { ask, run } from './run.mjs';

const STAMP = '.incamera-lock';
const PATCH_STAMP = '.incamera-patches';

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

/**
 * The native part of a package, built by its own install script, once for all checkouts: it depends on the package's version, our
 * patch to it, Node's ABI and what `libraries` says.
 * @param {string} file of the package, `build/Release/<file>`. @param {() => string} libraries with a dash before it, or ''.
 * @param {string} [without] what is missing in a room where it cannot be built; absent: set-up fails.
 */
function addonStep(name, file, title, libraries, without) {
  const placeOf = ({ modules }) => join(modules, name, 'build/Release', file);
  const stampOf = ({ modules }) => join(modules, name, 'build/.incamera');
  const cacheOf = ({ places, node }) => {
    const { version } = JSON.parse(readText(join(places.modules, name, 'package.json')));
    const patch = fingerprint(places.root, [patchOf(name, version)]);
    const [major] = node.version.split('.');
    return join(places.cache, `${name}-${version}-${patch}-node${major}${libraries()}-${process.arch}`);
  };
  return {
    title,
    without,
    satisfied: (context) =>
      readText(stampOf(context.places)) === cacheOf(context) && existsSync(placeOf(context.places)),
    perform: async (context, progress) => {
      const [cache, built] = [cacheOf(context), placeOf(context.places)];
      const cached = join(cache, file);
      if (!existsSync(cached)) {
        progress(`building ${name}`);
        await run(context.places, `addon-${name}`, 'npm', ['rebuild', name], { env: buildEnvironment(context) });
        await fillFolder(cache, (folder) => cpSync(built, join(folder, file)));
      }
      mkdirSync(dirname(built), { recursive: true });
      // Not written over: a running room has the old one mapped.
      rmSync(built, { force: true });
      cpSync(cached, built);
      writeFileSync(stampOf(context.places), cache);
    },
  };
}

export const gstreamerStep = addonStep(
  'gstreamer-superficial',
  'gstreamer-superficial.node',
  'GStreamer binding for Node',
  () => `-gst${ask('pkg-config', ['--modversion', 'gstreamer-1.0']) ?? 'none'}`,
);

/** What `onoff` waits for edges with. */
export const epollStep = addonStep(
  'epoll',
  'epoll.node',
  'GPIO by sysfs',
  () => '',
  'buttons, lights and sensors do not work on kernels that have GPIO in /sys/class/gpio only',
);

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
