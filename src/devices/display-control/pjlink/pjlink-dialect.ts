import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import { InternalError } from '../../../lib/errors.ts';
import { ExclusiveRunner } from '../../../lib/exclusive.ts';
import { LineSplitter } from '../../link/line-splitter.ts';
import type { ReopeningLink } from '../../link/reopening-link.ts';
import { waitFor } from '../../link/wait.ts';
import type { DisplayDialect, ReadResult, TellTrouble, WriteResult } from '../dialect.ts';
import type { DisplayCapabilities, DisplayProperty, DisplayValues, PowerState } from '../display-control.ts';

export interface PjlinkDeps {
  /** Opened on demand: a projector ends a connection after 30 idle seconds. Closed by `close`. */
  readonly link: ReopeningLink;
  readonly clock: Clock;
  readonly tell: TellTrouble;
  /** `null` where the projector has none. */
  readonly password: string | null;
  readonly virtual: boolean;
}

export const PJLINK_PORT = 4352;
/** "PJLink Specifications" 1.04, 2.5: 128 characters of parameter behind a body of 7. */
const MAX_LINE = 136;
const OPEN_TIMEOUT_MS = 6_000;
const GREETING_TIMEOUT_MS = 5_000;
/** Projectors have to answer within 2 seconds; some do not keep to it (IDK MSD-5401 manual, 8.16). */
const ANSWER_TIMEOUT_MS = 4_000;
/** INPT's first digit (specification 4.3); the second counts from 1. */
const inputKinds = ['rgb', 'video', 'digital', 'storage', 'network', 'internal'] as const;

/** What a command came to: the text behind `=`, or why there is none. */
type Reply = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'no-answer' };

/** A projector that speaks PJLink class 1, with freezing and volume steps where it says that it knows class 2. */
export class PjlinkDialect implements DisplayDialect {
  readonly id: string;
  readonly virtual: boolean;
  readonly #deps: PjlinkDeps;
  readonly #lines = new LineSplitter(MAX_LINE);
  readonly #oneAtATime: ExclusiveRunner;
  #hear: ((line: string) => void) | null = null;
  /** Of the connection: what goes before its first command, `null` as long as it has not greeted. */
  #prefix: string | null = null;
  #onGreeted: (() => void) | null = null;
  #inputs: readonly string[] = [];
  #isClass2 = false;
  #isKnown = false;
  #closed = false;

