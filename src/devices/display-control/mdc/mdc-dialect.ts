import type { Clock } from '../../../lib/clock.ts';
import { InternalError } from '../../../lib/errors.ts';
import { ExclusiveRunner } from '../../../lib/exclusive.ts';
import type { ReopeningLink } from '../../link/reopening-link.ts';
import { waitFor } from '../../link/wait.ts';
import type { DisplayDialect, ReadResult, TellTrouble, WriteResult } from '../dialect.ts';
import type { DisplayCapabilities, DisplayProperty, DisplayValues } from '../display-control.ts';
import { encodeMdc, MdcParser, TLS_GREETING } from './packet.ts';
import type { MdcAnswer } from './packet.ts';

export interface MdcDeps {
  /** Closed by `close`. */
  readonly link: ReopeningLink;
  readonly clock: Clock;
  readonly tell: TellTrouble;
  /** The display's id, or `null` to try those that displays have from the factory. */
  readonly displayId: number | null;
  /** Over a network a display in standby is reached only if its network standby is on: it is switched on. */
  readonly needsNetworkStandby: boolean;
  readonly virtual: boolean;
}

export const MDC_PORT = 1515;
const commands = { power: 0x11, volume: 0x12, muted: 0x13, input: 0x14, blanked: 0xf9 } as const;
const NETWORK_STANDBY = 0xb5;
const VOLUME_CHANGE = 0x62;
/** A wrong id is not answered at all; 0 and 1 are what displays come with, and some manuals write 0 as FF (MD40B page 41). */
const FACTORY_IDS = [0x00, 0x01, 0xff] as const;
const ANSWER_TIMEOUT_MS = 1_000;
const TRIES = 3;

/** Input sources of "MDC Protocol" 2.1.1C; the first code is set, every one of the row is read as the name. */
const inputs: Readonly<Record<string, readonly number[]>> = {
  'hdmi-1': [0x21, 0x22],
  'hdmi-2': [0x23, 0x24],
  'hdmi-3': [0x31, 0x32],
  'hdmi-4': [0x33, 0x34],
  'displayport-1': [0x25],
  'displayport-2': [0x26],
  'displayport-3': [0x27],
  dvi: [0x18, 0x1f],
  pc: [0x14],
  hdbaset: [0x55],
  'plug-in': [0x50],
};

/** A Samsung display over RS-232 (9600 baud) or TCP 1515. */
export class MdcDialect implements DisplayDialect {
  readonly id: string;
  readonly virtual: boolean;
  readonly capabilities: DisplayCapabilities = {
    power: true,
    inputs: Object.keys(inputs),
    volume: 'absolute',
    mute: true,
    blank: true,
    freeze: false,
  };
  readonly #deps: MdcDeps;
  readonly #parser = new MdcParser();
  /** The first characters of a connection. */
  #greeting = '';
  readonly #oneAtATime: ExclusiveRunner;
  #hear: ((answer: MdcAnswer) => void) | null = null;
  #displayId: number | null;
  #closed = false;

