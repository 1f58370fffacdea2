import type { Clock } from '../../lib/clock.ts';
import { DeviceUnavailableError } from '../../lib/errors.ts';
import { LineSplitter } from '../link/line-splitter.ts';
import type { HelperProcess } from './start-helper.ts';

/** A refusal of the helper: `code` is the kernel's, `EBUSY`. */
export class GpioRefusal extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the kernel refuses: ${code}`);
    this.code = code;
  }
}

/** What an answer carries: its own fields, and the rows that came before it, each with its kind first. */
export interface GpioAnswer {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface HeldLineListener {
  /** `atUs`: of the kernel, monotonic, microseconds. */
  onEdge(active: boolean, atUs: number): void;
  onLost(error: unknown): void;
}

interface Asked {
  readonly rows: string[][];
  readonly resolve: (answer: GpioAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly cancelDeadline: () => void;
}

const LONGEST_LINE = 200;
const MOST_ROWS = 4_096;
/** Lines behind a slow bus (I²C, USB) answer in some milliseconds each. */
const ANSWER_MS = 3_000;

/**
 * One running `incamera-gpio`; what is spoken stands in native/gpio/incamera-gpio.c.
 *
 * INVARIANTS
 * - Every question is settled: by its answer, its deadline, or the helper's end. A helper that does not answer is ended.
 * - Each line that is held is told at most once that it is lost, at the latest at the helper's end.
 */
export class GpioSession {
  readonly #process: HelperProcess;
  readonly #clock: Clock;
  readonly #lines = new LineSplitter(LONGEST_LINE);
  readonly #asked = new Map<number, Asked>();
  readonly #held = new Map<number, HeldLineListener>();
  readonly #exited: Promise<void>;
  #number = 0;
  #ended: Error | null = null;

  constructor(process: HelperProcess, clock: Clock) {
    this.#process = process;
    this.#clock = clock;
    process.onOutput((chunk) => {
      for (const line of this.#lines.push(chunk)) if (line.kind === 'line') this.#handle(line.text.split(' '));
    });
    this.#exited = new Promise((resolve) => {
      process.onExit((reason) => {
        this.#end(new DeviceUnavailableError('device/gpio-tools-unusable', `The GPIO helper does not run: ${reason}`));
        resolve();
      });
    });
  }

  get isEnded(): boolean {
    return this.#ended !== null;
  }

  /** @throws {GpioRefusal} @throws {DeviceUnavailableError} device/gpio-tools-unusable when the helper does not run or not answer. */
  ask(request: string, ...args: readonly (string | number)[]): Promise<GpioAnswer> {
    return this.#ask(++this.#number, request, args);
  }

  /** Takes a line, whose number resolves with the answer. `listener` may be called before. @throws as `ask`. */
  async hold(
    listener: HeldLineListener,
    request: string,
    ...args: readonly (string | number)[]
  ): Promise<{ readonly number: number; readonly active: boolean }> {
    const number = ++this.#number;
    this.#held.set(number, listener);
    try {
      const { fields } = await this.#ask(number, request, args);
      return { number, active: fields[0] === '1' };
    } catch (error) {
      this.#held.delete(number);
      throw error;
    }
  }

  /** Idempotent; never rejects: where there is no helper any more, the kernel has taken the line back. */
  async release(number: number): Promise<void> {
    if (!this.#held.delete(number) || this.#ended !== null) return;
    await this.ask('release', number).catch(() => undefined);
  }

  /** Tells the line that it is lost and gives it back. */
  lose(number: number, error: unknown): void {
    const listener = this.#held.get(number);
    void this.release(number);
    listener?.onLost(error);
  }

  /** Resolves when the helper has ended: every line is free then. Nobody is told of a loss. */
  async close(): Promise<void> {
    this.#held.clear();
    if (this.#ended === null) this.#process.stop();
    await this.#exited;
  }

  #ask(number: number, request: string, args: readonly (string | number)[]): Promise<GpioAnswer> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const cancelDeadline = this.#clock.after(ANSWER_MS, () => this.#giveUp());
      this.#asked.set(number, { rows: [], resolve, reject, cancelDeadline });
      this.#process.write(`${[request, number, ...args].join(' ')}\n`);
    });
  }

  #giveUp(): void {
    this.#end(new DeviceUnavailableError('device/gpio-failed', 'The GPIO helper did not answer in time'));
    this.#process.stop();
  }

  #end(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    for (const asked of this.#asked.values()) {
      asked.cancelDeadline();
      asked.reject(error);
    }
    this.#asked.clear();
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const line of held) line.onLost(error);
  }

  #handle([kind = '', numberText = '', ...fields]: readonly string[]): void {
    if (this.#ended !== null || !/^\d{1,10}$/.test(numberText)) return;
    const number = Number(numberText);
    if (kind === 'edge') return this.#handleEdge(number, fields);
    if (kind === 'lost') {
      const listener = this.#held.get(number);
      this.#held.delete(number);
      return listener?.onLost(new GpioRefusal(fields[0] ?? ''));
    }
    this.#handleAnswer(kind, number, fields);
  }

  #handleEdge(number: number, [active, atText]: readonly string[]): void {
    if (!/^[01]$/.test(active ?? '') || !/^\d{1,16}$/.test(atText ?? '')) return;
    this.#held.get(number)?.onEdge(active === '1', Number(atText));
  }

  #handleAnswer(kind: string, number: number, fields: readonly string[]): void {
    const asked = this.#asked.get(number);
    if (asked === undefined) return;
    if (kind !== 'ok' && kind !== 'error') {
      if (asked.rows.length < MOST_ROWS) asked.rows.push([kind, ...fields]);
      return;
    }
    asked.cancelDeadline();
    this.#asked.delete(number);
    if (kind === 'ok') asked.resolve({ fields, rows: asked.rows });
    else asked.reject(new GpioRefusal(fields[0] ?? ''));
  }
}
