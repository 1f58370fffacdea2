import type { types } from 'mediasoup-client';
import type { Clock } from '../lib/clock.ts';
import { TypedEmitter } from '../lib/events.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import type { IncomingInfo, MediaEngine } from './media-engine.ts';
import type { Layers, ProducerInfo, RequestOf } from './signalling/messages.ts';
import { limits } from './signalling/messages.ts';
import type { SignallingClient } from './signalling/signalling-client.ts';
import { fullSizeLayers } from './stream-figures.ts';

export interface IncomingStreamsDeps {
  readonly engine: MediaEngine;
  readonly signalling: SignallingClient;
  readonly transport: types.Transport;
  readonly rtpCapabilities: types.RtpCapabilities;
  readonly self: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** After a refusal the same is asked again, each time after twice as long; then only when something changes. */
const RETRY = { firstMs: 500, times: 6 } as const;

interface Incoming {
  readonly info: IncomingInfo;
  readonly consumer: types.Consumer;
  readonly scalabilityMode: string | undefined;
  resumed: boolean;
}

/**
 * Keeps one consumer for each stream that others send. A stream is prepared as soon as the server tells of it and flows once
 * its sender is in the group: before that no key could open it.
 * INVARIANTS: changes run one after the other; what is wanted is recomputed at each run, so that no event is lost between two.
 */
export class IncomingStreams {
  readonly events: TypedEmitter<{
    changed: [];
    /** What the server forwards now, the full picture being spatial layer 2. */
    layers: [consumer: string, layers: Layers | null];
  }>;
  readonly #deps: IncomingStreamsDeps;
  readonly #producers = new Map<string, ProducerInfo>();
  readonly #incoming = new Map<string, Incoming>();
  /** Consumers that the server has made and that are not yet ours; one that ends meanwhile leaves. */
  readonly #preparing = new Set<string>();
  readonly #failed = new Set<string>();
  #members: ReadonlySet<string> = new Set();
  #demands = new Map<string, RequestOf<'setDemand'>['demands'][number]>();
  #running: Promise<void> = Promise.resolve();
  #refusals = 0;
  #cancelRetry: (() => void) | null = null;
  #closed = false;