  constructor(deps: MdcDeps) {
    this.#deps = deps;
    this.id = `mdc:${deps.link.id}`;
    this.virtual = deps.virtual;
    this.#displayId = deps.displayId;
    this.#oneAtATime = new ExclusiveRunner(
      () => new InternalError('device/display-closed', 'The display was asked after it was closed'),
    );
    deps.link.on('open', () => this.#opened());
    deps.link.on('data', (chunk) => this.#receive(chunk));
    deps.link.on('probe', () => void this.#ask(commands.power, [], null));
  }

  start(): void {
    this.#deps.link.start();
  }

  async read<P extends DisplayProperty>(
    property: P,
    signal: AbortSignal | null,
  ): Promise<ReadResult<DisplayValues[P]>> {
    const command = commandOf(property);
    if (command === null) return { kind: 'cannot-read' };
    const answer = await this.#ask(command, [], signal);
    if (answer === null) return { kind: 'no-answer' };
    const value = answer.isAck ? decode(property, answer.values[0]) : null;
    return value === null ? { kind: 'cannot-read' } : { kind: 'value', value };
  }

  async write<P extends DisplayProperty>(
    property: P,
    value: DisplayValues[P],
    signal: AbortSignal | null,
  ): Promise<WriteResult> {
    const command = commandOf(property);
    const code = encode(property, value);
    if (command === null || code === null) return 'unsupported';
    return verdictOf(await this.#ask(command, [code], signal));
  }

  async stepVolume(way: 'up' | 'down', signal: AbortSignal | null): Promise<WriteResult> {
    return verdictOf(await this.#ask(VOLUME_CHANGE, [way === 'up' ? 0x00 : 0x01], signal));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#deps.link.close();
    await this.#oneAtATime.close();
  }

  #opened(): void {
    this.#parser.reset();
    this.#greeting = '';
    if (this.#deps.needsNetworkStandby) void this.#keepNetworkStandby();
  }

  async #keepNetworkStandby(): Promise<void> {
    const before = await this.#ask(NETWORK_STANDBY, [], null);
    if (before === null || !before.isAck || before.values[0] === 1) {
      if (before?.isAck) this.#deps.tell('device/display-network-standby-off', false);
      return;
    }
    await this.#ask(NETWORK_STANDBY, [1], null);
    const after = await this.#ask(NETWORK_STANDBY, [], null);
    if (after?.isAck) this.#deps.tell('device/display-network-standby-off', after.values[0] !== 1);
  }

  #receive(chunk: Uint8Array): void {
    this.#hearGreeting(chunk);
    for (const answer of this.#parser.push(chunk)) this.#hear?.(answer);
  }

  /** A display that wants TLS says so in the clear, and answers nothing then. */
  #hearGreeting(chunk: Uint8Array): void {
    if (this.#greeting.length >= TLS_GREETING.length) return;
    this.#greeting = (this.#greeting + Buffer.from(chunk).toString('latin1')).slice(0, TLS_GREETING.length);
    if (this.#greeting.length === TLS_GREETING.length)
      this.#deps.tell('device/display-pin', this.#greeting === TLS_GREETING);
  }

  /** Asks under the id that is known, or tries ids until one is answered. `null` when nothing was. */
  async #ask(command: number, data: readonly number[], signal: AbortSignal | null): Promise<MdcAnswer | null> {
    if (this.#closed) return null;
    return this.#oneAtATime.run(async () => {
      const known = this.#displayId ?? (await this.#findId(signal));
      if (known === null) return null;
      const answer = await this.#askId(known, command, data, signal);
      // The display may have been given another id.
      if (answer === null && this.#deps.displayId === null) this.#displayId = null;
      return answer;
    });
  }

  async #findId(signal: AbortSignal | null): Promise<number | null> {
    for (const id of FACTORY_IDS) {
      if ((await this.#exchange(id, commands.power, [], signal)) === null) continue;
      this.#displayId = id;
      return id;
    }
    return null;
  }

  /** Two damaged answers in a row that say the same are believed: some displays never get their checksum right. */
  async #askId(
    id: number,
    command: number,
    data: readonly number[],
    signal: AbortSignal | null,
  ): Promise<MdcAnswer | null> {
    let damaged: MdcAnswer | null = null;
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await this.#exchange(id, command, data, signal);
      if (answer === null) {
        if (tries === TRIES - 1 || !this.#deps.link.isOpen) return damaged;
        continue;
      }
      // A damaged answer to a setting is not repeated: what came of it is read.
      if (!answer.isDamaged || data.length > 0) return answer;
      if (damaged !== null && damaged.values.join() === answer.values.join()) return answer;
      damaged = answer;
    }
    return null;
  }

  async #exchange(
    id: number,
    command: number,
    data: readonly number[],
    signal: AbortSignal | null,
  ): Promise<MdcAnswer | null> {
    const { clock, link } = this.#deps;
    const wait = await waitFor<MdcAnswer | null>(clock, ANSWER_TIMEOUT_MS, signal, (settle) => {
      this.#hear = (answer) => {
        if (answer.command === command) settle(answer);
      };
      link.write(encodeMdc(command, id, data)).catch(() => settle(null));
      const off = link.on('down', () => settle(null));
      return () => {
        this.#hear = null;
        off();
      };
    });
    return wait.kind === 'value' ? wait.value : null;
  }
}

function verdictOf(answer: MdcAnswer | null): WriteResult {
  if (answer === null) return 'no-answer';
  if (answer.isDamaged) return 'unclear';
  return answer.isAck ? 'taken' : 'refused';
}

const commandOf = (property: DisplayProperty): number | null => (property === 'frozen' ? null : commands[property]);

function encode<P extends DisplayProperty>(property: P, value: DisplayValues[P]): number | null {
  if (property === 'power') return value === 'on' ? 1 : 0;
  if (property === 'input') return inputs[String(value)]?.[0] ?? null;
  return Number(value);
}

/** The panel's own command says 0 for a picture and 1 for none, as `blanked` does. */
function decode<P extends DisplayProperty>(property: P, code: number | undefined): DisplayValues[P] | null {
  if (code === undefined) return null;
  const values: { [K in DisplayProperty]: () => DisplayValues[K] | null } = {
    power: () => (code === 1 ? 'on' : code === 0 ? 'standby' : null),
    input: () => Object.entries(inputs).find(([, codes]) => codes.includes(code))?.[0] ?? `source-${code.toString(16)}`,
    volume: () => (code <= 100 ? code : null),
    muted: () => (code <= 1 ? code === 1 : null),
    blanked: () => (code <= 1 ? code === 1 : null),
    frozen: () => null,
  };
  return values[property]();
}
