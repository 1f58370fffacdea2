import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { displayControl } from '../../../../src/devices/display-control/open.ts';
import { VirtualProjector } from '../../../../src/devices/virtual/virtual-projector.ts';
import { ManualClock, systemClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import { cecBench, lgBench, mdcBench, pjlinkBench } from '../../../support/display-benches.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';

interface Started {
  clock: ManualClock;
  display: { start(): void; close(): Promise<void> };
}

let open: Started[] = [];

async function started<B extends Started>(bench: B): Promise<B> {
  open.push(bench);
  bench.display.start();
  await pass(bench.clock, 500, 20);
  return bench;
}

const codes = (display: { problems: readonly { code: string }[] }): string[] =>
  display.problems.map((problem) => problem.code).sort();

afterEach(async () => {
  for (const { clock, display } of open) {
    await passUntil(clock, display.close());
    // What the simulated device still had to do.
    await pass(clock, 90_000, 1_000);
    assert.equal(clock.pending, 0, 'timers left after close');
  }
  open = [];
});

describe('Samsung MDC, faults of rooms', () => {
  it('bad checksum though applied: reads back and says that it is reached', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, false));
    await passUntil(clock, display.readPower(null));
    device.faults.damageAnswers = 1;
    assert.deepEqual(await passUntil(clock, display.setVolume(44, null)), { kind: 'reached', value: 44 });
    assert.equal(device.state.get(0x12), 44);
  });

  it('never a right checksum: believes what it is told twice', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, false));
    device.faults.damageAnswers = 1_000;
    assert.deepEqual(await passUntil(clock, display.setInput('hdmi-2', null)), { kind: 'reached', value: 'hdmi-2' });
  });

  it('wrong id: is not answered, and says so', async () => {
    const { clock, display } = await started(mdcBench(7, 3, false));
    const outcome = await passUntil(clock, display.setVolume(10, null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'no-answer', value: null });
    assert.deepEqual(codes(display), ['device/display-control-unreachable']);
  });

  it('id changed at the display: finds the new one', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, false));
    assert.equal(await passUntil(clock, display.readPower(null)), 'on');
    device.displayId = 1;
    assert.equal(await passUntil(clock, display.readPower(null)), null);
    assert.equal(await passUntil(clock, display.readPower(null)), 'on');
  });

  it('noise before answers, also bytes that begin packets', async () => {
    const { clock, display, device } = await started(mdcBench(1, null, false));
    device.faults.noise = [0x00, 0xaa, 0xff, 0xaa, 0x12, 0xaa];
    assert.deepEqual(await passUntil(clock, display.setMuted(true, null)), { kind: 'reached', value: true });
  });

  it('says yes and does nothing: differs', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, false));
    device.faults.ignoresCommands = true;
    const outcome = await passUntil(clock, display.setVolume(80, null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'differs', value: 20 });
  });

  it('refused: says so, with what it is', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, false));
    device.faults.refuses = true;
    const outcome = await passUntil(clock, display.setVolume(80, null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'refused', value: 20 });
  });

  it('network standby is off: is switched on, so that the display can be woken', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, true));
    await pass(clock, 2_000, 20);
    assert.equal(device.hasNetworkStandby, true);
    assert.equal((await passUntil(clock, display.setPower('standby', null))).kind, 'reached');
    assert.equal((await passUntil(clock, display.setPower('on', null))).kind, 'reached');
  });

  it('network standby cannot be switched on: says so, and standby stays unverified', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, true));
    device.hasNetworkStandby = false;
    device.faults.refuses = true;
    device.onNetwork(false);
    await pass(clock, 1_000, 20);
    device.onNetwork(true);
    await pass(clock, 5_000, 20);
    assert.deepEqual(codes(display), ['device/display-network-standby-off']);
    device.faults.refuses = false;
    const outcome = await passUntil(clock, display.setPower('standby', null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'no-answer', value: null });
  });

  it('asked for something else meanwhile: the first gives up', async () => {
    const { clock, display, device } = await started(mdcBench(0, null, false));
    device.faults.ignoresCommands = true;
    const first = display.setVolume(80, null);
    await pass(clock, 1_000, 20);
    device.faults.ignoresCommands = false;
    const second = display.setVolume(30, null);
    const outcomes = await passUntil(clock, Promise.all([first, second]));
    assert.deepEqual(outcomes[0], { kind: 'unverified', reason: 'superseded', value: 30 });
    assert.deepEqual(outcomes[1], { kind: 'reached', value: 30 });
  });
});

