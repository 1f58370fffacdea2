/** Devices taken from their kernel drivers and given back: what pulling a plug and putting it in again is to programs. */
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface BoundDevice {
  /** Folder of the driver in sysfs. */
  readonly driver: string;
  /** The device's name there. */
  readonly device: string;
}

export const vividCamera: BoundDevice = { driver: '/sys/bus/platform/drivers/vivid', device: 'vivid.0' };
export const loopCard: BoundDevice = { driver: '/sys/bus/platform/drivers/snd_aloop', device: 'snd_aloop.0' };

/** The USB interface behind a serial port such as `/dev/serial/by-id/usb-…`. */
export function usbAdapterOf(port: string): BoundDevice {
  // ttyUSB0 → the port on the usb-serial bus → the interface, as `1-2:1.0`.
  const face = dirname(realpathSync(join('/sys/class/tty', basename(realpathSync(port)), 'device')));
  return { driver: realpathSync(join(face, 'driver')), device: basename(face) };
}

export const isBound = ({ driver, device }: BoundDevice): boolean => existsSync(join(driver, device));

/** Returns when the driver has let it go. */
export function unplug({ driver, device }: BoundDevice): void {
  writeFileSync(join(driver, 'unbind'), device);
}

/** Returns when the driver has taken it. */
export function plugIn({ driver, device }: BoundDevice): void {
  writeFileSync(join(driver, 'bind'), device);
}
