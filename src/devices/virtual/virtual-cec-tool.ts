import type { Clock } from '../../lib/clock.ts';
import type { RunCecCtl } from '../display-control/cec/cec-ctl.ts';

export interface CecFaults {
  /** The tool is not installed or hangs. */
  isMissing: boolean;
  /** The display has let go of us: our physical address is f.f.f.f. */
  hasNoAddress: boolean;
  /** Nobody acknowledges what is sent to the display. */
  isUnplugged: boolean;
  /** Answers "to-on" for ever, fully on. */
  isStuckOnTheWay: boolean;
  /** Aborts the question for the volume. */
  hidesVolume: boolean;
  /** Acknowledges and does nothing. */
  ignoresCommands: boolean;
}

const CHANGE_MS = 4_000;

/** `cec-ctl` with a display behind it, writing what version 1.26 writes. */
export class VirtualCecTool {
  readonly faults: CecFaults = {
    isMissing: false,
    hasNoAddress: false,
    isUnplugged: false,
    isStuckOnTheWay: false,
    hidesVolume: false,
    ignoresCommands: false,
  };
  isOn = false;
  isMuted = false;
  volume = 25;
  /** Who the display shows. */
  source = '2.0.0.0';
  readonly commands: string[] = [];
  readonly #clock: Clock;
  #isConfigured = false;
  #changedAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly run: RunCecCtl = async (args, _timeoutMs, signal) => {
    signal?.throwIfAborted();
    this.commands.push(args.join(' '));
    if (this.faults.isMissing) return null;
    const [what = ''] = args.filter((arg) => arg.startsWith('--') && arg !== '--to' && arg !== '--osd-name');
    if (what === '' || what === '--playback') return this.#adapter(what === '--playback');
    if (!this.#isConfigured) return 'The CEC adapter is not configured\n';
    return this.#transmit(what, args);
  };

  #adapter(isConfigured: boolean): string {
    this.#isConfigured = (this.#isConfigured || isConfigured) && !this.faults.hasNoAddress;
    return [
      'Driver Info:',
      '\tDriver Name                : vc4_hdmi',
      '\tAdapter Name               : vc4-hdmi-0',
      `\tPhysical Address           : ${this.faults.hasNoAddress ? 'f.f.f.f' : '1.0.0.0'}`,
      `\tLogical Address Mask       : ${this.#isConfigured ? '0x0010' : '0x0000'}`,
      '\tCEC Version                : 2.0',
      '',
    ].join('\n');
  }

  #transmit(what: string, args: readonly string[]): string {
    const head = 'Transmit from Playback Device 1 to TV (4 to 0):\n';
    const isBroadcast = what === '--active-source';
    if (this.faults.isUnplugged && !isBroadcast) return `${head}\tTx, Not Acknowledged (1), Max Retries\n`;
    if (what === '--give-device-power-status') return `${head}${this.#powerStatus()}`;
    if (what === '--give-audio-status') return `${head}${this.#audioStatus()}`;
    if (!this.faults.ignoresCommands) this.#obey(what, args);
    return `${head}\tSequence: 12 Tx Timestamp: 12345.678s\n`;
  }

  #obey(what: string, args: readonly string[]): void {
    const key = args.find((arg) => arg.startsWith('ui-cmd='))?.slice(7);
    if (what === '--image-view-on' && !this.isOn) this.#change(true);
    if (what === '--standby' && this.isOn) this.#change(false);
    if (what === '--active-source') this.source = args.at(-1)?.slice('phys-addr='.length) ?? '';
    if (key === 'mute') this.isMuted = !this.isMuted;
    if (key === 'volume-up') this.volume = Math.min(100, this.volume + 1);
    if (key === 'volume-down') this.volume = Math.max(0, this.volume - 1);
  }

  #change(isOn: boolean): void {
    this.isOn = isOn;
    this.#changedAtMs = this.#clock.nowMs();
  }

  #powerStatus(): string {
    const isChanging = this.#clock.nowMs() - this.#changedAtMs < CHANGE_MS;
    const onTheWay = isChanging || (this.faults.isStuckOnTheWay && this.isOn);
    const [name, code] = this.isOn
      ? onTheWay
        ? ['to-on', 2]
        : ['on', 0]
      : onTheWay
        ? ['to-standby', 3]
        : ['standby', 1];
    return `\tReceived from TV (0 to 4):\n\tREPORT_POWER_STATUS (0x90):\n\t\tpwr-state: ${name} (0x0${code})\n`;
  }

  #audioStatus(): string {
    if (this.faults.hidesVolume) return '\tReceived from TV (0 to 4):\n\tFEATURE_ABORT (0x00):\n\t\tabort-msg: 113\n';
    const mute = `aud-mute-status: ${this.isMuted ? 'on (0x01)' : 'off (0x00)'}`;
    const volume = `aud-vol-status: ${this.volume} (0x${this.volume.toString(16).padStart(2, '0')})`;
    return `\tReceived from TV (0 to 4):\n\tREPORT_AUDIO_STATUS (0x7a):\n\t\t${mute}\n\t\t${volume}\n`;
  }
}
