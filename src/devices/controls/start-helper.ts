import { spawn } from 'node:child_process';

/** A started program that is spoken with. Nothing is called before the start has returned. */
export interface HelperProcess {
  write(text: string): void;
  onOutput(listener: (chunk: Uint8Array) => void): void;
  /** Once, with why; also when it could not be started. No output comes after it. */
  onExit(listener: (reason: string) => void): void;
  /** Ends its input, which ends it; one that does not end then is killed. */
  stop(): void;
}

export type StartHelper = () => HelperProcess;

const MOST_ERROR = 4_096;
const KILL_AFTER_MS = 1_000;

/** A program of ours, started with the given environment and without a shell. */
export function helperAt(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): StartHelper {
  return () => {
    const child = spawn(path, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let errorText = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errorText = (errorText + text).slice(0, MOST_ERROR);
    });
    // A pipe whose reader has ended says so by the exit too.
    child.stdin.on('error', () => undefined);
    return {
      write: (text) => void child.stdin.write(text),
      onOutput: (listener) => void child.stdout.on('data', listener),
      onExit: (listener) => {
        let isTold = false;
        const tell = (reason: string): void => {
          if (!isTold) listener(reason);
          isTold = true;
        };
        child.once('error', (error) => tell(error.message));
        child.once('close', (code, signal) => tell(errorText || `it ended (${signal ?? code ?? 'not started'})`));
      },
      stop: () => {
        child.stdin.end();
        setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
      },
    };
  };
}
