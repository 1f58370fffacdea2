/** What a commit may do in a meeting, beyond what MLS itself demands, and who is in the tree after it. */
import type { ClientState, IncomingMessageCallback, KeyPackage, LeafNode, Proposal } from 'ts-mls';
import { bytesToBase64 } from 'ts-mls';
import { fastEqual } from '../lib/bytes.ts';
import { isSoundKeyPackage, isSoundLeaf } from './key-package.ts';
import type { Group, GroupEnv, Member } from './mls.ts';
import { credentialOf, LINK_PSK_ID, mlsLimits, rejectedMessage } from './mls.ts';

export type Verdict =
  | {
      readonly kind: 'allowed';
      readonly committer: number;
      readonly removesSelf: boolean;
      readonly removed: ReadonlySet<number>;
      readonly added: readonly KeyPackage[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** The KID has 8 bits for a leaf. */
const MAX_LEAF = 255;

/** The link's key as a proposal, fresh each time: one goes with the Adds of a commit. */
export function linkPskProposal(env: GroupEnv): Proposal {
  const preSharedKeyId = { psktype: 'external', pskId: LINK_PSK_ID, pskNonce: env.randomBytes(64) } as const;
  return { proposalType: 'psk', psk: { preSharedKeyId } };
}

/** Members only, Adds, Removes, and exactly the link's key with Adds. Called with a signed commit, before it is applied. */
export function judgeCommit(group: Group, incoming: Parameters<IncomingMessageCallback>[0]): Verdict {
  if (incoming.kind !== 'commit') return refused('a proposal by itself');
  const { senderLeafIndex: committer, proposals } = incoming;
  if (committer === undefined || !group.roster.some((member) => member.leaf === committer))
    return refused('from outside the group');
  if (committer === group.selfLeaf) return refused('our own');
  const removed = new Set<number>();
  const added: KeyPackage[] = [];
  let psks = 0;
  for (const { proposal, senderLeafIndex } of proposals) {
    if (senderLeafIndex !== committer) return refused('another member’s proposal');
    if (isKind(proposal, 'remove')) removed.add(proposal.remove.removed);
    else if (isKind(proposal, 'add')) added.push(proposal.add.keyPackage);
    else if (isKind(proposal, 'psk') && isLinkPsk(proposal.psk.preSharedKeyId)) psks++;
    else return refused('a proposal that meetings do not have');
  }
  if (added.length > 0 ? psks !== 1 : psks !== 0) return refused('Adds without the key of the link');
  return { kind: 'allowed', committer, removesSelf: removed.has(group.selfLeaf), removed, added };
}

export interface Before {
  readonly group: Group;
  readonly state: ClientState;
  readonly removed: ReadonlySet<number>;
  /** Key packages to check; none for our own commit, where that was done before. */
  readonly added: readonly KeyPackage[];
}

/**
 * The members of a tree, each with a sound leaf and an accepted identity, no peer or key twice. A member that stays keeps its
 * credential and its signature key. @throws {CryptoVerificationError} `crypto/mls-rejected`
 */
export async function rosterOf(state: ClientState, before: Before | null, env: GroupEnv): Promise<Member[]> {
  for (const keyPackage of before?.added ?? [])
    if (!(await isSoundKeyPackage(keyPackage, env.wallMs()))) throw rejectedMessage('an unsound key package');
  const roster: Member[] = [];
  const seen = new Set<string>();
  for (const [at, node] of state.ratchetTree.entries()) {
    if (node?.nodeType !== 'leaf') continue;
    const leaf = at / 2;
    if (!isSoundLeaf(node.leaf) || leaf > MAX_LEAF) throw rejectedMessage('an unsound leaf');
    const member = staying(leaf, node.leaf, before) ?? (await identified(leaf, node.leaf, env));
    for (const unique of [
      member.peer,
      bytesToBase64(node.leaf.signaturePublicKey),
      bytesToBase64(node.leaf.hpkePublicKey),
    ]) {
      if (seen.has(unique)) throw rejectedMessage('a peer or key twice');
      seen.add(unique);
    }
    roster.push(member);
  }
  if (roster.length > mlsLimits.members) throw rejectedMessage('too many members');
  return roster;
}

function staying(leaf: number, node: LeafNode, before: Before | null): Member | null {
  if (!before || before.removed.has(leaf)) return null;
  const member = before.group.roster.find((each) => each.leaf === leaf);
  if (!member) return null;
  const old = before.state.ratchetTree[leaf * 2];
  if (old?.nodeType !== 'leaf' || !isSameIdentity(old.leaf, node)) throw rejectedMessage('a changed identity');
  return member;
}

async function identified(leaf: number, node: LeafNode, env: GroupEnv): Promise<Member> {
  const identity = await env.identify(credentialOf(node.credential), node.signaturePublicKey);
  if (!identity.accepted) throw rejectedMessage('an identity that does not hold');
  return { leaf, peer: identity.peer, kind: identity.kind, verification: identity.verification };
}

function isSameIdentity(a: LeafNode, b: LeafNode): boolean {
  const [x, y] = [credentialOf(a.credential), credentialOf(b.credential)];
  if (!fastEqual(a.signaturePublicKey, b.signaturePublicKey) || x.kind !== y.kind) return false;
  if (x.kind === 'basic' && y.kind === 'basic') return fastEqual(x.identity, y.identity);
  if (x.kind !== 'x509' || y.kind !== 'x509' || x.certificates.length !== y.certificates.length) return false;
  return x.certificates.every((certificate, i) => fastEqual(certificate, y.certificates[i] ?? new Uint8Array(0)));
}

function isLinkPsk(id: { psktype: string; pskId?: Uint8Array }): boolean {
  return id.psktype === 'external' && id.pskId !== undefined && fastEqual(id.pskId, LINK_PSK_ID);
}

function isKind<K extends Proposal['proposalType']>(
  proposal: Proposal,
  kind: K,
): proposal is Extract<Proposal, { proposalType: K }> {
  return proposal.proposalType === kind;
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason };
}
