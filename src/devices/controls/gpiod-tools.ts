import type { Clock } from '../../lib/clock.ts';
import { DeviceUnavailableError } from '../../lib/errors.ts';
import { EDGE_FORMAT, EdgeLines, type GpiodLine, parseDetect, parseInfo } from './gpiod-output.ts';
import { busyLine, failedLine, unknownLine } from './gpio-errors.ts';
import type { GpioInput, GpioInputOptions, GpioLineName, GpioLines, GpioOutput } from './gpio-lines.ts';

/** A started program. Output is text; nothing is called before the start has returned. */
export interface ToolProcess {
  onOutput(listener: (text: string) => void): void;
  /** Once: its end, also when it could not be started (`code` null then), with what it wrote to standard error, cut at 4 kB. */
  onExit(listener: (code: number | null, errorText: string) => void): void;
  /** SIGTERM. */
  stop(): void;
}

export type StartTool = (program: string, args: readonly string[]) => ToolProcess;

const MOST_OUTPUT = 256 * 1024;
const RUN_TIMEOUT_MS = 3_000;
const HELD_POLL_MS = 10;
const MOST_HELD_POLLS = 100;
const biases = { 'as-is': 'as-is', 'pull-up': 'pull-up', 'pull-down': 'pull-down', disabled: 'disable' } as const;

interface Place {
  readonly device: string;
  readonly offset: number;
}

/**
 * Lines by `gpiomon` and `gpioset` of libgpiod 1.6, a process each: no native package, and the kernel gives a line back whatever becomes of
 * us. An output that changes has its process replaced: for some milliseconds nobody holds the line, and most chips keep the level meanwhile.
 * Patterns that must be exact belong on lines of another driver.
 */
export class GpiodTools implements GpioLines {
  readonly seamlessOutputs = false;
  readonly #start: StartTool;
  readonly #clock: Clock;
  readonly #open = new Set<{ close(): Promise<void> }>();

  constructor(start: StartTool, clock: Clock) {
    this.#start = start;
    this.#clock = clock;
  }

  /** @throws {DeviceUnavailableError} device/gpio-tools-unusable when they are not installed or of another version. */
  async check(): Promise<void> {
    const { code, output } = await this.#run('gpiodetect', ['--version']);
    if (code === 0 && /\bv1\.\d/.test(output)) return;
    throw new DeviceUnavailableError('device/gpio-tools-unusable', 'The GPIO tools of libgpiod 1.x are not installed');
  }

