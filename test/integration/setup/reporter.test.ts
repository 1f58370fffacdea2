import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { INCAMERA_TEST_PARENT: _parent, ...environment } = process.env;

describe('the test reporter', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reporter-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function runMocha(content: string): { code: number | null; lines: string[] } {
    const file = join(folder, 'sample.test.ts');
    writeFileSync(file, content);
    const result = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', file], {
      env: environment,
      encoding: 'utf8',
    });
    return { code: result.status, lines: result.stdout.trim().split('\n') };
  }

  it('ends with the figures', () => {
    const { code, lines } = runMocha(
      `describe('a', () => { it('passes', () => {}); }); describe('b', () => { it('passes', () => {}); });`,
    );
    assert.equal(code, 0);
    assert.equal(lines.at(-1), '2 passed, 0 failed');
    assert.equal(lines.filter((line) => line.includes('sample.test.ts')).length, 1);
  });

  it('prints failures in full, hooks included, and fails', () => {
    const { code, lines } = runMocha(`
      describe('a', () => { it('fails', () => { throw new Error('outer', { cause: new Error('inner') }); }); });
      describe('b', () => { before(() => { throw new Error('hook'); }); it('never runs', () => {}); });`);
    assert.notEqual(code, 0);
    assert.equal(lines.at(-1), '0 passed, 2 failed');
    const text = lines.join('\n');
    for (const part of ['✗ a fails', 'Error: outer', 'caused by: Error: inner', 'Error: hook'])
      assert.ok(text.includes(part), part);
  });
});
