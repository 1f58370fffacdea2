import type { Clock } from '../../lib/clock.ts';
import type { ByteLink } from '../link/byte-link.ts';

/** What is wrong with it, or peculiar to it; may be changed at any time. Counters count down. */
export interface MdcFaults {
  isSilent: boolean;
  /** Answers that many commands with a wrong checksum, having applied them. */
  damageAnswers: number;
  /** Sends this before each answer. */
  noise: readonly number[];
  /** Says yes and does nothing. */
  ignoresCommands: boolean;
  /** Answers with a nak. */
  refuses: boolean;
}

const ANSWER_MS = 30;
/** It is deaf while it changes its state. */
const POWER_MS = 3_000;

/**
 * A Samsung display as seen from its wire. In standby over a network it hears nothing unless its network standby is on. Its
 * codec is its own.
 */
export class VirtualMdcDisplay {
  readonly faults: MdcFaults = {
    isSilent: false,
    damageAnswers: 0,
    noise: [],
    ignoresCommands: false,
    refuses: false,
  };
  displayId: number;
  isOn = true;
  hasNetworkStandby = false;
  /** Called when it leaves the network or comes back to it. */
  onNetwork: (isThere: boolean) => void = () => undefined;
  /** By command: volume, mute, input, panel off. */
  readonly state = new Map<number, number>([
    [0x12, 20],
    [0x13, 0],
    [0x14, 0x21],
    [0xf9, 0],
  ]);
  readonly #clock: Clock;
  readonly #isNetworked: boolean;
  #busyUntilMs = 0;
  #kept: number[] = [];
  #link: ByteLink | null = null;

  constructor(clock: Clock, displayId: number, isNetworked: boolean) {
    this.#clock = clock;
    this.displayId = displayId;
    this.#isNetworked = isNetworked;
  }

  attach(link: ByteLink): void {
    this.#link = link;
    this.#kept = [];
    link.onData((chunk) => chunk.forEach((byte) => this.#byte(byte)));
  }

  /** The power button of the remote control. */
  press(isOn: boolean): void {
    this.isOn = isOn;
    this.#busyUntilMs = this.#clock.nowMs() + POWER_MS;
    if (this.#isNetworked && !this.hasNetworkStandby) this.onNetwork(isOn);
  }

  #byte(byte: number): void {
    this.#kept.push(byte);
    if (this.#kept[0] !== 0xaa) this.#kept = [];
    const [, command = 0, id = 0, length = 0] = this.#kept;
    if (this.#kept.length < 5 || this.#kept.length < length + 5) return;
    const data = this.#kept.slice(4, 4 + length);
    const isRight = sum(this.#kept.slice(1, 4 + length)) === byte;
    this.#kept = [];
    if (isRight && id === this.displayId) this.#command(command, data);
  }

  #command(command: number, data: readonly number[]): void {
    if (this.faults.isSilent || this.#clock.nowMs() < this.#busyUntilMs) return;
    if (this.faults.refuses && data.length > 0) return this.#answer(command, 'N', [1]);
    const value = data[0];
    if (value !== undefined && !this.faults.ignoresCommands) this.#apply(command, value);
    const now = this.#value(command);
    if (now === null) return this.#answer(command, 'N', [1]);
    this.#answer(command, 'A', [value ?? now]);
    // The acknowledgement still goes out before it falls asleep.
    if (command === 0x11 && value !== undefined && !this.faults.ignoresCommands) {
      this.#clock.after(ANSWER_MS * 2, () => this.press(value === 1));
    }
  }

  #apply(command: number, value: number): void {
    if (command === 0xb5) this.hasNetworkStandby = value === 1;
    else if (command === 0x62) this.#set(0x12, (this.state.get(0x12) ?? 0) + (value === 0 ? 1 : -1));
    else if (this.state.has(command)) this.#set(command, value);
  }

  #set(command: number, value: number): void {
    this.state.set(command, command === 0x12 ? Math.max(0, Math.min(100, value)) : value);
  }

  #value(command: number): number | null {
    if (command === 0x11) return this.isOn ? 1 : 0;
    if (command === 0xb5) return this.hasNetworkStandby ? 1 : 0;
    return this.state.get(command === 0x62 ? 0x12 : command) ?? null;
  }

  #answer(command: number, verdict: 'A' | 'N', values: readonly number[]): void {
    const body = [0xff, this.displayId, values.length + 2, verdict.charCodeAt(0), command, ...values];
    const isDamaged = this.faults.damageAnswers > 0;
    if (isDamaged) this.faults.damageAnswers -= 1;
    const packet = [...this.faults.noise, 0xaa, ...body, (sum(body) + (isDamaged ? 1 : 0)) & 0xff];
    this.#clock.after(ANSWER_MS, () => void this.#link?.write(Uint8Array.from(packet)).catch(() => undefined));
  }
}

const sum = (bytes: readonly number[]): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
