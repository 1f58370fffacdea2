import type { types } from 'mediasoup';
import { Refusal } from '../refusal.ts';
import { mediaCodecs } from './codecs.ts';
import type { WorkerPool, WorkerSlot } from './worker-pool.ts';

/** One router of a meeting: peers are spread over several when one worker would not do. */
export interface MeetingRouter {
  readonly router: types.Router;
  readonly slot: WorkerSlot;
  consumers: number;
  /** Producers of other routers that were brought here, or are being brought. */
  readonly piped: Map<string, Promise<void>>;
}

/** The routers of one meeting, and the pipes between them. */
export class MeetingMedia {
  readonly #pool: WorkerPool;
  readonly #consumersPerRouter: number;
  readonly #onWorkerLost: () => void;
  readonly #routers: MeetingRouter[] = [];
  #adding: Promise<MeetingRouter> | null = null;
  #closed = false;

  /** `onWorkerLost`: a router went with its worker, and the streams of its peers with it. */
  constructor(pool: WorkerPool, consumersPerRouter: number, onWorkerLost: () => void) {
    this.#pool = pool;
    this.#consumersPerRouter = consumersPerRouter;
    this.#onWorkerLost = onWorkerLost;
  }

  get routers(): number {
    return this.#routers.length;
  }

  /** The router for one more peer: one with room, else one in a worker that has none of this meeting yet, else the emptiest. */
  async routerForPeer(): Promise<MeetingRouter> {
    const emptiest = this.#emptiest();
    if (emptiest && emptiest.consumers < this.#consumersPerRouter) return emptiest;
    const slot = this.#pool.leastLoaded(new Set(this.#routers.map((router) => router.slot)));
    if (slot === null && emptiest) return emptiest;
    // Peers that come together share the router being made.
    this.#adding ??= this.#add(slot).finally(() => (this.#adding = null));
    return this.#adding;
  }

  /** Makes a producer of router `from` consumable on router `to`; the pipe closes with the producer. */
  async bring(producer: types.Producer, from: MeetingRouter, to: MeetingRouter): Promise<void> {
    if (from === to) return;
    let piped = to.piped.get(producer.id);
    if (!piped) {
      piped = from.router
        .pipeToRouter({ producerId: producer.id, router: to.router, enableSctp: false })
        .then(() => undefined);
      to.piped.set(producer.id, piped);
      piped.catch(() => to.piped.delete(producer.id));
      producer.observer.once('close', () => to.piped.delete(producer.id));
    }
    await piped;
  }

  close(): void {
    this.#closed = true;
    for (const { router } of this.#routers) router.close();
    this.#routers.length = 0;
  }

  #emptiest(): MeetingRouter | undefined {
    return this.#routers.toSorted((a, b) => a.consumers - b.consumers)[0];
  }

  async #add(slot: WorkerSlot | null): Promise<MeetingRouter> {
    if (!slot) throw new Refusal('internal', 'No media worker is running; it is being replaced');
    const router = await slot.worker.createRouter({ mediaCodecs });
    if (this.#closed) {
      router.close();
      throw new Refusal('internal', 'The meeting is closing');
    }
    const added: MeetingRouter = { router, slot, consumers: 0, piped: new Map() };
    this.#routers.push(added);
    router.on('workerclose', () => {
      if (!this.#closed) this.#onWorkerLost();
    });
    return added;
  }
}
