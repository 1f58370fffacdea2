import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Processor time of this process's threads by their name (proc_pid_task(5)): GStreamer names a streaming thread after its element
 * and pad, and what such a thread starts carries the same name.
 */
export class ThreadTimes {
  readonly #task: string;
  readonly #names: readonly string[];
  /** By thread id, whether it is one of them: names stay. */
  readonly #known = new Map<string, boolean>();

  /** `task`: `/proc/self/task`, or what stands in for it in tests. */
  constructor(names: readonly string[], task = '/proc/self/task') {
    this.#names = names;
    this.#task = task;
  }

  /** Of those that run now, ms since each began; null where the kernel keeps no such account (CONFIG_SCHED_INFO). */
  async readMs(): Promise<number | null> {
    const ids = await readdir(this.#task).catch(() => []);
    await this.#learn(ids);
    const own = ids.filter((id) => this.#known.get(id));
    const times = await Promise.all(own.map((id) => runNs(join(this.#task, id, 'schedstat'))));
    const known = times.filter((time) => time !== null);
    return own.length > 0 && known.length === 0 ? null : known.reduce((sum, time) => sum + time, 0) / 1e6;
  }

  async #learn(ids: readonly string[]): Promise<void> {
    const present = new Set(ids);
    for (const id of this.#known.keys()) if (!present.has(id)) this.#known.delete(id);
    const strange = ids.filter((id) => !this.#known.has(id));
    const names = await Promise.all(strange.map((id) => readText(join(this.#task, id, 'comm'))));
    for (const [i, id] of strange.entries()) this.#known.set(id, this.#names.includes(names[i]?.trim() ?? ''));
  }
}

/** First number of schedstat: time spent on the processor, ns (Documentation/scheduler/sched-stats.rst). */
async function runNs(path: string): Promise<number | null> {
  const text = await readText(path);
  const ns = text === null ? NaN : Number(text.split(' ', 1)[0]);
  return Number.isFinite(ns) ? ns : null;
}

function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}
