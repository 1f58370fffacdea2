import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { ManualClock, systemClock } from '../../../src/lib/clock.ts';
import { settle } from '../../support/manual-time.ts';
import { GuestShell } from '../../vm/host/guest-shell.ts';

const program = new URL('../../vm/guest/usr/local/sbin/room-shell', import.meta.url).pathname;
const ignore = (): void => undefined;

describe('the shell of the virtual room', () => {
  let room: ChildProcess;
  let shell: GuestShell;

  // The room's end of the wire is file descriptor 3, a socket here.
  beforeEach(() => {
    room = spawn('bash', [program], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    shell = new GuestShell(room.stdio[3] as Duplex, systemClock);
  });

  afterEach(() => room.kill('SIGKILL'));

  it('runs scripts one after the other and tells their lines as they come, and their codes', async () => {
    await shell.ready(5_000);
    const lines: string[] = [];
    const first = await shell.run(`echo one; echo two >&2; printf 'thr%s' ee; exit 3`, 5_000, (line) =>
      lines.push(line),
    );
    assert.deepEqual(first, { code: 3, output: 'one\ntwo\nthree' });
    assert.deepEqual(lines, ['one', 'two', 'three']);
    assert.deepEqual(await shell.run('true', 5_000, ignore), { code: 0, output: '' });
    lines.length = 0;
    await shell.run('echo; echo x; echo; echo; echo y', 5_000, (line) => lines.push(line));
    assert.deepEqual(lines, ['', 'x', '', '', 'y']);
  });

  it('gives scripts no input, so that none eats the next', async () => {
    await shell.ready(5_000);
    assert.deepEqual(await shell.run('cat; echo end', 5_000, ignore), { code: 0, output: 'end\n' });
    assert.deepEqual(await shell.run('echo "ü & $((1 + 1))"', 5_000, ignore), { code: 0, output: 'ü & 2\n' });
  });

  it('ends a script that takes longer than it may, and takes the next', async () => {
    await shell.ready(5_000);
    assert.equal((await shell.run('sleep 60', 1_000, ignore)).code, 124);
    assert.equal((await shell.run('true', 5_000, ignore)).code, 0);
  });

  it('passes on lines that look like an end of something else', async () => {
    await shell.ready(5_000);
    assert.equal((await shell.run('echo exit-00 0; echo READY', 5_000, ignore)).output, 'exit-00 0\nREADY\n');
  });

  it('runs one at a time', async () => {
    await shell.ready(5_000);
    const first = shell.run('sleep 0.2', 5_000, ignore);
    await assert.rejects(shell.run('true', 5_000, ignore), /busy/);
    assert.equal((await first).code, 0);
  });

  it('ends with the room', async () => {
    await shell.ready(5_000);
    const running = assert.rejects(shell.run('sleep 60', 60_000, ignore), /gone/);
    room.kill('SIGKILL');
    await running;
    await assert.rejects(shell.run('true', 5_000, ignore), /gone/);
  });

  it('lets the room end when the host hangs up', async () => {
    await shell.ready(5_000);
    const ended = once(room, 'exit');
    shell.hangUp();
    assert.deepEqual(await ended, [0, null]);
  });

  it('waits no longer than it may for a room that says nothing', async () => {
    const clock = new ManualClock();
    const deaf = new GuestShell(Duplex.from({ readable: new PassThrough(), writable: new PassThrough() }), clock);
    const ready = assert.rejects(deaf.ready(90_000), /not up after 90 s/);
    clock.advance(90_000);
    await ready;
    const running = assert.rejects(deaf.run('true', 10_000, ignore), /does not answer/);
    await settle();
    clock.advance(40_000);
    await running;
    assert.equal(clock.pending, 0);
  });
});
