import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  cameraPresence,
  soundPresence,
  type DeviceChange,
  DeviceWatch,
  differenceOf,
  nothing,
} from '../../../src/devices/device-watch.ts';
import type { FoundDevices } from '../../../src/devices/discover.ts';
import { v4l2Camera } from '../../../src/devices/v4l2/v4l2-camera.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { pass } from '../../support/manual-time.ts';

const camera = (name: string) => v4l2Camera(`/dev/v4l/by-id/${name}-video-index0`, name, 'usb2', null);
const display = (width: number) => ({
  id: 'drm:HDMI-A-1',
  name: 'x',
  virtual: false,
  width,
  height: 1,
  inSession: false,
  sink: '',
});
const withCameras = (...names: string[]): FoundDevices => ({ ...nothing, cameras: names.map(camera) });
const roots = {
  dev: '/nowhere/dev',
  proc: '/nowhere/proc',
  sys: '/nowhere/sys',
  run: '/nowhere/run',
  waylandDisplay: null,
  x11Display: null,
};

function bench() {
  const clock = new ManualClock();
  const bus = { found: nothing, searches: 0, running: 0, most: 0, slow: false };
  const watched = new DeviceWatch({
    roots,
    clock,
    logger: silentLogger,
    folders: { key: async () => null, watch: () => null },
    discover: async () => {
      bus.searches += 1;
      bus.running += 1;
      bus.most = Math.max(bus.most, bus.running);
      const { found } = bus;
      if (bus.slow) await new Promise<void>((resolve) => clock.after(5_000, resolve));
      bus.running -= 1;
      return found;
    },
  });
  return { clock, bus, watched };
}

const settled = (clock: ManualClock, ms: number): Promise<void> => pass(clock, ms, 500);

describe('the difference between what was found', () => {
  it('names what came and what went, and what changed in both', () => {
    const before = { ...withCameras('a', 'b'), displays: [display(1_920)] };
    const now = { ...withCameras('b', 'c'), displays: [display(3_840)] };
    const { added, removed } = differenceOf(before, now);
    assert.deepEqual(
      added.cameras.map(({ id }) => id),
      ['v4l2:c'],
    );
    assert.deepEqual(
      removed.cameras.map(({ id }) => id),
      ['v4l2:a'],
    );
    assert.deepEqual([added.displays[0]?.width, removed.displays[0]?.width], [3_840, 1_920]);
  });

  it('leads from the one to the other', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(names, names, (a, b) => {
        const { added, removed } = differenceOf(withCameras(...a), withCameras(...b));
        const gone = new Set(removed.cameras.map(({ name }) => name));
        const reached = [...a.filter((name) => !gone.has(name)), ...added.cameras.map(({ name }) => name)];
        assert.deepEqual(reached.toSorted(), b.toSorted());
        assert.equal(added.cameras.length + a.length - gone.size, b.length);
      }),
    );
  });
});

describe('watching devices where nothing notifies', () => {
  it('finds changes by looking every second, and tells each once', async () => {
    const { clock, bus, watched } = bench();
    const changes: DeviceChange[] = [];
    watched.onChange((change) => changes.push(change));
    await settled(clock, 100);
    assert.deepEqual(
      changes.map(({ found }) => found),
      [nothing],
    );
    bus.found = withCameras('a');
    await settled(clock, 2_500);
    await settled(clock, 10_000);
    assert.equal(changes.length, 2);
    assert.deepEqual(
      changes[1]?.added.cameras.map(({ id }) => id),
      ['v4l2:a'],
    );
    assert.equal(watched.found?.cameras.length, 1);
  });

  it('never searches twice at a time, however slow a search is', async () => {
    const { clock, bus, watched } = bench();
    bus.slow = true;
    watched.onChange(() => undefined);
    await settled(clock, 60_000);
    assert.ok(bus.searches >= 3);
    assert.equal(bus.most, 1);
  });

  it('rests without listeners, and wakes with the next', async () => {
    const { clock, bus, watched } = bench();
    const off = watched.onChange(() => undefined);
    const offToo = watched.onChange(() => undefined);
    await settled(clock, 100);
    off();
    off();
    const before = bus.searches;
    await settled(clock, 5_000);
    assert.ok(bus.searches > before);
    offToo();
    assert.equal(clock.pending, 0);
    const rested = bus.searches;
    await settled(clock, 60_000);
    assert.equal(bus.searches, rested);
    watched.onChange(() => undefined);
    await settled(clock, 100);
    assert.ok(bus.searches > rested);
  });

  it('a listener that throws and a search that fails do not end it', async () => {
    const clock = new ManualClock();
    let searches = 0;
    const watched = new DeviceWatch({
      roots,
      clock,
      logger: silentLogger,
      folders: { key: async () => null, watch: () => null },
      discover: async () => {
        searches += 1;
        if (searches === 1) throw new Error('busy');
        return withCameras(`c${searches}`);
      },
    });
    let told = 0;
    watched.onChange(() => {
      told += 1;
      throw new Error('listener');
    });
    await settled(clock, 6_500);
    await settled(clock, 2_000);
    assert.ok(told >= 2, `${told}`);
  });

  it('says of one camera when it goes and comes', async () => {
    const { clock, bus, watched } = bench();
    const presence = cameraPresence(watched, 'v4l2:a');
    assert.equal(presence.isThere(), true, 'not looked for yet');
    bus.found = withCameras('a', 'b');
    const seen: boolean[] = [];
    const off = presence.onChange((isThere) => seen.push(isThere));
    await settled(clock, 100);
    for (const found of [withCameras('b'), withCameras('b', 'c'), withCameras('a')]) {
      bus.found = found;
      await settled(clock, 2_500);
      await settled(clock, 2_000);
    }
    assert.deepEqual(seen, [false, true]);
    assert.equal(presence.isThere(), true);
    off();
    assert.equal(clock.pending, 0);
  });

  it('says of microphone and speaker together, and of one of them where the other cannot be unplugged', async () => {
    const { clock, bus, watched } = bench();
    const both = soundPresence(watched, 'alsa:mic', 'alsa:speaker');
    const one = soundPresence(watched, 'alsa:mic', null);
    const device = { name: '', virtual: false };
    const microphones = [{ ...device, id: 'alsa:mic', source: '', beeper: null, array: null, card: null }];
    const speakers = [{ ...device, id: 'alsa:speaker', sink: '' }];
    const none = withCameras('a');
    bus.found = { ...none, microphones, speakers };
    const seen: string[] = [];
    const offs = [
      both.onChange((isThere) => seen.push(`both ${isThere}`)),
      one.onChange((isThere) => seen.push(`one ${isThere}`)),
    ];
    for (const found of [bus.found, { ...none, microphones }, none, { ...none, microphones, speakers }]) {
      bus.found = found;
      await settled(clock, 2_500);
      await settled(clock, 2_000);
    }
    assert.deepEqual(seen, ['both false', 'one false', 'both true', 'one true']);
    for (const off of offs) off();
  });
});
