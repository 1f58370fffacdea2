import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DeviceChange, DeviceWatch, systemFolders } from '../../../src/devices/device-watch.ts';
import { type DeviceRoots, discoverDevices, usbFolderOf } from '../../../src/devices/discover.ts';
import { endUsbCures, usbCure } from '../../../src/devices/v4l2/usb-cure.ts';
import { isV4l2Camera } from '../../../src/devices/v4l2/v4l2-camera.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { ManualClock, systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { eventually } from '../../support/eventually.ts';
import { passUntil } from '../../support/manual-time.ts';

/** The system's, but for the poll, which never comes: only notifications are left. */
const withoutPoll: Clock = { ...systemClock, every: () => () => undefined };

describe('devices in a real file tree', () => {
  let root = '';
  let roots: DeviceRoots;
  let watched: DeviceWatch;
  let changes: DeviceChange[];
  let off: () => void;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'device-watch-'));
    const [dev, proc, sys] = [join(root, 'dev'), join(root, 'proc'), join(root, 'sys')];
    roots = { dev, proc, sys, run: join(root, 'run'), waylandDisplay: null, x11Display: null };
    await mkdir(dev);
    changes = [];
    watched = new DeviceWatch({
      roots,
      discover: discoverDevices,
      folders: systemFolders,
      clock: withoutPoll,
      logger: silentLogger,
    });
    off = watched.onChange((change) => changes.push(change));
    await eventually('the first search', 5_000, () => changes.length === 1);
  });
  afterEach(async () => {
    off();
    await rm(root, { recursive: true });
  });

  const link = async (path: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink('../../x', join(root, path));
  };
  const cameras = (): string[] => (watched.found?.cameras ?? []).map(({ id }) => id);

  it('a camera is found in a folder that did not exist, goes with its folder, and comes back', async () => {
    const path = 'dev/v4l/by-id/usb-a-video-index0';
    await link(path);
    await eventually('the camera', 5_000, () => cameras().includes('v4l2:usb-a'));
    // udev removes the folders with the last camera.
    await rm(join(root, 'dev/v4l'), { recursive: true });
    await eventually('its end', 5_000, () => cameras().length === 0);
    await link(path);
    await eventually('its return', 5_000, () => cameras().includes('v4l2:usb-a'));
    assert.deepEqual(
      changes.map(({ added, removed }) => [added.cameras.length, removed.cameras.length]),
      [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 0],
      ],
    );
  });

  it('a serial adapter comes and goes', async () => {
    const path = 'dev/serial/by-id/usb-FTDI-if00-port0';
    await link(path);
    await eventually('the adapter', 5_000, () => watched.found?.serialPorts[0]?.id === 'serial:usb-FTDI-if00-port0');
    await unlink(join(root, path));
    await eventually('its end', 5_000, () => watched.found?.serialPorts.length === 0);
    assert.equal(changes.at(-1)?.removed.serialPorts.length, 1);
  });

  it('many links at once are told in few changes', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => link(`dev/v4l/by-id/usb-${i}-video-index0`)));
    // The targets differ by name only for discovery: one node, one camera.
    await eventually('the camera', 5_000, () => cameras().length === 1);
    assert.ok(changes.length <= 4, `${changes.length}`);
  });
});