  constructor(deps: PjlinkDeps) {
    this.#deps = deps;
    this.id = `pjlink:${deps.link.id}`;
    this.virtual = deps.virtual;
    this.#oneAtATime = new ExclusiveRunner(
      () => new InternalError('device/display-closed', 'The display was asked after it was closed'),
    );
    deps.link.on('open', () => this.#begin());
    deps.link.on('data', (chunk) => this.#receive(chunk));
  }

  get capabilities(): DisplayCapabilities {
    const volume = this.#isClass2 ? 'steps' : 'none';
    return { power: true, inputs: this.#inputs, volume, mute: true, blank: true, freeze: this.#isClass2 };
  }

  start(): void {
    this.#deps.link.start();
    void this.#learn(null).catch(() => undefined);
  }

  async read<P extends DisplayProperty>(
    property: P,
    signal: AbortSignal | null,
  ): Promise<ReadResult<DisplayValues[P]>> {
    const command = queries[property];
    if (command === null) return { kind: 'cannot-read' };
    await this.#learn(signal);
    const reply = await this.#ask(`${command} ?`, signal);
    if (reply.kind === 'no-answer') return reply;
    if (reply.text === 'ERR3') return { kind: 'not-now' };
    const value = decode(property, reply.text);
    return value === null ? { kind: 'cannot-read' } : { kind: 'value', value };
  }

  async write<P extends DisplayProperty>(
    property: P,
    value: DisplayValues[P],
    signal: AbortSignal | null,
  ): Promise<WriteResult> {
    await this.#learn(signal);
    switch (property) {
      case 'power':
        return this.#say(`%1POWR ${value === 'on' ? 1 : 0}`, signal);
      case 'input': {
        const code = inputCode(String(value));
        return code === null ? 'unsupported' : this.#say(`%1INPT ${code}`, signal);
      }
      case 'muted':
        return this.#say(`%1AVMT 2${value === true ? 1 : 0}`, signal);
      case 'blanked':
        return this.#blank(value === true ? 1 : 0, signal);
      case 'frozen':
        return this.#say(`%2FREZ ${value === true ? 1 : 0}`, signal);
      default:
        return 'unsupported';
    }
  }

  stepVolume(way: 'up' | 'down', signal: AbortSignal | null): Promise<WriteResult> {
    return this.#say(`%2SVOL ${way === 'up' ? 1 : 0}`, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#deps.link.close();
    await this.#oneAtATime.close();
  }

  /** Some projectors know only both together (Panasonic PT-VX42Z: AVMT 30 and 31). */
  async #blank(digit: 0 | 1, signal: AbortSignal | null): Promise<WriteResult> {
    const result = await this.#say(`%1AVMT 1${digit}`, signal);
    return result === 'refused' ? this.#say(`%1AVMT 3${digit}`, signal) : result;
  }

  /** Inputs and class, asked for once. */
  async #learn(signal: AbortSignal | null): Promise<void> {
    if (this.#isKnown) return;
    const inputs = await this.#ask('%1INST ?', signal);
    if (inputs.kind === 'no-answer' || /^ERR3/.test(inputs.text)) return;
    this.#isKnown = true;
    this.#inputs = inputs.text
      .split(' ')
      .map(inputName)
      .filter((name) => name !== null);
    const level = await this.#ask('%1CLSS ?', signal);
    this.#isClass2 = level.kind === 'text' && level.text === '2';
  }

  async #say(command: string, signal: AbortSignal | null): Promise<WriteResult> {
    const reply = await this.#ask(command, signal);
    if (reply.kind === 'no-answer') return 'no-answer';
    this.#deps.tell('device/display-failure', reply.text === 'ERR4');
    return results[reply.text] ?? 'unclear';
  }

  // The connection

