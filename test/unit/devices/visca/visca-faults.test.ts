import assert from 'node:assert/strict';
import { viscaModelNamed, viscaModelOf, viscaModels } from '../../../../src/devices/visca/models.ts';
import type { ViscaTransport } from '../../../../src/devices/visca/framing.ts';
import type { ViscaFaults } from '../../../../src/devices/virtual/virtual-visca-camera.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';
import { viscaBench } from '../../../support/visca-bench.ts';
import type { ViscaBench } from '../../../support/visca-bench.ts';

const nowhere = { pan: null, tilt: null, zoom: null };
const right = { pan: 1, tilt: 0, zoom: 0 };
const STOP = /^010601....0303$/;

let open: ViscaBench[] = [];

async function started(
  transport: ViscaTransport,
  model = 'telycam',
  faults: Partial<ViscaFaults> = {},
): Promise<ViscaBench> {
  const bench = viscaBench(transport, model, faults);
  open.push(bench);
  bench.camera.start();
  await pass(bench.clock, 1_000);
  return bench;
}

describe('VISCA, faults of rooms', () => {
  afterEach(async () => {
    for (const { clock, camera } of open) {
      await passUntil(clock, camera.close());
      // What the camera still had to say.
      await pass(clock, 100);
      assert.equal(clock.pending, 0, 'timers left after close');
    }
    open = [];
  });

  it('buffer-full: tries again until there is room', async () => {
    const { clock, camera, device } = await started('serial');
    device.faults.bufferFull = 7;
    assert.deepEqual(await passUntil(clock, camera.setFocus('manual', null)), { kind: 'reached', value: 'manual' });
    assert.equal(device.heard.filter((text) => text === '01043803').length, 8);
  });

  it('buffer-full for ever: gives up after its deadline, and the next command is sent', async () => {
    const { clock, camera, device } = await started('udp-header');
    device.faults.bufferFull = 1_000;
    const outcome = await passUntil(clock, camera.setFocus('manual', null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'no-answer', value: null });
    device.faults.bufferFull = 0;
    assert.equal((await passUntil(clock, camera.setFocus('auto', null))).kind, 'reached');
  });

  it('lost on the way: sends the same message again, with the same number', async () => {
    const { clock, camera, cable, device } = await started('udp-header');
    const numbers: number[] = [];
    const original = device.attach.bind(device);
    device.attach = (link) => {
      link.onData((chunk) => numbers.push(chunk[7] ?? -1));
      original(link);
    };
    cable.unplug();
    await pass(clock, 500);
    cable.plug();
    await pass(clock, 5_000);
    numbers.length = 0;
    device.faults.loseCommands = 2;
    assert.equal((await passUntil(clock, camera.setFocus('manual', null))).kind, 'reached');
    assert.equal(numbers[0], numbers[1]);
    assert.equal(numbers[1], numbers[2]);
    assert.equal(numbers[3], (numbers[2] ?? 0) + 1);
    assert.equal(camera.isReachable, true);
  });

  it('three tries without an answer: the camera is not reachable, until it answers again', async () => {
    const { clock, camera, device } = await started('udp');
    device.faults.isSilent = true;
    const outcome = await passUntil(clock, camera.setFocus('manual', null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'no-answer', value: null });
    assert.deepEqual(
      camera.problems.map((problem) => problem.code),
      ['device/camera-control-unreachable'],
    );
    device.faults.isSilent = false;
    await pass(clock, 10_000, 50);
    assert.equal(camera.isReachable, true);
    assert.deepEqual(camera.problems, []);
  });

  it('acknowledged and never completed: reads the state back all the same', async () => {
    const { clock, camera, device } = await started('udp-header');
    device.faults.skipsCompletion = true;
    const began = clock.nowMs();
    const outcome = await passUntil(clock, camera.moveTo({ ...nowhere, pan: 45 }, null));
    assert.deepEqual(outcome, { kind: 'reached', value: { pan: 45, tilt: 0, zoom: 0 } });
    assert.ok(clock.nowMs() - began < 20_000);
  });

  it('network-change: numbers the chain again and sends what was under way once more', async () => {
    const { clock, camera, device } = await started('serial', 'telycam', { announcesItself: true });
    assert.equal(camera.isReachable, true);
    assert.equal((await passUntil(clock, camera.setFocus('manual', null))).kind, 'reached');
    assert.equal(device.heard.filter((text) => text === '01043803').length, 1);
  });

  it('refused sequence number: resets the count and sends again', async () => {
    const { clock, camera, device } = await started('udp-header');
    device.faults.refuseSequence = 1;
    assert.equal((await passUntil(clock, camera.setFocus('manual', null))).kind, 'reached');
    device.faults.refuseSequence = 1_000;
    assert.equal((await passUntil(clock, camera.setFocus('auto', null))).kind, 'reached');
  });

  it('late replies of a given-up command are not taken for those of the next', async () => {
    const { clock, camera, device } = await started('udp-header');
    device.faults.loseReplies = 6;
    const first = await passUntil(clock, camera.setFocus('manual', null));
    assert.equal(first.kind, 'unverified');
    device.faults.loseReplies = 0;
    assert.deepEqual(await passUntil(clock, camera.setFocus('auto', null)), { kind: 'reached', value: 'auto' });
  });

  it('standby: says that it cannot now', async () => {
    const { clock, camera, device } = await started('udp-header');
    assert.deepEqual(await passUntil(clock, camera.setPower('standby', null)), { kind: 'reached', value: 'standby' });
    assert.deepEqual(await passUntil(clock, camera.setFocus('manual', null)), {
      kind: 'unverified',
      reason: 'not-now',
      value: 'auto',
    });
    assert.deepEqual(await passUntil(clock, camera.setPower('on', null)), { kind: 'reached', value: 'on' });
    assert.equal(device.isOn, true);
  });
});

