import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { treeCpuSeconds } from '../../test/support/processes.ts';
import type { PeoplePlan, PeopleQuestions, Question } from './people-process.ts';

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Native people, at the other end of an IPC channel. */
export class People {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 1;

  private constructor() {
    const script = fileURLToPath(new URL('people-process.ts', import.meta.url));
    // As the product starts its call processes: each waiting pull holds a thread.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '64', MALLOC_ARENA_MAX: '2', NODE_NO_WARNINGS: '1' };
    this.#child = fork(script, [], { env, serialization: 'advanced' });
    this.#child.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) waiting?.reject(new Error(error));
      else waiting?.resolve(value);
    });
    this.#child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the people are gone: ${String(signal ?? code)}`));
    });
  }

  /** Resolves when all of them are in the meeting. */
  static async start(plan: PeoplePlan): Promise<People> {
    const people = new People();
    await people.ask('start', plan);
    return people;
  }

  ask<N extends keyof PeopleQuestions>(
    name: N,
    ...args: Parameters<PeopleQuestions[N]>
  ): Promise<ReturnType<PeopleQuestions[N]>> {
    const id = this.#next++;
    const answered = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.send({ id, name, args } satisfies Question);
    return answered as Promise<ReturnType<PeopleQuestions[N]>>;
  }

  /** Processor time so far, native threads included, seconds. */
  cpuSeconds(): Promise<number> {
    return treeCpuSeconds(this.#child.pid ?? 0);
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    await Promise.race([this.ask('stop').catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 3_000))]);
    this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await exited;
    clearTimeout(kill);
  }
}
