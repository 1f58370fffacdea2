import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import type { Clock } from '../../lib/clock.ts';
import { DeviceUnavailableError } from '../../lib/errors.ts';
import { pause } from '../link/wait.ts';
import { type DeviceRoots, usbFolderOf } from '../discover.ts';

/** The kernel lets go of the device at once; its firmware takes a moment to notice. */
const OFF_MS = 500;
/** Buses and ports, as the kernel names a device that is plugged in. */
const USB_NAME = /^\d+-\d+(\.\d+)*$/;

/**
 * Switches the USB device behind a camera's stable link off and on, which is what a hand at the plug does and cures cameras
 * whose every ioctl fails (OpenHD#1329, raspberrypi/linux#6255). Its microphone goes away for that moment too.
 * @param keptIn folder in which is kept what is switched off, for `endUsbCures`.
 * @throws {DeviceUnavailableError} device/camera-not-resettable for a camera that is not on USB.
 * @throws the system's error, EACCES where the udev rules do not permit it.
 */
export async function usbCure(roots: DeviceRoots, path: string, clock: Clock, keptIn: string): Promise<void> {
  const node = await readlink(path).catch(() => null);
  const folder = node === null ? null : await usbFolderOf(roots, basename(node));
  if (folder === null) throw new DeviceUnavailableError('device/camera-not-resettable', 'The camera is not on USB');
  const file = join(folder, 'authorized');
  await mkdir(keptIn, { recursive: true, mode: 0o700 });
  const record = join(keptIn, basename(folder));
  await writeFileAtomic(record, await whichDevice(roots, folder));
  try {
    await writeFile(file, '0', { flag: 'r+' });
    try {
      await pause(clock, OFF_MS, null);
    } finally {
      await writeFile(file, '1', { flag: 'r+' });
    }
  } finally {
    // Also where it could not be switched off: then there is nothing to switch on.
    if (!(await isOff(file))) await rm(record, { force: true });
  }
}

/**
 * Switches on again what a cure left switched off because its process ended within that half second. Only what was ours: the same
 * device, plugged in since, in this boot. Returns the kernel's names of what was switched on.
 * @throws nothing: what cannot be switched on is tried again the next time.
 */
export async function endUsbCures(roots: DeviceRoots, keptIn: string): Promise<string[]> {
  const names = (await readdir(keptIn).catch(() => [])).filter((name) => USB_NAME.test(name));
  const ended: string[] = [];
  for (const name of names) {
    const folder = join(roots.sys, 'bus/usb/devices', name);
    const kept = await readFile(join(keptIn, name), 'utf8').catch(() => null);
    const isOurs = kept === (await whichDevice(roots, folder)) && (await isOff(join(folder, 'authorized')));
    const isDone = await (isOurs ? writeFile(join(folder, 'authorized'), '1', { flag: 'r+' }) : Promise.resolve()).then(
      () => true,
      () => false,
    );
    if (isDone) await rm(join(keptIn, name), { force: true }).catch(() => undefined);
    if (isDone && isOurs) ended.push(name);
  }
  return ended;
}

/** The boot, and the number that a device gets anew with each plugging in. */
async function whichDevice(roots: DeviceRoots, folder: string): Promise<string> {
  const read = (path: string): Promise<string> =>
    readFile(path, 'utf8')
      .then((text) => text.trim())
      .catch(() => '?');
  const [boot, number] = await Promise.all([
    read(join(roots.proc, 'sys/kernel/random/boot_id')),
    read(join(folder, 'devnum')),
  ]);
  return `${boot} ${number}\n`;
}

const isOff = (authorized: string): Promise<boolean> =>
  readFile(authorized, 'utf8').then(
    (text) => text.startsWith('0'),
    () => false,
  );
