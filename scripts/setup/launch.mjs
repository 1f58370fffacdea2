import { spawn } from 'node:child_process';

/**
 * Runs a program in the foreground with our standard streams and passes on what asks us to stop.
 * A terminal sends its interrupt to the whole foreground group, so that one is passed on only without a terminal.
 * Resolves to the exit code.
 */
export function launch(program, args, { cwd, env }) {
  const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)));
  });
}
