import { decodeData, encodeData } from '../../crypto/data-message.ts';
import type { DataMessage } from '../../crypto/data-message.ts';
import { PREVIOUS_EPOCH_MS } from '../../crypto/epoch-keys.ts';
import { openMessage, sealMessage } from '../../crypto/group-messages.ts';
import {
  codeOfGroup,
  commit,
  createGroup,
  exportEpochKeys,
  forgetPast,
  joinFromWelcome,
  processCommit,
  wipeGroup,
} from '../../crypto/group.ts';
import type { Group, GroupEnv, LoginKeys, PendingCommit } from '../../crypto/group.ts';
import { checkKeyPackage, wipeInitKey, wipeLogin } from '../../crypto/key-package.ts';
import { verifyJoinProof } from '../../crypto/link.ts';
import { epochOfMessage, mlsLimits } from '../../crypto/mls.ts';
import { wipe } from '../../lib/bytes.ts';
import type { Clock } from '../../lib/clock.ts';
import { codeOf, InternalError, isRoomError, RoomError } from '../../lib/errors.ts';
import { TypedEmitter } from '../../lib/events.ts';
import { ExclusiveRunner } from '../../lib/exclusive.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import { EarlyMessages } from './early-messages.ts';
import type { KeysEvents } from './keys-port.ts';
import { PendingChanges } from './pending-changes.ts';

export type RefusalReason = 'link-secret' | 'identity' | 'key-package';

/** The delivery service with bytes as bytes. */
export interface MeetingDelivery {
  commit(request: {
    epoch: number;
    commit: Uint8Array;
    welcome: Uint8Array | null;
    added: readonly string[];
    removed: readonly string[];
  }): Promise<{ accepted: boolean }>;
  message(message: Uint8Array): Promise<void>;
  refuse(peer: string, reason: RefusalReason): Promise<void>;
}

export interface MeetingKeysDeps {
  readonly login: LoginKeys;
  readonly env: GroupEnv;
  /** The link's secret, for the proofs of joiners. */
  readonly secret: Uint8Array;
  readonly delivery: MeetingDelivery;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A commit of an epoch ahead, or the winner of a lost race, must come within this; else the group cannot be followed. */
const GAP_MS = 3_000;
/** After the server refused a commit for its rate. */
const RETRY_MS = 1_000;
/** Steps that may wait: a server that floods faster than MLS can be computed is left. */
const MAX_QUEUED = 400;
/** So many messages that did not verify within such a time: the group counts as disturbed. */
const MAX_REJECTED = 50;
const REJECTED_WITHIN_MS = 60_000;

/**
 * One login's membership of the meeting's group, driven over the delivery service. The server is hostile: everything is verified,
 * bounded and serialised, and whatever cannot be followed ends in `lost`, after which the session logs in with fresh keys.
 * INVARIANTS: the group changes only inside `#steps`; our own commit is applied only after the server accepted it, and its
 * secrets are wiped only then; what arrives while we wait for the answer is processed after it.
 */
export class MeetingKeys {
  readonly events: TypedEmitter<KeysEvents>;
  readonly #deps: MeetingKeysDeps;
  readonly #steps = new ExclusiveRunner(() => new RoomError('call/not-in-call', 'The call has ended'));
  readonly #pending = new PendingChanges();
  readonly #earlyCommits = new EarlyMessages({ maxCount: 8, maxBytes: 2_000_000 });
  readonly #earlyMessages = new EarlyMessages({ maxCount: 64, maxBytes: 1_000_000 });
  #group: Group | null = null;
  #closed = false;
  #rejected = { sinceMs: 0, count: 0 };
  #cancelTurn = (): void => undefined;
  #cancelGap: (() => void) | null = null;
  #cancelForget = (): void => undefined;

  constructor(deps: MeetingKeysDeps) {
    this.#deps = deps;
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', errorFields(error)));
  }

