/**
 * The MLS delivery service (RFC 9750 section 5) of one meeting: it orders commits, hands messages on, and knows who is a
 * member and who waits. It holds no secret, understands no payload, and by itself can add nobody. Pure: every call answers
 * with what is to be sent, in order.
 */
import type { NotificationName, NotificationOf, RequestOf, ResponseOf } from '../src/call/signalling/messages.ts';
import { Refusal } from './refusal.ts';

/** One notification to one peer. */
export type Delivery = {
  [N in NotificationName]: { readonly to: string; readonly name: N; readonly data: NotificationOf<N> };
}[NotificationName];

interface Waiting {
  readonly keyPackage: string;
  readonly proof: string;
  /** Members who have refused this joiner: told once each, and never asked to create the group. */
  readonly refusedBy: Set<string>;
}

export class DeliveryService {
  #epoch = 0;
  readonly #members = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();

  /** Commits accepted since the group was created: the group's MLS epoch. */
  get epoch(): number {
    return this.#epoch;
  }

  get members(): readonly string[] {
    return [...this.#members];
  }

  /** Peers that wait to be added, the longest waiting first. */
  get waiting(): readonly string[] {
    return [...this.#waiting.keys()];
  }

  /** Enters a peer: the first creates the group, the others wait for a member to add them. */
  join(peer: string, keyPackage: string, proof: string): { role: 'founder' | 'joiner'; deliveries: Delivery[] } {
    if (this.#members.has(peer) || this.#waiting.has(peer)) throw new Refusal('conflict', 'This peer is here already');
    if (this.#members.size === 0) {
      this.#waiting.set(peer, { keyPackage, proof, refusedBy: new Set() });
      return { role: 'founder', deliveries: this.#found(peer) };
    }
    this.#waiting.set(peer, { keyPackage, proof, refusedBy: new Set() });
    const data = { peer, keyPackage, proof };
    return { role: 'joiner', deliveries: [...this.#members].map((to) => ({ to, name: 'mlsJoinRequest', data })) };
  }

  /** Forgets a peer. When the last member goes, the group is gone with it: the longest waiting creates a new one. */
  leave(peer: string): Delivery[] {
    this.#waiting.delete(peer);
    if (!this.#members.delete(peer)) return [];
    return this.#foundIfDeserted();
  }

  /**
   * The first commit for the current epoch wins.
   * @throws {Refusal} from a peer that is no member, or when the parts do not fit together.
   */
  commit(peer: string, request: RequestOf<'mlsCommit'>): ResponseOf<'mlsCommit'> & { deliveries: Delivery[] } {
    this.#requireMember(peer);
    if ((request.welcome === null) !== (request.added.length === 0)) {
      throw new Refusal('malformed', 'A commit has a Welcome exactly when it adds somebody');
    }
    if (request.removed.includes(peer)) throw new Refusal('malformed', 'A commit cannot remove its sender');
    if (request.epoch !== this.#epoch) return { accepted: false, epoch: this.#epoch, deliveries: [] };
    this.#epoch++;
    const commit = { epoch: request.epoch, commit: request.commit };
    const deliveries: Delivery[] = this.#others(peer).map((to) => ({ to, name: 'mlsCommit', data: commit }));
    for (const removed of request.removed) this.#members.delete(removed);
    const added = new Set(request.added.filter((to) => this.#waiting.delete(to)));
    for (const to of added) this.#members.add(to);
    if (request.welcome !== null) {
      for (const to of added) deliveries.push({ to, name: 'mlsWelcome', data: { welcome: request.welcome } });
    }
    for (const to of added) deliveries.push(...this.#joinRequestsFor(to));
    return { accepted: true, epoch: this.#epoch, deliveries };
  }

  /** Hands an application message to the other members. @throws {Refusal} from a peer that is no member. */
  message(peer: string, message: string): Delivery[] {
    this.#requireMember(peer);
    return this.#others(peer).map((to) => ({ to, name: 'mlsMessage', data: { message } }));
  }

  /** Tells a joiner, once per member, why it will not be added. @throws {Refusal} from a peer that is no member. */
  refuse(peer: string, request: RequestOf<'refuse'>): Delivery[] {
    this.#requireMember(peer);
    const waiting = this.#waiting.get(request.peer);
    if (!waiting || waiting.refusedBy.has(peer)) return [];
    waiting.refusedBy.add(peer);
    return [{ to: request.peer, name: 'refused', data: { reason: request.reason } }];
  }

  #others(peer: string): string[] {
    return [...this.#members].filter((other) => other !== peer);
  }

  #requireMember(peer: string): void {
    if (!this.#members.has(peer)) throw new Refusal('notAllowed', 'Only members of the group may do this');
  }

  #foundIfDeserted(): Delivery[] {
    if (this.#members.size > 0) return [];
    const next = [...this.#waiting].find(([, waiting]) => waiting.refusedBy.size === 0)?.[0];
    if (next === undefined) return [];
    const deliveries = this.#found(next);
    return [{ to: next, name: 'mlsFound', data: {} }, ...deliveries];
  }

  /** Makes a waiting peer the only member of a new group, and shows it who else waits. */
  #found(peer: string): Delivery[] {
    this.#epoch = 0;
    this.#waiting.delete(peer);
    this.#members.add(peer);
    return this.#joinRequestsFor(peer);
  }

  #joinRequestsFor(to: string): Delivery[] {
    return [...this.#waiting].map(([peer, { keyPackage, proof }]) => ({
      to,
      name: 'mlsJoinRequest',
      data: { peer, keyPackage, proof },
    }));
  }
}
