import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CallProcess } from '../supervisor.ts';
import type { CallProcessConfig, FromCallProcess } from './ipc.ts';

/**
 * libuv threads of a call process: each waiting appsink and each bus poll holds one (three pipelines, thirty decoders share
 * polling), and file and name look-ups need some beside them.
 */
const THREADS = 96;

const TUNING = {
  UV_THREADPOOL_SIZE: String(THREADS),
  // Dozens of media threads with a heap each would keep hundreds of megabytes that nobody uses.
  MALLOC_ARENA_MAX: '2',
  // Each thread keeps freed pieces of up to 1 kB for itself, seven of each size: packets come in all sizes and are freed by other
  // threads than those that made them, so that in an hour the hundred threads of the pool would gather some 20 MB.
  GLIBC_TUNABLES: 'glibc.malloc.tcache_max=64',
  // GLib before 2.76 keeps pages of its own for every size of buffer and every thread, and packets come in all sizes.
  G_SLICE: 'always-malloc',
  NODE_NO_WARNINGS: '1',
} as const;

/**
 * V8 sizes its heap by the machine's memory: half of a call's size came and went with it, in minutes. What a call keeps is some
 * 25 MB; with a heap of at most ten times that, garbage is collected before it doubles the process.
 */
const HEAP = ['--max-old-space-size=256', '--min-semi-space-size=4', '--max-semi-space-size=4'] as const;

/** A crash must not write meeting keys to a disk; the limit can only be set before the program starts. */
const WITHOUT_CORE_DUMPS = 'ulimit -c 0; exec "$0" "$@"';

/** Starts call processes with what `config` says then; what they print goes to our own stdout and stderr. */
export function callProcessSpawner(config: () => CallProcessConfig, env: NodeJS.ProcessEnv): () => CallProcess {
  return () => {
    const script = fileURLToPath(new URL('../../call-process.ts', import.meta.url));
    const child = spawn('/bin/sh', ['-c', WITHOUT_CORE_DUMPS, process.execPath, ...HEAP, script], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...env, ...TUNING },
    });
    const send = (message: object): void => {
      if (child.connected) child.send(message, () => undefined);
    };
    send({ kind: 'prepare', config: config() });
    return {
      send,
      onMessage: (listener) => child.on('message', (message) => listener(message as FromCallProcess)),
      onExit: (listener) => child.once('exit', (code, signal) => listener(signal ?? String(code))),
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
