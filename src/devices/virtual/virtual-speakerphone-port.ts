import { DeviceUnavailableError } from '../../lib/errors.ts';
import type { OpenHidraw } from '../hid/hidraw.ts';
import type { FoundSpeakerphone } from '../hid/speakerphone.ts';
import { speakerphoneQuirk, telephonyControls } from '../hid/telephony.ts';
import type { VirtualSpeakerphone } from '../hid/virtual-speakerphone.ts';

/** The USB port that a virtual speakerphone hangs on: it can be pulled out and plugged in again. */
export class VirtualSpeakerphonePort {
  readonly speakerphone: VirtualSpeakerphone;
  #open: { readonly onGone: (error: unknown) => void; readonly end: () => void } | null = null;
  #plugged = true;

  constructor(speakerphone: VirtualSpeakerphone) {
    this.speakerphone = speakerphone;
  }

  /** Whether somebody holds it open. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  readonly find = async (): Promise<FoundSpeakerphone | null> => {
    const controls = telephonyControls(this.speakerphone.descriptor);
    if (!this.#plugged || controls === null) return null;
    return {
      id: 'virtual:speakerphone',
      name: 'Virtual speakerphone',
      virtual: true,
      controls,
      quirk: speakerphoneQuirk(0, 0),
      open: (onGone) => this.#opened(onGone),
    };
  };

  unplug(): void {
    this.#plugged = false;
    this.speakerphone.mode = 'unplugged';
    const open = this.#open;
    open?.end();
    open?.onGone(new DeviceUnavailableError('device/link-ended', 'The virtual speakerphone was unplugged'));
  }

  plug(): void {
    this.#plugged = true;
    this.speakerphone.mode = 'well';
  }

  async #opened(onGone: (error: unknown) => void): Promise<OpenHidraw> {
    if (!this.#plugged) throw new DeviceUnavailableError('device/link-not-opened', 'The virtual speakerphone is gone');
    const off: (() => void)[] = [];
    const mine = { onGone, end: () => void (this.#open === mine && (this.#open = null)) };
    this.#open = mine;
    return {
      write: (report) => this.speakerphone.write(report),
      onReport: (listener) => {
        const end = this.speakerphone.onReport(listener);
        off.push(end);
        return end;
      },
      close: async () => {
        mine.end();
        for (const end of off) end();
      },
    };
  }
}
