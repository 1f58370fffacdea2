import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SetupError } from './errors.mjs';

const TAIL_LINES = 25;
/** Lines that tell a person nothing: stack frames, and npm's remarks about its own configuration. */
const NOISE = /^\s*(npm \S+\s+)?at \S|^npm warn Unknown/;

/**
 * Runs a program without a shell, its output going to `<logs>/<name>.log`.
 * Resolves to its last lines. @throws {SetupError} carrying those lines when it fails.
 */
export async function run(
  places,
  name,
  program,
  args,
  { cwd = places.root, env = process.env, onLine = () => {} } = {},
) {
  mkdirSync(places.logs, { recursive: true });
  const logPath = join(places.logs, `${name}.log`);
  const log = createWriteStream(logPath);
  const tail = [];
  const child = spawn(program, args, { cwd, env: { ...env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (!NOISE.test(line)) tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
      onLine(line);
    });
  }
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      tail.push(error.message);
      resolve(-1);
    });
    child.once('close', resolve);
  });
  log.end();
  if (code !== 0) {
    throw new SetupError(`${program} ${args.join(' ')} failed (${code}):\n${tail.map((l) => `    ${l}`).join('\n')}`, {
      action: `The whole output is in ${logPath}.`,
    });
  }
  return tail;
}

/** Runs a quick question synchronously: its standard output, or null when it fails or is absent. */
export function ask(program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], ...options });
  return result.status === 0 ? result.stdout.trim() : null;
}
