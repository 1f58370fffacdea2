import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { codeOf, DeviceUnavailableError } from '../../lib/errors.ts';
import { busyLine, failedLine, unknownLine } from './gpio-errors.ts';
import type { GpioInput, GpioLineName, GpioLines, GpioOutput } from './gpio-lines.ts';

/** What is needed of `Gpio` of the npm package onoff 6. Values are physical levels here: its own `activeLow` is not used. */
export interface OnoffGpio {
  readSync(): 0 | 1;
  write(value: 0 | 1): Promise<void>;
  watch(callback: (error: Error | null | undefined, value: 0 | 1) => void): void;
  unwatchAll(): void;
  unexport(): void;
}

/** `(...args) => new Gpio(...args)`. `high` and `low` make it an output with that level in one write, without a glitch. */
export type MakeOnoffGpio = (line: number, direction: 'in' | 'high' | 'low', edge: 'both' | 'none') => OnoffGpio;

/** The package's class, loaded where it is used: its native part (`epoll`) is optional. @throws where that was not built. */
export async function loadOnoff(): Promise<MakeOnoffGpio> {
  const { Gpio } = await import('onoff');
  return (line, direction, edge) => new Gpio(line, direction, edge);
}

/** Whether the kernel's chips are reached by sysfs only: `/sys/class/gpio` has some, `/dev` has none. */
export async function hasOnlySysfs(deviceFolder: string, classFolder: string): Promise<boolean> {
  const devices = await readdir(deviceFolder).catch(() => []);
  if (devices.some((name) => /^gpiochip\d+$/.test(name))) return false;
  return (await sysfsChips(classFolder)).length > 0;
}

interface SysfsChip {
  readonly label: string;
  readonly base: number;
  readonly count: number;
}

/** Chips of `/sys/class/gpio`; what cannot be read is passed over. */
export async function sysfsChips(classFolder: string): Promise<SysfsChip[]> {
  const names = (await readdir(classFolder).catch(() => [])).filter((name) => /^gpiochip\d+$/.test(name));
  const chips = await Promise.all(
    names.toSorted().map(async (name) => {
      const read = (file: string): Promise<string> => readFile(join(classFolder, name, file), 'utf8').catch(() => '');
      const [label, base, count] = await Promise.all([read('label'), read('base'), read('ngpio')]);
      return { label: label.trim(), base: parseInt(base, 10), count: parseInt(count, 10) };
    }),
  );
  return chips.filter(({ label, base, count }) => label !== '' && base >= 0 && count > 0);
}

/**
 * Number of a line for sysfs: the chip's base, which differs between kernels (0 before, 512 on Raspberry Pi kernels since 6.6), plus
 * the offset. @throws {UsageError} device/gpio-unknown-line: sysfs knows no names of lines, and a label that two chips have is not guessed.
 */
export async function sysfsNumber(classFolder: string, name: GpioLineName): Promise<number> {
  const chips = (await sysfsChips(classFolder)).filter((chip) => chip.label === name.chip);
  const [chip, other] = chips;
  const { line } = name;
  if (chip === undefined || other !== undefined || typeof line !== 'number') throw unknownLine(name);
  if (!Number.isInteger(line) || line < 0 || line >= chip.count) throw unknownLine(name);
  return chip.base + line;
}

/** For kernels that have only sysfs. Edges are stamped when they are heard, which is some hundred microseconds late. */
export class SysfsGpio implements GpioLines {
  readonly #classFolder: string;
  readonly #load: () => Promise<MakeOnoffGpio>;
  readonly #clock: Clock;
  readonly #open = new Map<number, () => void>();

  /** `classFolder`: `/sys/class/gpio`. */
  constructor(classFolder: string, load: () => Promise<MakeOnoffGpio>, clock: Clock) {
    this.#classFolder = classFolder;
    this.#load = load;
    this.#clock = clock;
  }

  async input(...[name, options, onEdge, onLost]: Parameters<GpioLines['input']>): Promise<GpioInput> {
    // sysfs cannot set a bias: a line that needs one must have a resistor or a device tree overlay.
    const { gpio, close } = await this.#take(name, 'in', 'both');
    const isActive = (level: 0 | 1): boolean => (level === 1) !== options.activeLow;
    let active = isActive(gpio.readSync());
    gpio.watch((error, level) => {
      if (error) {
        close();
        return onLost(error);
      }
      // The two edges of a short pulse may both be heard after it.
      if (isActive(level) === active) return;
      active = !active;
      onEdge({ active, atUs: this.#clock.nowMs() * 1000 });
    });
    return {
      get active() {
        return active;
      },
      close: async () => close(),
    };
  }

  async output(...[name, options, onLost]: Parameters<GpioLines['output']>): Promise<GpioOutput> {
    const level = (value: boolean): 0 | 1 => (value !== options.activeLow ? 1 : 0);
    const { gpio, close, isOpen } = await this.#take(name, level(options.initial) === 1 ? 'high' : 'low', 'none');
    let value = options.initial;
    return {
      get value() {
        return value;
      },
      set: async (next) => {
        if (!isOpen()) throw failedLine(name, new Error('closed'));
        try {
          await gpio.write(level(next));
        } catch (error) {
          close();
          onLost(error);
          throw failedLine(name, error);
        }
        value = (gpio.readSync() === 1) !== options.activeLow;
        return value;
      },
      close: async () => close(),
    };
  }

  async close(): Promise<void> {
    for (const close of [...this.#open.values()]) close();
  }

  async #take(
    name: GpioLineName,
    direction: 'in' | 'high' | 'low',
    edge: 'both' | 'none',
  ): Promise<{ gpio: OnoffGpio; close: () => void; isOpen: () => boolean }> {
    const number = await sysfsNumber(this.#classFolder, name);
    const make = await this.#load().catch((cause: unknown) => {
      const text = 'GPIO by sysfs needs the native part of the package epoll';
      throw new DeviceUnavailableError('device/gpio-tools-unusable', text, { cause });
    });
    if (this.#open.has(number)) throw busyLine(name);
    const gpio = makeLine(make, name, number, direction, edge);
    const close = (): void => {
      if (this.#open.get(number) !== close) return;
      this.#open.delete(number);
      gpio.unwatchAll();
      gpio.unexport();
    };
    this.#open.set(number, close);
    return { gpio, close, isOpen: () => this.#open.get(number) === close };
  }
}

function makeLine(
  make: MakeOnoffGpio,
  name: GpioLineName,
  ...[number, direction, edge]: Parameters<MakeOnoffGpio>
): OnoffGpio {
  try {
    return make(number, direction, edge);
  } catch (error) {
    throw codeOf(error) === 'EBUSY' ? busyLine(name) : failedLine(name, error);
  }
}
