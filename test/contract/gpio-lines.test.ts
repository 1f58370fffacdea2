import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelGpio } from '../../src/devices/controls/kernel-gpio.ts';
import { type OnoffGpio, SysfsGpio } from '../../src/devices/controls/sysfs-gpio.ts';
import { VirtualGpio } from '../../src/devices/controls/virtual-gpio.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { listening } from '../support/listening-helper.ts';
import { SimulatedKernel } from '../support/simulated-gpio-kernel.ts';
import { type GpioBench, gpioLinesContract } from './gpio-lines.ts';

const chips = { 'pinctrl-test': ['ID_SDA', 'BUTTON', 'LIGHT'], other: ['BUTTON 2', '', 'LIGHT 2'] } as const;
const chip = 'pinctrl-test';
const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};

function benchOf(board: VirtualGpio, rest: Pick<GpioBench, 'lines' | 'a' | 'b' | 'pull' | 'close'>): GpioBench {
  const nameOf = (line: string | number): string => (typeof line === 'number' ? (chips[chip][line] ?? '') : line);
  return {
    ...rest,
    chip,
    drive: async (line, high) => {
      board.drive(nameOf(line), high);
      await settle();
    },
    level: (line) => board.level(nameOf(line)),
    shown: (line) =>
      board.trace.filter((each) => each.line === nameOf(line) && each.direction === 'out').map((each) => each.high),
  };
}

gpioLinesContract('virtual', true, async () => {
  const board = new VirtualGpio(systemClock, chips);
  return benchOf(board, {
    lines: board,
    a: 'BUTTON',
    b: 'LIGHT',
    pull: async () => board.fail(true),
    close: async () => undefined,
  });
});

gpioLinesContract('the helper on a simulated character device', true, async () => {
  const kernel = await SimulatedKernel.start(chips);
  const helper = listening(kernel.helper);
  const lines = new KernelGpio(helper.start, systemClock);
  const chipNumber = Object.keys(chips).indexOf(chip);
  const offsetOf = (line: string | number): number =>
    typeof line === 'number' ? line : chips[chip].findIndex((name) => name === line);
  return {
    lines,
    chip,
    a: 'BUTTON',
    b: 'LIGHT',
    drive: (line, high) => helper.hearing(() => kernel.drive(chipNumber, offsetOf(line), high)),
    level: (line) => kernel.level(chipNumber, offsetOf(line)),
    shown: (line) => kernel.shown(chipNumber, offsetOf(line)),
    pull: async () => {
      await kernel.pull(chipNumber);
      await helper.lost();
    },
    close: async () => {
      assert.equal(helper.running(), 0);
      await kernel.close();
    },
  };
});

/** As the class of onoff: physical levels, the direction sets the level, edges come later than they happen. */
function onoffOn(
  board: VirtualGpio,
  base: number,
  fail: Set<() => void>,
): (number: number, direction: 'in' | 'high' | 'low') => OnoffGpio {
  return (number, direction) => {
    const name = chips[chip][number - base] ?? '';
    const at = { chip, line: name };
    const watchers = new Set<(error: Error | null, value: 0 | 1) => void>();
    fail.add(() => watchers.forEach((watcher) => watcher(new Error('EIO'), 0)));
    const level = (): 0 | 1 => (board.level(name) ? 1 : 0);
    const tell = (): void => {
      const now = level();
      setImmediate(() => watchers.forEach((watcher) => watcher(null, now)));
    };
    // The board is of promises and does everything before their first wait.
    const input =
      direction === 'in' ? board.input(at, { activeLow: false, bias: 'as-is' }, tell, () => undefined) : null;
    const output =
      direction === 'in'
        ? null
        : board.output(at, { activeLow: false, initial: direction === 'high' }, () => undefined);
    return {
      readSync: level,
      write: async (value) => void (await (await output)?.set(value === 1)),
      watch: (callback) => void watchers.add(callback),
      unwatchAll: () => watchers.clear(),
      unexport: () => void (input ?? output)?.then((line) => line.close()),
    };
  };
}

gpioLinesContract('onoff over sysfs, simulated, chip based at 512', true, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'incamera-gpio-'));
  for (const [base, label] of [
    [512, chip],
    [600, 'other'],
  ] as const) {
    await mkdir(join(folder, `gpiochip${base}`));
    await writeFile(join(folder, `gpiochip${base}`, 'label'), `${label}\n`);
    await writeFile(join(folder, `gpiochip${base}`, 'base'), `${base}\n`);
    await writeFile(join(folder, `gpiochip${base}`, 'ngpio'), '3\n');
  }
  const board = new VirtualGpio(systemClock, chips);
  const failures = new Set<() => void>();
  const lines = new SysfsGpio(folder, async () => onoffOn(board, 512, failures), systemClock);
  const pull = async (): Promise<void> => failures.forEach((fail) => fail());
  return benchOf(board, { lines, a: 1, b: 2, pull, close: () => rm(folder, { recursive: true }) });
});
