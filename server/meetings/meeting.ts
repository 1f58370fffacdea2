import type { NotificationName, NotificationOf, ProducerInfo, RequestOf } from '../../src/call/signalling/messages.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Delivery } from '../delivery.ts';
import { DeliveryService } from '../delivery.ts';
import { DemandTracker } from '../media/demand-tracker.ts';
import { MeetingMedia } from '../media/meeting-media.ts';
import type { PeerMedia } from '../media/peer-media.ts';
import type { MeetingProducer } from '../media/viewer.ts';
import type { WorkerPool } from '../media/worker-pool.ts';
import { Refusal } from '../refusal.ts';
import type { ClosingReason, Session } from './session.ts';

export type LeaveReason = NotificationOf<'peerLeft'>['reason'];

export interface MeetingOptions {
  readonly maxPeers: number;
  readonly consumersPerRouter: number;
  readonly demandHoldMs: number;
}

/** One live meeting: who is in it, what they send, and the ordering of its group's messages. It ends with its last peer. */
export class Meeting {
  readonly id: string;
  readonly media: MeetingMedia;
  readonly #options: MeetingOptions;
  readonly #onEmpty: () => void;
  readonly #sessions = new Map<string, Session>();
  readonly #producers = new Map<string, MeetingProducer>();
  readonly #delivery = new DeliveryService();
  readonly #demand: DemandTracker;
  /** Peers whose transports are being made. */
  #entering = 0;
  #closed = false;

  constructor(id: string, options: MeetingOptions, pool: WorkerPool, clock: Clock, onEmpty: () => void) {
    this.id = id;
    this.#options = options;
    this.#onEmpty = onEmpty;
    this.media = new MeetingMedia(pool, options.consumersPerRouter, () => this.close('shutdown', true));
    this.#demand = new DemandTracker(clock, options.demandHoldMs, (producer, layers) => {
      this.#sessions.get(producer.peer)?.notify('demand', { producer: producer.producer.id, layers });
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  get producers(): readonly MeetingProducer[] {
    return [...this.#producers.values()];
  }

  /**
   * Holds a place while a peer's transports are made; give it back with `settle`. An earlier login of the same client,
   * proven by its token, goes at once and makes room. @throws {Refusal} when the meeting is full or the token is wrong.
   */
  reserve(peer: string, replaces: RequestOf<'join'>['replaces']): void {
    if (this.#sessions.has(peer)) throw new Refusal('conflict', 'This peer is in the meeting already');
    const earlier = replaces === null ? undefined : this.#sessions.get(replaces.peer);
    if (replaces !== null && earlier?.isToken(replaces.token) === false) {
      throw new Refusal('notAllowed', 'The token is not of that login');
    }
    const taken = this.#sessions.size + this.#entering - (earlier ? 1 : 0);
    if (taken >= this.#options.maxPeers) throw new Refusal('full', 'The meeting is full');
    this.#entering++;
    if (!earlier) return;
    earlier.disconnect('replaced', false);
    this.drop(earlier, 'replaced');
  }

  settle(): void {
    this.#entering--;
    this.#endIfEmpty();
  }

  /**
   * Lets a peer in. `reply` answers its `join` before anything else is sent to it, and before the others hear of it.
   */
  enter(
    session: Session,
    media: PeerMedia,
    offer: Pick<RequestOf<'join'>, 'keyPackage' | 'proof'>,
    reply: (role: 'founder' | 'joiner', peers: string[], producers: ProducerInfo[]) => void,
  ): void {
    if (this.#sessions.has(session.peer)) throw new Refusal('conflict', 'This peer is in the meeting already');
    const peers = [...this.#sessions.keys()];
    const { role, deliveries } = this.#delivery.join(session.peer, offer.keyPackage, offer.proof);
    this.#sessions.set(session.peer, session);
    session.enter(this, media);
    reply(role, peers, this.producers.map(describeProducer));
    this.broadcast('peerJoined', { peer: session.peer }, session.peer);
    this.deliver(deliveries);
  }

  drop(session: Session, reason: LeaveReason): void {
    if (this.#sessions.get(session.peer) !== session) return;
    this.#sessions.delete(session.peer);
    session.cancelGrace?.();
    const media = session.place?.media;
    const viewed = media?.viewers.map((viewer) => viewer.of) ?? [];
    for (const producer of media?.producers ?? []) this.#forget(producer);
    media?.close();
    for (const producer of viewed) this.updateDemand(producer);
    this.broadcast('peerLeft', { peer: session.peer, reason }, null);
    this.deliver(this.#delivery.leave(session.peer));
    this.#endIfEmpty();
  }

  producerAdded(producer: MeetingProducer): void {
    this.#producers.set(producer.producer.id, producer);
    this.broadcast('producerAdded', describeProducer(producer), producer.peer);
    this.updateDemand(producer);
  }

  producerClosed(producer: MeetingProducer): void {
    this.#forget(producer);
  }

  producer(id: string): MeetingProducer | undefined {
    return this.#producers.get(id);
  }

  /** To be called whenever what viewers want of the producer may have changed. */
  updateDemand(producer: MeetingProducer): void {
    if (this.#producers.has(producer.producer.id)) this.#demand.update(producer);
  }

  commit(peer: string, request: RequestOf<'mlsCommit'>): { accepted: boolean; epoch: number; send: () => void } {
    const { deliveries, ...answer } = this.#delivery.commit(peer, request);
    return { ...answer, send: () => this.deliver(deliveries) };
  }

  message(peer: string, message: string): void {
    this.deliver(this.#delivery.message(peer, message));
  }

  refuse(peer: string, request: RequestOf<'refuse'>): void {
    this.deliver(this.#delivery.refuse(peer, request));
  }

  broadcast<N extends NotificationName>(name: N, data: NotificationOf<N>, except: string | null): void {
    for (const session of this.#sessions.values()) if (session.peer !== except) session.notify(name, data);
  }

  deliver(deliveries: readonly Delivery[]): void {
    for (const { to, name, data } of deliveries) this.#sessions.get(to)?.notify(name, data);
  }

  /** Ends the meeting for everybody in it. */
  close(reason: ClosingReason, retry: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#demand.close();
    for (const session of this.#sessions.values()) {
      session.cancelGrace?.();
      session.disconnect(reason, retry);
      session.place?.media.close();
    }
    this.#sessions.clear();
    this.#producers.clear();
    this.media.close();
    this.#onEmpty();
  }

  #forget(producer: MeetingProducer): void {
    const { id } = producer.producer;
    if (!this.#producers.delete(id)) return;
    this.#demand.forget(id);
    this.broadcast('producerClosed', { producer: id }, producer.peer);
  }

  #endIfEmpty(): void {
    if (this.#sessions.size === 0 && this.#entering === 0) this.close('shutdown', true);
  }
}

export function describeProducer({ producer, peer, source }: MeetingProducer): ProducerInfo {
  return { producer: producer.id, peer, source, kind: producer.kind, paused: producer.paused };
}
