import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { helperAt } from '../../src/devices/controls/start-helper.ts';
import type { StartHelper } from '../../src/devices/controls/start-helper.ts';

const execute = promisify(execFile);
let built: Promise<{ helper: string; library: string }> | null = null;

/** The helper as set-up builds it, and the library that plays the kernel to it, built once a test run. */
async function build(): Promise<{ helper: string; library: string }> {
  const out = await mkdtemp(join(tmpdir(), 'incamera-gpio-build-'));
  process.once('exit', () => void rm(out, { recursive: true, force: true }));
  const library = join(out, 'kernel.so');
  const source = join(import.meta.dirname, 'simulated-gpio-kernel.c');
  await execute('gcc', [
    '-std=c17',
    '-Wall',
    '-Werror',
    '-fPIC',
    '-shared',
    source,
    '-o',
    library,
    '-ldl',
    '-lpthread',
  ]);
  await execute('sh', [join(import.meta.dirname, '../../native/gpio/build.sh'), out]);
  return { helper: join(out, 'incamera-gpio'), library };
}

/** Where the helper was built. */
export const builtHelper = async (): Promise<string> => (await (built ??= build())).helper;

/** GPIO chips of a kernel of software, for the real helper: see simulated-gpio-kernel.c. */
export class SimulatedKernel {
  readonly helper: StartHelper;
  readonly #folder: string;
  readonly #server: Server;
  readonly #shown: { readonly at: string; readonly high: boolean }[] = [];
  readonly #levels = new Map<string, boolean>();
  #socket: Socket | null = null;
  readonly #done: (() => void)[] = [];

  /** `chips`: labels to the names of their lines; '' is a line without a name. */
  static async start(chips: Readonly<Record<string, readonly string[]>>): Promise<SimulatedKernel> {
    const { helper, library } = await (built ??= build());
    const folder = await mkdtemp(join(tmpdir(), 'incamera-gpio-'));
    for (const [index, [label, names]] of Object.entries(chips).entries())
      await writeFile(join(folder, `gpiochip${index}`), [label, ...names, ''].join('\n'));
    const server = createServer();
    const socket = join(folder, 'outside');
    await once(server.listen(socket), 'listening');
    const env = { ...process.env, LD_PRELOAD: library, SIMULATED_GPIO: socket };
    return new SimulatedKernel(helperAt(helper, [folder], env), folder, server);
  }

  private constructor(helper: StartHelper, folder: string, server: Server) {
    this.helper = helper;
    this.#folder = folder;
    this.#server = server;
    server.on('connection', (socket) => {
      this.#socket = socket;
      socket.on('error', () => undefined);
      createInterface({ input: socket }).on('line', (line) => this.#handle(line.split(' ')));
      for (const [at, high] of this.#levels) void this.#write(at, high);
    });
  }

  /** Drives a line from outside; resolves when the kernel has seen it. */
  async drive(chip: number, offset: number, high: boolean): Promise<void> {
    this.#levels.set(`${chip} ${offset}`, high);
    await this.#write(`${chip} ${offset}`, high);
  }

  /** Level of a line; what `shown` tells afterwards is up to now. */
  async level(chip: number, offset: number): Promise<boolean> {
    if (this.#socket === null) await once(this.#server, 'connection');
    // The answer comes after whatever was shown before.
    await this.#write('3 15', false);
    return this.shown(chip, offset).at(-1) ?? this.#levels.get(`${chip} ${offset}`) ?? false;
  }

  /** Physical levels that an output was given, in order. */
  shown(chip: number, offset: number): boolean[] {
    return this.#shown.filter(({ at }) => at === `${chip} ${offset}`).map(({ high }) => high);
  }

  /** Unplugs a chip. */
  pull(chip: number): Promise<void> {
    return rm(join(this.#folder, `gpiochip${chip}`));
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#server.close();
    await rm(this.#folder, { recursive: true });
  }

  async #write(at: string, high: boolean): Promise<void> {
    if (this.#socket === null) return;
    this.#socket.write(`drive ${at} ${Number(high)}\n`);
    await new Promise<void>((resolve) => this.#done.push(resolve));
  }

  #handle([kind, chip, offset, level]: readonly string[]): void {
    if (kind === 'shown') this.#shown.push({ at: `${chip} ${offset}`, high: level === '1' });
    else this.#done.shift()?.();
  }
}
