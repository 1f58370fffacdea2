import type { ControlRead } from './respeaker-tuning.ts';

/** What is needed of WebUSB's `USBDevice`, which the npm package `usb` implements over libusb. */
export interface VendorReads {
  controlTransferIn(
    setup: { requestType: 'vendor'; recipient: 'device'; request: number; value: number; index: number },
    length: number,
  ): Promise<{ readonly data?: DataView | undefined; readonly status?: string | undefined }>;
}

/** The transfer that `RespeakerPoller` asks for, on a device that is open. No interface is claimed: the sound card stays with ALSA. */
export function respeakerTransfer(device: VendorReads): (request: ControlRead) => Promise<Uint8Array> {
  return async ({ bRequest, wValue, wIndex, wLength }) => {
    const setup = {
      requestType: 'vendor',
      recipient: 'device',
      request: bRequest,
      value: wValue,
      index: wIndex,
    } as const;
    const { data, status } = await device.controlTransferIn(setup, wLength);
    if (status !== 'ok' || data === undefined) throw new Error(`control transfer: ${status ?? 'no status'}`);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
}
