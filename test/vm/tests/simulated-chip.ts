/** The world outside the lines of gpio-sim's chip (Documentation/admin-guide/gpio/gpio-sim.rst), and what the kernel saw on them. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helperAt } from '../../../src/devices/controls/start-helper.ts';
import type { StartHelper } from '../../../src/devices/controls/start-helper.ts';

const PLATFORM = '/sys/devices/platform';
const TRACING = '/sys/kernel/tracing';

export const CHIP = 'room-gpio';

/** The helper as set-up has built it. */
export const roomGpio = (): StartHelper =>
  helperAt(process.env['INCAMERA_GPIO_HELPER'] ?? 'incamera-gpio', [], process.env);

export interface LineEvent {
  readonly high: boolean;
  /** Monotonic clock of the kernel, which is Node's `process.hrtime` too. */
  readonly atUs: number;
}

export class SimulatedChip {
  readonly #folder: string;
  /** Number of the chip's first line among all lines of the kernel. */
  readonly #base: number;

  constructor() {
    const device = join(PLATFORM, readdirSync(PLATFORM).find((name) => name.startsWith('gpio-sim.')) ?? '');
    const chip = readdirSync(device).find((name) => /^gpiochip\d+$/.test(name));
    if (chip === undefined) throw new Error(`no GPIO chip in ${device}`);
    this.#folder = join(device, chip);
    const chips = readdirSync('/sys/class/gpio').filter((name) => /^gpiochip\d+$/.test(name));
    const ours = chips.find((name) => read(join('/sys/class/gpio', name, 'label')) === CHIP);
    this.#base = Number(read(join('/sys/class/gpio', ours ?? '', 'base')));
  }

  /** Level on the line now. */
  level(line: number): boolean {
    return read(join(this.#folder, `sim_gpio${line}`, 'value')) === '1';
  }

  /** Moves an input from outside. */
  drive(line: number, high: boolean): void {
    writeFileSync(join(this.#folder, `sim_gpio${line}`, 'pull'), high ? 'pull-up' : 'pull-down');
  }

  /** From now on `outputs` tells. */
  watch(): void {
    // Choosing the clock empties the trace.
    writeFileSync(join(TRACING, 'trace_clock'), 'mono');
    writeFileSync(join(TRACING, 'trace'), '');
    writeFileSync(join(TRACING, 'events/gpio/enable'), '1');
  }

  unwatch(): void {
    writeFileSync(join(TRACING, 'events/gpio/enable'), '0');
  }

  /** Directions that the kernel gave a line, in order: `incamera-gpio-411 [001] ..... 12.345678: gpio_direction: 1012 out (0)`. */
  directions(line: number): string[] {
    return [...this.#trace().matchAll(/: gpio_direction: (\d+) +(in|out) \((-?\d+)\)$/gm)]
      .filter(([, number]) => Number(number) === this.#base + line)
      .map(([, , direction = '']) => direction);
  }

  /** Levels that the kernel put on a line, in order: `incamera-gpio-411 [001] ..... 12.345678: gpio_value: 1012 set 1`. */
  outputs(line: number): LineEvent[] {
    return [...this.#trace().matchAll(/ (\d+)\.(\d{6}): gpio_value: (\d+) set +([01])$/gm)]
      .filter(([, , , number]) => Number(number) === this.#base + line)
      .map(([, seconds, micros, , level]) => ({ high: level === '1', atUs: Number(seconds) * 1e6 + Number(micros) }));
  }

  #trace(): string {
    return readFileSync(join(TRACING, 'trace'), 'utf8');
  }
}

const read = (path: string): string => readFileSync(path, 'utf8').trim();
