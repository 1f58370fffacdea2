/**
 * The meeting's MLS group (RFC 9420): who is in it and its secrets, as pure functions over immutable states.
 * Secrets that a step leaves behind are returned as `spent`: wipe them once the step is accepted, never before.
 */
import type { AuthenticationService, ClientState, Proposal } from 'ts-mls';
import {
  createCommit,
  createGroup as createMlsGroup,
  encodeMlsMessage,
  joinGroup,
  mlsExporter,
  processPrivateMessage,
} from 'ts-mls';
import { allSecretTreeValues } from 'ts-mls/secretTree.js';
import { concatBytes, fastEqual, fromBase64Url, wipe } from '../lib/bytes.ts';
import { InternalError, UsageError } from '../lib/errors.ts';
import type { EpochKeys } from './epoch-keys.ts';
import { judgeCommit, linkPskProposal, rosterOf } from './group-rules.ts';
import type { Before, Verdict } from './group-rules.ts';
import { decodeKeyPackage } from './key-package.ts';
import type { Group, GroupEnv, LoginKeys, Member } from './mls.ts';
import {
  asOpaque,
  clientConfig,
  decodeMessage,
  decodePrivate,
  guarded,
  linkPskIndex,
  loadSuite,
  malformed,
  mlsLimits,
  packagesOf,
  rejectedMessage,
  stateOf,
} from './mls.ts';
import { verificationCode } from './verification-code.ts';

export type { Group, GroupEnv, LoginKeys, Member } from './mls.ts';

const MEETING_ID_BYTES = 16;
const SFRAME_KEY_LABEL = 'SFrame 1.0 Base Key';
const SFRAME_KEY_BYTES = 32;

type PastEpoch = ClientState['historicalReceiverData'] extends Map<bigint, infer Data> ? Data : never;

export interface PendingCommit {
  readonly commit: Uint8Array;
  /** For those added; null when nobody is. */
  readonly welcome: Uint8Array | null;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Ours once the delivery service accepted the commit. */
  readonly next: Group;
  readonly spent: readonly Uint8Array[];
}

export type CommitOutcome =
  | {
      readonly kind: 'next';
      readonly group: Group;
      readonly committer: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly spent: readonly Uint8Array[];
    }
  /** Somebody removed us: no key of the next epoch can be derived. */
  | { readonly kind: 'removed'; readonly committer: string };

/** A group of one: ourselves. Its id is the meeting's id and 16 random bytes. */
export async function createGroup(login: LoginKeys, env: GroupEnv): Promise<Group> {
  const groupId = concatBytes(meetingBytes(env), env.randomBytes(16));
  const { publicPackage, privatePackage } = packagesOf(login);
  const state = await createMlsGroup(groupId, publicPackage, privatePackage, [], await loadSuite(), clientConfig(env));
  return groupOf(state, null, env);
}

/**
 * Adds and removes in one commit, every Add under the link's key. The state given stays valid until the commit is accepted;
 * a commit that lost its race is dropped with its `next` and nothing of it wiped.
 * @throws {UsageError} `crypto/nothing-to-commit`, `crypto/not-a-member` @throws {CryptoVerificationError} for an unusable key package
 */
export async function commit(
  group: Group,
  changes: { add: readonly Uint8Array[]; remove: readonly string[] },
  env: GroupEnv,
): Promise<PendingCommit> {
  if (changes.add.length + changes.remove.length === 0)
    throw new UsageError('crypto/nothing-to-commit', 'a commit without changes');
  const proposals: Proposal[] = changes.remove.map((peer) => ({
    proposalType: 'remove',
    remove: { removed: leafOf(group, peer) },
  }));
  for (const bytes of changes.add)
    proposals.push({ proposalType: 'add', add: { keyPackage: decodeKeyPackage(bytes) } });
  if (changes.add.length > 0) proposals.push(linkPskProposal(env));
  return guarded('a commit', async () => {
    const state = stateOf(group);
    const result = await createCommit(
      { state, cipherSuite: await loadSuite(), pskIndex: linkPskIndex(env.psk) },
      { extraProposals: proposals, ratchetTreeExtension: true },
    );
    const next = await groupOf(
      result.newState,
      { group, removed: new Set(changes.remove.map((peer) => leafOf(group, peer))), added: [] },
      env,
    );
    return {
      commit: encodeMlsMessage(result.commit),
      welcome: result.welcome
        ? encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome: result.welcome })
        : null,
      ...differences(group.roster, next.roster),
      next,
      spent: [...present(result.consumed), ...spentBy(state, result.newState)],
    };
  });
}

