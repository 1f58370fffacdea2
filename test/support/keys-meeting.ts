/** Members' keys over the server's own delivery service, in memory: everything is delivered when a test says so. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Delivery } from '../../server/delivery.ts';
import { DeliveryService } from '../../server/delivery.ts';
import { Refusal } from '../../server/refusal.ts';
import type { EpochChange } from '../../src/call/keys/keys-port.ts';
import { MeetingKeys } from '../../src/call/keys/meeting-keys.ts';
import type { RequestOf, ResponseOf } from '../../src/call/signalling/messages.ts';
import type { DataMessage } from '../../src/crypto/data-message.ts';
import type { LoginKeys } from '../../src/crypto/group.ts';
import { createLogin } from '../../src/crypto/key-package.ts';
import { joinProof } from '../../src/crypto/link.ts';
import { fromBase64Url, toBase64Url } from '../../src/lib/bytes.ts';
import { type Clock, ManualClock } from '../../src/lib/clock.ts';
import { RoomError } from '../../src/lib/errors.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { envOf, newPeer } from './mls-members.ts';

export type Notice = Delivery | { to: string; name: 'peerLeft'; data: { peer: string } };
type CommitAnswer = ResponseOf<'mlsCommit'>;

export class KeysClient {
  readonly peer: string;
  readonly login: LoginKeys;
  readonly keys: MeetingKeys;
  /** With copies of the base keys, which are wiped after the event. */
  readonly epochs: EpochChange[] = [];
  readonly messages: [peer: string, data: DataMessage][] = [];
  readonly refusals: string[] = [];
  readonly lost: string[] = [];

  constructor(login: LoginKeys, keys: MeetingKeys) {
    this.peer = login.peer;
    this.login = login;
    this.keys = keys;
    keys.events.on('epoch', (change) => {
      this.epochs.push({ ...change, keys: { ...change.keys, baseKey: change.keys.baseKey.slice() } });
    });
    keys.events.on('message', (peer, data) => void this.messages.push([peer, data]));
    keys.events.on('refused', (reason) => void this.refusals.push(reason));
    keys.events.on('lost', (code) => void this.lost.push(code));
  }

  get last(): EpochChange {
    const last = this.epochs.at(-1);
    assert.ok(last, 'never came into a group');
    return last;
  }

  get roster(): string[] {
    return this.last.roster.map(({ peer }) => peer).toSorted();
  }

  get chats(): string[] {
    return this.messages.flatMap(([, data]) => (data.type === 'chat' ? [data.text] : []));
  }
}

export class KeysMeeting<C extends Clock = ManualClock> {
  readonly secret = randomBytes(32);
  readonly clock: C;
  service = new DeliveryService();
  readonly clients: KeysClient[] = [];
  /** Every delivery made so far, as it left the service. */
  readonly sent: Notice[] = [];
  /** What becomes of one delivery: nothing, itself, or others. */
  meddle: (notice: Notice) => readonly Notice[] = (notice) => [notice];
  /** Who answers a commit: the service, unless a test does. */
  answer: (
    peer: string,
    request: RequestOf<'mlsCommit'>,
    honest: () => CommitAnswer,
  ) => CommitAnswer | Promise<CommitAnswer> = (_peer, _request, honest) => honest();
  #queue: Notice[] = [];

  constructor(clock: C) {
    this.clock = clock;
  }

  /** A client that has not asked to join. */
  async client(options: { secret?: Uint8Array; peer?: string } = {}): Promise<KeysClient> {
    const { secret = this.secret, peer = newPeer() } = options;
    const login = await createLogin(peer, { kind: 'guest' }, this.clock.wallMs());
    const keys = new MeetingKeys({
      login,
      env: { ...envOf(secret), meeting: envOf(this.secret).meeting },
      secret,
      clock: this.clock,
      log: silentLogger,
      delivery: {
        commit: async ({ epoch, commit, welcome, added, removed }) => {
          const request = {
            epoch,
            commit: toBase64Url(commit),
            welcome: welcome && toBase64Url(welcome),
            added: [...added],
            removed: [...removed],
          };
          return this.answer(peer, request, () => this.honest(peer, request));
        },
        message: async (message) => this.#deliver(refusing(() => this.service.message(peer, toBase64Url(message)))),
        refuse: async (to, reason) => this.#deliver(refusing(() => this.service.refuse(peer, { peer: to, reason }))),
      },
    });
    const client = new KeysClient(login, keys);
    this.clients.push(client);
    return client;
  }

