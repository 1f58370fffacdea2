import { join } from 'node:path';
import { debianStep } from './debian.mjs';
import { SetupError } from './errors.mjs';
import { nodeStep } from './node.mjs';
import { epollStep, gstreamerStep, packagesStep, patchesStep } from './packages.mjs';
import { pagesStep } from './pages.mjs';
import { findPlaces } from './places.mjs';
import { pluginStep, registryStep } from './plugin.mjs';
import { runSteps } from './steps.mjs';
import { workerStep } from './worker.mjs';

const STEPS = [
  debianStep,
  nodeStep,
  packagesStep,
  patchesStep,
  gstreamerStep,
  epollStep,
  pluginStep,
  registryStep,
  workerStep,
  pagesStep,
];

/** Each waiting pull of GStreamer and each bus poll holds one of libuv's threads: nine videos, audio, and room for files. */
const UV_THREADPOOL_SIZE = '32';

/**
 * Does what is missing on this machine, in order.
 * @param {string[]} groups of Debian packages: 'run', 'build', 'test', 'vm'.
 * @param {object[]} further steps after those of the product, for `runSteps`; what they note in the context is handed back.
 * @returns {Promise<{ root: string, node: string, env: Record<string, string>, context: object }>} the Node to run and its environment.
 * @throws {SetupError}
 */
export async function setUp(groups, further = []) {
  if (process.platform !== 'linux') throw new SetupError(`Incamera runs on Linux, not on ${process.platform}.`);
  const places = findPlaces();
  const context = { places, groups };
  await runSteps([...STEPS, ...further], context);
  const env = productEnvironment(context);
  return { root: places.root, node: join(context.node.prefix, 'bin/node'), env, context };
}

function productEnvironment(context) {
  const own = [context.plugin, process.env.GST_PLUGIN_PATH].filter(Boolean).join(':');
  return {
    ...process.env,
    PATH: `${join(context.node.prefix, 'bin')}:${process.env.PATH ?? ''}`,
    UV_THREADPOOL_SIZE,
    GST_PLUGIN_PATH: own,
    GST_REGISTRY: context.registry,
    MEDIASOUP_WORKER_BIN: context.worker,
    INCAMERA_GPIO_HELPER: join(context.plugin, 'incamera-gpio'),
  };
}

/** Runs a script's main function: a set-up error becomes a clear text and its exit code. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n✗ ${error.message}\n${error.action ? `\n${error.action}\n` : ''}`);
    process.exitCode = error.exitCode;
  }
}
