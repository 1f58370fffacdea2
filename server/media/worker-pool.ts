import type { types } from 'mediasoup';
import { createWorker } from 'mediasoup';
import type { Clock } from '../../src/lib/clock.ts';
import { InternalError } from '../../src/lib/errors.ts';
import type { Logger } from '../../src/lib/log.ts';
import { errorFields } from '../../src/lib/log.ts';
import { mediaCodecs } from './codecs.ts';

/** How long a new worker is waited for after one that could not start: doubled each time. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

export interface PoolOptions {
  readonly workers: number;
  readonly listenInfos: readonly types.TransportListenInfo[];
  /** mediasoup's worker program; null: mediasoup looks for it itself. */
  readonly workerBin: string | null;
}

/** One mediasoup worker process, with the one UDP and TCP port of each address that all its transports share. */
export interface WorkerSlot {
  readonly worker: types.Worker;
  readonly webRtcServer: types.WebRtcServer;
  /** Transports and consumers in it: what new meetings are spread by. */
  load: number;
}

/** One worker a core. A worker that dies takes its meetings' routers with it and is replaced; the pool lives on. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #slots = new Set<WorkerSlot>();
  #routerRtpCapabilities: types.RtpCapabilities | null = null;
  #deaths = 0;
  #closed = false;
  readonly #cancelRetries = new Set<() => void>();

  private constructor(options: PoolOptions, clock: Clock, log: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  /** @throws {InternalError} `server/worker-failed` when a worker cannot be started or none of its ports opened. */
  static async start(options: PoolOptions, clock: Clock, log: Logger): Promise<WorkerPool> {
    const pool = new WorkerPool(options, clock, log);
    try {
      for (let i = 0; i < options.workers; i++) await pool.#add();
      pool.#routerRtpCapabilities = await pool.#probeCapabilities();
    } catch (error) {
      pool.close();
      throw new InternalError('server/worker-failed', 'A media worker could not be started', { cause: error });
    }
    return pool;
  }

  get workers(): number {
    return this.#slots.size;
  }

  get deaths(): number {
    return this.#deaths;
  }

  /** The same for every router. */
  get routerRtpCapabilities(): types.RtpCapabilities {
    if (!this.#routerRtpCapabilities) throw new InternalError('server/worker-failed', 'The worker pool is not started');
    return this.#routerRtpCapabilities;
  }

  /** The worker with the least to do that is not among `except`; null when there is none. */
  leastLoaded(except: ReadonlySet<WorkerSlot>): WorkerSlot | null {
    let best: WorkerSlot | null = null;
    for (const slot of this.#slots) {
      if (!except.has(slot) && (best === null || slot.load < best.load)) best = slot;
    }
    return best;
  }

  /** Process ids of the workers, for measuring. */
  get pids(): readonly number[] {
    return [...this.#slots].map((slot) => slot.worker.pid);
  }

  /** From now on workers may end and are not replaced: a signal to the whole process group reaches them as well. */
  retire(): void {
    this.#closed = true;
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#cancelRetries) cancel();
    for (const slot of this.#slots) slot.worker.close();
    this.#slots.clear();
  }

  async #add(): Promise<void> {
    const { workerBin, listenInfos } = this.#options;
    const worker = await createWorker({ logLevel: 'warn', ...(workerBin === null ? {} : { workerBin }) });
    try {
      const webRtcServer = await worker.createWebRtcServer({ listenInfos: [...listenInfos] });
      if (this.#closed) return worker.close();
      const slot: WorkerSlot = { worker, webRtcServer, load: 0 };
      this.#slots.add(slot);
      worker.on('died', () => this.#handleDeath(slot));
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  #handleDeath(slot: WorkerSlot): void {
    if (!this.#slots.delete(slot) || this.#closed) return;
    this.#deaths++;
    this.#log.error('a media worker died; its meetings start again', { pid: slot.worker.pid });
    this.#replace(FIRST_RETRY_MS);
  }

  #replace(retryMs: number): void {
    if (this.#closed) return;
    this.#add().then(
      () => this.#log.info('a media worker was replaced', { workers: this.#slots.size }),
      (error: unknown) => {
        if (this.#closed) return;
        this.#log.error('a media worker could not be replaced; trying again', { ...errorFields(error), retryMs });
        const cancel = this.#clock.after(retryMs, () => {
          this.#cancelRetries.delete(cancel);
          this.#replace(Math.min(LAST_RETRY_MS, retryMs * 2));
        });
        this.#cancelRetries.add(cancel);
      },
    );
  }

  async #probeCapabilities(): Promise<types.RtpCapabilities> {
    const [slot] = this.#slots;
    if (!slot) throw new InternalError('server/worker-failed', 'There is no media worker');
    const router = await slot.worker.createRouter({ mediaCodecs });
    const capabilities = router.rtpCapabilities;
    router.close();
    return capabilities;
  }
}
