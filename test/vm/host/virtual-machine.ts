import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { eventually } from '../../support/eventually.ts';
import { machineArguments, socketOf } from './machine-arguments.ts';
import type { MachineParts } from './machine-arguments.ts';

const START_TIMEOUT_MS = 20_000;
const MOST_ERRORS = 16_384;

/** QEMU with the room inside. It ends with this process, whatever becomes of it: by `kill`, or because the shell hangs up. */
export class VirtualMachine {
  readonly #child: ChildProcess;
  readonly #run: string;
  readonly #ended: Promise<void>;
  #errors = '';

  /** @throws {Error} when QEMU does not start; the message has what it says. */
  static async start(parts: MachineParts): Promise<VirtualMachine> {
    const machine = new VirtualMachine(parts);
    await machine.#opened();
    return machine;
  }

  private constructor(parts: MachineParts) {
    this.#run = parts.run;
    this.#child = spawn('qemu-system-x86_64', machineArguments(parts), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-MOST_ERRORS);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#errors += error.message;
        resolve();
      });
      this.#child.once('close', () => resolve());
    });
    process.once('exit', () => this.kill());
  }

  /** What QEMU has complained of. */
  get errors(): string {
    return this.#errors;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined;
  }

  /** The end of one of the `wires`. */
  async connect(wire: string): Promise<Socket> {
    const socket = createConnection(socketOf(this.#run, wire));
    await once(socket, 'connect');
    return socket;
  }

  /** Resolves when the machine is off: by itself, or killed after `timeoutMs`. Returns whether by itself. */
  async ended(timeoutMs: number): Promise<boolean> {
    let byItself = true;
    const timer = setTimeout(() => {
      byItself = false;
      this.kill();
    }, timeoutMs);
    await this.#ended;
    clearTimeout(timer);
    return byItself;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** The sockets are there when the machine is. */
  async #opened(): Promise<void> {
    const wire = socketOf(this.#run, 'usb-adapter');
    await eventually("QEMU's start", START_TIMEOUT_MS, () => this.hasEnded || existsSync(wire)).catch(
      (error: unknown) => {
        this.kill();
        throw error;
      },
    );
    if (this.hasEnded) throw new Error(`QEMU does not start: ${this.#errors.trim()}`);
  }
}
