import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { CHECKS } from '../../scripts/checks.mjs';

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function runCheck(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`node_modules/${program}`, ...args],
      { maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` });
      },
    );
  });
}

describe('static checks', () => {
  const checks = CHECKS.filter((check) => check.inTests);
  let outcomes: Promise<Outcome>[];

  // Started together: each keeps one core busy for a while.
  before(() => {
    outcomes = checks.map((check) => runCheck(check.program, check.args));
  });

  checks.forEach((check, index) => {
    it(check.name, async () => {
      const outcome = await outcomes[index];
      assert.equal(outcome?.code, 0, `\n${outcome?.output ?? 'it did not run'}`);
    });
  });
});