/**
 * Follows another member's commit.
 * @throws {ProtocolError} `crypto/mls-malformed`, `crypto/mls-other-epoch` @throws {CryptoVerificationError} `crypto/mls-rejected`
 */
export async function processCommit(group: Group, bytes: Uint8Array, env: GroupEnv): Promise<CommitOutcome> {
  const message = decodePrivate(bytes, mlsLimits.handshakeBytes, 'commit');
  const state = stateOf(group);
  if (!fastEqual(message.groupId, state.groupContext.groupId)) throw rejectedMessage('of another group');
  if (message.epoch !== state.groupContext.epoch) throw malformed('of another epoch');
  let verdict: Verdict | null = null;
  const committerOf = (leaf: number): string => group.roster.find((member) => member.leaf === leaf)?.peer ?? '';
  return guarded('a commit', async () => {
    let result;
    try {
      result = await processPrivateMessage(state, message, linkPskIndex(env.psk), await loadSuite(), (incoming) => {
        verdict = judgeCommit(group, incoming);
        return verdict.kind === 'allowed' ? 'accept' : 'reject';
      });
    } catch (error) {
      // Whoever is removed cannot follow further, and the library fails where the leaf is given away in the same commit.
      const judged = verdict;
      if (judged?.kind === 'allowed' && judged.removesSelf)
        return { kind: 'removed', committer: committerOf(judged.committer) };
      throw error;
    }
    const judged = verdict;
    if (!judged || result.kind !== 'newState') throw rejectedMessage('not a commit');
    if (judged.kind === 'refused') throw rejectedMessage(judged.reason);
    if (judged.removesSelf) return { kind: 'removed', committer: committerOf(judged.committer) };
    const next = await groupOf(result.newState, { group, removed: judged.removed, added: judged.added }, env);
    const spent = [...present(result.consumed), ...spentBy(state, result.newState)];
    return {
      kind: 'next',
      group: next,
      committer: committerOf(judged.committer),
      ...differences(group.roster, next.roster),
      spent,
    };
  });
}

/**
 * Enters the group a Welcome leads to: of this meeting, under the link's key, with nothing but sound members.
 * @throws {ProtocolError} `crypto/mls-malformed` @throws {CryptoVerificationError} `crypto/mls-rejected`
 */
export async function joinFromWelcome(login: LoginKeys, bytes: Uint8Array, env: GroupEnv): Promise<Group> {
  const message = decodeMessage(bytes, mlsLimits.handshakeBytes);
  if (message.wireformat !== 'mls_welcome') throw malformed('no Welcome');
  return guarded('a Welcome', async () => {
    const suite = await loadSuite();
    if (message.welcome.cipherSuite !== suite.name) throw rejectedMessage('of another suite');
    const { publicPackage, privatePackage } = packagesOf(login);
    const psks = linkPskIndex(env.psk);
    const config = clientConfig(env);
    // Asked about the signer first, once the secrets are open: a Welcome that does without the link's key costs no more than that.
    const validateCredential: AuthenticationService['validateCredential'] = async (credential, key) =>
      psks.asked === 1 && config.authService.validateCredential(credential, key);
    const strict = { ...config, authService: { validateCredential } };
    const joined = await joinGroup(
      message.welcome,
      publicPackage,
      privatePackage,
      psks,
      suite,
      undefined,
      undefined,
      strict,
    );
    if (psks.asked !== 1) throw rejectedMessage('without the key of the link');
    const state: ClientState = { ...joined, clientConfig: config };
    const { groupId, extensions } = state.groupContext;
    if (groupId.length !== 2 * MEETING_ID_BYTES || !fastEqual(groupId.subarray(0, MEETING_ID_BYTES), meetingBytes(env)))
      throw rejectedMessage('of another meeting');
    if (extensions.length > 0) throw rejectedMessage('with extensions');
    const group = await groupOf(state, null, env);
    if (group.roster.find((member) => member.leaf === group.selfLeaf)?.peer !== login.peer)
      throw rejectedMessage('for somebody else');
    return group;
  });
}

