import { execFile } from 'node:child_process';
import type { RunCecCtl } from './cec-ctl.ts';

const MAX_OUTPUT = 256 * 1024;

/** Runs the `cec-ctl` of v4l-utils found on the path. */
export const runCecCtl: RunCecCtl = (args, timeoutMs, signal) =>
  new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: MAX_OUTPUT, ...(signal === null ? {} : { signal }) };
    execFile('cec-ctl', [...args], options, (error, stdout, stderr) => {
      if (signal?.aborted) reject(signal.reason as Error);
      else if (error !== null && (error.killed === true || typeof error.code === 'string')) resolve(null);
      else resolve(`${stdout}${stderr}`);
    });
  });