  constructor(deps: IncomingStreamsDeps, producers: readonly ProducerInfo[]) {
    this.#deps = deps;
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', errorFields(error)));
    for (const producer of producers) this.#producers.set(producer.producer, producer);
    const { events } = deps.signalling;
    events.on('producerAdded', (producer) => this.#handleAdded(producer));
    events.on('producerClosed', ({ producer }) => this.#handleGone((info) => info.producer === producer));
    events.on('peerLeft', ({ peer }) => this.#handleGone((info) => info.peer === peer));
    events.on('consumerClosed', ({ consumer }) => this.#drop(consumer));
    events.on('consumerLayers', ({ consumer, layers }) => this.#handleLayers(consumer, layers));
  }

  get list(): readonly IncomingInfo[] {
    return [...this.#incoming.values()].map(({ info }) => info);
  }

  /** The peers whose frames can be opened now. */
  setMembers(peers: Iterable<string>): void {
    this.#members = new Set(peers);
    this.sync();
  }

  /** What this viewer's windows can use, by consumer; sent at once, and again for consumers that come later. */
  async setDemand(demands: RequestOf<'setDemand'>['demands']): Promise<void> {
    this.#demands = new Map(demands.map((demand) => [demand.consumer, demand]));
    const known = demands.filter(({ consumer }) => this.#incoming.has(consumer));
    for (let at = 0; at < known.length && !this.#closed; at += limits.demandsPerRequest)
      await this.#deps.signalling.request('setDemand', { demands: known.slice(at, at + limits.demandsPerRequest) });
  }

  /** Brings consumers in line with what is sent and who is in the group. */
  sync(): void {
    this.#running = this.#running
      .then(() => this.#reconcile())
      .then(() => void (this.#refusals = 0))
      .catch((error: unknown) => this.#handleRefused(error));
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    for (const consumer of [...this.#incoming.keys()]) this.#drop(consumer);
    this.events.clear();
  }

  async #reconcile(): Promise<void> {
    if (this.#closed) return;
    const have = new Set([...this.#incoming.values()].map(({ info }) => info.producer));
    const missing = [...this.#producers.values()].filter(
      ({ producer, peer }) => !have.has(producer) && !this.#failed.has(producer) && peer !== this.#deps.self,
    );
    for (let at = 0; at < missing.length; at += limits.consumersPerRequest)
      await this.#consume(missing.slice(at, at + limits.consumersPerRequest).map(({ producer }) => producer));
    await this.#resume();
  }

  #handleRefused(error: unknown): void {
    if (this.#closed) return;
    this.#deps.log.warn('streams could not be updated', errorFields(error));
    if (this.#cancelRetry || this.#refusals >= RETRY.times) return;
    this.#cancelRetry = this.#deps.clock.after(RETRY.firstMs * 2 ** this.#refusals++, () => {
      this.#cancelRetry = null;
      this.sync();
    });
  }

  async #consume(producers: string[]): Promise<void> {
    const answer = await this.#deps.signalling.request('consume', { producers });
    if (this.#closed) return;
    await Promise.all(answer.consumers.map((offer) => this.#start(offer)));
    const answered = new Set(answer.consumers.map(({ producer }) => producer));
    for (const producer of producers) if (!answered.has(producer)) this.#giveUp(producer);
    this.events.emit('changed');
  }

  async #start(offer: { consumer: string; producer: string; rtpParameters: Record<string, unknown> }): Promise<void> {
    // Who sends it is what was announced for the producer, and the group's keys decide whether that is true.
    const announced = this.#producers.get(offer.producer);
    if (!announced) return;
    const { producer, peer, source, kind } = announced;
    const info: IncomingInfo = { consumer: offer.consumer, producer, peer, source, kind };
    const stream = this.#deps.engine.receive(info);
    this.#preparing.add(info.consumer);
    try {
      const consumer = await this.#deps.transport.consume({
        id: offer.consumer,
        producerId: producer,
        kind,
        rtpParameters: offer.rtpParameters as unknown as types.RtpParameters,
        // One stream id a consumer: the browser must not hold one stream back for another's sake across sources.
        streamId: `${peer}-${source === 'microphone' || source === 'camera' ? 'room' : 'screen'}`,
        onRtpReceiver: stream.onRtpReceiver,
      });
      if (!this.#isWanted(info)) {
        consumer.close();
        return this.#deps.engine.stopReceiving(info.consumer);
      }
      const { scalabilityMode } = consumer.rtpParameters.encodings?.[0] ?? {};
      this.#incoming.set(info.consumer, { info, consumer, scalabilityMode, resumed: false });
      this.#deps.engine.started(info.consumer, consumer.track);
    } catch (error) {
      this.#giveUp(producer);
      this.#deps.engine.stopReceiving(info.consumer);
      this.#deps.log.warn('a stream cannot be received', { ...errorFields(error), source, kind });
    } finally {
      this.#preparing.delete(info.consumer);
    }
  }

  #isWanted({ consumer, producer }: IncomingInfo): boolean {
    return !this.#closed && this.#preparing.has(consumer) && this.#producers.has(producer);
  }

  async #resume(): Promise<void> {
    const ready = [...this.#incoming.values()].filter(({ info, resumed }) => !resumed && this.#members.has(info.peer));
    for (let at = 0; at < ready.length && !this.#closed; at += limits.consumersPerRequest)
      await this.#resumeThese(ready.slice(at, at + limits.consumersPerRequest));
  }

  /** At most `limits.consumersPerRequest` of them, which is fewer than demands in a request. */
  async #resumeThese(entries: readonly Incoming[]): Promise<void> {
    const { signalling } = this.#deps;
    const consumers = entries.map(({ info }) => info.consumer);
    const demands = consumers.flatMap((id) => this.#demands.get(id) ?? []);
    if (demands.length > 0) await signalling.request('setDemand', { demands });
    await signalling.request('resumeConsumers', { consumers });
    // Only now: what was refused is asked for again.
    for (const entry of entries) entry.resumed = true;
  }

  #handleLayers(consumer: string, layers: Layers | null): void {
    const entry = this.#incoming.get(consumer);
    if (entry) this.events.emit('layers', consumer, fullSizeLayers(layers, entry.scalabilityMode));
  }

  #handleAdded(producer: ProducerInfo): void {
    if (this.#producers.size >= limits.peersPerMeeting * limits.producersPerPeer) return;
    this.#producers.set(producer.producer, producer);
    this.sync();
  }

  /** Not asked for again as long as it is announced. */
  #giveUp(producer: string): void {
    if (this.#producers.has(producer)) this.#failed.add(producer);
  }

  #handleGone(matches: (info: { producer: string; peer: string }) => boolean): void {
    for (const info of [...this.#producers.values()].filter(matches)) {
      this.#producers.delete(info.producer);
      this.#failed.delete(info.producer);
    }
    for (const { info } of [...this.#incoming.values()]) if (matches(info)) this.#drop(info.consumer);
  }

  #drop(consumer: string): void {
    this.#preparing.delete(consumer);
    const entry = this.#incoming.get(consumer);
    if (!entry) return;
    this.#incoming.delete(consumer);
    this.#deps.engine.stopReceiving(consumer);
    entry.consumer.close();
    this.events.emit('changed');
  }
}
