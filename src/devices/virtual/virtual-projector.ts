import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { ByteLink } from '../link/byte-link.ts';
import { LineSplitter } from '../link/line-splitter.ts';

export interface ProjectorFaults {
  /** Accepts connections and says nothing. */
  isSilent: boolean;
  /** Answers in lower case (openhab-addons#6725). */
  answersInLowerCase: boolean;
  /** Knows AVMT 30 and 31 only (Panasonic PT-VX42Z). */
  mutesAllOrNothing: boolean;
  /** Answers everything that is set with ERR4. */
  hasFailed: boolean;
  /** Hangs up that many times instead of answering. */
  hangUps: number;
}

const ANSWER_MS = 50;
const IDLE_MS = 30_000;
const WARM_MS = 20_000;
const COOL_MS = 60_000;

type State = 'standby' | 'on' | 'cooling' | 'warming';

/** A projector that speaks PJLink: warms up and cools down, refuses inputs meanwhile, hangs up after 30 idle seconds. */
export class VirtualProjector {
  readonly faults: ProjectorFaults = {
    isSilent: false,
    answersInLowerCase: false,
    mutesAllOrNothing: false,
    hasFailed: false,
    hangUps: 0,
  };
  state: State = 'standby';
  input = '11';
  isVideoMuted = false;
  isAudioMuted = false;
  isFrozen = false;
  /** Connections that were made, and passwords that were wrong. */
  connections = 0;
  wrongPasswords = 0;
  readonly #clock: Clock;
  readonly #password: string | null;
  readonly #random: string;
  readonly #isClass2: boolean;
  #cancelChange: () => void = () => undefined;

  /** `random` is what it sends for the digest, eight hexadecimal digits. */
  constructor(clock: Clock, password: string | null, isClass2: boolean, random = '498e4a67') {
    this.#clock = clock;
    this.#password = password;
    this.#isClass2 = isClass2;
    this.#random = random;
  }

  attach(link: ByteLink): void {
    this.connections += 1;
    const lines = new LineSplitter(256);
    const session = { isTrusted: this.#password === null, cancelIdle: (): void => undefined };
    const awake = (): void => {
      session.cancelIdle();
      session.cancelIdle = this.#clock.after(IDLE_MS, () => void link.close());
    };
    link.onClose(() => session.cancelIdle());
    link.onData((chunk) => {
      awake();
      for (const line of lines.push(chunk)) if (line.kind === 'line') this.#line(line.text, link, session);
    });
    if (this.faults.isSilent) return;
    awake();
    this.#send(link, this.#password === null ? 'PJLINK 0' : `PJLINK 1 ${this.#random}`);
  }

  /** The power button. */
  press(isOn: boolean): void {
    this.#cancelChange();
    this.state = isOn ? 'warming' : 'cooling';
    const [end, lasts]: [State, number] = isOn ? ['on', WARM_MS] : ['standby', COOL_MS];
    this.#cancelChange = this.#clock.after(lasts, () => (this.state = end));
  }

  close(): void {
    this.#cancelChange();
  }

  #line(text: string, link: ByteLink, session: { isTrusted: boolean }): void {
    if (this.faults.isSilent) return;
    if (this.faults.hangUps > 0) {
      this.faults.hangUps -= 1;
      return void link.close();
    }
    const digest = createHash('md5')
      .update(`${this.#random}${this.#password ?? ''}`)
      .digest('hex');
    // It is expected before the first command only (specification 5).
    const isDigest = !session.isTrusted && text.startsWith(digest);
    if (!session.isTrusted && !isDigest) {
      this.wrongPasswords += 1;
      this.#send(link, 'PJLINK ERRA');
      return;
    }
    session.isTrusted = true;
    const [, level = '', command = '', value = ''] =
      /^%([12])(\w{4}) (.+)$/.exec(isDigest ? text.slice(32) : text) ?? [];
    if (command === '') return;
    const answer =
      level === '2' && !this.#isClass2 ? 'ERR1' : value === '?' ? this.#get(command) : this.#set(command, value);
    this.#clock.after(ANSWER_MS, () => this.#send(link, `%${level}${command}=${answer}`));
  }

  #get(command: string): string {
    const mute = [this.isVideoMuted, this.isAudioMuted];
    const answers: Record<string, string> = {
      POWR: String(['standby', 'on', 'cooling', 'warming'].indexOf(this.state)),
      INPT: this.state === 'on' ? this.input : 'ERR3',
      INST: '11 21 31 32',
      AVMT: mute.every(Boolean) ? '31' : mute[0] ? '11' : mute[1] ? '21' : '30',
      CLSS: this.#isClass2 ? '2' : '1',
      FREZ: this.isFrozen ? '1' : '0',
    };
    return answers[command] ?? 'ERR1';
  }

  #set(command: string, value: string): string {
    if (this.faults.hasFailed) return 'ERR4';
    if (command === 'POWR') return this.#power(value);
    if (this.state !== 'on') return 'ERR3';
    switch (command) {
      case 'INPT':
        if (!['11', '21', '31', '32'].includes(value)) return 'ERR2';
        this.input = value;
        return 'OK';
      case 'AVMT':
        return this.#mute(value);
      case 'FREZ':
        this.isFrozen = value === '1';
        return 'OK';
      case 'SVOL':
        return 'OK';
      default:
        return 'ERR1';
    }
  }

  #power(value: string): string {
    if (value !== '0' && value !== '1') return 'ERR2';
    if (this.state === (value === '1' ? 'on' : 'standby')) return 'OK';
    // A cold projector lets itself be switched on; one that warms up or cools down does not listen.
    if (this.state === 'warming' || this.state === 'cooling') return 'ERR3';
    this.press(value === '1');
    return 'OK';
  }

  #mute(value: string): string {
    const [kind = '', digit = ''] = value;
    if (!/^[123][01]$/.test(value) || (this.faults.mutesAllOrNothing && kind !== '3')) return 'ERR2';
    if (kind !== '2') this.isVideoMuted = digit === '1';
    if (kind !== '1') this.isAudioMuted = digit === '1';
    return 'OK';
  }

  #send(link: ByteLink, text: string): void {
    const shown = this.faults.answersInLowerCase ? text.toLowerCase() : text;
    void link.write(Buffer.from(`${shown}\r`, 'latin1')).catch(() => undefined);
  }
}
