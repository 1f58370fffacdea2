/** Steps of set-up that build the virtual room: kernel, Debian, disk; each is kept outside the checkout, by what it is made of. */
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { updatePackageLists } from '../../../scripts/setup/debian.mjs';
import { SetupError } from '../../../scripts/setup/errors.mjs';
import { fillFolder, fingerprint, readText } from '../../../scripts/setup/files.mjs';
import { run } from '../../../scripts/setup/run.mjs';

const HERE = 'test/vm/image';
/** Its kernel's source, headers and archive are laid out as the recipes expect. */
const SUITE = 'bookworm';
/** Disks take 800 MB each: of an older checkout's, so many are kept. */
const MOST_DISKS = 2;

const room = (context) => (context.room ??= {});
const folderOf = (context, kind, key) => join(context.places.cache, 'virtual-room', `${kind}-${key}`);
const script = (context, name) => join(context.places.root, HERE, name);

/** What apt says when its lists are older than the archive, and what the recipes say when there are none. */
const OLD_LISTS = /\b404\b|apt-get update|Unable to (locate|find) /;

/** Builds a folder, and once more with new lists of packages where the old ones lead nowhere. */
async function fillWithPackages(context, progress, folder, fill) {
  try {
    await fillFolder(folder, fill);
  } catch (error) {
    if (!OLD_LISTS.test(error.message)) throw error;
    await updatePackageLists(context, progress);
    await fillFolder(folder, fill);
  }
}

/** Runs one of the shell scripts beside this file; its lines say where it is. */
function build(context, progress, name, args) {
  return run(context.places, `vm-${basename(name, '.sh')}`, 'bash', [script(context, name), ...args], {
    onLine: (line) => progress(line.slice(0, 90)),
  });
}

/** Of Debian, names with commas between: what the product runs with, and what makes a room of it. */
function packagesOf(context) {
  const files = [
    join(context.places.root, 'scripts/setup/debian-packages.json'),
    script(context, 'guest-packages.json'),
  ];
  const [product, guest] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')));
  return Object.keys({ ...guest, ...product.run }).join(',');
}

function isDebian12() {
  return process.arch === 'x64' && (readText('/etc/os-release') ?? '').includes(`VERSION_CODENAME=${SUITE}`);
}

/** @throws {SetupError} on what the recipes do not know. */
export function requireDebian12() {
  if (isDebian12()) return;
  throw new SetupError('The virtual room is built on Debian 12 on x86-64 only.', {
    action: 'Run it on such a machine; `npm test` leaves it out where it is not built.',
  });
}

export const kernelStep = {
  title: 'kernel of the virtual room',
  satisfied: (context) => {
    const recipe = ['build-kernel.sh', 'kernel-modules.txt', 'initramfs-init'].map((name) => join(HERE, name));
    room(context).kernel = folderOf(context, 'kernel', fingerprint(context.places.root, recipe));
    return existsSync(room(context).kernel);
  },
  perform: (context, progress) =>
    fillWithPackages(context, progress, room(context).kernel, (folder) =>
      build(context, progress, 'build-kernel.sh', [folder]),
    ),
};

export const systemStep = {
  title: 'Debian of the virtual room',
  satisfied: (context) => {
    const key = fingerprint(context.places.root, [join(HERE, 'build-system.sh')], SUITE, packagesOf(context));
    room(context).system = folderOf(context, 'system', key);
    return existsSync(room(context).system);
  },
  perform: (context, progress) =>
    fillWithPackages(context, progress, room(context).system, (folder) =>
      build(context, progress, 'build-system.sh', [folder, SUITE, packagesOf(context)]),
    ),
};

export const diskStep = {
  title: 'disk of the virtual room',
  satisfied: (context) => {
    const { kernel, system } = room(context);
    const recipe = [join(HERE, 'build-disk.sh'), 'test/vm/guest'];
    const key = fingerprint(context.places.root, recipe, basename(kernel), basename(system));
    room(context).disk = folderOf(context, 'disk', key);
    return existsSync(room(context).disk);
  },
  perform: async (context, progress) => {
    const { kernel, system, disk } = room(context);
    const guest = join(context.places.root, 'test/vm/guest');
    await fillFolder(disk, (folder) =>
      build(context, progress, 'build-disk.sh', [folder, join(system, 'system.tar'), join(kernel, 'modules'), guest]),
    );
    removeOldDisks(disk);
  },
};

function removeOldDisks(newest) {
  const folder = dirname(newest);
  const disks = readdirSync(folder).filter((name) => /^disk-[0-9a-f]+$/.test(name) && name !== basename(newest));
  const byAge = disks.map((name) => join(folder, name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of byAge.slice(MOST_DISKS - 1)) rmSync(old, { recursive: true, force: true });
}

/** Leave `context.room`: folders `kernel` (vmlinux, initrd.img), `system` and `disk` (disk.ext4). */
export const roomSteps = [kernelStep, systemStep, diskStep];

/** Whether this machine has all that the room is started with; `context.room` is filled then. */
export function isRoomInPlace(context) {
  if (!isDebian12() || !existsSync('/usr/bin/qemu-system-x86_64')) return false;
  return roomSteps.every((step) => step.satisfied(context));
}

/** What `test/vm/host/run.ts` is to be told of it. */
export function roomArguments(context) {
  const { kernel, disk } = context.room;
  return ['--kernel', kernel, '--disk', join(disk, 'disk.ext4'), '--cache', context.places.cache];
}