  /** The server says that nobody can add us: the group begins with us. */
  handleFound(): void {
    this.#step(async () => {
      if (this.#group) return;
      await this.#enter(await createGroup(this.#deps.login, this.#deps.env));
    });
  }

  /** Somebody asks to be added. Members alone judge it: by the proof of the link, the identity and the key package. */
  handleJoinRequest(peer: string, keyPackage: Uint8Array, proof: Uint8Array): void {
    this.#step(async () => {
      const group = this.#group;
      if (!group || this.#isMember(peer) || this.#pending.knows(peer)) return;
      const reason = await this.#judge(peer, keyPackage, proof);
      if (this.#closed) return;
      if (reason !== null) return this.#refuse(peer, reason);
      this.#pending.addJoiner(peer, { keyPackage }, this.#deps.clock.nowMs());
      this.#plan();
    });
  }

  handleCommit(bytes: Uint8Array): void {
    this.#step(async () => {
      const group = this.#group;
      if (!group) return;
      const { epoch } = epochOfMessage(bytes, 'commit');
      if (epoch < group.epoch) return this.#reject('commit-of-the-past');
      if (epoch > group.epoch) {
        if (!this.#earlyCommits.add(epoch, bytes)) return this.#reject('too-many-early-commits');
        return this.#watchGap();
      }
      await this.#follow(group, bytes);
    });
  }

  handleWelcome(bytes: Uint8Array): void {
    this.#step(async () => {
      if (this.#group) return;
      await this.#enter(await joinFromWelcome(this.#deps.login, bytes, this.#deps.env));
    });
  }

  handleMessage(bytes: Uint8Array): void {
    this.#step(async () => {
      const group = this.#group;
      if (!group) return;
      const { epoch } = epochOfMessage(bytes, 'application');
      if (epoch > group.epoch) {
        if (!this.#earlyMessages.add(epoch, bytes)) return this.#reject('too-many-early-messages');
        return this.#watchGap();
      }
      await this.#open(group, bytes);
    });
  }

  /** The server says that somebody is gone: it is removed, at once. */
  handlePeerLeft(peer: string): void {
    this.#step(async () => this.#leaves(peer));
  }

  handleRefused(reason: RefusalReason): void {
    // A member cannot be refused: whoever says so wants to disturb.
    if (!this.#group && !this.#closed) this.events.emit('refused', reason);
  }

  /** @throws {RoomError} call/not-in-call before there is a group and after the end. @throws {UsageError} crypto/data-invalid */
  async send(data: DataMessage): Promise<void> {
    const plaintext = encodeData(data);
    const message = await this.#steps.run(async () => {
      if (!this.#group || this.#closed) throw new RoomError('call/not-in-call', 'There is no group to send this to');
      const sealed = await sealMessage(this.#group, plaintext);
      this.#group = sealed.group;
      wipe(...sealed.spent);
      return sealed.message;
    });
    await this.#deps.delivery.message(message);
  }

  /** Idempotent. Resolves when what the login knew is wiped, which is once the step that runs has ended. */
  async close(): Promise<void> {
    const first = !this.#closed;
    this.#closed = true;
    this.#cancelTurn();
    this.#cancelGap?.();
    this.#cancelForget();
    this.events.clear();
    await this.#steps.close();
    if (!first) return;
    if (this.#group) wipeGroup(this.#group);
    wipeLogin(this.#deps.login);
    this.#group = null;
  }

  /** Resolves when no step is left, so that a test need not wait for time. */
  async idleForTests(): Promise<void> {
    while (this.#steps.pending > 0) await this.#steps.run(async () => undefined).catch(() => undefined);
  }

  /** Runs one step after those before it. Input that does not verify is counted; anything else ends the login. */
  #step(run: () => Promise<void>): void {
    if (this.#closed) return;
    if (this.#steps.pending >= MAX_QUEUED) return this.#lose('call/keys-flooded');
    this.#steps
      .run(async () => {
        if (!this.#closed) await run();
      })
      .catch((error: unknown) => this.#handleFailure(error));
  }

  #handleFailure(error: unknown): void {
    if (this.#closed) return;
    if (isRoomError(error) && error.code.startsWith('crypto/mls')) return this.#reject(error.message);
    this.#deps.log.error('the meeting’s keys failed', errorFields(error));
    this.#lose('call/keys-lost');
  }

  #reject(why: string): void {
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs - this.#rejected.sinceMs > REJECTED_WITHIN_MS) this.#rejected = { sinceMs: nowMs, count: 0 };
    this.#rejected.count += 1;
    this.#deps.log.warn('an MLS message was refused', { why, count: this.#rejected.count });
    if (this.#rejected.count >= MAX_REJECTED) this.#lose('call/keys-disturbed');
  }

  #lose(code: string): void {
    if (this.#closed) return;
    this.events.emit('lost', code);
    void this.close();
  }

  async #judge(peer: string, keyPackage: Uint8Array, proof: Uint8Array): Promise<RefusalReason | null> {
    const { secret, env } = this.#deps;
    if (keyPackage.length > mlsLimits.keyPackageBytes) return 'key-package';
    if (!verifyJoinProof(secret, keyPackage, proof)) return 'link-secret';
    const offer = await checkKeyPackage(peer, keyPackage, env);
    return offer.kind === 'ok' ? null : offer.reason;
  }

  /** One member says why; all of them would be a flood. */
  async #refuse(peer: string, reason: RefusalReason): Promise<void> {
    const group = this.#group;
    this.#deps.log.warn('a joiner was refused', { reason });
    if (!group || this.#pending.turnOf(group.roster, this.#deps.login.peer) !== 0) return;
    await this.#deps.delivery.refuse(peer, reason).catch(() => undefined);
  }

  #leaves(peer: string): void {
    this.#pending.addLeaver(peer, this.#group?.roster ?? [], this.#deps.clock.nowMs());
    this.#plan();
  }

  #isMember(peer: string): boolean {
    return this.#group?.roster.some((member) => member.peer === peer) ?? false;
  }

  async #enter(group: Group): Promise<void> {
    wipeInitKey(this.#deps.login);
    await this.#publish(group, { added: group.roster.map(({ peer }) => peer), removed: [] });
  }

  async #follow(group: Group, bytes: Uint8Array): Promise<void> {
    const outcome = await processCommit(group, bytes, this.#deps.env);
    if (outcome.kind === 'removed') return this.#lose('call/removed');
    wipe(...outcome.spent);
    await this.#publish(outcome.group, outcome);
  }

  async #open(group: Group, bytes: Uint8Array): Promise<void> {
    const opened = await openMessage(group, bytes);
    this.#group = opened.group;
    wipe(...opened.spent);
    const data = decodeData(opened.plaintext);
    if (!data) return this.#reject('not a message of ours');
    if (data.type === 'bye') this.#leaves(opened.peer);
    else this.events.emit('message', opened.peer, data);
  }

  /** The group is in a new epoch: tell it, and take up what waited for it. */
  async #publish(group: Group, change: { added: readonly string[]; removed: readonly string[] }): Promise<void> {
    const { clock } = this.#deps;
    this.#group = group;
    const keys = await exportEpochKeys(group);
    // Closed while we worked: `close` wipes the group that stands here.
    if (this.#closed) return wipe(keys.baseKey);
    this.#pending.settle(group.roster, change.removed, clock.nowMs());
    this.#cancelGap?.();
    this.#cancelGap = null;
    this.#cancelForget();
    this.#cancelForget = clock.after(PREVIOUS_EPOCH_MS, () => this.#step(async () => this.#forget()));
    const roster = group.roster.map(({ leaf, peer, kind, verification }) => ({ leaf, peer, kind, verification }));
    this.events.emit('epoch', { keys, code: codeOfGroup(group), roster, added: change.added, removed: change.removed });
    wipe(keys.baseKey);
    if (this.#endedMeanwhile()) return;
    for (const bytes of this.#earlyMessages.take(group.epoch)) this.#step(() => this.#openIfCurrent(bytes));
    for (const bytes of this.#earlyCommits.take(group.epoch)) this.handleCommit(bytes);
    if (!this.#earlyCommits.isEmpty || !this.#earlyMessages.isEmpty) this.#watchGap();
    this.#plan();
  }

  /** Listeners may end the call in the middle of a step. */
  #endedMeanwhile(): boolean {
    return this.#closed;
  }

  async #openIfCurrent(bytes: Uint8Array): Promise<void> {
    if (this.#group) await this.#open(this.#group, bytes);
  }

  #forget(): void {
    if (!this.#group) return;
    const { group, spent } = forgetPast(this.#group);
    this.#group = group;
    wipe(...spent);
  }

  /** Commits what is pending when it is our turn. */
  #plan(): void {
    this.#cancelTurn();
    const group = this.#group;
    const { clock, login } = this.#deps;
    const dueAtMs = group && this.#pending.dueAtMs(group.roster, login.peer);
    if (dueAtMs === null) return;
    const inMs = dueAtMs - clock.nowMs();
    if (inMs <= 0) this.#step(() => this.#commit());
    else this.#cancelTurn = clock.after(inMs, () => this.#step(() => this.#commit()));
  }

  async #commit(): Promise<void> {
    const group = this.#group;
    const { clock, login } = this.#deps;
    // While a commit is missing, ours would be for an epoch that is over.
    if (this.#cancelGap) return;
    // Another step may have done it, or our turn may have moved, since this one was planned.
    const dueAtMs = group && this.#pending.dueAtMs(group.roster, login.peer);
    if (!group || dueAtMs === null || dueAtMs > clock.nowMs()) return;
    const { add, remove } = this.#pending.changes(mlsLimits.members - group.roster.length);
    const members = remove.filter((peer) => peer !== login.peer && this.#isMember(peer));
    if (add.length + members.length === 0) return;
    const made = await this.#make(group, add, members);
    if (this.#closed) return;
    if (!made) return this.#plan();
    await this.#offer(group, made);
  }

  /**
   * A key package that passed every check and still cannot be added costs its owner the place, not the others. Without any, the
   * group itself is broken, and whoever left would stay in it: a new login is needed.
   */
  async #make(
    group: Group,
    add: { peer: string; keyPackage: Uint8Array }[],
    remove: string[],
  ): Promise<PendingCommit | null> {
    try {
      return await commit(group, { add: add.map(({ keyPackage }) => keyPackage), remove }, this.#deps.env);
    } catch (error) {
      const [only, ...more] = add;
      if (!only) throw new InternalError('call/keys-lost', 'The group cannot be changed any more', { cause: error });
      if (more.length > 0) return this.#make(group, [only], remove);
      this.#pending.dropJoiner(only.peer);
      await this.#refuse(only.peer, 'key-package');
      return null;
    }
  }

  async #offer(group: Group, made: PendingCommit): Promise<void> {
    const { commit: bytes, welcome, added, removed } = made;
    let accepted: boolean;
    try {
      ({ accepted } = await this.#deps.delivery.commit({ epoch: group.epoch, commit: bytes, welcome, added, removed }));
    } catch (error) {
      if (this.#closed || codeOf(error) !== 'call/refused-too-many') throw error;
      this.#cancelTurn();
      this.#cancelTurn = this.#deps.clock.after(RETRY_MS, () => this.#step(() => this.#commit()));
      return;
    }
    if (this.#closed) return wipeGroup(made.next);
    // Lost the race: the old state stands, untouched, and follows the winner, which must come.
    if (!accepted) return this.#watchGap();
    wipe(...made.spent);
    await this.#publish(made.next, made);
  }

  #watchGap(): void {
    this.#cancelGap ??= this.#deps.clock.after(GAP_MS, () => this.#lose('call/keys-gap'));
  }
}
