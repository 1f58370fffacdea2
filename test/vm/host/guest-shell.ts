import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../src/lib/clock.ts';

export interface Run {
  /** Of the script; 124 or 137 when it took longer than it was given. */
  readonly code: number;
  /** What it wrote, as it wrote it: the last `MOST_OUTPUT` characters. */
  readonly output: string;
}

interface Waiting {
  /** What the last line of the wait begins with. */
  readonly until: string;
  readonly onLine: (line: string) => void;
  readonly resolve: (lastLine: string) => void;
  readonly reject: (error: Error) => void;
}

const MOST_OUTPUT = 1 << 20;
/** How much longer than the script may take the room's own end of it is waited for. */
const GRACE_MS = 30_000;

/** The host's end of the room's shell: runs scripts in the room as root, one at a time. See `room-shell` for what is spoken. */
export class GuestShell {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  #text = '';
  #waiting: Waiting | null = null;
  #lost: Error | null = null;

  constructor(stream: Duplex, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#receive(text));
    stream.on('error', (error: Error) => this.#lose(error));
    stream.on('close', () => this.#lose(null));
  }

  /** Resolves when the room is up. @throws {Error} when it is not within `timeoutMs`. */
  async ready(timeoutMs: number): Promise<void> {
    await this.#wait('READY', timeoutMs, 'the virtual room is not up', () => undefined);
  }

  /**
   * Runs a script of bash. `onLine` gets each line of what it writes as it comes.
   * @throws {Error} when the room is gone, or does not answer long after `timeoutMs`, when the script has been ended.
   */
  async run(script: string, timeoutMs: number, onLine: (line: string) => void): Promise<Run> {
    const token = `exit-${randomBytes(8).toString('hex')}`;
    const bytes = Buffer.from(`${script}\n`);
    let [output, blank] = ['', false];
    const ended = this.#wait(token, timeoutMs + GRACE_MS, 'the virtual room does not answer', (line) => {
      output = `${output}${line}\n`.slice(-MOST_OUTPUT);
      // The last end of line is the shell's own.
      if (blank) onLine('');
      blank = line === '';
      if (!blank) onLine(line);
    });
    this.#stream.write(`RUN ${token} ${Math.ceil(timeoutMs / 1000)} ${bytes.length}\n`);
    this.#stream.write(bytes);
    const code = Number((await ended).slice(token.length + 1));
    return { code, output: output.replace(/\n$/, '') };
  }

  /** The room goes off when nobody is at its shell. */
  hangUp(): void {
    this.#stream.destroy();
  }

  #wait(until: string, timeoutMs: number, problem: string, onLine: (line: string) => void): Promise<string> {
    if (this.#lost) return Promise.reject(this.#lost);
    if (this.#waiting) return Promise.reject(new Error('the shell of the virtual room is busy'));
    return new Promise<string>((resolve, reject) => {
      const cancel = this.#clock.after(timeoutMs, () => {
        this.#waiting = null;
        reject(new Error(`${problem} after ${timeoutMs / 1000} s`));
      });
      const end =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          this.#waiting = null;
          cancel();
          settle(value);
        };
      this.#waiting = { until, onLine, resolve: end(resolve), reject: end(reject) };
    });
  }

  #receive(text: string): void {
    const lines = `${this.#text}${text}`.split('\n');
    this.#text = (lines.pop() ?? '').slice(-MOST_OUTPUT);
    for (const line of lines) {
      const waiting = this.#waiting;
      if (waiting && line.startsWith(waiting.until)) waiting.resolve(line);
      else waiting?.onLine(line);
    }
  }

  #lose(cause: Error | null): void {
    this.#lost ??= new Error('the virtual room has gone', { cause });
    this.#waiting?.reject(this.#lost);
  }
}
