import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runV4l2Ctl } from '../../../src/devices/v4l2/run-v4l2-ctl.ts';
import { readModes } from '../../../src/devices/v4l2/v4l2-camera.ts';
import { webcamFormats } from '../../fixtures/v4l2/samples.ts';

describe('v4l2-ctl as a program', () => {
  let folder = '';
  const path = process.env['PATH'];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'v4l2-ctl-'));
    process.env['PATH'] = `${folder}:/usr/bin:/bin`;
  });
  afterEach(async () => {
    process.env['PATH'] = path;
    await rm(folder, { recursive: true });
  });

  const install = (script: string): Promise<void> =>
    writeFile(join(folder, 'v4l2-ctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  it('gives what it writes, and is given its arguments as they are', async () => {
    await install(`printf '%s|' "$@"`);
    const result = await runV4l2Ctl(['--device', '/dev/a b', '--get-ctrl=x'], 5_000);
    assert.deepEqual(result, { kind: 'output', output: '--device|/dev/a b|--get-ctrl=x|' });
  });

  it('modes are read through it', async () => {
    await writeFile(join(folder, 'formats'), webcamFormats);
    await install(`[ "$3" = --list-formats-ext ] && cat ${join(folder, 'formats')}`);
    assert.equal((await readModes(runV4l2Ctl, '/dev/v4l/by-id/x')).length, 7);
  });

  it('failures are told apart by what it writes', async () => {
    await install(`echo 'Cannot open device /dev/x, exiting.' >&2; echo 'No such file or directory' >&2; exit 1`);
    assert.deepEqual(await runV4l2Ctl(['--device', '/dev/x'], 5_000), { kind: 'failed', reason: 'gone' });
    await install(`echo 'VIDIOC_S_EXT_CTRLS: failed: Input/output error'; exit 255`);
    assert.deepEqual(await runV4l2Ctl(['--device', '/dev/x'], 5_000), { kind: 'failed', reason: 'no-answer' });
  });

  it('one that hangs is ended, one that writes without end is cut off', async () => {
    await install('exec sleep 60');
    assert.deepEqual(await runV4l2Ctl([], 200), { kind: 'failed', reason: 'no-answer' });
    await install('exec yes');
    assert.deepEqual(await runV4l2Ctl([], 30_000), { kind: 'failed', reason: 'no-answer' });
  });

  it('is said to be missing where it is', async () => {
    process.env['PATH'] = folder;
    assert.deepEqual(await runV4l2Ctl([], 5_000), { kind: 'failed', reason: 'no-tool' });
    assert.deepEqual(await readModes(runV4l2Ctl, '/dev/video0'), []);
  });
});
