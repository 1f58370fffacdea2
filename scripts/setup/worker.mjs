import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fillFolder, fingerprint, readText } from './files.mjs';
import { SetupError } from './errors.mjs';
import { run } from './run.mjs';

const RECIPE = fileURLToPath(new URL('build-mediasoup-worker.sh', import.meta.url));
const DOWNLOAD_DEADLINE_MS = 20_000;
const FIRST_BYTE_DEADLINE_MS = 5_000;
/** What the worker answers when started without its environment: the sign that it runs on this machine (its main.cpp). */
const RUNS_EXIT_CODE = 41;

function runsHere(binary) {
  return (
    existsSync(binary) && spawnSync(binary, [], { env: {}, stdio: 'ignore', timeout: 5_000 }).status === RUNS_EXIT_CODE
  );
}

export const workerStep = {
  title: "mediasoup's worker",
  satisfied: (context) => {
    const chosen = process.env.MEDIASOUP_WORKER_BIN;
    const folder = join(context.places.modules, 'mediasoup');
    const { version, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const cache = join(context.places.cache, 'mediasoup', `${version}-${process.arch}`);
    const recipe = fingerprint(context.places.root, [
      'scripts/setup/build-mediasoup-worker.sh',
      'scripts/setup/mediasoup-subprojects',
    ]);
    context.mediasoup = {
      folder,
      version,
      repository,
      prebuilt: `${cache}-prebuilt`,
      built: `${cache}-built-${recipe}`,
    };
    const candidates = [context.mediasoup.prebuilt, context.mediasoup.built].map((place) =>
      join(place, 'mediasoup-worker'),
    );
    if (chosen) candidates.unshift(chosen);
    context.worker = candidates.find(runsHere) ?? null;
    return context.worker !== null;
  },
  perform: async (context, progress) => {
    progress('downloading the prebuilt one');
    const reason = await download(context.mediasoup);
    if (reason === null) {
      context.worker = join(context.mediasoup.prebuilt, 'mediasoup-worker');
      return;
    }
    process.stdout.write(`    no prebuilt worker (${reason}): building it from source takes about 6 minutes, once\n`);
    await build(context, progress);
    context.worker = join(context.mediasoup.built, 'mediasoup-worker');
  },
};

/** Fetches the release that mediasoup's own installer would fetch. Answers null, or the reason why there is none. */
async function download({ version, repository, prebuilt }) {
  const base =
    process.env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ||
    `${repository.url.replace(/^git\+/, '').replace(/\.git$/, '')}/releases/download`;
  const name = `mediasoup-worker-${version}-linux-${process.arch}-kernel${release().split('.')[0]}.tgz`;
  try {
    const archive = await fetchWithin(`${base}/${version}/${name}`);
    await fillFolder(prebuilt, (folder) => unpack(archive, folder));
    return null;
  } catch (error) {
    return error.name === 'AbortError' ? 'no answer in time' : (error.cause?.code ?? error.message);
  }
}

async function fetchWithin(url) {
  const controller = new AbortController();
  const timers = [setTimeout(() => controller.abort(), DOWNLOAD_DEADLINE_MS)];
  const firstByte = setTimeout(() => controller.abort(), FIRST_BYTE_DEADLINE_MS);
  timers.push(firstByte);
  try {
    const response = await fetch(url, { signal: controller.signal });
    clearTimeout(firstByte);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  } finally {
    timers.forEach(clearTimeout);
  }
}

function unpack(archive, folder) {
  const tar = spawnSync('tar', ['xz', '--no-same-owner', '-C', folder, 'mediasoup-worker'], { input: archive });
  if (tar.status !== 0) throw new Error('the archive cannot be unpacked');
  const binary = join(folder, 'mediasoup-worker');
  chmodSync(binary, 0o755);
  if (!runsHere(binary)) throw new Error('it does not run on this system');
  writeFileSync(join(folder, 'sha256'), createHash('sha256').update(readFileSync(binary)).digest('hex'));
}

async function build(context, progress) {
  const { folder, built } = context.mediasoup;
  if (readText(join(folder, 'worker/meson.build')) === null)
    throw new SetupError("mediasoup's npm package holds no worker source.");
  await fillFolder(built, async (target) => {
    await run(context.places, 'mediasoup-worker', 'bash', [RECIPE, join(folder, 'worker'), target], {
      onLine: (line) => {
        const step = /^\[(\d+)\/(\d+)\]/.exec(line);
        if (step) progress(`compiling, ${step[1]} of ${step[2]}`);
      },
    });
    if (!runsHere(join(target, 'mediasoup-worker'))) throw new SetupError('The worker was built, but does not start.');
  });
}
