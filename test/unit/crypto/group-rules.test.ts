import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Capabilities, ClientState, Proposal } from 'ts-mls';
import {
  createGroupInfoWithExternalPubAndRatchetTree,
  createProposal,
  encodeMlsMessage,
  generateKeyPackage,
  joinGroupExternal,
} from 'ts-mls';
import { commit, joinFromWelcome, processCommit } from '../../../src/crypto/group.ts';
import { checkKeyPackage } from '../../../src/crypto/key-package.ts';
import { linkPskProposal } from '../../../src/crypto/group-rules.ts';
import { asOpaque, LINK_PSK_ID, loadSuite, MLS_SUITE, packagesOf, stateOf } from '../../../src/crypto/mls.ts';
import { fromBase64Url, utf8 } from '../../../src/lib/bytes.ts';
import type { TestMember } from '../../support/mls-members.ts';
import {
  addOf,
  assertAgreed,
  envOf,
  malformedError,
  newGroup,
  newMember,
  newPeer,
  rawCommit,
  refusedBytes,
  rejected,
  step,
  wallMs,
} from '../../support/mls-members.ts';

const psk = (pskId: Uint8Array = LINK_PSK_ID): Proposal => ({
  proposalType: 'psk',
  psk: { preSharedKeyId: { psktype: 'external', pskId, pskNonce: randomBytes(64) } },
});