  async input(...[name, options, onEdge, onLost]: Parameters<GpioLines['input']>): Promise<GpioInput> {
    const place = await this.#find(name);
    // Before gpiomon holds the line, for then nobody else may read it.
    const read = await this.#run('gpioget', [...flags(options), place.device, String(place.offset)]);
    if (read.code !== 0)
      throw read.code === null ? failedLine(name, new Error(read.errorText)) : this.#reason(name, read.errorText);
    let active = read.output.trim() === '1';
    const lines = new EdgeLines();
    const args = ['--line-buffered', `--format=${EDGE_FORMAT}`, ...flags(options), place.device, String(place.offset)];
    const held = await this.#hold(name, place, 'gpiomon', args, onLost, (text) => {
      for (const edge of lines.push(text)) {
        active = edge.active;
        onEdge(edge);
      }
    });
    return this.#keep({
      get active() {
        return active;
      },
      close: () => held.stop(),
    });
  }

  async output(...[name, options, onLost]: Parameters<GpioLines['output']>): Promise<GpioOutput> {
    const place = await this.#find(name);
    const drive = (value: boolean): Promise<Held> => {
      const args = ['--mode=signal', ...(options.activeLow ? ['--active-low'] : [])];
      return this.#hold(
        name,
        place,
        'gpioset',
        [...args, place.device, `${place.offset}=${Number(value)}`],
        onLost,
        () => undefined,
      );
    };
    let [held, value, wanted, closed] = [await drive(options.initial), options.initial, options.initial, false];
    let changing: Promise<void> | null = null;
    const change = async (): Promise<void> => {
      while (value !== wanted && !closed) {
        const next = wanted;
        await held.stop();
        held = await drive(next);
        value = next;
      }
    };
    return this.#keep({
      get value() {
        return value;
      },
      set: async (next: boolean) => {
        if (closed || held.lost()) throw failedLine(name, new Error('closed'));
        wanted = next;
        changing ??= change().finally(() => (changing = null));
        await changing;
        return value;
      },
      close: async () => {
        closed = true;
        await changing?.catch(() => undefined);
        await held.stop();
      },
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((line) => line.close()));
  }

  /** Closes once, whoever asks first. */
  #keep<T extends { close(): Promise<void> }>(line: T): T {
    const closeLine = line.close.bind(line);
    line.close = async () => {
      if (this.#open.delete(line)) await closeLine();
    };
    this.#open.add(line);
    return line;
  }

  async #find(name: GpioLineName): Promise<Place> {
    const detect = await this.#run('gpiodetect', []);
    if (detect.code !== 0) throw failedLine(name, new Error(detect.errorText));
    const chips = parseDetect(detect.output).filter((chip) => name.chip === null || chip.label === name.chip);
    const found: (Place & GpiodLine)[] = [];
    for (const { device } of chips)
      for (const line of await this.#linesOf(device))
        if (line.name === name.line || (line.offset === name.line && name.chip !== null))
          found.push({ device, ...line });
    const [line, other] = found;
    // Two of a name or of a label: refuse to guess which is meant.
    if (line === undefined || other !== undefined) throw unknownLine(name);
    if (line.consumer !== null) throw busyLine(name);
    return line;
  }

  async #linesOf(device: string): Promise<GpiodLine[]> {
    return parseInfo((await this.#run('gpioinfo', [device])).output);
  }

  /** Resolves when the kernel shows the program as the line's holder. */
  async #hold(
    name: GpioLineName,
    place: Place,
    program: string,
    args: readonly string[],
    onLost: (error: unknown) => void,
    onOutput: (text: string) => void,
  ): Promise<Held> {
    const held = new Held(this.#start(program, args), onOutput);
    for (let poll = 0; poll < MOST_HELD_POLLS && held.ended === null; poll++) {
      const line = (await this.#linesOf(place.device)).find(({ offset }) => offset === place.offset);
      if (line?.consumer === program) {
        held.onLost(onLost);
        return held;
      }
      await new Promise<void>((resolve) => this.#clock.after(HELD_POLL_MS, resolve));
    }
    const reason = held.ended ?? 'the line was not taken in time';
    await held.stop();
    throw this.#reason(name, reason);
  }

  #reason(name: GpioLineName, errorText: string): Error {
    return /resource busy/i.test(errorText) ? busyLine(name) : failedLine(name, new Error(errorText));
  }

  #run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string; errorText: string }> {
    return new Promise((resolve) => {
      const tool = this.#start(program, args);
      let output = '';
      const cancel = this.#clock.after(RUN_TIMEOUT_MS, () => tool.stop());
      tool.onOutput((text) => {
        if (output.length < MOST_OUTPUT) output += text.slice(0, MOST_OUTPUT - output.length);
      });
      tool.onExit((code, errorText) => {
        cancel();
        resolve({ code, output, errorText });
      });
    });
  }
}

function flags(options: GpioInputOptions): string[] {
  return [`--bias=${biases[options.bias]}`, ...(options.activeLow ? ['--active-low'] : [])];
}

/** A program that holds a line for as long as it runs. */
class Held {
  readonly #tool: ToolProcess;
  readonly #exited: Promise<void>;
  #ended: string | null = null;
  #stopped = false;
  #onLost: ((error: unknown) => void) | null = null;

  constructor(tool: ToolProcess, onOutput: (text: string) => void) {
    this.#tool = tool;
    tool.onOutput((text) => {
      if (!this.#stopped) onOutput(text);
    });
    this.#exited = new Promise((resolve) => {
      tool.onExit((code, errorText) => {
        this.#ended = errorText || `ended with ${code ?? 'nothing'}`;
        if (!this.#stopped) this.#onLost?.(new Error(this.#ended));
        resolve();
      });
    });
  }

  /** Why it ended; null while it runs. */
  get ended(): string | null {
    return this.#ended;
  }

  lost(): boolean {
    return this.#ended !== null && !this.#stopped;
  }

  /** Whom to tell when it ends without being stopped. */
  onLost(listener: (error: unknown) => void): void {
    this.#onLost = listener;
    if (this.#ended !== null) listener(new Error(this.#ended));
  }

  /** Resolves when the program has ended: the line is free then. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#ended === null) this.#tool.stop();
    await this.#exited;
  }
}
