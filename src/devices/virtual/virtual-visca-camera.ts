import { concatBytes } from '../../lib/bytes.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ByteLink } from '../link/byte-link.ts';
import { VirtualHead } from './virtual-head.ts';

/** How messages reach the camera; see `ViscaTransport`. */
export type VirtualViscaWire = 'bare' | 'header';

/** What is wrong with it, or peculiar to it; may be changed at any time. Counters count down. */
export interface ViscaFaults {
  /** Hears nothing and says nothing, with its link open. */
  isSilent: boolean;
  /** Does as told and says nothing of it. */
  loseReplies: number;
  /** Neither hears nor answers that many messages. */
  loseCommands: number;
  /** Does not hear that many stops. */
  loseStops: number;
  /** Answers that many commands with "buffer full". */
  bufferFull: number;
  /** Completes without having acknowledged. */
  skipsAck: boolean;
  /** Acknowledges and never completes. */
  skipsCompletion: boolean;
  /** Numbers no sockets: every reply has 0. */
  hasNoSockets: boolean;
  /** Answers with sequence number 1 always. */
  sequenceIsAlwaysOne: boolean;
  /** Takes messages with the header and answers without it. */
  answersBare: boolean;
  /** Sends a network change when it is connected. */
  announcesItself: boolean;
  /** Refuses that many messages for their sequence number, until it is reset. */
  refuseSequence: number;
}

export const flawless: ViscaFaults = {
  isSilent: false,
  loseReplies: 0,
  loseCommands: 0,
  loseStops: 0,
  bufferFull: 0,
  skipsAck: false,
  skipsCompletion: false,
  hasNoSockets: false,
  sequenceIsAlwaysOne: false,
  answersBare: false,
  announcesItself: false,
  refuseSequence: 0,
};

/** From command to acknowledgement, and from acknowledgement to the completion of what takes no time. */
const ACK_MS = 5;
const COMPLETION_MS = 10;

/**
 * A VISCA camera as seen from its wire: two sockets, movements that take their time, presets, and the faults of rooms. Its
 * codec is its own, so that an error in the driver's does not meet itself here.
 */
export class VirtualViscaCamera {
  readonly faults: ViscaFaults;
  readonly head: VirtualHead;
  isOn = true;
  focusCode = 0x02;
  whiteBalanceCode = 0x00;
  exposureCode = 0x00;
  flickerCode = 0x00;
  /** Gggg and hhhh of the version inquiry. */
  version: readonly [number, number] = [0x0001, 0x0519];
  /** Commands heard, in hexadecimal, without inquiries. */
  readonly heard: string[] = [];
  readonly #clock: Clock;
  readonly #wire: VirtualViscaWire;
  readonly #presets = new Map<number, { pan: number; tilt: number; zoom: number }>();
  readonly #sockets = new Set<number>();
  #link: ByteLink | null = null;
  #kept: number[] = [];

  constructor(clock: Clock, wire: VirtualViscaWire, faults: Partial<ViscaFaults> = {}) {
    this.#clock = clock;
    this.#wire = wire;
    this.faults = { ...flawless, ...faults };
    this.head = new VirtualHead(clock);
  }

  attach(link: ByteLink): void {
    this.#link = link;
    this.#kept = [];
    link.onData((chunk) => this.#receive(chunk));
    if (this.faults.announcesItself) this.#send([0x90, 0x38, 0xff], null);
  }

  #receive(chunk: Uint8Array): void {
    if (this.faults.isSilent) return;
    if (this.#wire === 'header') return this.#datagram(chunk);
    for (const byte of chunk) {
      this.#kept.push(byte);
      if (byte !== 0xff) continue;
      const packet = this.#kept;
      this.#kept = [];
      this.#packet(packet, null);
    }
  }

  #datagram(chunk: Uint8Array): void {
    const [type1, type2, , length = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, ...payload] = chunk;
    if (payload.length !== length) return;
    if (type1 === 0x02) {
      this.faults.refuseSequence = 0;
      this.#link?.write(Uint8Array.of(0x02, 0x01, 0x00, 0x01, s1, s2, s3, s4, 0x01)).catch(() => undefined);
      return;
    }
    if (type1 !== 0x01 || (type2 !== 0x00 && type2 !== 0x10)) return;
    if (this.faults.refuseSequence > 0) {
      this.faults.refuseSequence -= 1;
      this.#link?.write(Uint8Array.of(0x02, 0x01, 0x00, 0x02, s1, s2, s3, s4, 0x0f, 0x01)).catch(() => undefined);
      return;
    }
    this.#packet(payload, [s1, s2, s3, s4]);
  }

