import { DeviceUnavailableError } from '../../lib/errors.ts';
import type { CaptureCard } from '../device.ts';
import type { OpenedUsb } from './respeaker-ear.ts';
import type { VendorReads } from './respeaker-usb.ts';

/** What is used of the library's devices: its types lean on those of browsers, which are not here. */
interface UsbBoard extends VendorReads {
  readonly vendorId: number;
  readonly productId: number;
  /** Number of the bus, "001". */
  readonly bus: string;
  readonly address: number;
  readonly deviceVersionMajor: number;
  readonly deviceVersionMinor: number;
  readonly deviceVersionSubminor: number;
  open(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the USB device of a sound card beside ALSA, which keeps it: no interface is claimed. After replugging its address is another one,
 * so the only board of its kind is taken wherever it is.
 * @throws {DeviceUnavailableError} device/array-silent when it is not there or may not be opened.
 */
export async function openUsbOf(usb: NonNullable<CaptureCard['usb']>): Promise<OpenedUsb> {
  // Loaded here: a native library that rooms without such an array do without.
  const library = await import('usb');
  const boards = (await library.usb.getDevices()) as unknown as readonly UsbBoard[];
  const device = theBoard(boards, usb);
  if (!device) throw new DeviceUnavailableError('device/array-silent', 'The microphone array is not on the USB bus');
  try {
    await device.open();
    const { deviceVersionMajor: major, deviceVersionMinor: minor, deviceVersionSubminor: subminor } = device;
    return {
      firmware: (major << 8) | (minor << 4) | subminor,
      controlTransferIn: (setup, length) => device.controlTransferIn(setup, length),
      close: () => device.close(),
    };
  } catch (cause) {
    throw new DeviceUnavailableError('device/array-silent', 'The microphone array cannot be opened', { cause });
  }
}

/** Two of a kind are told apart by their place on the bus. */
export function theBoard<B extends Pick<UsbBoard, 'vendorId' | 'productId' | 'bus' | 'address'>>(
  all: readonly B[],
  usb: NonNullable<CaptureCard['usb']>,
): B | undefined {
  const same = all.filter(({ vendorId, productId }) => vendorId === usb.vendorId && productId === usb.productId);
  const [only] = same;
  if (same.length === 1) return only;
  return same.find(({ bus, address }) => Number(bus) === usb.bus && address === usb.address);
}