  #begin(): void {
    this.#lines.reset();
    this.#prefix = null;
  }

  #receive(chunk: Uint8Array): void {
    for (const line of this.#lines.push(chunk)) {
      if (line.kind === 'too-long') continue;
      const greeting = /^PJLINK (0|1 ([0-9a-f]{1,32})|ERRA)\s*$/i.exec(line.text);
      if (greeting === null) this.#hear?.(line.text);
      else this.#greeted(greeting[1] ?? '', greeting[2] ?? null);
    }
  }

  /** Specification 5: the digest is MD5 over the random number and the password, before the first command only. */
  #greeted(mode: string, random: string | null): void {
    const { password, tell, link } = this.#deps;
    const isRefused = mode.toUpperCase() === 'ERRA' || (random !== null && password === null);
    if (isRefused) {
      tell('device/display-password', true);
      return link.drop();
    }
    this.#prefix =
      random === null
        ? ''
        : createHash('md5')
            .update(`${random}${password ?? ''}`)
            .digest('hex');
    this.#onGreeted?.();
  }

  async #ask(command: string, signal: AbortSignal | null): Promise<Reply> {
    if (this.#closed) return { kind: 'no-answer' };
    return this.#oneAtATime.run(async () => {
      // The projector may hang up for idleness at the very moment that it is asked.
      const first = await this.#exchange(command, signal);
      if (first !== 'hung-up') return first;
      const second = await this.#exchange(command, signal);
      return second === 'hung-up' ? { kind: 'no-answer' } : second;
    });
  }

  async #exchange(command: string, signal: AbortSignal | null): Promise<Reply | 'hung-up'> {
    const { clock, link } = this.#deps;
    if (!(await link.ready(OPEN_TIMEOUT_MS, signal)) || !(await this.#greeting(signal))) return { kind: 'no-answer' };
    const form = new RegExp(`^%[12]${command.slice(2, 6)}=(.*)$`, 'i');
    const wait = await waitFor<Reply | 'hung-up'>(clock, ANSWER_TIMEOUT_MS, signal, (settle) => {
      this.#hear = (line) => {
        const text = form.exec(line)?.[1];
        if (text !== undefined) settle({ kind: 'text', text: text.trim().toUpperCase() });
      };
      const off = link.on('down', () => settle('hung-up'));
      link.write(Buffer.from(`${this.#prefix ?? ''}${command}\r`, 'latin1')).catch(() => settle('hung-up'));
      this.#prefix = '';
      return () => {
        this.#hear = null;
        off();
      };
    });
    return this.#concluded(wait.kind === 'value' ? wait.value : { kind: 'no-answer' });
  }

  /** An answer shows that the password was right; a connection that does not answer is not asked again. */
  #concluded(reply: Reply | 'hung-up'): Reply | 'hung-up' {
    if (reply === 'hung-up') return reply;
    if (reply.kind === 'text') this.#deps.tell('device/display-password', false);
    else this.#deps.link.drop();
    return reply;
  }

  async #greeting(signal: AbortSignal | null): Promise<boolean> {
    if (this.#prefix !== null) return true;
    const { clock, link } = this.#deps;
    const wait = await waitFor<boolean>(clock, GREETING_TIMEOUT_MS, signal, (settle) => {
      this.#onGreeted = () => settle(true);
      const off = link.on('down', () => settle(false));
      return () => {
        this.#onGreeted = null;
        off();
      };
    });
    if (wait.kind === 'timeout') link.drop();
    return wait.kind === 'value' && wait.value;
  }
}

/** ERR1 undefined command, ERR2 out of parameter, ERR3 unavailable time, ERR4 projector failure (specification 2.3). */
const results: Readonly<Record<string, WriteResult>> = {
  OK: 'taken',
  ERR1: 'unsupported',
  ERR2: 'refused',
  ERR3: 'not-now',
  ERR4: 'refused',
};

const queries: Readonly<Record<DisplayProperty, string | null>> = {
  power: '%1POWR',
  input: '%1INPT',
  muted: '%1AVMT',
  blanked: '%1AVMT',
  frozen: '%2FREZ',
  volume: null,
};

const powerStates: Readonly<Record<string, PowerState>> = { '0': 'standby', '1': 'on', '2': 'cooling', '3': 'warming' };

function decode<P extends DisplayProperty>(property: P, text: string): DisplayValues[P] | null {
  const isMute = /^[123][01]$/.test(text);
  const values: { [K in DisplayProperty]: () => DisplayValues[K] | null } = {
    power: () => powerStates[text] ?? null,
    input: () => inputName(text),
    volume: () => null,
    // 11 video muted, 21 audio muted, 31 both, 30 neither.
    muted: () => (isMute ? text === '21' || text === '31' : null),
    blanked: () => (isMute ? text === '11' || text === '31' : null),
    frozen: () => (/^[01]$/.test(text) ? text === '1' : null),
  };
  return values[property]();
}

function inputName(code: string): string | null {
  const [, kind = '', number = ''] = /^([1-6])([1-9A-Z])$/i.exec(code) ?? [];
  return kind === '' ? null : `${inputKinds[Number(kind) - 1] ?? ''}-${number.toLowerCase()}`;
}

function inputCode(name: string): string | null {
  const [, kind = '', number = ''] = /^([a-z]+)-([1-9a-z])$/.exec(name) ?? [];
  const at = inputKinds.findIndex((known) => known === kind);
  return at < 0 ? null : `${at + 1}${number.toUpperCase()}`;
}
