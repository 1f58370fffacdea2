import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogBuffer } from '../../../src/kiosk/admin/log-buffer.ts';
import { ProblemReports } from '../../../src/kiosk/admin/problem-reports.ts';
import { callState, stubRoom } from '../../support/stub-room.ts';

describe('reports of problems', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reports-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const make = () => {
    const room = stubRoom();
    const log = new LogBuffer(() => 5);
    const directory = join(folder, 'reports');
    return {
      room,
      log,
      directory,
      reports: new ProblemReports({ directory, wallMs: () => 0, state: () => room.state(), log: () => log.lines }),
    };
  };

  it('keeps what was said with the state and log of the moment, and nothing of the people', async () => {
    const { room, log, directory, reports } = make();
    room.set({ ...callState, chat: [{ id: '1', peer: 'guest', name: 'Ana Ruiz', text: 'secret words', at: 1 }] });
    log.push('warn  room/devices the camera is gone code=device/camera-missing');
    assert.equal(await reports.keep({ kind: 'picture', text: 'It is black' }), 1);
    const text = await readFile(join(directory, 'report-1.json'), 'utf8');
    for (const needle of ['It is black', 'camera is gone', '"participants": 2', '1970-01-01'])
      assert.ok(text.includes(needle), needle);
    for (const needle of ['Ana Ruiz', 'secret words', '77310', 'AAAAAAAA'])
      assert.equal(text.includes(needle), false, needle);
    assert.equal((await stat(join(directory, 'report-1.json'))).mode & 0o777, 0o600);
  });

  it('numbers go on after the highest, many at once lose none, and only the newest fifty stay', async () => {
    const { directory, reports } = make();
    const numbers = await Promise.all(Array.from({ length: 53 }, () => reports.keep({ kind: 'other', text: '' })));
    assert.deepEqual(
      numbers,
      Array.from({ length: 53 }, (_, index) => index + 1),
    );
    const files = await readdir(directory);
    assert.equal(files.length, 50);
    assert.equal(files.includes('report-3.json'), false);
  });

  it('the log kept for it has an end', () => {
    const { log } = make();
    for (let line = 0; line < 600; line += 1) log.push(`info  room ${line} ${'x'.repeat(1_000)}`);
    assert.equal(log.lines.length, 500);
    assert.deepEqual([log.lines[0]?.level, log.lines[0]?.text.length], ['info', 500]);
    assert.match(log.lines[0]?.text ?? '', /^room 100 /);
  });
});