describe('PJLink, faults of rooms', () => {
  it('asked for another input while it warms up: only the last one is chosen', async () => {
    const { clock, display, device } = await started(pjlinkBench(null, null, false));
    device.press(true);
    const first = display.setInput('digital-1', null);
    await pass(clock, 3_000, 50);
    const second = display.setInput('digital-2', null);
    const outcomes = await passUntil(clock, Promise.all([first, second]));
    assert.deepEqual(outcomes[0], { kind: 'unverified', reason: 'superseded', value: null });
    assert.deepEqual(outcomes[1], { kind: 'reached', value: 'digital-2' });
    assert.equal(device.input, '32');
  });

  it('cold projector: an input is chosen once it is warm', async () => {
    const { clock, display, device } = await started(pjlinkBench(null, null, false));
    assert.deepEqual(await passUntil(clock, display.setPower('on', null)), { kind: 'reached', value: 'warming' });
    const began = clock.nowMs();
    assert.deepEqual(await passUntil(clock, display.setInput('digital-1', null)), {
      kind: 'reached',
      value: 'digital-1',
    });
    assert.ok(clock.nowMs() - began > 15_000);
    assert.equal(device.input, '31');
  });

  it('cooling projector: refuses for now, and says that', async () => {
    const { clock, display, device } = await started(pjlinkBench(null, null, false));
    device.press(false);
    const outcome = await passUntil(clock, display.setPower('on', null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'not-now', value: 'cooling' });
  });

  it('wrong password: says so; right again: no more', async () => {
    const { clock, display, device } = await started(pjlinkBench('secret', 'guess', false));
    assert.equal(await passUntil(clock, display.readPower(null)), null);
    assert.ok(codes(display).includes('device/display-password'));
    assert.ok(device.wrongPasswords > 0);
  });

  it('password needed and none configured: sends nothing and says so', async () => {
    const { clock, display, device } = await started(pjlinkBench('secret', null, false));
    assert.equal(await passUntil(clock, display.readPower(null)), null);
    assert.ok(codes(display).includes('device/display-password'));
    assert.equal(device.wrongPasswords, 0);
  });

  it('idle for 30 seconds: is connected again by the next command only', async () => {
    const { clock, display, device, cable } = await started(pjlinkBench('secret', 'secret', false));
    assert.equal(await passUntil(clock, display.readPower(null)), 'standby');
    assert.equal(device.connections, 1);
    await pass(clock, 120_000, 500);
    assert.equal(cable.openLinks, 0);
    assert.equal(device.connections, 1);
    assert.equal(await passUntil(clock, display.readPower(null)), 'standby');
    assert.equal(device.connections, 2);
  });

  it('hangs up instead of answering: is asked once more', async () => {
    const { clock, display, device } = await started(pjlinkBench(null, null, false));
    device.faults.hangUps = 1;
    assert.equal(await passUntil(clock, display.readPower(null)), 'standby');
  });

  it('picture and sound can be muted together only', async () => {
    const { clock, display, device } = await started(pjlinkBench(null, null, false));
    device.state = 'on';
    device.faults.mutesAllOrNothing = true;
    assert.deepEqual(await passUntil(clock, display.setBlanked(true, null)), { kind: 'reached', value: true });
    assert.deepEqual(await passUntil(clock, display.setBlanked(false, null)), { kind: 'reached', value: false });
    assert.equal((await passUntil(clock, display.setMuted(true, null))).kind, 'unverified');
  });

  it('failure of the projector: is a problem until it is not', async () => {
    const { clock, display, device } = await started(pjlinkBench(null, null, false));
    device.state = 'on';
    device.faults.hasFailed = true;
    assert.equal((await passUntil(clock, display.setMuted(true, null))).kind, 'unverified');
    assert.deepEqual(codes(display), ['device/display-failure']);
    device.faults.hasFailed = false;
    assert.equal((await passUntil(clock, display.setMuted(true, null))).kind, 'reached');
    assert.deepEqual(codes(display), []);
  });

  it('accepts connections and says nothing: no answer, in bounded time', async () => {
    const { clock, display, device } = await started(pjlinkBench(null, null, false));
    await pass(clock, 31_000, 100);
    device.faults.isSilent = true;
    const began = clock.nowMs();
    assert.equal(await passUntil(clock, display.readPower(null)), null);
    assert.ok(clock.nowMs() - began < 15_000);
  });

  it('over a real TCP connection', async () => {
    const clock = new ManualClock();
    const projector = new VirtualProjector(clock, 'JBMIAProjectorLink', true);
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      projector.attach({
        id: 'server',
        write: async (bytes) => void socket.write(bytes),
        onData: (listener) => {
          // The simulator's clock stands still: what it has to say later it says now.
          socket.on('data', (chunk) => {
            listener(Uint8Array.from(chunk as Buffer));
            clock.advance(100);
          });
          return () => undefined;
        },
        onClose: () => () => undefined,
        close: async () => void socket.destroy(),
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const means = { clock: systemClock, logger: silentLogger, random: Math.random };
    const settings = { kind: 'pjlink', host: '127.0.0.1', port, password: 'JBMIAProjectorLink' } as const;
    const display = await displayControl(settings, means);
    assert.equal(await display.readPower(null), 'standby');
    assert.deepEqual(await display.setPower('on', null), { kind: 'reached', value: 'warming' });
    assert.deepEqual(display.capabilities.inputs, ['rgb-1', 'video-1', 'digital-1', 'digital-2']);
    await display.close();
    projector.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('HDMI-CEC, faults of rooms', () => {
  it('physical address lost: sends nothing, says so, and comes back', async () => {
    const { clock, display, device } = await started(cecBench());
    device.faults.hasNoAddress = true;
    const outcome = await passUntil(clock, display.setPower('on', null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'no-answer', value: null });
    assert.deepEqual(codes(display), ['device/cec-no-address', 'device/display-control-unreachable']);
    assert.equal(device.isOn, false);
    device.faults.hasNoAddress = false;
    assert.equal((await passUntil(clock, display.setPower('on', null))).kind, 'reached');
    assert.deepEqual(codes(display), []);
  });

  it('after standby it is told to show us again', async () => {
    const { clock, display, device } = await started(cecBench());
    await passUntil(clock, display.setPower('on', null));
    assert.equal(device.source, '1.0.0.0');
  });

  it('on the way for ever: counts as on after a minute', async () => {
    const { clock, display, device } = await started(cecBench());
    device.faults.isStuckOnTheWay = true;
    await passUntil(clock, display.setPower('on', null));
    assert.equal(await passUntil(clock, display.readPower(null)), 'warming');
    await pass(clock, 61_000, 1_000);
    assert.equal(await passUntil(clock, display.readPower(null)), 'on');
  });

  it('acknowledges and does nothing: differs', async () => {
    const { clock, display, device } = await started(cecBench());
    device.faults.ignoresCommands = true;
    const outcome = await passUntil(clock, display.setPower('on', null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'differs', value: 'standby' });
  });

  it('volume hidden: the mute key, which toggles, is not pressed', async () => {
    const { clock, display, device } = await started(cecBench());
    device.faults.hidesVolume = true;
    assert.equal((await passUntil(clock, display.setMuted(true, null))).kind, 'unverified');
    assert.equal(device.isMuted, false);
    const step = await passUntil(clock, display.stepVolume('up', null));
    assert.deepEqual(step, { kind: 'unverified', reason: 'cannot-read', value: null });
    assert.equal(device.volume, 26);
  });

  it('tool missing: no answer', async () => {
    const { clock, display, device } = await started(cecBench());
    device.faults.isMissing = true;
    assert.equal(await passUntil(clock, display.readPower(null)), null);
    assert.ok(device.commands.every((command) => command.startsWith('-D vc4_hdmi -a vc4-hdmi-0')));
  });
});

describe('Serial tables, faults of rooms', () => {
  it('in standby: inputs are refused', async () => {
    const { clock, display } = await started(lgBench(1));
    const outcome = await passUntil(clock, display.setInput('hdmi-2', null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'refused', value: null });
  });

  it('noise and another display on the line', async () => {
    const { clock, display, device } = await started(lgBench(0x2a));
    device.noise = '\u0000\u00ffa OK01 x';
    assert.deepEqual(await passUntil(clock, display.setPower('on', null)), { kind: 'reached', value: 'on' });
    device.isSilent = true;
    assert.equal(await passUntil(clock, display.readPower(null)), null);
  });

  it('names the tables that there are', async () => {
    const means = { clock: new ManualClock(), logger: silentLogger, random: () => 0 };
    const wiring = { kind: 'serial', path: '/dev/ttyS0', baudRate: 9_600 } as const;
    await assert.rejects(displayControl({ kind: 'table', table: 'acme', wiring, displayId: null }, means), {
      code: 'device/display-table-unknown',
      message: /lg, sharp/,
    });
  });
});
