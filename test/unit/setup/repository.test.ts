import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('the repository', () => {
  it('has a lock file that names no registry host', () => {
    const lock = read('package-lock.json');
    assert.doesNotMatch(lock, /"resolved":/);
    assert.match(read('.npmrc'), /^omit-lockfile-registry-resolved=true$/m);
  });

  it('pins every package exactly', () => {
    const manifest = JSON.parse(read('package.json')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    assert.deepEqual(
      versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
      [],
    );
  });

  it('gives a reason for every Debian package', () => {
    const groups = JSON.parse(read('scripts/setup/debian-packages.json')) as Record<string, Record<string, string>>;
    assert.deepEqual(Object.keys(groups), ['run', 'build', 'test', 'vm']);
    for (const [name, reason] of Object.values(groups).flatMap((group) => Object.entries(group))) {
      assert.match(name, /^[a-z0-9][a-z0-9+.-]+$/);
      assert.ok(reason.length > 5, name);
    }
  });
});
