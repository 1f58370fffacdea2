import type { Clock } from '../../lib/clock.ts';
import { busyLine, failedLine, unknownLine } from './gpio-errors.ts';
import type { GpioInput, GpioLineName, GpioLines, GpioOutput } from './gpio-lines.ts';

interface VirtualLine {
  readonly chip: string;
  readonly offset: number;
  readonly name: string;
  /** Physical level. */
  high: boolean;
  direction: 'in' | 'out';
  held: { readonly changed: () => void; readonly lose: (error: unknown) => void } | null;
}

/** A board of software: levels are set and watched from outside, as a finger and an eye would. */
export class VirtualGpio implements GpioLines {
  readonly #clock: Clock;
  readonly #lines: readonly VirtualLine[];
  /** Every change of a physical level and of a direction, as a logic analyser sees it. */
  readonly trace: {
    readonly line: string;
    readonly high: boolean;
    readonly direction: 'in' | 'out';
    readonly atMs: number;
  }[] = [];
  #failing = false;

  constructor(clock: Clock, chips: Readonly<Record<string, readonly string[]>>) {
    this.#clock = clock;
    this.#lines = Object.entries(chips).flatMap(([chip, names]) =>
      names.map((name, offset): VirtualLine => ({ chip, offset, name, high: false, direction: 'in', held: null })),
    );
  }

  /** What drives an input from outside. */
  drive(name: string, high: boolean): void {
    const line = this.#lines.find((each) => each.name === name);
    if (line?.direction !== 'in' || line.high === high) return;
    line.high = high;
    this.#record(line);
    line.held?.changed();
  }

  /** Physical level of a line. */
  level(name: string): boolean {
    return this.#lines.find((each) => each.name === name)?.high ?? false;
  }

  /** The chips are gone: held lines are lost, new ones fail, until it is false again. */
  fail(failing: boolean): void {
    this.#failing = failing;
    if (!failing) return;
    for (const line of this.#lines) {
      const { held } = line;
      line.held = null;
      held?.lose(new Error('the chip is gone'));
    }
  }

  async input(...[name, options, onEdge, onLost]: Parameters<GpioLines['input']>): Promise<GpioInput> {
    const line = this.#take(name);
    line.direction = 'in';
    const isActive = (): boolean => line.high !== options.activeLow;
    const held = {
      changed: () => onEdge({ active: isActive(), atUs: this.#clock.nowMs() * 1000 }),
      lose: onLost,
    };
    line.held = held;
    return {
      get active() {
        return isActive();
      },
      close: async () => this.#give(line, held),
    };
  }

  async output(...[name, options, onLost]: Parameters<GpioLines['output']>): Promise<GpioOutput> {
    const line = this.#take(name);
    const held = { changed: () => undefined, lose: onLost };
    line.held = held;
    const apply = (value: boolean): void => {
      const high = value !== options.activeLow;
      if (line.direction === 'out' && line.high === high) return;
      line.direction = 'out';
      line.high = high;
      this.#record(line);
    };
    apply(options.initial);
    return {
      get value() {
        return line.high !== options.activeLow;
      },
      set: async (value) => {
        if (line.held !== held) throw failedLine(name, new Error('closed'));
        apply(value);
        return value;
      },
      close: async () => this.#give(line, held),
    };
  }

  async close(): Promise<void> {
    for (const line of this.#lines) line.held = null;
  }

  #take(name: GpioLineName): VirtualLine {
    if (this.#failing) throw failedLine(name, new Error('the chip is gone'));
    const line = this.#lines.find(
      (each) =>
        (name.chip === null || each.chip === name.chip) && (each.name === name.line || each.offset === name.line),
    );
    if (line === undefined || (name.chip === null && typeof name.line === 'number')) throw unknownLine(name);
    if (line.held !== null) throw busyLine(name);
    return line;
  }

  #give(line: VirtualLine, held: VirtualLine['held']): void {
    if (line.held === held) line.held = null;
  }

  #record(line: VirtualLine): void {
    this.trace.push({ line: line.name, high: line.high, direction: line.direction, atMs: this.#clock.nowMs() });
  }
}
