import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerOptions } from '../../../server/options.ts';
import { defaultServerOptions, helpText, readCommandLine } from '../../../server/options.ts';

const environment = { STATE_DIRECTORY: '/var/lib/incamera' };
const read = (...args: string[]) => readCommandLine(args, environment);

describe('the command line of the meeting server', () => {
  it('has defaults for everything', async () => {
    assert.deepEqual(await read(), defaultServerOptions('/var/lib/incamera'));
  });

  it('keeps state where systemd or XDG say', async () => {
    assert.equal((await readCommandLine([], { XDG_STATE_HOME: '/x' }))?.stateDir, '/x/incamera/server');
    assert.match((await readCommandLine([], {}))?.stateDir ?? '', /\.local\/state\/incamera\/server$/);
  });

  it('reads every option', async () => {
    const options = (await read(
      '--listen',
      '[::]:443',
      '--loopback-http',
      'off',
      '--announced-address',
      'meet.example.org',
      '--media-ports',
      '50000-50010',
      '--public-url',
      'https://meet.example.org',
      '--tls-cert',
      '/c',
      '--tls-key',
      '/k',
      '--workers',
      '3',
      '--max-meetings',
      '7',
      '--grace-ms',
      '0',
    )) as ServerOptions;
    assert.deepEqual(options.listen, { host: '::', port: 443 });
    assert.equal(options.loopbackHttp, null);
    assert.deepEqual(options.mediaPorts, { min: 50_000, max: 50_010 });
    assert.equal(options.publicUrl, 'https://meet.example.org');
    assert.deepEqual(options.tls, { certificatePath: '/c', keyPath: '/k' });
    assert.deepEqual([options.workers, options.maxMeetings, options.graceMs], [3, 7, 0]);
  });

  it('names option and value of what it cannot use', async () => {
    const wrong: [string, string][] = [
      ['--listen', '4443'],
      ['--listen', '0.0.0.0:70000'],
      ['--listen', '::1:80'],
      ['--loopback-http', '0.0.0.0:80'],
      ['--media-ports', '5-3'],
      ['--media-ports', '80-90'],
      ['--public-url', 'http://x'],
      ['--public-url', 'https://x/path'],
      ['--workers', '0'],
      ['--workers', '1.5'],
      ['--max-peers', '-1'],
      ['--announced-address', 'a b'],
      ['--max-peers-per-meeting', '201'],
    ];
    for (const [option, value] of wrong) {
      await assert.rejects(
        read(`${option}=${value}`),
        (error: Error & { code: string }) => {
          return (
            error.code === 'server/option-invalid' && error.message.includes(option) && error.message.includes(value)
          );
        },
        `${option} ${value}`,
      );
    }
    await assert.rejects(read('--tls-cert', '/c'), /go together/);
    await assert.rejects(read('--listn', 'x'), /--listn.*Known: --listen/s);
    await assert.rejects(read('stray'), { code: 'server/option-invalid' });
  });

  it('takes the token of the metrics from a file, not from the command line', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'incamera-options-'));
    const file = join(directory, 'token');
    await writeFile(file, 'a-token-that-is-long\n');
    assert.equal((await read('--metrics-token-file', file))?.metricsToken, 'a-token-that-is-long');
    await writeFile(file, 'short');
    await assert.rejects(read('--metrics-token-file', file), { code: 'server/option-invalid' });
    await assert.rejects(read('--metrics-token-file', join(directory, 'none')), { code: 'server/option-invalid' });
    await rm(directory, { recursive: true });
  });

  it('explains itself', async () => {
    assert.equal(await read('--help', '--workers', '2'), null);
    for (const option of ['--listen', '--media-ports', '--metrics-token-file', '--help'])
      assert.ok(helpText().includes(option));
  });
});
