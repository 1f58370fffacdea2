import type { EpochKeys } from '../../../src/crypto/epoch-keys.ts';
import type { RejectReason } from '../../../src/crypto/frame-keys-web.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import type { FrameCounts, FromFrameWorker, ToFrameWorker, TransformOptions } from './worker-messages.ts';

export interface FrameWorkerEvents {
  rejected: [consumer: string, reason: RejectReason];
  /** The worker failed: nothing can be sent or shown any more. */
  failed: [];
}

/** The page's side of the frame worker. */
export class FrameWorkerClient {
  readonly events = new TypedEmitter<FrameWorkerEvents>(() => undefined);
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (counts: ReadonlyMap<string, FrameCounts>) => void>();
  #next = 1;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromFrameWorker>) => this.#handle(data);
    worker.onerror = () => this.events.emit('failed');
  }

  /** What `sender.transform` or `receiver.transform` is set to, before the first packet. */
  transform(options: TransformOptions): RTCRtpScriptTransform {
    return new RTCRtpScriptTransform(this.#worker, options);
  }

  /**
   * Keys that arrive at the other end of the port take effect as they come, until `clearKeys`; the page never sees them.
   */
  attachKeys(port: MessagePort): void {
    this.#worker.postMessage({ kind: 'keys-port', port } satisfies ToFrameWorker, [port]);
  }

  /** Resolves when frames are sealed and opened under these keys; without a base key they came through a port. */
  async setKeys(keys: EpochKeys): Promise<void> {
    if (keys.baseKey.length === 0) return;
    await this.#ask((id) => ({ kind: 'set-keys', id, keys }));
  }

  clearKeys(): void {
    this.#post({ kind: 'clear-keys' });
  }

  stop(consumer: string): void {
    this.#post({ kind: 'stop', consumer });
  }

  counts(): Promise<ReadonlyMap<string, FrameCounts>> {
    return this.#ask((id) => ({ kind: 'count', id }));
  }

  close(): void {
    this.#worker.terminate();
    for (const resolve of this.#waiting.values()) resolve(new Map());
    this.#waiting.clear();
  }

  #ask(message: (id: number) => ToFrameWorker): Promise<ReadonlyMap<string, FrameCounts>> {
    return new Promise((resolve) => {
      const id = this.#next++;
      this.#waiting.set(id, resolve);
      this.#post(message(id));
    });
  }

  #post(message: ToFrameWorker): void {
    this.#worker.postMessage(message);
  }

  #handle(message: FromFrameWorker): void {
    if (message.kind === 'rejected') return this.events.emit('rejected', message.consumer, message.reason);
    const resolve = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    resolve?.(message.kind === 'counts' ? message.counts : new Map());
  }
}

export function startFrameWorker(): FrameWorkerClient {
  return new FrameWorkerClient(
    new Worker(new URL('./frame-worker.ts', import.meta.url), { type: 'module', name: 'frames' }),
  );
}
