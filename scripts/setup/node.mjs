import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fillFolder, readText } from './files.mjs';
import { SetupError } from './errors.mjs';
import { ask, run } from './run.mjs';

const VERSION = '24.21.0';
const OLDEST_MINOR = 18;
/** From the package registry, as a lock file would hold them. */
const INTEGRITY = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};

/** The prefix of a Node that can run the product: binary in bin/, headers of exactly that version in include/. */
function usablePrefix(prefix, version) {
  const header = readText(join(prefix, 'include/node/node_version.h'));
  if (header === null) return false;
  const number = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(header)?.[1];
  return `${number('MAJOR')}.${number('MINOR')}.${number('PATCH')}` === version;
}

function runningNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major !== 24 || minor < OLDEST_MINOR) return null;
  const prefix = dirname(dirname(process.execPath));
  return usablePrefix(prefix, process.versions.node) ? { prefix, version: process.versions.node } : null;
}

export const nodeStep = {
  title: `Node ${VERSION.split('.')[0]} with headers`,
  satisfied: (context) => {
    const cached = join(context.places.cache, `node-${VERSION}-${process.arch}`);
    context.node = runningNode() ?? { prefix: cached, version: VERSION };
    return (
      usablePrefix(context.node.prefix, context.node.version) &&
      readdirSync(join(context.node.prefix, 'bin')).includes('node')
    );
  },
  perform: async (context, progress) => {
    const integrity = INTEGRITY[process.arch];
    if (!integrity)
      throw new SetupError(`Set-up knows x64 and arm64, not ${process.arch}.`, {
        action: 'Install Node 24 with headers yourself.',
      });
    const spec = `node-linux-${process.arch}@${VERSION}`;
    await fillFolder(context.node.prefix, async (folder) => {
      progress(`downloading ${spec}`);
      const download = join(folder, 'download');
      mkdirSync(download);
      await run(context.places, 'node', 'npm', [
        'pack',
        spec,
        '--ignore-scripts',
        '--pack-destination',
        download,
      ]).catch((error) => {
        throw new SetupError(`The package ${spec} could not be downloaded.\n${error.message}`, {
          action: 'Connect this machine to the package registry, or install Node 24 with its headers.',
        });
      });
      const archive = join(download, readdirSync(download)[0]);
      const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
      if (digest !== integrity) throw new SetupError(`The package ${spec} is not the expected one (${digest}).`);
      progress('unpacking');
      await run(context.places, 'node-unpack', 'tar', [
        'xzf',
        archive,
        '-C',
        folder,
        '--strip-components=1',
        '--no-same-owner',
      ]);
      await run(context.places, 'node-clean', 'rm', ['-rf', download]);
      chmodSync(join(folder, 'bin/node'), 0o755);
      if (ask(join(folder, 'bin/node'), ['--version']) !== `v${VERSION}`) {
        throw new SetupError(`The Node of ${spec} does not run on this machine.`);
      }
    });
  },
};
