import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const setup = new URL('../../../scripts/setup/', import.meta.url).pathname;
const driver = `
import { packagesStep } from '${setup}packages.mjs';
const root = process.env.PLACE;
console.log(packagesStep.satisfied({ places: { root, modules: root + '/node_modules' } }));`;

type Entries = Record<string, Record<string, unknown>>;

describe('set-up of npm packages', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'set-up-'));
  });
  afterEach(() => {
    rmSync(place, { recursive: true });
  });

  /** Whether `npm ci`, which deletes node_modules, is spared. */
  function isSatisfied(lock: Entries, installed: Entries | null): boolean {
    writeFileSync(join(place, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...lock } }));
    if (installed) {
      mkdirSync(join(place, 'node_modules'));
      writeFileSync(join(place, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
    }
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', driver], {
      env: { PLACE: place },
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout.trim() === 'true';
  }

  const a = { version: '1.0.0', integrity: 'sha512-a' };

  it('are missing in a fresh clone', () => {
    assert.equal(isSatisfied({ 'node_modules/a': a }, null), false);
  });

  it('are in place when npm recorded what the lock file says', () => {
    const elsewhere = { version: '1.0.0', integrity: 'sha512-b', optional: true, os: ['darwin'] };
    assert.equal(isSatisfied({ 'node_modules/a': a, 'node_modules/b': elsewhere }, { 'node_modules/a': a }), true);
  });

  it('are stale when a package is new, or another version, or other bytes', () => {
    for (const installed of [{}, { ...a, version: '1.0.1' }, { ...a, integrity: 'sha512-other' }]) {
      rmSync(join(place, 'node_modules'), { recursive: true, force: true });
      const entries: Entries = 'version' in installed ? { 'node_modules/a': installed } : {};
      assert.equal(isSatisfied({ 'node_modules/a': a }, entries), false);
    }
  });
});
