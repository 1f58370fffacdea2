import assert from 'node:assert/strict';
import { commit, forgetPast, processCommit, wipeGroup } from '../../../src/crypto/group.ts';
import type { Group } from '../../../src/crypto/group.ts';
import { openMessage, sealMessage } from '../../../src/crypto/group-messages.ts';
import { wipeInitKey, wipeLogin } from '../../../src/crypto/key-package.ts';
import { packagesOf, stateOf } from '../../../src/crypto/mls.ts';
import { utf8, wipe } from '../../../src/lib/bytes.ts';
import type { TestMember } from '../../support/mls-members.ts';
import { assertAgreed, newGroup, newMember, rejected, step } from '../../support/mls-members.ts';

async function say(from: TestMember, text: string): Promise<Uint8Array> {
  const { group, message, spent } = await sealMessage(from.group, utf8.encode(text));
  from.group = group;
  wipe(...spent);
  return message;
}

async function hear(to: TestMember, message: Uint8Array): Promise<[string, string]> {
  const { group, peer, plaintext, spent } = await openMessage(to.group, message);
  to.group = group;
  wipe(...spent);
  return [peer, utf8.decode(plaintext)];
}

describe('messages of the group', () => {
  let members: TestMember[];
  let a: TestMember;
  let b: TestMember;
  let c: TestMember;

  beforeEach(async () => {
    members = await newGroup(3);
    const [x, y, z] = members;
    assert.ok(x && y && z);
    [a, b, c] = [x, y, z];
  });

  it('are read by every other member, each once, with who said them', async () => {
    const message = await say(a, 'hello');
    assert.deepEqual(await hear(b, message), [a.peer, 'hello']);
    assert.deepEqual(await hear(c, message), [a.peer, 'hello']);
    await assert.rejects(openMessage(b.group, message), rejected);
    await assert.rejects(openMessage(a.group, message), rejected);
  });

  it('are read in any order, within 16', async () => {
    const said = [];
    for (let i = 0; i < 12; i++) said.push(await say(a, String(i)));
    for (const [i, message] of [...said.entries()].reverse())
      assert.deepEqual(await hear(b, message), [a.peer, String(i)]);
    for (const message of said) await assert.rejects(openMessage(b.group, message), rejected);
  });

  it('that were lost do not hold up those after them, up to 256', async () => {
    for (let i = 0; i < 200; i++) await say(a, 'lost');
    assert.deepEqual(await hear(b, await say(a, 'heard')), [a.peer, 'heard']);
  });

  it('overtaken by a commit are read until the past is forgotten', async () => {
    const [first, second] = [await say(a, 'first'), await say(a, 'second')];
    await step(members, b, { remove: [c] });
    assert.deepEqual(await hear(b, first), [a.peer, 'first']);
    await assert.rejects(openMessage(b.group, first), rejected);
    const { group, spent } = forgetPast(b.group);
    assert.ok(spent.length > 0);
    b.group = group;
    wipe(...spent);
    assert.ok(spent.every((secret) => secret.every((byte) => byte === 0)));
    await assert.rejects(openMessage(b.group, second), rejected);
    assert.deepEqual(await hear(b, await say(a, 'now')), [a.peer, 'now']);
    await step([a, b], a, { add: [await newMember(a.env)] });
  });

  it('of a member that was removed meanwhile keep its name', async () => {
    const message = await say(c, 'bye');
    await step(members, a, { remove: [c] });
    assert.deepEqual(await hear(b, message), [c.peer, 'bye']);
  });

  it('of the fourth epoch back are not read', async () => {
    const message = await say(a, 'old');
    const late = [await newMember(a.env), await newMember(a.env), await newMember(a.env), await newMember(a.env)];
    let all = members;
    for (const joiner of late) {
      await step(all, b, { add: [joiner] });
      all = [...all, joiner];
    }
    await assert.rejects(openMessage(c.group, message), rejected);
    assert.equal(c.group.past.size, 3);
  });

  it('of another group are not read', async () => {
    const [stranger, other] = await newGroup(2);
    assert.ok(stranger && other);
    await assert.rejects(openMessage(b.group, await say(stranger, 'x')), rejected);
  });
});

describe('secrets of the group', () => {
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
  const secretsOf = (group: Group): Uint8Array[] => {
    const { keySchedule, privatePath } = stateOf(group);
    const { exporterSecret, externalSecret, confirmationKey, membershipKey, initSecret } = keySchedule;
    return [
      exporterSecret,
      externalSecret,
      confirmationKey,
      membershipKey,
      initSecret,
      ...Object.values(privatePath.privateKeys),
    ];
  };

  it('of an epoch that ended are zero at the committer and the others, and nobody misses them', async () => {
    const members = await newGroup(5);
    const [a, b, c] = members;
    assert.ok(a && b && c);
    for (let present = members; present.length > 3; present = present.slice(0, -1)) {
      const remove = present.slice(-1);
      const before = [a, b, c].map(({ group }) => secretsOf(group));
      assert.ok(before.flat().every((secret) => !isZero(secret)));
      await step(present, a, { remove });
      for (const [i, member] of [a, b, c].entries()) {
        const kept = new Set(secretsOf(member.group));
        assert.ok([...kept].every((secret) => !isZero(secret)));
        assert.ok(before[i]?.every((secret) => isZero(secret) || kept.has(secret)));
        assert.ok(before[i]?.slice(0, 5).every(isZero));
      }
      // The path of whoever committed is new from its leaf up.
      assert.ok(before[0]?.slice(5).some(isZero));
    }
    const joiner = await newMember(a.env);
    await step([a, b, c], b, { add: [joiner] });
    await assertAgreed([a, b, c, joiner]);
  });

  it('of a commit that lost its race stay whole in the state that stands', async () => {
    const members = await newGroup(4);
    const [a, b, c, d] = members;
    assert.ok(a && b && c && d);
    const before = secretsOf(a.group);
    await commit(a.group, { add: [], remove: [d.peer] }, a.env);
    assert.ok(before.every((secret) => !isZero(secret)));
    await step(members, b, { remove: [d] });
    await assertAgreed([a, b, c]);
  });

  it('are all spent at the end', async () => {
    const members = await newGroup(3);
    const [a, b, c] = members;
    assert.ok(a && b && c);
    await step(members, a, { remove: [c] });
    const before = [...secretsOf(b.group), stateOf(b.group).signaturePrivateKey];
    const message = await sealMessage(a.group, utf8.encode('x'));
    wipeGroup(b.group);
    assert.ok(before.every(isZero));
    await assert.rejects(openMessage(b.group, message.message));
    await assert.rejects(
      processCommit(b.group, (await commit(a.group, { add: [], remove: [b.peer] }, a.env)).commit, b.env),
    );
  });

  it('of a login go with it, the init key before', async () => {
    const [a] = await newGroup(1);
    assert.ok(a);
    const { privatePackage } = packagesOf(a.login);
    wipeInitKey(a.login);
    assert.ok(isZero(privatePackage.initPrivateKey) && !isZero(privatePackage.hpkePrivateKey));
    wipeLogin(a.login);
    assert.ok([privatePackage.hpkePrivateKey, privatePackage.signaturePrivateKey].every(isZero));
  });
});
