import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../src/lib/atomic-file.ts';

describe('writeFileAtomic', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'atomic-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('writes a new file with its mode and leaves nothing beside it', async () => {
    await writeFileAtomic(join(directory, 'a.json'), 'first', 0o640);
    assert.equal(await readFile(join(directory, 'a.json'), 'utf8'), 'first');
    assert.equal((await stat(join(directory, 'a.json'))).mode & 0o777, 0o640);
    assert.deepEqual(await readdir(directory), ['a.json']);
  });

  it('replaces a file that others may read by one that they may not', async () => {
    const path = join(directory, 'key.pem');
    await writeFile(path, 'old');
    await chmod(path, 0o644);
    await writeFileAtomic(path, new Uint8Array([1, 2, 3]));
    assert.deepEqual([...(await readFile(path))], [1, 2, 3]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('fails without a trace when the target cannot be replaced', async () => {
    const path = join(directory, 'taken');
    await mkdir(join(path, 'full'), { recursive: true });
    await assert.rejects(writeFileAtomic(path, 'x'));
    assert.deepEqual(await readdir(directory), ['taken']);
  });

  it('never shows a reader a part of the content', async () => {
    const path = join(directory, 'state');
    const contents = ['a'.repeat(200_000), 'b'.repeat(200_000)];
    await writeFileAtomic(path, contents[0] ?? '');
    const reads: string[] = [];
    const done = new AbortController();
    const reader = (async () => {
      while (!done.signal.aborted) reads.push(await readFile(path, 'utf8'));
    })();
    for (let i = 0; i < 20; i++) await writeFileAtomic(path, contents[i % 2] ?? '');
    done.abort();
    await reader;
    assert.ok(reads.length > 0);
    assert.ok(reads.every((read) => contents.includes(read)));
  });
});
