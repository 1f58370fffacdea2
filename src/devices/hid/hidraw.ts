import { constants } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { codeOf } from '../../lib/errors.ts';
import type { HidLink } from './mute-sync.ts';
import { telephonyControls, type TelephonyControls } from './telephony.ts';

export interface HidrawDevice {
  /** Kernel name of the node, such as `hidraw3`: changes with every plug. */
  readonly node: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly name: string;
  readonly controls: TelephonyControls;
}

const LARGEST_REPORT = 16_384;

/** All speakerphones among the kernel's raw HID devices. `classFolder`: `/sys/class/hidraw`. What cannot be read is passed over. */
export async function findSpeakerphones(classFolder: string): Promise<HidrawDevice[]> {
  const nodes = await readdir(classFolder).catch(() => []);
  const found = await Promise.all(nodes.toSorted().map((node) => describe(classFolder, node)));
  return found.filter((device) => device !== null);
}

async function describe(classFolder: string, node: string): Promise<HidrawDevice | null> {
  try {
    const folder = join(classFolder, node, 'device');
    const controls = telephonyControls(await readFile(join(folder, 'report_descriptor')));
    const uevent = await readFile(join(folder, 'uevent'), 'utf8');
    // HID_ID=0003:00000B0E:00000412, bus, vendor and product in hexadecimal.
    const id = /^HID_ID=[0-9A-F]+:([0-9A-F]{8}):([0-9A-F]{8})$/m.exec(uevent);
    if (controls === null || id === null) return null;
    const name = /^HID_NAME=(.*)$/m.exec(uevent)?.[1] ?? node;
    return { node, vendorId: parseInt(id[1] ?? '', 16), productId: parseInt(id[2] ?? '', 16), name, controls };
  } catch {
    return null;
  }
}

export interface OpenHidraw extends HidLink {
  /** Idempotent; ends reading, a write on its way is waited for. */
  close(): Promise<void>;
}

/** A blocking read would keep one of Node's four file threads for good, so the node is asked this often: far within a blink. */
const POLL_MS = 20;
const MOST_REPORTS_PER_POLL = 64;

/**
 * Opens a node, `/dev/hidraw3`. Opening alone sends nothing to the device. `onGone` is called once when a read fails, which is how
 * hidraw says that it was unplugged.
 */
export async function openHidraw(path: string, clock: Clock, onGone: (error: unknown) => void): Promise<OpenHidraw> {
  const file = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  const listeners = new Set<(report: Uint8Array) => void>();
  const buffer = Buffer.alloc(LARGEST_REPORT);
  let closed = false;
  let cancel: () => void = () => undefined;
  const isClosed = (): boolean => closed;
  const readWaiting = async (): Promise<void> => {
    for (let count = 0; count < MOST_REPORTS_PER_POLL; count++) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (isClosed()) return;
      if (bytesRead === 0) throw new Error('the device ended');
      for (const listener of [...listeners]) listener(Buffer.from(buffer.subarray(0, bytesRead)));
    }
  };
  const poll = async (): Promise<void> => {
    try {
      await readWaiting();
    } catch (error) {
      if (isClosed()) return;
      if (codeOf(error) !== 'EAGAIN') return onGone(error);
    }
    if (!isClosed()) cancel = clock.after(POLL_MS, () => void poll());
  };
  cancel = clock.after(0, () => void poll());
  return {
    write: async (report) => void (await file.write(report)),
    onReport: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      if (closed) return;
      closed = true;
      cancel();
      listeners.clear();
      await file.close();
    },
  };
}
