import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  codeOfGroup,
  commit,
  createGroup,
  exportEpochKeys,
  joinFromWelcome,
  processCommit,
} from '../../../src/crypto/group.ts';
import { openMessage, sealMessage } from '../../../src/crypto/group-messages.ts';
import { stateOf } from '../../../src/crypto/mls.ts';
import { verificationCode } from '../../../src/crypto/verification-code.ts';
import { fromBase64Url, utf8 } from '../../../src/lib/bytes.ts';
import { assertAgreed, coded, envOf, follow, newGroup, newMember, rejected, step } from '../../support/mls-members.ts';

describe('the MLS group of a meeting', () => {
  it('begins with its founder alone, under the meeting’s id', async () => {
    const [founder] = await newGroup(1);
    assert.ok(founder);
    assert.deepEqual([founder.group.epoch, founder.group.selfLeaf, founder.group.roster.length], [0, 0, 1]);
    assert.deepEqual(founder.group.roster[0], {
      leaf: 0,
      peer: founder.peer,
      kind: 'guest',
      verification: { kind: 'unverified' },
    });
    const { groupId } = stateOf(founder.group).groupContext;
    assert.deepEqual(groupId.subarray(0, 16), fromBase64Url(founder.env.meeting));
    assert.equal(groupId.length, 32);
  });

  it('gives two founders of one meeting different groups', async () => {
    const secret = randomBytes(32);
    const [[a], [b]] = [await newGroup(1, secret), await newGroup(1, secret)];
    assert.ok(a && b);
    assert.notEqual(await a.baseKey(), await b.baseKey());
    assert.notEqual(codeOfGroup(a.group), codeOfGroup(b.group));
  });

  it('agrees on keys, code and roster while members come one by one and go', async () => {
    const secret = randomBytes(32);
    let members = await newGroup(1, secret);
    for (let size = 2; size <= 5; size++) {
      const joiner = await newMember(envOf(secret));
      const made = await step(members, members[(size * 7) % members.length] ?? joiner, { add: [joiner] });
      assert.deepEqual([made.added, made.removed], [[joiner.peer], []]);
      members = [...members, joiner];
      await assertAgreed(members);
    }
    const seen = new Set<string>();
    while (members.length > 1) {
      const [leaver, committer, ...rest] = members;
      assert.ok(leaver && committer);
      const made = await step(members, committer, { remove: [leaver] });
      assert.deepEqual([made.added, made.removed, made.welcome], [[], [leaver.peer], null]);
      members = [committer, ...rest];
      await assertAgreed(members);
      seen.add(await committer.baseKey());
    }
    assert.equal(seen.size, 4);
  });

  it('takes ten at once, and a leaf given away in the commit that empties it', async () => {
    const secret = randomBytes(32);
    const members = await newGroup(10, secret);
    await assertAgreed(members);
    const [a, b, ...rest] = members;
    assert.ok(a && b);
    const joiner = await newMember(envOf(secret));
    const made = await step([a, ...rest], a, { add: [joiner], remove: [b] });
    assert.equal(joiner.group.selfLeaf, 1);
    await assertAgreed([a, ...rest, joiner]);
    const outcome = await processCommit(b.group, made.commit, b.env);
    assert.deepEqual(outcome, { kind: 'removed', committer: a.peer });
  });

  it('lets in who comes after a removal by the founder of ten (the tree check that ts-mls gets wrong unpatched)', async () => {
    const secret = randomBytes(32);
    const members = await newGroup(10, secret);
    const [founder, gone, ...rest] = members;
    assert.ok(founder && gone);
    await step(members, founder, { remove: [gone] });
    const [late, later] = [await newMember(envOf(secret)), await newMember(envOf(secret))];
    await step([founder, ...rest], founder, { add: [late] });
    await step([founder, ...rest, late], late, { add: [later] });
    await assertAgreed([founder, ...rest, late, later]);
  });

  it('holds through any order of comings and goings', async () => {
    const secret = randomBytes(32);
    let members = await newGroup(4, secret);
    let dice = 12345;
    const roll = (sides: number): number => (dice = (dice * 1103515245 + 12345) % 2147483648) % sides;
    for (let round = 0; round < 14; round++) {
      const committer = members[roll(members.length)];
      assert.ok(committer);
      const others = members.filter((member) => member !== committer);
      const add = await Promise.all(
        Array.from({ length: members.length > 9 ? 0 : roll(3) }, () => newMember(envOf(secret))),
      );
      const remove = others.length > 2 ? others.slice(0, add.length > 0 ? roll(3) : 1) : [];
      if (add.length + remove.length === 0) continue;
      await step(members, committer, { add, remove });
      members = [...members.filter((member) => !remove.includes(member)), ...add];
      await assertAgreed(members);
    }
  });

  it('shows a code of 30 digits that no other epoch has', async () => {
    const members = await newGroup(2);
    const [a, b] = members;
    assert.ok(a && b);
    const before = codeOfGroup(a.group);
    assert.match(before, /^\d{5}( \d{5}){5}$/);
    await step(members, a, { add: [await newMember(a.env)] });
    assert.notEqual(codeOfGroup(b.group), before);
    assert.equal(codeOfGroup(b.group), codeOfGroup(a.group));
    assert.equal(verificationCode(new Uint8Array(64).fill(0)), '00000 00000 00000 00000 00000 00000');
    assert.equal(
      verificationCode(Uint8Array.from({ length: 64 }, (_, i) => i)).split(' ')[0],
      String(0x01020304 % 100_000).padStart(5, '0'),
    );
    assert.throws(() => verificationCode(new Uint8Array(29)), coded('crypto/authenticator-short'));
  });

  it('exports the keys of media frames with every leaf', async () => {
    const members = await newGroup(3);
    for (const member of members) {
      const keys = await exportEpochKeys(member.group);
      assert.deepEqual([keys.epoch, keys.baseKey.length, keys.selfLeaf], [1, 32, members.indexOf(member)]);
      assert.deepEqual(keys.leaves, Object.fromEntries(members.map(({ peer }, leaf) => [peer, leaf])));
    }
  });

  it('refuses commits that make no sense, without touching the group', async () => {
    const [a, b] = await newGroup(2);
    assert.ok(a && b);
    const stranger = await newMember(a.env);
    await assert.rejects(commit(a.group, { add: [], remove: [] }, a.env), coded('crypto/nothing-to-commit'));
    await assert.rejects(commit(a.group, { add: [], remove: [a.peer] }, a.env), coded('crypto/not-a-member'));
    await assert.rejects(commit(a.group, { add: [], remove: [stranger.peer] }, a.env), coded('crypto/not-a-member'));
    await assert.rejects(
      commit(a.group, { add: [new Uint8Array(9)], remove: [] }, a.env),
      coded('crypto/mls-malformed'),
    );
    await assert.rejects(commit(a.group, { add: [b.login.keyPackage], remove: [] }, a.env), rejected);
    await step([a, b], a, { add: [stranger] });
    await assertAgreed([a, b, stranger]);
  });
});

