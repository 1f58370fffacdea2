import assert from 'node:assert/strict';
import { idleCallState } from '../../../src/call/call-state.ts';
import type { CallState } from '../../../src/call/call-state.ts';
import type { Ambient } from '../../../src/call/media/video-parts.ts';
import { CallSupervisor } from '../../../src/call/supervisor.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { codeOf } from '../../../src/lib/errors.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { FakeProcess } from '../../support/fake-call-process.ts';

const inCall: CallState = {
  ...idleCallState,
  phase: 'in-call',
  joinedAt: 1,
  code: '1',
  microphoneMuted: true,
  volume: 35,
  layout: { mode: 'speaker', page: 2, pages: 3, selfView: false, displays: 1 },
};
const view = { room: 'R', time: '', date: '', status: null, next: null, join: null, pairing: null };
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('call supervisor', () => {
  let clock: ManualClock;
  let started: FakeProcess[];
  let supervisor: CallSupervisor;
  let loadsForEver: boolean;
  const process = (index: number): FakeProcess => {
    const found = started[index];
    assert.ok(found, `process ${index} was started`);
    return found;
  };

  beforeEach(async () => {
    clock = new ManualClock();
    started = [];
    loadsForEver = false;
    supervisor = new CallSupervisor({
      spawn: () => {
        const fake = new FakeProcess();
        fake.loadsForEver = loadsForEver;
        started.push(fake);
        return fake;
      },
      clock,
      log: silentLogger,
    });
    await supervisor.start();
  });

  afterEach(() => supervisor.close());

  it('joins in the spare at once and keeps a new spare warm', async () => {
    await supervisor.join('link', { muted: false, cameraOff: true });
    assert.equal(started.length, 1);
    assert.deepEqual(process(0).actions('join'), [['link', { microphone: 'on', camera: 'off', replaces: null }]]);
    clock.advance(3_000);
    await settle();
    assert.equal(started.length, 2);
    assert.deepEqual(process(1).received, []);
  });

  it('the part of the picture is kept between calls, is there before the join, and survives a crash', async () => {
    const part = { x: 0.4, y: 0.5, size: 0.5 };
    assert.deepEqual(await supervisor.setCameraFrame(part), part);
    assert.deepEqual(process(0).received, []);
    await supervisor.join('link', { muted: false, cameraOff: false });
    const names = process(0).received.map((message) => message.kind === 'action' && message.name);
    assert.deepEqual(names, ['setCameraFrame', 'join']);
    const next = { ...part, x: 0.6 };
    assert.deepEqual(await supervisor.setCameraFrame(next), next);
    assert.deepEqual(process(0).actions('setCameraFrame'), [[part], [next]]);
    clock.advance(3_000);
    process(0).exit('SIGKILL');
    await settle();
    clock.advance(0);
    await settle();
    assert.deepEqual(process(1).actions('setCameraFrame'), [[next]]);
    await supervisor.leave();
    assert.deepEqual(await supervisor.setCameraFrame(part), part);
  });

  it('killed-in-call: the spare takes the call up, muted as before, replacing the dead login', async () => {
    await supervisor.join('link', { muted: true, cameraOff: false });
    clock.advance(3_000);
    process(0).emit({ kind: 'state', state: inCall });
    process(0).emit({ kind: 'resume', token: { peer: 'p', token: 't' } });
    await settle();
    process(0).exit('SIGKILL');
    await settle();
    assert.equal(supervisor.state.phase, 'rejoining');
    assert.deepEqual(
      supervisor.state.problems.map(({ code }) => code),
      ['call/process-crashed'],
    );
    clock.advance(0);
    await settle();
    assert.deepEqual(process(1).actions('join'), [
      ['link', { microphone: 'muted', camera: 'on', replaces: { peer: 'p', token: 't' } }],
    ]);
    await settle();
    assert.deepEqual(process(1).actions('setVolume'), [[35]]);
    assert.deepEqual(process(1).actions('setLayout'), [[{ mode: 'speaker', selfView: false }]]);
  });

  it('hands on where people speak in the call, and that nobody does when its process is gone', async () => {
    const told: (number | null)[] = [];
    supervisor.talkers.onTalker((direction) => told.push(direction?.azimuthDeg ?? null));
    await supervisor.join('link', { muted: false, cameraOff: false });
    clock.advance(3_000);
    await settle();
    process(1).emit({ kind: 'talker', direction: { azimuthDeg: 10, confidence: 1 } });
    process(0).emit({ kind: 'talker', direction: { azimuthDeg: 60, confidence: 1 } });
    await settle();
    assert.equal(supervisor.talkers.current?.azimuthDeg, 60);
    process(0).exit('SIGKILL');
    await settle();
    assert.equal(supervisor.talkers.current, null);
    await supervisor.leave();
    assert.deepEqual(told, [60, null]);
  });

  it('crash-loop: the fourth crash within a minute waits', async () => {
    await supervisor.join('link', { muted: false, cameraOff: false });
    for (let crash = 0; crash < 3; crash++) {
      process(started.length - 1).exit('SIGSEGV');
      await settle();
      clock.advance(0);
      await settle();
    }
    const before = started.length;
    process(before - 1).exit('SIGSEGV');
    await settle();
    clock.advance(2_999);
    await settle();
    assert.equal(started.filter((each) => each.actions('join').length > 0).length, before);
    clock.advance(1);
    await settle();
    assert.equal(started.filter((each) => each.actions('join').length > 0).length, before + 1);
  });

  it('stuck: a call process silent for five seconds is killed and the call moves on', async () => {
    await supervisor.join('link', { muted: false, cameraOff: false });
    process(0).emit({ kind: 'state', state: inCall });
    await settle();
    clock.advance(3_000);
    await settle();
    process(1).emit({ kind: 'alive' });
    await settle();
    for (let second = 0; second < 4; second++) {
      clock.advance(1_000);
      process(1).emit({ kind: 'alive' });
      await settle();
    }
    assert.ok(process(0).killed);
    assert.equal(process(1).killed, false);
    clock.advance(0);
    await settle();
    assert.equal(process(1).actions('join').length, 1);
  });

  it('slow-opening: a process that is not in the call yet may be silent for longer, while it opens devices', async () => {
    await supervisor.join('link', { muted: false, cameraOff: false });
    const silentS = async (): Promise<number> => {
      let seconds = 0;
      for (; seconds < 60 && !process(0).killed; seconds++) {
        clock.advance(1_000);
        await settle();
      }
      return seconds;
    };
    assert.equal(await silentS(), 15);
  });

  it('slow-start: a process that takes longer to load than it may is killed, and the next may take twice as long', async () => {
    loadsForEver = true;
    process(0).exit('SIGSEGV');
    await settle();
    const livedS: number[] = [];
    for (let index = 1; index <= 5; index++) {
      clock.advance(1_000);
      await settle();
      let seconds = 0;
      for (; seconds < 500 && !process(index).killed; seconds++) {
        clock.advance(1_000);
        await settle();
      }
      livedS.push(seconds);
    }
    assert.deepEqual(livedS, [60, 120, 240, 240, 240]);
  });

  it('leave ends the process of the call, and what it knew ends with it', async () => {
    await supervisor.join('link', { muted: false, cameraOff: false });
    process(0).emit({ kind: 'state', state: inCall });
    await settle();
    await supervisor.leave();
    assert.ok(process(0).received.some(({ kind }) => kind === 'stop'));
    assert.equal(supervisor.state.phase, 'idle');
    assert.equal(supervisor.state.volume, 35);
    await settle();
    clock.advance(60_000);
    await settle();
    assert.equal(started.filter((each) => each.actions('join').length > 0).length, 1);
  });

  it('a second join during a call is refused; actions without a call too', async () => {
    await assert.rejects(supervisor.act('setMicrophoneMuted', true), (error) => codeOf(error) === 'call/not-in-call');
    await supervisor.join('link', { muted: false, cameraOff: false });
    await assert.rejects(
      supervisor.join('other', { muted: false, cameraOff: false }),
      (error) => codeOf(error) === 'call/busy',
    );
  });

  for (const [onJoin, code] of [
    ['crashes', 'call/process-crashed'],
    ['refuses', 'call/link-invalid'],
  ] as const)
    it(`a first join that ${onJoin} is told, leaves the room idle, and the next one works`, async () => {
      process(0).onJoin = onJoin;
      await assert.rejects(
        supervisor.join('link', { muted: true, cameraOff: false }),
        (error) => codeOf(error) === code,
      );
      for (let second = 0; second < 60; second++) {
        clock.advance(1_000);
        for (const each of started) each.emit({ kind: 'alive' });
        await settle();
      }
      assert.equal(supervisor.state.phase, 'idle');
      assert.deepEqual(supervisor.state.problems, []);
      assert.equal(started.filter((each) => each.actions('join').length > 0).length, 1);
      await supervisor.join('link', { muted: true, cameraOff: false });
      process(started.length - 1).emit({ kind: 'state', state: inCall });
      await settle();
      assert.equal(supervisor.state.phase, 'in-call');
      assert.ok(onJoin === 'crashes' || process(0).received.some(({ kind }) => kind === 'stop'), 'no process is left');
    });

  it('displays are black by the spare alone, and by nobody while another process may hold them', async () => {
    supervisor.setBlack(true);
    await settle();
    assert.deepEqual(process(0).actions('setBlack'), [[true]]);
    await supervisor.join('link', { muted: false, cameraOff: false });
    clock.advance(3_000);
    process(0).emit({ kind: 'state', state: inCall });
    await settle();
    assert.deepEqual(process(1).actions('setBlack'), []);
    await supervisor.leave();
    await settle();
    assert.deepEqual(process(1).actions('setBlack'), [[true]]);
    supervisor.setBlack(false);
    await settle();
    assert.deepEqual(process(1).actions('setBlack'), [[true], [false]]);
    assert.deepEqual(process(0).actions('setBlack'), [[true]]);
  });

  it('a spare that ended while displays were black is followed by one that makes them black', async () => {
    supervisor.setBlack(true);
    await settle();
    process(0).exit('SIGKILL');
    await settle();
    clock.advance(1_000);
    await settle();
    assert.deepEqual(process(1).actions('setBlack'), [[true]]);
  });

  it('between calls the spare shows the room, each picture once; a call and its return after a crash do not', async () => {
    const ambient = (time: string): Ambient => ({ view: { ...view, time }, overSession: false });
    supervisor.setAmbient(ambient('14:05'));
    supervisor.setAmbient(ambient('14:05'));
    await settle();
    supervisor.setAmbient(ambient('14:06'));
    await settle();
    assert.deepEqual(process(0).actions('setAmbient'), [[ambient('14:05')], [ambient('14:06')]]);
    await supervisor.join('link', { muted: false, cameraOff: false });
    clock.advance(3_000);
    process(0).emit({ kind: 'state', state: inCall });
    supervisor.setAmbient(ambient('14:07'));
    await settle();
    process(0).exit('SIGKILL');
    await settle();
    clock.advance(0);
    await settle();
    assert.deepEqual(process(0).actions('setAmbient').length, 2);
    assert.deepEqual(process(1).actions('setAmbient'), []);
    await supervisor.leave();
    await settle();
    assert.deepEqual(process(started.length - 1).actions('setAmbient'), [[ambient('14:07')]]);
  });

  it('a notice is on the display of the call that is on, and of the next', async () => {
    await supervisor.join('link', { muted: false, cameraOff: false });
    supervisor.setNotice('Code: 1');
    supervisor.setNotice('Code: 1');
    await settle();
    assert.deepEqual(process(0).actions('setNotice'), [['Code: 1']]);
    await supervisor.leave();
    await supervisor.join('link', { muted: false, cameraOff: false });
    assert.deepEqual(process(1).actions('setNotice'), [['Code: 1']]);
    supervisor.setNotice(null);
    await settle();
    assert.deepEqual(process(1).actions('setNotice'), [['Code: 1'], [null]]);
  });

  it('a call that is refused frees the room and says why', async () => {
    await supervisor.join('link', { muted: false, cameraOff: false });
    const lastEnd = { code: 'call/refused-link-secret', message: 'why' };
    process(0).emit({ kind: 'state', state: { ...idleCallState, lastEnd } });
    await settle();
    assert.deepEqual(supervisor.state.lastEnd, lastEnd);
    await supervisor.join('link', { muted: false, cameraOff: false });
  });
});