describe('VISCA, movement', () => {
  afterEach(async () => {
    for (const { clock, camera } of open) {
      await passUntil(clock, camera.close());
      // What the camera still had to say.
      await pass(clock, 100);
      assert.equal(clock.pending, 0, 'timers left after close');
    }
    open = [];
  });

  it('a flood of movements: sends few, the last one wins', async () => {
    const { clock, camera, device } = await started('serial');
    device.heard.length = 0;
    for (let i = 1; i <= 100; i++) {
      camera.drive({ pan: i / 100, tilt: 0, zoom: 0 });
      await pass(clock, 2, 2);
    }
    await pass(clock, 100);
    const drives = device.heard.filter((text) => text.startsWith('010601'));
    assert.ok(drives.length < 25, `${drives.length} commands for 100 wishes`);
    assert.equal(drives.at(-1), '0106011801' + '0203');
    await passUntil(clock, camera.stop(null));
  });

  it('stop-lost: is repeated until acknowledged', async () => {
    const { clock, camera, device } = await started('udp');
    camera.drive(right);
    await pass(clock, 200);
    assert.ok(device.head.isMoving);
    device.faults.loseStops = 5;
    const outcome = await passUntil(clock, camera.stop(null));
    assert.equal(outcome.kind, 'reached');
    assert.equal(device.head.isMoving, false);
    assert.deepEqual(camera.problems, []);
  });

  it('stop-lost while nothing answers: says that it may be moving, and stops it when it can', async () => {
    const { clock, camera, device } = await started('udp');
    camera.drive(right);
    await pass(clock, 200);
    device.faults.isSilent = true;
    assert.equal((await passUntil(clock, camera.stop(null))).kind, 'unverified');
    const codes = camera.problems.map((problem) => problem.code).sort();
    assert.deepEqual(codes, ['device/camera-control-unreachable', 'device/camera-not-stopped']);
    assert.ok(device.head.isMoving || device.head.position().pan === 2448);
    device.faults.isSilent = false;
    await pass(clock, 10_000, 50);
    assert.equal(device.head.isMoving, false);
    assert.match(device.heard.at(-1) ?? '', STOP);
    assert.deepEqual(camera.problems, []);
  });

  it('unplugged while moving: stops when plugged in again', async () => {
    const { clock, camera, cable, device } = await started('serial');
    camera.drive({ pan: 0.1, tilt: 0, zoom: 0 });
    await pass(clock, 200);
    cable.unplug();
    await pass(clock, 3_000);
    assert.ok(device.head.isMoving);
    cable.plug();
    await pass(clock, 15_000, 50);
    assert.equal(device.head.isMoving, false);
    assert.deepEqual(camera.problems, []);
  });

  it('dead man: a movement that nobody repeats is stopped', async () => {
    const { clock, camera, device } = await started('udp-header');
    for (let i = 0; i < 10; i++) {
      camera.drive({ pan: 0.1, tilt: 0, zoom: 0 });
      await pass(clock, 300);
      assert.ok(device.head.isMoving);
    }
    await pass(clock, 600);
    assert.equal(device.head.isMoving, false);
  });

  it('the dead man does not stop a movement to a place that came after', async () => {
    const { clock, camera } = await started('udp-header');
    camera.drive({ pan: -0.1, tilt: 0, zoom: 0 });
    await pass(clock, 100);
    const outcome = await passUntil(clock, camera.moveTo({ ...nowhere, pan: 150 }, null));
    assert.equal(outcome.kind, 'reached');
    assert.equal(outcome.value?.pan, 150);
  });

  it('a stop goes before what waits, and does not wait for a free socket', async () => {
    const { clock, camera, device } = await started('udp-header');
    camera.drive({ pan: 0, tilt: 0, zoom: 1 });
    await pass(clock, 100);
    const moves = [-150, 150, -150].map((pan) => camera.moveTo({ ...nowhere, pan }, null));
    await pass(clock, 50);
    await passUntil(clock, camera.stop(null));
    await passUntil(clock, Promise.all(moves));
    assert.equal(device.head.isMoving, false);
  });

  it('the acknowledgement of a movement got lost: it is stopped, because it may have begun', async () => {
    const { clock, camera, device } = await started('udp');
    device.faults.loseReplies = 6;
    camera.drive(right);
    await pass(clock, 3_000);
    assert.equal(device.head.isMoving, false);
    assert.match(device.heard.at(-1) ?? '', STOP);
  });

  it('closing stops the camera', async () => {
    const { clock, camera, device } = await started('serial');
    camera.drive(right);
    await pass(clock, 100);
    await passUntil(clock, camera.close());
    assert.equal(device.head.isMoving, false);
  });
});

describe('VISCA models', () => {
  it('are found by version where exactly one row has it, and by name', () => {
    assert.equal(viscaModelOf(0x0020, 0x045c)?.name, 'sony-fcb-eh4300');
    assert.equal(viscaModelOf(0x0001, 0x9999), null);
    for (const { name } of viscaModels) assert.equal(viscaModelNamed(name).name, name);
    assert.throws(() => viscaModelNamed('acme'), { code: 'device/visca-model-unknown', message: /generic.*cisco/ });
  });

  it('the version of a camera chooses the row, unless the configuration did', async () => {
    for (const [named, pans] of [
      ['generic', 'none'],
      ['telycam', 'absolute'],
    ] as const) {
      const bench = viscaBench('udp', named);
      bench.device.version = [0x0020, 0x045c];
      let changes = 0;
      bench.camera.on('capabilities', () => (changes += 1));
      bench.camera.start();
      await pass(bench.clock, 1_000);
      assert.equal(bench.camera.capabilities.pan.kind, pans);
      assert.equal(changes, named === 'generic' ? 1 : 0);
      await passUntil(bench.clock, bench.camera.close());
    }
  });
});