describe('a member removed from the group', () => {
  it('derives nothing of what comes after, with everything it ever had and all that is sent', async () => {
    const members = await newGroup(5);
    const [a, b, c, ...rest] = members;
    assert.ok(a && b && c);
    const had = await b.baseKey();
    const removal = await commit(a.group, { add: [], remove: [b.peer] }, a.env);
    const before = b.group;
    assert.deepEqual(await processCommit(before, removal.commit, b.env), { kind: 'removed', committer: a.peer });
    for (const member of [c, ...rest]) await follow(member, removal.commit);
    a.group = removal.next;
    const joiner = await newMember(a.env);
    const addition = await commit(c.group, { add: [joiner.login.keyPackage], remove: [] }, c.env);
    const sealed = await sealMessage(a.group, utf8.encode('after'));
    assert.notEqual(await a.baseKey(), had);
    // Its state stands where it stood: nothing of the next epoch opens or leads on.
    assert.equal(await b.baseKey(), had);
    await assert.rejects(openMessage(before, sealed.message), rejected);
    await assert.rejects(processCommit(before, addition.commit, b.env), coded('crypto/mls-malformed'));
    await assert.rejects(joinFromWelcome(b.login, addition.welcome ?? new Uint8Array(0), b.env), rejected);
  });

  it('is not followed any more by those who removed it', async () => {
    const members = await newGroup(3);
    const [a, b, c] = members;
    assert.ok(a && b && c);
    const late = await commit(b.group, { add: [], remove: [c.peer] }, b.env);
    const said = await sealMessage(b.group, utf8.encode('too late'));
    await step(members, a, { remove: [b] });
    await assert.rejects(processCommit(a.group, late.commit, a.env), coded('crypto/mls-malformed'));
    // What it said while it was a member can still be read, under its name.
    assert.equal((await openMessage(c.group, said.message)).peer, b.peer);
  });
});

describe('two commits of one epoch', () => {
  it('the loser drops its own, wipes nothing of it, and follows the winner', async () => {
    const members = await newGroup(4);
    const [a, b, c, d] = members;
    assert.ok(a && b && c && d);
    const [lost, won] = [
      await commit(a.group, { add: [], remove: [d.peer] }, a.env),
      await commit(b.group, { add: [(await newMember(b.env)).login.keyPackage], remove: [] }, b.env),
    ];
    assert.equal(lost.next.epoch, won.next.epoch);
    await follow(a, won.commit);
    await follow(c, won.commit);
    await follow(d, won.commit);
    b.group = won.next;
    assert.equal(await a.baseKey(), await b.baseKey());
    const again = await commit(a.group, { add: [], remove: [d.peer] }, a.env);
    await follow(b, again.commit);
    await follow(c, again.commit);
    assert.equal(codeOfGroup(again.next), codeOfGroup(c.group));
    await assert.rejects(processCommit(b.group, lost.commit, b.env), coded('crypto/mls-malformed'));
  });

  it('a server that gives each half another winner makes two groups whose codes differ', async () => {
    const members = await newGroup(4);
    const [a, b, c, d] = members;
    assert.ok(a && b && c && d);
    const [one, two] = [
      await commit(a.group, { add: [], remove: [d.peer] }, a.env),
      await commit(b.group, { add: [], remove: [d.peer] }, b.env),
    ];
    await follow(c, one.commit);
    a.group = one.next;
    b.group = two.next;
    assert.equal(c.group.epoch, b.group.epoch);
    assert.equal(codeOfGroup(c.group), codeOfGroup(a.group));
    assert.notEqual(codeOfGroup(c.group), codeOfGroup(b.group));
    assert.notEqual(await c.baseKey(), await b.baseKey());
    await assert.rejects(openMessage(c.group, (await sealMessage(b.group, utf8.encode('x'))).message), rejected);
  });

  it('our own commit, echoed, is not followed', async () => {
    const members = await newGroup(2);
    const [a] = members;
    assert.ok(a);
    const made = await commit(a.group, { add: [(await newMember(a.env)).login.keyPackage], remove: [] }, a.env);
    await assert.rejects(processCommit(a.group, made.commit, a.env), rejected);
    await assert.rejects(processCommit(made.next, made.commit, a.env), coded('crypto/mls-malformed'));
    assert.equal(await createGroup(a.login, a.env).then(({ epoch }) => epoch), 0);
  });
});
