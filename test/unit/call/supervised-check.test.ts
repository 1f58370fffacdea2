import assert from 'node:assert/strict';
import type { ToldCheck } from '../../../src/call/process/ipc.ts';
import { CallSupervisor } from '../../../src/call/supervisor.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { codeOf } from '../../../src/lib/errors.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { FakeProcess } from '../../support/fake-call-process.ts';

const report = (change: Partial<ToldCheck>): { kind: 'check'; report: ToldCheck } => ({
  kind: 'check',
  report: { level: 0.5, hasCamera: true, picture: null, problems: [], ...change },
});
const failed = { code: 'device/camera-failed', message: 'm', action: 'a', since: 1 };
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('a check of the devices', () => {
  let clock: ManualClock;
  let started: FakeProcess[];
  let supervisor: CallSupervisor;
  let changes: number;
  const process = (index: number): FakeProcess => {
    const found = started[index];
    assert.ok(found, `process ${index} was started`);
    return found;
  };
  /** Time in which every process lives. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000);
      for (const each of started) each.emit({ kind: 'alive' });
      await settle();
    }
  };

  beforeEach(async () => {
    clock = new ManualClock();
    started = [];
    changes = 0;
    supervisor = new CallSupervisor({
      spawn: () => {
        const fake = new FakeProcess();
        started.push(fake);
        return fake;
      },
      clock,
      log: silentLogger,
    });
    supervisor.events.on('check', () => changes++);
    await supervisor.start();
  });

  afterEach(() => supervisor.close());

  it('shows what the spare reports, with pictures that are counted, until it is stopped', async () => {
    await supervisor.startCheck();
    assert.deepEqual(supervisor.check.state, { level: 0, picture: 0 });
    process(0).emit(report({ picture: new Uint8Array([1]) }));
    process(0).emit(report({ picture: new Uint8Array([2]), level: 0.25, problems: [failed] }));
    await settle();
    assert.deepEqual(supervisor.check.state, { level: 0.25, picture: 2 });
    assert.deepEqual([...(supervisor.check.jpeg ?? [])], [2]);
    assert.deepEqual(supervisor.check.problems, [failed]);
    await supervisor.stopCheck();
    assert.deepEqual([supervisor.check.state, supervisor.check.jpeg, supervisor.check.problems], [null, null, []]);
    assert.equal(process(0).actions('stopCheck').length, 1);
    process(0).emit(report({ picture: new Uint8Array([3]) }));
    await settle();
    assert.deepEqual([supervisor.check.state, supervisor.check.jpeg], [null, null]);
    await supervisor.startCheck();
    process(0).emit(report({ picture: new Uint8Array([4]) }));
    await settle();
    assert.equal(supervisor.check.state?.picture, 3, 'no number comes twice');
    assert.equal(started.length, 1);
  });

  it('is pushed once a report, and not at all when nothing changed', async () => {
    await supervisor.startCheck();
    process(0).emit(report({}));
    await settle();
    const before = changes;
    process(0).emit(report({}));
    await settle();
    assert.equal(changes, before);
    process(0).emit(report({ level: 0.6, picture: new Uint8Array([1]) }));
    await settle();
    assert.equal(changes, before + 1);
  });

  it('says that there is no camera and no microphone', async () => {
    await supervisor.startCheck();
    process(0).emit(report({ level: null, hasCamera: false }));
    await settle();
    assert.deepEqual(supervisor.check.state, { level: null, picture: null });
  });

  it('ends 30 s after it was asked for the last time', async () => {
    await supervisor.startCheck();
    await pass(20);
    await supervisor.startCheck();
    await pass(29);
    assert.ok(supervisor.check.state);
    assert.equal(process(0).actions('startCheck').length, 1, 'asking again opens nothing again');
    await pass(1);
    assert.equal(supervisor.check.state, null);
    assert.equal(process(0).actions('stopCheck').length, 1);
  });

  it('gives way to a call at once, in the same process, and is refused until the call has ended', async () => {
    await supervisor.startCheck();
    process(0).emit(report({}));
    await settle();
    const joining = supervisor.join('link', { muted: false, cameraOff: false });
    assert.equal(supervisor.check.state, null);
    await joining;
    assert.equal(process(0).actions('join').length, 1);
    for (const ask of [() => supervisor.startCheck(), () => supervisor.playTone()])
      await assert.rejects(ask, (error) => codeOf(error) === 'call/busy');
    await supervisor.leave();
    await supervisor.startCheck();
    assert.equal(process(1).actions('startCheck').length, 1);
  });

  it('after a call, waits until the process of the call holds no device any more', async () => {
    await supervisor.join('link', { muted: false, cameraOff: false });
    process(0).onStop = 'lingers';
    await supervisor.leave();
    const starting = supervisor.startCheck();
    await settle();
    assert.deepEqual(process(1).actions('startCheck'), []);
    process(0).exit('0');
    await starting;
    assert.equal(process(1).actions('startCheck').length, 1);
  });

  it('crashed-while-checking: the check ends with a problem, a new spare comes, and the next check clears it', async () => {
    await supervisor.startCheck();
    process(0).exit('SIGSEGV');
    await settle();
    assert.equal(supervisor.check.state, null);
    assert.deepEqual(
      supervisor.check.problems.map(({ code }) => code),
      ['call/check-crashed'],
    );
    await pass(1);
    assert.equal(started.length, 2);
    await supervisor.startCheck();
    process(1).emit(report({}));
    await settle();
    assert.deepEqual(supervisor.check.problems, []);
    process(1).exit('SIGSEGV');
    await pass(61);
    assert.deepEqual([supervisor.check.state, supervisor.check.problems], [null, []]);
  });

  it('a spare that ends without checking is no problem of a check', async () => {
    process(0).exit('SIGKILL');
    await settle();
    assert.deepEqual(supervisor.check.problems, []);
  });

  it('plays its notes at the volume of the room, and begins for them', async () => {
    await supervisor.playTone();
    assert.deepEqual(process(0).actions('playTone'), [[supervisor.state.volume]]);
    assert.ok(supervisor.check.state);
  });

  it('a calibration ends it and is not disturbed by the next', async () => {
    await supervisor.startCheck();
    const calibration = supervisor.calibrateEcho();
    await supervisor.startCheck();
    await calibration;
    const order = process(0).received.flatMap((message) => (message.kind === 'action' ? [message.name] : []));
    assert.deepEqual(order, ['startCheck', 'stopCheck', 'calibrateEcho']);
    assert.equal(process(1).actions('startCheck').length, 1);
  });
});