describe('what a commit may do in a meeting', () => {
  let members: TestMember[];
  let insider: TestMember;
  let member: TestMember;
  let joiner: TestMember;

  before(async () => {
    members = await newGroup(3);
    const [a, b] = members;
    assert.ok(a && b);
    [insider, member] = [a, b];
    joiner = await newMember(envOf(randomBytes(32)));
    joiner = new (joiner.constructor as typeof TestMember)(joiner.login, insider.env);
  });

  /** Neither the members nor the joiner go along with what an insider made. */
  async function refusedByAll(made: { commit: Uint8Array; welcome: Uint8Array }): Promise<void> {
    await assert.rejects(processCommit(member.group, made.commit, member.env), rejected);
    if (made.welcome.length > 0)
      await assert.rejects(joinFromWelcome(joiner.login, made.welcome, joiner.env), rejected);
  }

  it('adds with the link’s key: the same commit by our own hand is followed', async () => {
    const made = await rawCommit(insider, [addOf(joiner), linkPskProposal(insider.env)]);
    assert.equal((await processCommit(member.group, made.commit, member.env)).kind, 'next');
    assert.equal((await joinFromWelcome(joiner.login, made.welcome, joiner.env)).roster.length, 4);
  });

  it('adds nobody without the link’s key', async () => {
    await refusedByAll(await rawCommit(insider, [addOf(joiner)]));
  });

  it('adds nobody under another link’s key', async () => {
    const other = { ...insider.env, psk: randomBytes(64) };
    await refusedByAll(await rawCommit(insider, [addOf(joiner), linkPskProposal(other)], { psk: other.psk }));
    const made = await commit(insider.group, { add: [joiner.login.keyPackage], remove: [] }, other);
    await refusedByAll({ commit: made.commit, welcome: made.welcome ?? new Uint8Array(0) });
  });

  it('lets nobody in who does not have the link’s key', async () => {
    const made = await rawCommit(insider, [addOf(joiner), psk()]);
    const without = { ...joiner.env, psk: randomBytes(64) };
    await assert.rejects(joinFromWelcome(joiner.login, made.welcome, without), rejected);
    await assert.rejects(processCommit(member.group, made.commit, { ...member.env, psk: without.psk }), rejected);
  });

  it('uses the link’s key once, no other, and only with Adds', async () => {
    for (const proposals of [
      [addOf(joiner), psk(utf8.encode('another'))],
      [addOf(joiner), psk(), psk()],
      [addOf(joiner), psk(), psk(utf8.encode('another'))],
      [psk()],
    ])
      await refusedByAll(await rawCommit(insider, proposals));
  });

  it('never has a meeting’s member follow the Welcome of another meeting', async () => {
    const other = await newGroup(1);
    const [founder] = other;
    assert.ok(founder);
    const env = { ...founder.env, psk: joiner.env.psk };
    const made = await commit(founder.group, { add: [joiner.login.keyPackage], remove: [] }, env);
    await assert.rejects(joinFromWelcome(joiner.login, made.welcome ?? new Uint8Array(0), joiner.env), rejected);
  });

  it('has no proposals of other kinds', async () => {
    const extensions = [{ extensionType: 'required_capabilities', extensionData: Uint8Array.of(0, 0, 0) }] as const;
    const foreign: Proposal[] = [
      { proposalType: 'group_context_extensions', groupContextExtensions: { extensions: [...extensions] } },
      { proposalType: 'group_context_extensions', groupContextExtensions: { extensions: [] } },
      { proposalType: 0xf123, proposalData: utf8.encode('custom') },
      {
        proposalType: 'reinit',
        reinit: { groupId: randomBytes(32), version: 'mls10', cipherSuite: MLS_SUITE, extensions: [] },
      },
    ];
    for (const proposal of foreign) {
      const made = await rawCommit(insider, [proposal]).catch(() => null);
      if (made) await assert.rejects(processCommit(member.group, made.commit, member.env), rejected);
    }
  });

  it('takes no proposal by itself, encrypted or in clear', async () => {
    const proposal: Proposal = { proposalType: 'remove', remove: { removed: 2 } };
    for (const inClear of [true, false]) {
      const { message } = await createProposal(stateOf(insider.group), inClear, proposal, await loadSuite());
      await assert.rejects(processCommit(member.group, encodeMlsMessage(message), member.env), malformedError);
    }
  });

  it('takes no commit by reference to another member’s proposal', async () => {
    const suite = await loadSuite();
    const proposal: Proposal = { proposalType: 'remove', remove: { removed: 2 } };
    const { newState } = await createProposal(stateOf(insider.group), false, proposal, suite);
    const made = await rawCommit(insider, [], { state: newState });
    await assert.rejects(processCommit(member.group, made.commit, member.env), rejected);
  });

  it('takes no commit in clear', async () => {
    const made = await rawCommit(insider, [addOf(joiner), psk()], { asPublic: true });
    await assert.rejects(processCommit(member.group, made.commit, member.env), malformedError);
  });

  it('takes no commit from outside the group', async () => {
    const suite = await loadSuite();
    const info = await createGroupInfoWithExternalPubAndRatchetTree(stateOf(insider.group), [], suite);
    const { publicPackage, privatePackage } = packagesOf(joiner.login);
    const { publicMessage } = await joinGroupExternal(info, publicPackage, privatePackage, false, suite);
    const bytes = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage });
    await assert.rejects(processCommit(member.group, bytes, member.env), malformedError);
  });

  it('keeps every member who it was', async () => {
    const state = stateOf(insider.group);
    const masked = (
      change: Partial<Extract<NonNullable<ClientState['ratchetTree'][number]>, { nodeType: 'leaf' }>['leaf']>,
    ): ClientState => ({
      ...state,
      ratchetTree: state.ratchetTree.map((node, at) =>
        at === insider.group.selfLeaf * 2 && node?.nodeType === 'leaf'
          ? ({ ...node, leaf: { ...node.leaf, ...change } } as typeof node)
          : node,
      ),
    });
    const identity = fromBase64Url(newPeer()) ?? new Uint8Array(0);
    const caps: Capabilities = {
      versions: ['mls10'],
      ciphersuites: [MLS_SUITE],
      extensions: [],
      proposals: [],
      credentials: ['basic'],
    };
    const disguises = [
      masked({ credential: { credentialType: 'basic', identity } }),
      masked({ credential: { credentialType: 'basic', identity: fromBase64Url(member.peer) ?? identity } }),
      masked({ credential: { credentialType: 'x509', certificates: [randomBytes(200)] } }),
      masked({ capabilities: caps }),
    ];
    for (const disguised of disguises) {
      const made = await rawCommit(insider, [{ proposalType: 'remove', remove: { removed: 2 } }], { state: disguised });
      await assert.rejects(processCommit(member.group, made.commit, member.env), rejected);
    }
    const honest = await rawCommit(insider, [{ proposalType: 'remove', remove: { removed: 2 } }]);
    assert.equal((await processCommit(member.group, honest.commit, member.env)).kind, 'next');
  });

  it('adds nobody under the name or the key of a member', async () => {
    const twin = await newMember(insider.env, member.peer);
    await refusedByAll(await rawCommit(insider, [addOf(twin), psk()]));
    const [one, two] = [await newMember(insider.env), await newMember(insider.env)];
    const same = await newMember(insider.env, one.peer);
    await refusedByAll(await rawCommit(insider, [addOf(one), addOf(two), addOf(same), psk()]));
    await assert.rejects(commit(insider.group, { add: [twin.login.keyPackage], remove: [] }, insider.env), rejected);
    await assert.rejects(commit(insider.group, { add: [member.login.keyPackage], remove: [] }, insider.env), rejected);
  });

  it('adds nobody whose key package is unsound', async () => {
    const suite = await loadSuite();
    const seconds = BigInt(Math.floor(wallMs / 1_000));
    const good: Capabilities = {
      versions: ['mls10'],
      ciphersuites: [MLS_SUITE],
      extensions: [],
      proposals: [],
      credentials: ['basic', 'x509'],
    };
    const day = { notBefore: seconds - 60n, notAfter: seconds + 3_600n };
    const identity = fromBase64Url(newPeer()) ?? new Uint8Array(0);
    const cases: [string, Capabilities, typeof day, Uint8Array][] = [
      ['only guests', { ...good, credentials: ['basic'] }, day, identity],
      ['another suite', { ...good, ciphersuites: ['MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'] }, day, identity],
      ['for ever', good, { notBefore: 0n, notAfter: 2n ** 60n }, identity],
      ['no peer id', good, day, randomBytes(15)],
      ['a long name', good, day, randomBytes(3_000)],
    ];
    for (const [what, capabilities, lifetime, name] of cases) {
      const credential = { credentialType: 'basic', identity: name } as const;
      const { publicPackage: keyPackage } = await generateKeyPackage(credential, capabilities, lifetime, [], suite);
      const bytes = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage });
      assert.equal((await checkKeyPackage(newPeer(), bytes, member.env)).kind, 'invalid', what);
      const made = await rawCommit(insider, [{ proposalType: 'add', add: { keyPackage } }, psk()]).catch(() => null);
      if (made) await assert.rejects(processCommit(member.group, made.commit, member.env), rejected, what);
    }
  });

  it('holds after all that: the group goes on', async () => {
    const late = await newMember(insider.env);
    await step(members, member, { add: [late] });
    await assertAgreed([...members, late]);
    await assert.rejects(
      processCommit({ ...member.group, mls: asOpaque(stateOf(late.group)) }, new Uint8Array(0), member.env),
      refusedBytes,
    );
  });
});
