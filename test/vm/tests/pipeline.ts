import { spawn } from 'node:child_process';
import { once } from 'node:events';

const KILL_AFTER_MS = 5_000;

/** A GStreamer pipeline of fragments as the product's devices give them, whose last element writes to standard output. */
export class Pipeline {
  readonly #child;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #errors = '';
  #onData: () => void = () => undefined;

  constructor(...fragments: readonly string[]) {
    // The shell takes the quotes of values off.
    const line = `exec gst-launch-1.0 -q ${fragments.join(' ! ')}`;
    this.#child = spawn('sh', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#onData();
    });
    this.#child.once('close', () => this.#onData());
  }

  /** Everything so far. */
  get output(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Resolves when there are so many bytes. @throws {Error} with GStreamer's complaint when it ends before. */
  async atLeast(bytes: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onData = () => {
        if (this.#length >= bytes) resolve();
        else if (this.#child.exitCode !== null || this.#child.signalCode !== null)
          reject(new Error(`the pipeline ended after ${this.#length} bytes: ${this.#errors}`));
      };
      this.#onData();
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGINT');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    await closed;
    clearTimeout(timer);
  }
}