describe('a USB camera in a real file tree', () => {
  let root = '';
  let roots: DeviceRoots;
  const usb = 'sys/devices/pci/usb1/1-2';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'usb-camera-'));
    const [dev, proc, sys] = [join(root, 'dev'), join(root, 'proc'), join(root, 'sys')];
    roots = { dev, proc, sys, run: join(root, 'run'), waylandDisplay: null, x11Display: null };
    const write = async (path: string, text: string): Promise<void> => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    };
    await write(`${usb}/speed`, '480\n');
    await write(`${usb}/authorized`, '1\n');
    await write(`${usb}/devnum`, '7\n');
    await write('proc/sys/kernel/random/boot_id', 'this-boot\n');
    await mkdir(join(root, 'sys/bus/usb/devices'), { recursive: true });
    await symlink(join(root, usb), join(root, 'sys/bus/usb/devices/1-2'));
    await write(`${usb}/1-2:1.0/bInterfaceNumber`, '00\n');
    await write('sys/class/video4linux/video0/name', 'HD Pro Webcam C920\n');
    await symlink(join(root, usb, '1-2:1.0'), join(root, 'sys/class/video4linux/video0/device'));
    await write('sys/class/video4linux/video1/name', 'vivid\n');
    await mkdir(join(root, 'dev/v4l/by-id'), { recursive: true });
    await symlink('../../video0', join(root, 'dev/v4l/by-id/usb-a-video-index0'));
    await symlink('../../video1', join(root, 'dev/v4l/by-id/vivid-video-index0'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const kept = (): string => join(root, 'state/switched-off-usb');
  const authorized = async (): Promise<string> => (await readFile(join(root, usb, 'authorized'), 'utf8')).charAt(0);
  const buses = async (): Promise<string[]> =>
    (await discoverDevices(roots)).cameras.filter(isV4l2Camera).map(({ bus }) => bus);

  it('is known by its bus, which bounds what it can carry', async () => {
    assert.deepEqual(await buses(), ['usb2', 'other']);
    await writeFile(join(root, usb, 'speed'), '5000\n');
    assert.deepEqual(await buses(), ['usb3', 'other']);
    assert.equal(await usbFolderOf(roots, 'video0'), join(root, usb));
  });

  it('is switched off and on again to cure it; what is not on USB is not', async () => {
    const clock = new ManualClock();
    const file = join(root, usb, 'authorized');
    const curing = usbCure(roots, join(roots.dev, 'v4l/by-id/usb-a-video-index0'), clock, kept());
    await eventually('off', 5_000, async () => (await readFile(file, 'utf8')).startsWith('0'));
    await passUntil(clock, curing);
    assert.ok((await readFile(file, 'utf8')).startsWith('1'));
    assert.deepEqual(await readdir(kept()), []);
    await assert.rejects(usbCure(roots, join(roots.dev, 'v4l/by-id/vivid-video-index0'), clock, kept()), {
      code: 'device/camera-not-resettable',
    });
  });

  /** Ends in the middle, as a process that is killed. */
  async function cutShort(): Promise<void> {
    await writeFile(join(root, usb, 'authorized'), '1\n');
    void usbCure(roots, join(roots.dev, 'v4l/by-id/usb-a-video-index0'), new ManualClock(), kept());
    await eventually('off', 5_000, async () => (await authorized()) === '0');
  }

  it('is switched on again by the next start when a crash left it off', async () => {
    await cutShort();
    assert.deepEqual(await endUsbCures(roots, kept()), ['1-2']);
    assert.equal(await authorized(), '1');
    assert.deepEqual(await readdir(kept()), []);
    assert.deepEqual(await endUsbCures(roots, kept()), []);
  });

  it('stays off when somebody else has switched it off, or it is another device by now, or since another boot', async () => {
    await writeFile(join(root, usb, 'authorized'), '0\n');
    assert.deepEqual(await endUsbCures(roots, kept()), []);
    for (const [file, text] of [
      [join(usb, 'devnum'), '8\n'],
      ['proc/sys/kernel/random/boot_id', 'next-boot\n'],
    ] as const) {
      await cutShort();
      await writeFile(join(root, file), text);
      assert.deepEqual(await endUsbCures(roots, kept()), []);
      assert.equal(await authorized(), '0');
    }
    await mkdir(kept(), { recursive: true });
    await writeFile(join(kept(), 'usb1'), 'next-boot 1\n');
    await writeFile(join(kept(), '1-2'), 'no record');
    assert.deepEqual(await endUsbCures(roots, kept()), []);
  });
});