/** What the media path needs of this epoch (RFC 9605 section 5.2). The base key is the caller's to wipe. */
export async function exportEpochKeys(group: Group): Promise<EpochKeys> {
  const { exporterSecret } = stateOf(group).keySchedule;
  const baseKey = await mlsExporter(
    exporterSecret,
    SFRAME_KEY_LABEL,
    new Uint8Array(0),
    SFRAME_KEY_BYTES,
    await loadSuite(),
  );
  const leaves = Object.fromEntries(group.roster.map((member) => [member.peer, member.leaf]));
  return { epoch: group.epoch, baseKey, selfLeaf: group.selfLeaf, leaves };
}

/** 30 digits in 6 groups of 5. */
export function codeOfGroup(group: Group): string {
  return verificationCode(stateOf(group).keySchedule.epochAuthenticator);
}

/** Forgets the past epochs: messages of theirs that arrive later are not read. */
export function forgetPast(group: Group): { group: Group; spent: Uint8Array[] } {
  const state = stateOf(group);
  const spent = [...state.historicalReceiverData.values()].flatMap(secretsOfPast);
  return {
    group: { ...group, past: new Map(), mls: asOpaque({ ...state, historicalReceiverData: new Map() }) },
    spent,
  };
}

/** The end of a group: everything secret in it. Nothing may use the state afterwards. */
export function wipeGroup(group: Group): void {
  const state = stateOf(group);
  wipe(...forgetPast(group).spent, ...present(allSecretTreeValues(state.secretTree)), state.signaturePrivateKey);
  wipe(...Object.values(state.keySchedule).filter((value) => value instanceof Uint8Array));
  wipe(...present(Object.values(state.privatePath.privateKeys)));
}

/** The state as a Group, its members checked; `from` is the epoch before, null when there is none. */
async function groupOf(state: ClientState, from: Omit<Before, 'state'> | null, env: GroupEnv): Promise<Group> {
  const epoch = Number(state.groupContext.epoch);
  if (!Number.isSafeInteger(epoch)) throw rejectedMessage('of an impossible epoch');
  const roster = await rosterOf(state, from && { ...from, state: stateOf(from.group) }, env);
  const past = new Map<number, readonly Member[]>();
  for (const key of state.historicalReceiverData.keys()) {
    const members = Number(key) === from?.group.epoch ? from.group.roster : from?.group.past.get(Number(key));
    if (members) past.set(Number(key), members);
  }
  return { epoch, selfLeaf: state.privatePath.leafIndex, roster, past, mls: asOpaque(state) };
}

function differences(before: readonly Member[], after: readonly Member[]): { added: string[]; removed: string[] } {
  const [old, now] = [new Set(before.map(({ peer }) => peer)), new Set(after.map(({ peer }) => peer))];
  return {
    added: after.filter(({ peer }) => !old.has(peer)).map(({ peer }) => peer),
    removed: before.filter(({ peer }) => !now.has(peer)).map(({ peer }) => peer),
  };
}

function leafOf(group: Group, peer: string): number {
  const leaf = group.roster.find((member) => member.peer === peer)?.leaf;
  if (leaf === undefined || leaf === group.selfLeaf)
    throw new UsageError('crypto/not-a-member', 'only another member can be removed');
  return leaf;
}

/**
 * What the step from one epoch to the next leaves behind beyond what the library names: keys of the schedule (sender data and
 * resumption secrets stay for messages under way), tree keys that were replaced, and the oldest past epoch when it makes room.
 */
function spentBy(old: ClientState, next: ClientState): Uint8Array[] {
  const { exporterSecret, externalSecret, confirmationKey, membershipKey } = old.keySchedule;
  const kept = new Set(Object.values(next.privatePath.privateKeys));
  const replaced = present(Object.values(old.privatePath.privateKeys)).filter((key) => !kept.has(key));
  const dropped = [...old.historicalReceiverData].filter(([epoch]) => !next.historicalReceiverData.has(epoch));
  return [
    exporterSecret,
    externalSecret,
    confirmationKey,
    membershipKey,
    ...replaced,
    ...dropped.flatMap(([, data]) => secretsOfPast(data)),
  ];
}

function secretsOfPast(data: PastEpoch): Uint8Array[] {
  return [data.senderDataSecret, data.resumptionPsk, ...present(allSecretTreeValues(data.secretTree))];
}

function present(values: readonly (Uint8Array | undefined)[]): Uint8Array[] {
  return values.filter((value) => value instanceof Uint8Array);
}

function meetingBytes(env: GroupEnv): Uint8Array {
  const bytes = fromBase64Url(env.meeting);
  if (bytes?.length !== MEETING_ID_BYTES) throw new InternalError('crypto/meeting-invalid', 'a meeting id is 16 bytes');
  return bytes;
}
