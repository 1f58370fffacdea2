import assert from 'node:assert/strict';
import { DisplayPower } from '../../../src/devices/display-control/display-power.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { mdcBench, pjlinkBench } from '../../support/display-benches.ts';
import { pass, passUntil } from '../../support/manual-time.ts';
import { viscaBench } from '../../support/visca-bench.ts';

const EVENTS = 1_000;

/** The same storm every time (Numerical Recipes' constants). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
}

function oneOf<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error('nothing to choose from');
  return choice;
}

describe('a thousand random faults', () => {
  for (const transport of ['serial', 'udp-header'] as const) {
    it(`a camera over ${transport}: every promise settles, it stands at the end, and nothing is left`, async () => {
      const random = seeded(transport === 'serial' ? 7 : 8);
      const { clock, cable, device, camera } = viscaBench(transport, 'telycam');
      camera.start();
      const asked: Promise<unknown>[] = [];
      const events: (() => void)[] = [
        () => cable.unplug(),
        () => cable.plug(),
        () => (cable.deaf = random() < 0.3),
        () => (device.faults.isSilent = random() < 0.3),
        () => (device.faults.loseReplies = Math.floor(random() * 4)),
        () => (device.faults.loseStops = Math.floor(random() * 4)),
        () => (device.faults.bufferFull = Math.floor(random() * 5)),
        () => (device.faults.refuseSequence = Math.floor(random() * 2)),
        () => (device.faults.skipsCompletion = random() < 0.3),
        () => camera.drive({ pan: random() * 2 - 1, tilt: random() * 2 - 1, zoom: random() * 2 - 1 }),
        () => void asked.push(camera.stop(null)),
        () => void asked.push(camera.moveTo({ pan: random() * 100, tilt: 0, zoom: null }, null)),
        () => void asked.push(camera.setFocus(oneOf(random, ['auto', 'manual']), null)),
        () => void asked.push(camera.recallPreset(1, null)),
      ];
      for (let i = 0; i < EVENTS; i++) {
        oneOf(random, events)();
        assert.ok(cable.openLinks <= 1);
        await pass(clock, random() * 300, 50);
      }
      Object.assign(device.faults, { isSilent: false, loseReplies: 0, loseStops: 0, bufferFull: 0, refuseSequence: 0 });
      Object.assign(device.faults, { skipsCompletion: false });
      cable.deaf = false;
      cable.plug();
      await pass(clock, 90_000, 100);
      await passUntil(clock, Promise.all(asked));
      assert.equal(camera.isReachable, true);
      assert.deepEqual(camera.problems, []);
      assert.equal(device.head.isMoving, false);
      assert.deepEqual(await passUntil(clock, camera.setFocus('manual', null)), { kind: 'reached', value: 'manual' });
      await passUntil(clock, camera.close());
      await pass(clock, 20_000, 500);
      assert.equal(clock.pending, 0);
      assert.equal(cable.openLinks, 0);
    });
  }

  it('a display and a projector: end as they are wanted, without problems, and nothing is left', async () => {
    for (const bench of [mdcBench(1, null, false), pjlinkBench('secret', 'secret', true)]) {
      const random = seeded(9);
      const { clock, cable, display, device } = bench;
      const power = new DisplayPower({ display, clock, logger: silentLogger });
      display.start();
      const asked: Promise<unknown>[] = [];
      const events: (() => void)[] = [
        () => cable.unplug(),
        () => cable.plug(),
        () => (cable.deaf = random() < 0.3),
        () => (device.faults.isSilent = random() < 0.3),
        () => power.want(oneOf(random, ['on', 'standby'])),
        () => device.press(random() < 0.5),
        () => void asked.push(display.setMuted(random() < 0.5, null)),
        () => void asked.push(display.setVolume(random() * 100, null)),
        () => void asked.push(display.readPower(null)),
      ];
      for (let i = 0; i < EVENTS; i++) {
        oneOf(random, events)();
        assert.ok(cable.openLinks <= 1);
        await pass(clock, random() * 4_000, 500);
      }
      device.faults.isSilent = cable.deaf = false;
      cable.plug();
      power.want('standby');
      power.want('on');
      await pass(clock, 15 * 60_000, 500);
      await passUntil(clock, Promise.all(asked), 120_000, 200);
      assert.deepEqual(power.state, { wanted: 'on', actual: 'on', isVerified: true, needsBlack: false });
      assert.deepEqual([...power.problems, ...display.problems], []);
      power.close();
      await passUntil(clock, display.close());
      await pass(clock, 90_000, 1_000);
      assert.equal(clock.pending, 0);
      assert.equal(cable.openLinks, 0);
    }
  });
});
