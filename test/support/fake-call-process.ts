import type { FromCallProcess, ToCallProcess } from '../../src/call/process/ipc.ts';
import type { CallProcess } from '../../src/call/supervisor.ts';

/** A call process that answers like the real one and dies when told. */
export class FakeProcess implements CallProcess {
  readonly received: ToCallProcess[] = [];
  killed = false;
  /** What becomes of a join. */
  onJoin: 'answers' | 'crashes' | 'refuses' = 'answers';
  /** Never says that it is ready. */
  loadsForEver = false;
  onStop: 'exits' | 'lingers' = 'exits';
  #message = (_message: FromCallProcess): void => undefined;
  #exit = (_reason: string): void => undefined;

  send(message: ToCallProcess): void {
    this.received.push(message);
    if (message.kind === 'action' && message.name === 'join' && this.onJoin === 'crashes') return this.exit('SIGSEGV');
    if (message.kind === 'action' && message.name === 'join' && this.onJoin === 'refuses')
      return this.emit({ kind: 'result', id: message.id, ok: false, code: 'call/link-invalid', message: 'no' });
    if (message.kind === 'action')
      this.emit({ kind: 'result', id: message.id, ok: true, value: message.args[0] ?? null });
    if (message.kind === 'stop' && this.onStop === 'exits') this.exit('0');
  }
  onMessage(listener: (message: FromCallProcess) => void): void {
    this.#message = listener;
    if (!this.loadsForEver) this.emit({ kind: 'ready' });
  }
  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }
  kill(): void {
    this.killed = true;
    this.exit('SIGKILL');
  }
  emit(message: FromCallProcess): void {
    queueMicrotask(() => this.#message(message));
  }
  exit(reason: string): void {
    queueMicrotask(() => this.#exit(reason));
  }
  actions(name: string): unknown[][] {
    return this.received.flatMap((m) => (m.kind === 'action' && m.name === name ? [m.args] : []));
  }
}
