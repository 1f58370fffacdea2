/** The tools of libgpiod 1.6 as processes of software, on a virtual board: what they print, how they fail, that a line is theirs while they run. */
import type { StartTool, ToolProcess } from '../../src/devices/controls/gpiod-tools.ts';
import type { GpioInput, GpioOutput } from '../../src/devices/controls/gpio-lines.ts';
import type { VirtualGpio } from '../../src/devices/controls/virtual-gpio.ts';

export interface SimulatedGpiod {
  readonly start: StartTool;
  /** Programs that run now. */
  readonly running: () => number;
  /** Ends everything that runs, as when the chip is pulled out. */
  readonly kill: () => void;
}

class Process implements ToolProcess {
  #outputs: ((text: string) => void)[] = [];
  #exits: ((code: number | null, errorText: string) => void)[] = [];
  #ended: [number, string] | null = null;
  #pending = '';
  release: () => void = () => undefined;

  onOutput(listener: (text: string) => void): void {
    this.#outputs.push(listener);
    if (this.#pending) listener(this.#pending);
  }

  onExit(listener: (code: number | null, errorText: string) => void): void {
    this.#exits.push(listener);
    if (this.#ended) setImmediate(() => listener(...(this.#ended ?? [0, ''])));
  }

  stop(): void {
    this.end(0, '');
  }

  print(text: string): void {
    if (this.#outputs.length === 0) this.#pending += text;
    for (const listener of this.#outputs) listener(text);
  }

  end(code: number, errorText: string): void {
    if (this.#ended) return;
    this.#ended = [code, errorText];
    this.release();
    for (const listener of this.#exits) setImmediate(() => listener(code, errorText));
  }

  get ended(): boolean {
    return this.#ended !== null;
  }
}

/** `chips`: labels to the names of their lines, as the board has them; '' is a line without a name. */
export function simulatedGpiod(board: VirtualGpio, chips: Readonly<Record<string, readonly string[]>>): SimulatedGpiod {
  const consumers = new Map<string, string>();
  const processes = new Set<Process>();
  const labels = Object.keys(chips);
  const info = (label: string): string =>
    `gpiochip${labels.indexOf(label)} - ${chips[label]?.length ?? 0} lines:\n` +
    (chips[label] ?? [])
      .map((name, offset) => {
        const consumer = consumers.get(`${label}/${offset}`);
        const shown = [name === '' ? 'unnamed' : `"${name}"`, consumer ? `"${consumer}"` : 'unused'].map((x) =>
          x.padStart(12),
        );
        return `\tline ${String(offset).padStart(3)}: ${shown.join(' ')}   input  active-high ${consumer ? '[used]' : ''}\n`;
      })
      .join('');
  const hold = async (
    process: Process,
    program: string,
    label: string,
    offset: number,
    take: () => Promise<GpioInput | GpioOutput>,
  ): Promise<void> => {
    const key = `${label}/${offset}`;
    if (consumers.has(key)) return process.end(1, `${program}: error waiting for events: Device or resource busy`);
    try {
      const line = await take();
      if (process.ended) return void (await line.close());
      consumers.set(key, program);
      process.release = () => {
        consumers.delete(key);
        void line.close();
      };
    } catch (error) {
      process.end(1, `${program}: ${String(error)}`);
    }
  };
  const run = async (process: Process, program: string, args: readonly string[]): Promise<void> => {
    const rest = args.filter((arg) => !arg.startsWith('-'));
    const activeLow = args.includes('--active-low');
    const label = labels[Number(rest[0]?.replace('gpiochip', ''))] ?? '';
    const [offsetText = '', value = ''] = (rest[1] ?? '').split('=');
    const at = { chip: label, line: Number(offsetText) };
    const input = { activeLow, bias: 'as-is' } as const;
    const lost = (error: unknown): void => process.end(1, String(error));
    if (program === 'gpiodetect' && args.includes('--version')) process.print('gpiodetect (libgpiod) v1.6.3\n');
    else if (program === 'gpiodetect')
      process.print(labels.map((each, i) => `gpiochip${i} [${each}] (${chips[each]?.length ?? 0} lines)\n`).join(''));
    else if (program === 'gpioinfo') process.print(info(label));
    else if (program === 'gpioget') {
      try {
        const line = await board.input(at, input, () => undefined, lost);
        process.print(line.active ? '1\n' : '0\n');
        await line.close();
      } catch {
        return process.end(1, 'gpioget: error reading GPIO values: Device or resource busy');
      }
    } else if (program === 'gpiomon')
      return hold(process, program, label, at.line, () =>
        board.input(
          at,
          input,
          ({ active, atUs }) =>
            process.print(`${Number(active)} ${Math.floor(atUs / 1e6)} ${Math.floor(atUs % 1e6) * 1000}\n`),
          lost,
        ),
      );
    else
      return hold(process, program, label, at.line, () =>
        board.output(at, { activeLow, initial: value === '1' }, lost),
      );
    process.end(0, '');
  };
  return {
    start: (program, args) => {
      const process = new Process();
      processes.add(process);
      setImmediate(() => void run(process, program, args));
      return process;
    },
    running: () => [...processes].filter((process) => !process.ended).length,
    kill: () => processes.forEach((process) => process.end(1, 'No such device')),
  };
}
