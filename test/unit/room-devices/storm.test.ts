import assert from 'node:assert/strict';
import { flawless } from '../../../src/devices/virtual/virtual-visca-camera.ts';
import { codeOf } from '../../../src/lib/errors.ts';
import { equippedRoom } from '../../support/equipped-room.ts';
import type { EquippedRoom } from '../../support/equipped-room.ts';
import { pass, passUntil } from '../../support/manual-time.ts';

const EVENTS = 1_000;

/** The same storm every time (Numerical Recipes' constants). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
}

interface Storm {
  /** Things that break, come back and stall. */
  readonly faults: readonly (() => void)[];
  /** Things that people, controllers and the call do meanwhile. */
  readonly life: readonly (() => void)[];
  /** Everything is plugged in and well. */
  readonly calm: () => void;
  readonly asked: Promise<unknown>[];
}

function stormOf(bench: EquippedRoom, random: () => number): Storm {
  const { display, camera, surface, board, speakerphone, room, registry, pairs } = bench;
  const likely = (chance: number): boolean => random() < chance;
  const any = <T>(of: readonly T[]): T => {
    const one = of[Math.floor(random() * of.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  };
  const asked: Promise<unknown>[] = [];
  /** Refusals are answers: only what is no error of ours fails the test. */
  const ask = (promise: Promise<unknown>): void =>
    void asked.push(promise.catch((error: unknown) => assert.match(codeOf(error), /^(device|call)\//)));
  const idOf = (kind: string): string => registry.snapshot.find((each) => each.kind === kind)?.id ?? '';
  const mode = (to: typeof speakerphone.speakerphone.mode): void => {
    if (speakerphone.speakerphone.mode !== 'unplugged') speakerphone.speakerphone.mode = to;
  };
  const faults = [
    () => any(pairs).cable.unplug(),
    () => any(pairs).cable.plug(),
    () => (any(pairs).cable.deaf = likely(0.4)),
    () => (camera.device.faults.isSilent = likely(0.4)),
    () => (camera.device.faults.loseReplies = Math.floor(random() * 4)),
    () => (camera.device.faults.bufferFull = Math.floor(random() * 4)),
    () => (display.device.faults.isSilent = likely(0.4)),
    () => (display.device.faults.ignoresCommands = likely(0.3)),
    () => (display.device.faults.damageAnswers = Math.floor(random() * 3)),
    () => board.fail(likely(0.5)),
    () => speakerphone.unplug(),
    () => speakerphone.plug(),
    () => mode(any(['well', 'deaf', 'stuck'])),
    () => bench.plugMedia({ [any(['camera', 'microphone'])]: likely(0.5) }),
    () => (room.refuses = likely(0.2)),
  ];
  const life = [
    () => board.drive(`button-${any(['mute', 'join', 'leave', 'volumeUp', 'volumeDown'])}`, likely(0.5)),
    () => board.drive('presence', likely(0.5)),
    () => speakerphone.speakerphone.press(),
    () => display.device.press(likely(0.5)),
    () => surface.device.say(any(['mute toggle', 'join next', 'leave', 'volume up', 'preset 1', 'status', '\x80\xff'])),
    () => room.set({ phase: any(['idle', 'in-call', 'in-call', 'rejoining']) }),
    () => ask(registry.act(idOf('camera-control'), 'move', { pan: random() * 2 - 1, tilt: 0, zoom: 0 })),
    () => ask(registry.act(idOf('camera-control'), 'recallPreset', 1)),
    () => ask(registry.act(idOf('display-control'), 'power', any(['on', 'standby']))),
    () => ask(registry.act(idOf('display-control'), 'mute', likely(0.5))),
    () => bench.devices.plugged(),
    () => bench.devices.touched(),
  ];
  const calm = (): void => {
    for (const { cable } of pairs) {
      cable.deaf = false;
      cable.plug();
    }
    Object.assign(camera.device.faults, flawless);
    Object.assign(display.device.faults, { isSilent: false, ignoresCommands: false, damageAnswers: 0 });
    board.fail(false);
    speakerphone.plug();
    bench.plugMedia({ camera: true, microphone: true });
    room.refuses = false;
    for (const name of ['mute', 'join', 'leave', 'volumeUp', 'volumeDown']) board.drive(`button-${name}`, false);
  };
  return { faults, life, calm, asked };
}

describe('a storm over all devices of a room', () => {
  for (const [seed, kind] of [
    [1, 'stating'],
    [2, 'toggling'],
  ] as const)
    it(`${EVENTS} random faults, seed ${seed}: all problems end, the state is right, nothing is left`, async function () {
      this.timeout(60_000);
      const random = seeded(seed);
      const bench = equippedRoom({ 'displayControl.plan': ['Mon-Sun 00:00-00:00'] }, kind);
      const { clock, registry, room, board, speakerphone, display, camera } = bench;
      const storm = stormOf(bench, random);
      const seen = new Set<string>();
      registry.events.on('change', () => registry.problems.forEach(({ code }) => seen.add(code)));
      bench.devices.start();
      await pass(clock, 5_000, 100);
      for (let i = 0; i < EVENTS; i++) {
        storm.faults[Math.floor(random() * storm.faults.length)]?.();
        if (random() < 0.5) storm.life[Math.floor(random() * storm.life.length)]?.();
        assert.ok(bench.pairs.every(({ cable }) => cable.openLinks <= 1));
        await pass(clock, random() * 2_000, 250);
      }
      assert.ok(seen.size >= 8, `the storm brought about ${[...seen].join(', ')}`);

      storm.calm();
      room.set({ phase: 'in-call', microphoneMuted: true, volume: 60 });
      // By hand counts for half an hour, and a stubborn display is told again every ten minutes.
      await pass(clock, 42 * 60_000, 500);
      await passUntil(clock, Promise.all(storm.asked), 120_000, 200);
      assert.deepEqual(registry.problems, []);
      const gone = registry.snapshot.filter(({ connected }) => !connected).map(({ id }) => id);
      assert.deepEqual(gone, []);
      assert.equal(display.device.isOn, true);
      assert.equal(camera.device.head.isMoving, false);
      const lit = ['free', 'busy', 'mute', 'inCall', 'problem'].map((name) => board.level(`light-${name}`));
      assert.deepEqual(lit, [false, true, true, true, false]);
      if (kind === 'stating') assert.equal(speakerphone.speakerphone.muted, true);
      assert.equal(speakerphone.speakerphone.offHook, true);
      board.drive('button-mute', true);
      await pass(clock, 100, 20);
      assert.equal(room.call.microphoneMuted, false);

      await passUntil(clock, bench.devices.close());
      bench.media.close();
      await pass(clock, 90_000, 1_000);
      assert.equal(clock.pending, 0);
      assert.deepEqual([...bench.pairs.map(({ cable }) => cable.openLinks), room.listeners], [0, 0, 0, 0]);
      assert.deepEqual([speakerphone.isOpen, speakerphone.speakerphone.listeners], [false, 0]);
      assert.deepEqual(registry.snapshot, []);
    });
});