  /** What the service does with a commit. */
  honest(peer: string, request: RequestOf<'mlsCommit'>): CommitAnswer {
    const { accepted, epoch, deliveries } = refusing(() => this.service.commit(peer, request));
    this.#deliver(deliveries);
    return { accepted, epoch };
  }

  join(client: KeysClient, offer: { keyPackage?: Uint8Array; proof?: Uint8Array } = {}): void {
    const { keyPackage = client.login.keyPackage, proof = joinProof(this.secret, keyPackage) } = offer;
    const { role, deliveries } = this.service.join(client.peer, toBase64Url(keyPackage), toBase64Url(proof));
    if (role === 'founder') client.keys.handleFound();
    this.#deliver(deliveries);
  }

  /** The connection of `peer` is gone for good. */
  leave(peer: string): void {
    const others = this.clients.filter((client) => client.peer !== peer);
    this.#deliver(others.map((client) => ({ to: client.peer, name: 'peerLeft', data: { peer } })));
    this.#deliver(this.service.leave(peer));
  }

  /** Puts something on its way as if the server had made it, past `meddle`. */
  inject(...notices: Notice[]): void {
    this.#queue.push(...notices);
  }

  /** `count` clients that are all in the group. */
  async group(count: number): Promise<KeysClient[]> {
    const clients = await Promise.all(Array.from({ length: count }, () => this.client()));
    for (const client of clients) this.join(client);
    await this.settle();
    for (const client of clients) assert.equal(client.roster.length, count);
    return clients;
  }

  /** Delivers until nothing is under way and nobody works. */
  async settle(): Promise<void> {
    do {
      this.deliverAll();
      await Promise.all(this.clients.map(({ keys }) => keys.idleForTests()));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#queue.length > 0);
  }

  /** Waits for work that a held answer keeps from ending. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let i = 0; !holds(); i++) {
      assert.ok(i < 3_000, `never came: ${what}`);
      this.deliverAll();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  deliverAll(): void {
    for (const notice of this.#queue.splice(0)) this.#hand(notice);
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map(({ keys }) => keys.close()));
  }

  /** Everybody named is in one group, in the same epoch, with the same keys, and it has nobody else. */
  assertTogether(clients: readonly KeysClient[]): void {
    for (const client of clients) {
      const [{ keys, code, roster }, { last }] = [client.last, clients[0] ?? client];
      assert.deepEqual([keys.epoch, code, roster], [last.keys.epoch, last.code, last.roster]);
      assert.deepEqual(keys.baseKey, last.keys.baseKey);
      assert.deepEqual(client.lost, []);
      assert.deepEqual(client.roster, clients.map(({ peer }) => peer).toSorted());
    }
  }

  #deliver(deliveries: readonly Notice[]): void {
    for (const notice of deliveries) {
      this.sent.push(notice);
      this.#queue.push(...this.meddle(notice));
    }
  }

  #hand({ to, ...notice }: Notice): void {
    const keys = this.clients.find(({ peer }) => peer === to)?.keys;
    if (!keys) return;
    if (notice.name === 'mlsFound') keys.handleFound();
    else if (notice.name === 'mlsJoinRequest') {
      keys.handleJoinRequest(notice.data.peer, bytesOf(notice.data.keyPackage), bytesOf(notice.data.proof));
    } else if (notice.name === 'mlsCommit') keys.handleCommit(bytesOf(notice.data.commit));
    else if (notice.name === 'mlsWelcome') keys.handleWelcome(bytesOf(notice.data.welcome));
    else if (notice.name === 'mlsMessage') keys.handleMessage(bytesOf(notice.data.message));
    else if (notice.name === 'refused') keys.handleRefused(notice.data.reason);
    else if (notice.name === 'peerLeft') keys.handlePeerLeft(notice.data.peer);
  }
}

export function keysMeeting(): KeysMeeting {
  return new KeysMeeting(new ManualClock(Date.now()));
}

export const chat = (text: string): DataMessage => ({ type: 'chat', text });

function refusing<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof Refusal) throw new RoomError(`call/refused-${error.kind}`, 'refused');
    throw error;
  }
}

function bytesOf(text: string): Uint8Array {
  return fromBase64Url(text) ?? new Uint8Array(0);
}
