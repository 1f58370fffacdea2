/** Members of a meeting's MLS group by the pure functions alone: no server, no clock that moves. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Proposal } from 'ts-mls';
import { createCommit, encodeMlsMessage } from 'ts-mls';
import type { Group, GroupEnv, LoginKeys, PendingCommit } from '../../src/crypto/group.ts';
import {
  codeOfGroup,
  commit,
  createGroup,
  exportEpochKeys,
  joinFromWelcome,
  processCommit,
} from '../../src/crypto/group.ts';
import { createLogin, decodeKeyPackage } from '../../src/crypto/key-package.ts';
import { createIdentityCheck } from '../../src/crypto/identity.ts';
import { linkPsk, meetingIdOf } from '../../src/crypto/link.ts';
import { linkPskIndex, loadSuite, stateOf } from '../../src/crypto/mls.ts';
import { toBase64Url, wipe } from '../../src/lib/bytes.ts';
import { RoomError } from '../../src/lib/errors.ts';

/** ts-mls holds what it adds against the machine's own clock. */
export const wallMs = Date.now();

/** What one client of the meeting whose link has `secret` works with. */
export function envOf(secret: Uint8Array): GroupEnv {
  return {
    meeting: meetingIdOf(secret),
    psk: linkPsk(secret),
    identify: createIdentityCheck({ certificates: [], anchor: null }, () => wallMs),
    wallMs: () => wallMs,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  };
}

export function newPeer(): string {
  return toBase64Url(randomBytes(16));
}

export class TestMember {
  readonly peer: string;
  readonly env: GroupEnv;
  readonly login: LoginKeys;
  #group: Group | null = null;

  constructor(login: LoginKeys, env: GroupEnv) {
    this.peer = login.peer;
    this.login = login;
    this.env = env;
  }

  get group(): Group {
    assert.ok(this.#group, 'in no group');
    return this.#group;
  }

  set group(group: Group) {
    this.#group = group;
  }

  async baseKey(): Promise<string> {
    return Buffer.from((await exportEpochKeys(this.group)).baseKey).toString('hex');
  }
}

export async function newMember(env: GroupEnv, peer = newPeer()): Promise<TestMember> {
  return new TestMember(await createLogin(peer, { kind: 'guest' }, wallMs), env);
}

/** A group of `size`, everybody but the first added in one commit. */
export async function newGroup(size: number, secret: Uint8Array = randomBytes(32)): Promise<TestMember[]> {
  const members = await Promise.all(Array.from({ length: size }, () => newMember(envOf(secret))));
  const [founder, ...others] = members;
  assert.ok(founder);
  founder.group = await createGroup(founder.login, founder.env);
  if (others.length > 0) await step([founder], founder, { add: others });
  return members;
}

/** One commit, accepted and followed by everybody; spent secrets are wiped. Returns what the committer made. */
export async function step(
  members: readonly TestMember[],
  committer: TestMember,
  changes: { add?: readonly TestMember[]; remove?: readonly TestMember[] },
): Promise<PendingCommit> {
  const { add = [], remove = [] } = changes;
  const plan = { add: add.map(({ login }) => login.keyPackage), remove: remove.map(({ peer }) => peer) };
  const made = await commit(committer.group, plan, committer.env);
  for (const member of members) if (member !== committer && !remove.includes(member)) await follow(member, made.commit);
  committer.group = made.next;
  wipe(...made.spent);
  for (const joiner of add)
    joiner.group = await joinFromWelcome(joiner.login, made.welcome ?? new Uint8Array(0), joiner.env);
  return made;
}

export async function follow(member: TestMember, bytes: Uint8Array): Promise<void> {
  const outcome = await processCommit(member.group, bytes, member.env);
  assert.equal(outcome.kind, 'next');
  member.group = outcome.group;
  wipe(...outcome.spent);
}

/** Epoch, keys, code and roster are the same at all of them. */
export async function assertAgreed(members: readonly TestMember[]): Promise<void> {
  const views = await Promise.all(
    members.map(async (member) => ({
      epoch: member.group.epoch,
      key: await member.baseKey(),
      code: codeOfGroup(member.group),
      roster: member.group.roster,
    })),
  );
  for (const view of views) assert.deepEqual(view, views[0]);
  assert.deepEqual(views[0]?.roster.map(({ peer }) => peer).toSorted(), members.map(({ peer }) => peer).toSorted());
}

/** A commit as the library makes it for an insider that follows no rule of ours. */
export async function rawCommit(
  member: TestMember,
  proposals: Proposal[],
  options: { state?: ReturnType<typeof stateOf>; psk?: Uint8Array; asPublic?: boolean } = {},
): Promise<{ commit: Uint8Array; welcome: Uint8Array }> {
  const { state = stateOf(member.group), psk = member.env.psk, asPublic = false } = options;
  const index = linkPskIndex(psk);
  const pskIndex = { findPsk: (id: Parameters<typeof index.findPsk>[0]) => index.findPsk(id) ?? psk };
  const context = { state, cipherSuite: await loadSuite(), pskIndex };
  const made = await createCommit(context, {
    extraProposals: proposals,
    ratchetTreeExtension: true,
    wireAsPublicMessage: asPublic,
  });
  const welcome = made.welcome
    ? encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: made.welcome })
    : new Uint8Array(0);
  return { commit: encodeMlsMessage(made.commit), welcome };
}

export function addOf(member: TestMember): Proposal {
  return { proposalType: 'add', add: { keyPackage: decodeKeyPackage(member.login.keyPackage) } };
}

/** For `assert.rejects`: one of our errors, with one of these codes. */
export function coded(...codes: string[]): (error: unknown) => boolean {
  return (error) => error instanceof RoomError && codes.includes(error.code);
}

export const rejected = coded('crypto/mls-rejected');
export const malformedError = coded('crypto/mls-malformed');
export const refusedBytes = coded('crypto/mls-rejected', 'crypto/mls-malformed');

export function flipped(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}
