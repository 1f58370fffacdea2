import { spawn } from 'node:child_process';
import type { StartTool } from './gpiod-tools.ts';

const MOST_ERROR = 4_096;
const KILL_AFTER_MS = 1_000;

/** Programs of the system, started with the given environment and without a shell. */
export function systemTools(env: Readonly<Record<string, string | undefined>>): StartTool {
  return (program, args) => {
    const child = spawn(program, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let errorText = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errorText = (errorText + text).slice(0, MOST_ERROR);
    });
    child.stdout.setEncoding('utf8');
    return {
      onOutput: (listener) => void child.stdout.on('data', listener),
      onExit: (listener) => {
        child.once('error', (error) => listener(null, error.message));
        child.once('close', (code) => listener(code, errorText));
      },
      stop: () => {
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
      },
    };
  };
}
