import { readlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { DeviceUnavailableError } from '../../lib/errors.ts';
import { pause } from '../link/wait.ts';
import { type DeviceRoots, usbFolderOf } from '../discover.ts';

/** The kernel lets go of the device at once; its firmware takes a moment to notice. */
const OFF_MS = 500;

/**
 * Switches the USB device behind a camera's stable link off and on, which is what a hand at the plug does and cures cameras
 * whose every ioctl fails (OpenHD#1329, raspberrypi/linux#6255). Its microphone goes away for that moment too.
 * @throws {DeviceUnavailableError} device/camera-not-resettable for a camera that is not on USB.
 * @throws the system's error, EACCES where the udev rules do not permit it.
 */
export async function usbCure(roots: DeviceRoots, path: string, clock: Clock): Promise<void> {
  const node = await readlink(path).catch(() => null);
  const folder = node === null ? null : await usbFolderOf(roots, basename(node));
  if (folder === null) throw new DeviceUnavailableError('device/camera-not-resettable', 'The camera is not on USB');
  const file = join(folder, 'authorized');
  await writeFile(file, '0', { flag: 'r+' });
  try {
    await pause(clock, OFF_MS, null);
  } finally {
    await writeFile(file, '1', { flag: 'r+' });
  }
}
