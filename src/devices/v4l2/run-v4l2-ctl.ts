import { execFile } from 'node:child_process';
import { type DeviceFailure, failureOf } from './failure.ts';

/** What a run of `v4l2-ctl` came to: its output, or why there is none to be trusted. */
export type ToolResult = { readonly kind: 'output'; readonly output: string } | DeviceFailure;

/** Runs `v4l2-ctl` with these arguments for at most `timeoutMs`; never rejects. */
export type RunV4l2Ctl = (args: readonly string[], timeoutMs: number) => Promise<ToolResult>;

const MOST_OUTPUT = 256 * 1024;

/** The `v4l2-ctl` of Debian's v4l-utils found on the path. Resolves once the program has ended: two never ask one camera at a time. */
export const runV4l2Ctl: RunV4l2Ctl = (args, timeoutMs) =>
  new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: MOST_OUTPUT, killSignal: 'SIGKILL' } as const;
    execFile('v4l2-ctl', [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: 'output', output: stdout });
      else if (error.code === 'ENOENT') resolve({ kind: 'failed', reason: 'no-tool' });
      else if (error.killed === true) resolve({ kind: 'failed', reason: 'no-answer' });
      // Some versions tell failures of the device among their output.
      else resolve(failureOf(`${stderr}${stdout}`));
    });
  });
