import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXPIRES_AFTER_DAYS, MeetingRegistry } from '../../../server/meetings/registry.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';

const DAY_MS = 86_400_000;
const id = (n: number): string => String(n).padStart(22, 'm');

describe('the list of meetings', () => {
  let directory: string;
  let path: string;
  let clock: ManualClock;
  const open = (max = 10): Promise<MeetingRegistry> => MeetingRegistry.open(path, max, clock, silentLogger);
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'incamera-registry-'));
    path = join(directory, 'state', 'meetings.json');
    clock = new ManualClock();
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('has on disk what it said it made, also when made all at once', async () => {
    const registry = await open(200);
    await Promise.all(Array.from({ length: 100 }, (_, n) => registry.create(id(n))));
    const again = await open(200);
    assert.equal(again.size, 100);
    assert.ok(again.has(id(42)) && !again.has(id(100)));
    assert.deepEqual(await readdir(join(directory, 'state')), ['meetings.json']);
  });

  it('forgets a meeting that was not used for long, and keeps one that was', async () => {
    const registry = await open();
    await registry.create(id(1));
    await registry.create(id(2));
    clock.advance(60 * DAY_MS);
    await registry.touch(id(1));
    clock.advance((EXPIRES_AFTER_DAYS - 60 + 1) * DAY_MS);
    assert.deepEqual([registry.has(id(1)), registry.has(id(2))], [true, false]);
    assert.equal((await open()).size, 1);
  });

  it('is bounded, makes room by what expired, and counts the same meeting once', async () => {
    const registry = await open(2);
    await registry.create(id(1));
    await registry.create(id(2));
    await registry.create(id(2));
    await assert.rejects(registry.create(id(3)), { code: 'server/meetings-full' });
    clock.advance((EXPIRES_AFTER_DAYS + 1) * DAY_MS);
    await registry.create(id(3));
    assert.equal(registry.size, 1);
  });

  it('does not note what it could not write', async () => {
    const registry = await open();
    await rm(join(directory, 'state'), { recursive: true });
    await assert.rejects(registry.create(id(1)), { code: 'ENOENT' });
    assert.equal(registry.has(id(1)), false);
  });

  it('sets a damaged file aside and begins anew', async () => {
    await (await open()).create(id(1));
    for (const damaged of ['', '{', '[]', '{"format":1,"meetings":{"x":1}}', 'null']) {
      await writeFile(path, damaged);
      assert.equal((await open()).size, 0);
      assert.equal(await readFile(`${path}.damaged`, 'utf8'), damaged);
    }
  });

  it('refuses a file of a newer version, and leaves it alone', async () => {
    await open();
    await writeFile(path, '{"format":2,"meetings":{}}');
    await assert.rejects(open(), { code: 'server/state-newer' });
  });
});