  #packet(packet: readonly number[], sequence: readonly number[] | null): void {
    const [header, ...message] = packet.slice(0, -1);
    if (header === 0x88) return this.#broadcast(message);
    if (header !== 0x81) return;
    if (this.faults.loseCommands > 0) {
      this.faults.loseCommands -= 1;
      return;
    }
    if (message[0] === 0x09) return this.#inquiry(message.slice(1), sequence);
    if (message[0] === 0x01) this.#command(message, sequence);
  }

  #broadcast(message: readonly number[]): void {
    if (message[0] === 0x30) this.#send([0x88, 0x30, 0x02, 0xff], null);
    if (message.join() === '1,0,1') this.#send([0x88, 0x01, 0x00, 0x01, 0xff], null);
  }

  #inquiry(what: readonly number[], sequence: readonly number[] | null): void {
    const data = this.#answer(hex(what));
    if (data === null) return this.#send([0x90, 0x60, 0x02, 0xff], sequence);
    this.#clock.after(ACK_MS, () => this.#send([0x90, 0x50, ...data, 0xff], sequence));
  }

  #answer(what: string): number[] | null {
    const { pan, tilt, zoom } = this.head.position();
    const [vendor, model] = this.version;
    switch (what) {
      case '0002':
        return [vendor >> 8, vendor & 255, model >> 8, model & 255, 0x01, 0x00, 0x02];
      case '0400':
        return [this.isOn ? 0x02 : 0x03];
      case '0447':
        return nibbles(zoom);
      case '0612':
        return [...nibbles(pan), ...nibbles(tilt)];
      case '0438':
        return [this.focusCode];
      case '0435':
        return [this.whiteBalanceCode];
      case '0439':
        return [this.exposureCode];
      case '0455':
        return [this.flickerCode];
      default:
        return null;
    }
  }

  #command(message: readonly number[], sequence: readonly number[] | null): void {
    const text = hex(message);
    const isStop = /^010601....0303$|^01040700$|^01040800$/.test(text);
    if (isStop && this.faults.loseStops > 0) {
      this.faults.loseStops -= 1;
      return;
    }
    this.heard.push(text);
    const socket = [1, 2].find((free) => !this.#sockets.has(free));
    if (this.faults.bufferFull > 0 || socket === undefined) {
      this.faults.bufferFull = Math.max(0, this.faults.bufferFull - 1);
      return this.#send([0x90, 0x60, 0x03, 0xff], sequence);
    }
    if (!this.isOn && !text.startsWith('010400')) return this.#send([0x90, 0x60 | socket, 0x41, 0xff], sequence);
    const takesMs = this.#carryOut(message);
    if (takesMs === null) return this.#send([0x90, 0x60, 0x02, 0xff], sequence);
    this.#reply(socket, takesMs, sequence);
  }

  #reply(socket: number, takesMs: number, sequence: readonly number[] | null): void {
    const shown = this.faults.hasNoSockets ? 0 : socket;
    this.#sockets.add(socket);
    this.#clock.after(ACK_MS, () => {
      if (!this.faults.skipsAck) this.#send([0x90, 0x40 | shown, 0xff], sequence);
    });
    this.#clock.after(ACK_MS + takesMs, () => {
      this.#sockets.delete(socket);
      if (!this.faults.skipsCompletion) this.#send([0x90, 0x50 | shown, 0xff], sequence);
    });
  }

  /** How long it takes, or `null` for what is no command. */
  #carryOut(message: readonly number[]): number | null {
    const [, category, command, ...rest] = message;
    const [first = 0, second = 0] = rest;
    if (category === 0x06) return this.#panTilt(command ?? 0, rest);
    if (category !== 0x04) return null;
    switch (command) {
      case 0x00:
        this.isOn = first === 0x02;
        return COMPLETION_MS;
      case 0x07:
        this.head.driveZoom(driveSpeed(first));
        return COMPLETION_MS;
      case 0x08:
        return COMPLETION_MS;
      case 0x47:
        return this.head.moveTo({ zoom: word(rest) });
      case 0x38:
        this.focusCode = first;
        return COMPLETION_MS;
      case 0x35:
        this.whiteBalanceCode = first;
        return COMPLETION_MS;
      case 0x39:
        this.exposureCode = first;
        return COMPLETION_MS;
      case 0x23:
        this.flickerCode = first;
        return COMPLETION_MS;
      case 0x3f:
        return this.#preset(first, second);
      default:
        return null;
    }
  }

  #preset(action: number, preset: number): number | null {
    if (action === 0x01) this.#presets.set(preset, this.head.position());
    if (action !== 0x02) return action === 0x01 ? COMPLETION_MS : null;
    const place = this.#presets.get(preset);
    return place ? this.head.moveTo(place) : COMPLETION_MS;
  }

  #panTilt(command: number, rest: readonly number[]): number | null {
    const [panSpeed = 0, tiltSpeed = 0, panWay = 0, tiltWay = 0] = rest;
    switch (command) {
      case 0x01:
        if (panSpeed < 1 || panSpeed > 0x18 || tiltSpeed < 1 || tiltSpeed > 0x18) return null;
        this.head.drivePanTilt(panSpeed * way(panWay), -tiltSpeed * way(tiltWay));
        return COMPLETION_MS;
      case 0x02:
        return this.head.moveTo({ pan: signed(word(rest.slice(2, 6))), tilt: signed(word(rest.slice(6, 10))) });
      case 0x04:
        return this.head.moveTo({ pan: 0, tilt: 0 });
      default:
        return null;
    }
  }

  #send(packet: readonly number[], sequence: readonly number[] | null): void {
    if (this.faults.isSilent) return;
    if (this.faults.loseReplies > 0) {
      this.faults.loseReplies -= 1;
      return;
    }
    const bare = Uint8Array.from(packet);
    const shown = this.faults.sequenceIsAlwaysOne ? [0, 0, 0, 1] : (sequence ?? [0, 0, 0, 0]);
    const head = Uint8Array.of(0x01, 0x11, 0x00, bare.length, ...shown);
    const message = this.#wire === 'header' && !this.faults.answersBare ? concatBytes(head, bare) : bare;
    this.#link?.write(message).catch(() => undefined);
  }
}

const hex = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
const nibbles = (value: number): number[] => [12, 8, 4, 0].map((shift) => (value >> shift) & 15);
const word = (digits: readonly number[]): number => digits.slice(0, 4).reduce((value, digit) => value * 16 + digit, 0);
const signed = (value: number): number => (value < 0x8000 ? value : value - 0x1_0000);
/** 01 is left or up, 02 right or down, 03 neither. */
const way = (code: number): number => (code === 1 ? -1 : code === 2 ? 1 : 0);
const driveSpeed = (code: number): number =>
  code >> 4 === 2 ? (code & 15) + 1 : code >> 4 === 3 ? -((code & 15) + 1) : 0;
