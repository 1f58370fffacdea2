import type { types } from 'mediasoup';
import type { Layers, MediaSourceName } from '../../src/call/signalling/messages.ts';
import { sameLayers } from '../demand.ts';
import type { MeetingRouter } from './meeting-media.ts';

export const ALL_LAYERS: Layers = { spatial: 2, temporal: 2 };
const LOWEST_LAYER: Layers = { spatial: 0, temporal: 2 };

/** A stream somebody sends, as the meeting knows it. */
export interface MeetingProducer {
  readonly peer: string;
  readonly source: MediaSourceName;
  readonly producer: types.Producer;
  readonly router: MeetingRouter;
  readonly viewers: Set<Viewer>;
  /** The most its sender can encode now; null: whatever is wanted. */
  limit: Layers | null;
}

/** One peer's consumer of one producer, and what that peer wants of it. */
export class Viewer {
  readonly consumer: types.Consumer;
  readonly of: MeetingProducer;
  #resumed = false;
  #demand: Layers | null = ALL_LAYERS;
  #priority = 1;
  /** The most that this viewer's line carries for the moment; null: mediasoup decides. */
  #cap: Layers | null = null;
  /** As the worker knows them. */
  #preferred: Layers = ALL_LAYERS;
  #running = false;
  #held = false;

  constructor(consumer: types.Consumer, of: MeetingProducer) {
    this.consumer = consumer;
    this.of = of;
  }

  /**
   * The layers to be sent for this viewer; null while it watches nothing. Before it is resumed that is the lowest one: the
   * worker forwards no layer whose rate it has not seen, and a sender that begins only then costs up to a second.
   */
  get wants(): Layers | null {
    return this.#resumed ? this.#demand : this.#demand && LOWEST_LAYER;
  }

  /** What is wanted of a stream that runs, whatever its line carries; null: nothing, or it does not run. */
  get watching(): Layers | null {
    return this.#resumed && this.#demand ? within(this.#demand, this.of.limit) : null;
  }

  get priority(): number {
    return this.#priority;
  }

  async resume(): Promise<void> {
    this.#resumed = true;
    await this.#unlessClosed(this.#run());
  }

  async setDemand(layers: Layers | null, priority: number): Promise<void> {
    const work: Promise<void>[] = [];
    this.#demand = layers;
    work.push(this.#prefer());
    if (priority !== this.#priority) work.push(this.consumer.setPriority(priority));
    this.#priority = priority;
    work.push(this.#run());
    await this.#unlessClosed(Promise.all(work));
  }

  /** The sender's limit has changed: what it stops sending must not be waited for. */
  async followLimit(): Promise<void> {
    await this.#unlessClosed(this.#prefer());
  }

  /** Whether a larger picture than that is sent now. */
  exceeds(layers: Layers): boolean {
    return (this.consumer.currentLayers?.spatialLayer ?? 0) > layers.spatial;
  }

  /** Takes effect for a larger picture with the next key picture: `hold` and `release` stop it at once. */
  async setCap(layers: Layers | null): Promise<void> {
    if (layers === this.#cap || (layers && this.#cap && sameLayers(layers, this.#cap))) return;
    this.#cap = layers;
    await this.#unlessClosed(this.#prefer());
  }

  /** Sends nothing until `release`; what is asked for again is not sent either (RtpStreamSend::Pause). */
  async hold(): Promise<void> {
    this.#held = true;
    await this.#unlessClosed(this.#run());
  }

  /** Goes on, with a key picture. */
  async release(): Promise<void> {
    this.#held = false;
    await this.#unlessClosed(this.#run());
  }

  async #prefer(): Promise<void> {
    if (!this.#demand || this.consumer.type === 'simple') return;
    const layers = within(within(this.#demand, this.of.limit), this.#cap);
    if (sameLayers(layers, this.#preferred)) return;
    this.#preferred = layers;
    await this.consumer.setPreferredLayers({ spatialLayer: layers.spatial, temporalLayer: layers.temporal });
  }

  /** Lets mediasoup choose the layers anew, forgetting that it took some away; the viewer waits for a key picture meanwhile. */
  async setFree(): Promise<void> {
    if (!this.#running) return;
    await this.#unlessClosed(Promise.all([this.consumer.pause(), this.consumer.resume()]));
  }

  /** A consumer that closes while it is being changed needs no change any more. */
  async #unlessClosed(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!this.consumer.closed) throw error;
    });
  }

  /** Requests reach the worker in the order they are made here, so the last wish stands. */
  async #run(): Promise<void> {
    const run = this.#resumed && this.#demand !== null && !this.#held;
    if (run === this.#running) return;
    this.#running = run;
    if (!run) return this.consumer.pause();
    await this.consumer.resume();
    if (this.consumer.kind === 'video' && !this.consumer.closed) await this.consumer.requestKeyFrame();
  }
}

function within(wanted: Layers, limit: Layers | null): Layers {
  if (limit === null) return wanted;
  return {
    spatial: Math.min(wanted.spatial, limit.spatial),
    temporal: Math.min(wanted.temporal, limit.temporal),
  };
}
