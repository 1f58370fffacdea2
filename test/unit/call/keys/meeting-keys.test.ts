import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { TURN_MS } from '../../../../src/call/keys/pending-changes.ts';
import { packagesOf } from '../../../../src/crypto/mls.ts';
import type { RequestOf, ResponseOf } from '../../../../src/call/signalling/messages.ts';
import { joinProof } from '../../../../src/crypto/link.ts';
import type { KeysMeeting } from '../../../support/keys-meeting.ts';
import { chat, keysMeeting } from '../../../support/keys-meeting.ts';
import { coded, newPeer } from '../../../support/mls-members.ts';

describe('a meeting’s keys over an honest server', () => {
  let meeting: KeysMeeting;
  beforeEach(() => (meeting = keysMeeting()));
  afterEach(async () => {
    await meeting.close();
    assert.equal(meeting.clock.pending, 0, 'timers left');
  });

  it('the first is alone in a group of its own', async () => {
    const [a] = await meeting.group(1);
    assert.ok(a);
    assert.deepEqual([a.last.keys.epoch, a.roster, a.last.added, a.epochs.length], [0, [a.peer], [a.peer], 1]);
    assert.match(a.last.code, /^\d{5}( \d{5}){5}$/);
  });

  it('the second is added, and both see the same', async () => {
    const [a, b] = await meeting.group(2);
    assert.ok(a && b);
    meeting.assertTogether([a, b]);
    assert.deepEqual([a.last.added, b.last.added.toSorted()], [[b.peer], [a.peer, b.peer].toSorted()]);
    assert.deepEqual([a.last.keys.selfLeaf, b.last.keys.selfLeaf], [0, 1]);
    assert.deepEqual(packagesOf(b.login).privatePackage.initPrivateKey, new Uint8Array(32), 'the init key is spent');
  });

  it('nine who come at once take two commits at most', async () => {
    const clients = await meeting.group(10);
    meeting.assertTogether(clients);
    assert.ok(meeting.service.epoch <= 2, `${meeting.service.epoch} commits`);
  });

  it('who leaves is removed at once, by somebody else', async () => {
    const clients = await meeting.group(4);
    const [a, b, c, d] = clients;
    assert.ok(a && b && c && d);
    meeting.leave(a.peer);
    await meeting.settle();
    meeting.assertTogether([b, c, d]);
    assert.deepEqual(b.last.removed, [a.peer]);
    assert.equal(a.last.keys.epoch, b.last.keys.epoch - 1);
    assert.notDeepEqual(a.last.keys.baseKey, b.last.keys.baseKey);
  });

  it('a last word and a broken connection are one removal', async () => {
    const [a, b, c] = await meeting.group(3);
    assert.ok(a && b && c);
    const { epoch } = meeting.service;
    await c.keys.send({ type: 'bye' });
    await meeting.settle();
    meeting.leave(c.peer);
    await meeting.settle();
    meeting.assertTogether([a, b]);
    assert.equal(meeting.service.epoch, epoch + 1);
    assert.deepEqual(c.lost, ['call/removed']);
    assert.deepEqual(a.messages, []);
  });

  it('several who leave and come together are one commit', async () => {
    const [a, b, c, d] = await meeting.group(4);
    assert.ok(a && b && c && d);
    const joiner = await meeting.client();
    const { epoch } = meeting.service;
    meeting.leave(c.peer);
    meeting.leave(d.peer);
    meeting.join(joiner);
    await meeting.settle();
    meeting.assertTogether([a, b, joiner]);
    assert.ok(meeting.service.epoch <= epoch + 2);
  });

  it('when the designated member is silent the next one acts, after its turn and not before', async () => {
    const [a, b, c] = await meeting.group(3);
    assert.ok(a && b && c);
    meeting.meddle = (notice) => (notice.to === a.peer && notice.name === 'mlsJoinRequest' ? [] : [notice]);
    const joiner = await meeting.client();
    meeting.join(joiner);
    await meeting.settle();
    meeting.clock.advance(TURN_MS - 1);
    await meeting.settle();
    assert.equal(joiner.epochs.length, 0);
    meeting.clock.advance(1);
    await meeting.settle();
    meeting.assertTogether([a, b, c, joiner]);
    assert.deepEqual(joiner.last.keys.leaves[joiner.peer], 3);
  });

  it('of two commits for one epoch the loser follows the winner, and both changes are made', async () => {
    const [a, b, c] = await meeting.group(3);
    assert.ok(a && b && c);
    const held: (() => void)[] = [];
    meeting.answer = (peer, _request, honest) =>
      peer === a.peer ? new Promise((resolve) => held.push(() => resolve(honest()))) : honest();
    const joiner = await meeting.client();
    meeting.join(joiner);
    await meeting.until('the designated commit', () => held.length === 1);
    meeting.clock.advance(TURN_MS);
    await b.keys.idleForTests();
    assert.equal(b.last.roster.length, 4);
    held.forEach((answer) => answer());
    meeting.answer = (_peer, _request, honest) => honest();
    await meeting.settle();
    meeting.assertTogether([a, b, c, joiner]);
    const late = await meeting.client();
    meeting.join(late);
    await meeting.settle();
    meeting.assertTogether([a, b, c, joiner, late]);
  });

  it('a loser with another change makes it after the winner’s', async () => {
    const [a, b, c, d] = await meeting.group(4);
    assert.ok(a && b && c && d);
    const held: { answer: () => void; removed: string[] }[] = [];
    meeting.answer = (_peer, request, honest) =>
      new Promise((resolve) => held.push({ answer: () => resolve(honest()), removed: request.removed }));
    // a hears that c left, b that a and d left: both are designated, for different removals.
    meeting.inject({ to: a.peer, name: 'peerLeft', data: { peer: c.peer } });
    meeting.inject(
      { to: b.peer, name: 'peerLeft', data: { peer: a.peer } },
      { to: b.peer, name: 'peerLeft', data: { peer: d.peer } },
    );
    await meeting.until('two commits', () => held.length >= 2);
    held.find(({ removed }) => removed.includes(c.peer))?.answer();
    await meeting.until('the winner', () => a.roster.length === 3);
    meeting.answer = (_peer, _request, honest) => honest();
    held.filter(({ removed }) => !removed.includes(c.peer)).forEach(({ answer }) => answer());
    await meeting.settle();
    assert.deepEqual(b.lost, []);
    assert.deepEqual(b.roster, [b.peer]);
    assert.deepEqual([a.lost, c.lost, d.lost], [['call/removed'], ['call/removed'], ['call/removed']]);
  });

  it('who has another link is told so, and nobody sees it', async () => {
    const [a, b] = await meeting.group(2);
    assert.ok(a && b);
    const wrong = await meeting.client({ secret: randomBytes(32) });
    meeting.join(wrong, { proof: joinProof(randomBytes(32), wrong.login.keyPackage) });
    await meeting.settle();
    assert.deepEqual([wrong.refusals, wrong.epochs], [['link-secret'], []]);
    meeting.assertTogether([a, b]);
    assert.equal(a.epochs.length, 2);
  });

  it('a wrong identity and a broken key package are refused for what they are', async () => {
    const [a] = await meeting.group(1);
    assert.ok(a);
    const [other, broken] = [await meeting.client(), await meeting.client()];
    const someone = await meeting.client({ peer: newPeer() });
    meeting.join(other, { keyPackage: someone.login.keyPackage });
    meeting.join(broken, { keyPackage: randomBytes(500) });
    await meeting.settle();
    assert.deepEqual([other.refusals, broken.refusals], [['identity'], ['key-package']]);
    assert.deepEqual(a.roster, [a.peer]);
  });

  it('a joiner whose founder leaves first begins the group itself', async () => {
    const [a, b] = [await meeting.client(), await meeting.client()];
    meeting.join(a);
    meeting.meddle = ({ name, ...rest }) => (name === 'mlsJoinRequest' ? [] : [{ name, ...rest } as never]);
    meeting.join(b);
    await meeting.settle();
    assert.equal(b.epochs.length, 0);
    meeting.leave(a.peer);
    await meeting.settle();
    assert.deepEqual([b.last.keys.epoch, b.roster], [0, [b.peer]]);
  });

  it('a joiner that left while its commit was made is removed again', async () => {
    const [a, b] = await meeting.group(2);
    assert.ok(a && b);
    let request: RequestOf<'mlsCommit'> | null = null;
    let answer = (_given: ResponseOf<'mlsCommit'>): void => undefined;
    meeting.answer = (_peer, asked) =>
      new Promise((resolve) => {
        request = asked;
        answer = resolve;
      });
    const fleeting = await meeting.client();
    meeting.join(fleeting);
    await meeting.until('the commit', () => request !== null);
    meeting.leave(fleeting.peer);
    meeting.deliverAll();
    meeting.answer = (_peer, _request, honest) => honest();
    assert.ok(request);
    answer(meeting.honest(a.peer, request));
    await meeting.settle();
    meeting.assertTogether([a, b]);
    assert.equal(fleeting.epochs.length, 0);
  });

  it('messages reach everybody else, in order, with who said them', async () => {
    const [a, b, c] = await meeting.group(3);
    assert.ok(a && b && c);
    for (let i = 0; i < 5; i++) await a.keys.send(chat(`a${i}`));
    await c.keys.send(chat('c'));
    await meeting.settle();
    assert.deepEqual(b.chats, ['a0', 'a1', 'a2', 'a3', 'a4', 'c']);
    assert.deepEqual(
      b.messages.map(([peer]) => peer),
      [a.peer, a.peer, a.peer, a.peer, a.peer, c.peer],
    );
    assert.deepEqual([a.chats, c.chats.length], [['c'], 5]);
  });

  it('messages said while the group changes are read in order on both sides of the change', async () => {
    const [a, b] = await meeting.group(2);
    assert.ok(a && b);
    const joiner = await meeting.client();
    meeting.join(joiner);
    const said: Promise<void>[] = [];
    for (let i = 0; i < 20; i++) {
      said.push(a.keys.send(chat(String(i))));
      meeting.deliverAll();
      if (i % 5 === 4) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(said);
    await meeting.settle();
    assert.deepEqual(
      b.chats,
      Array.from({ length: 20 }, (_, i) => String(i)),
    );
    meeting.assertTogether([a, b, joiner]);
  });

  it('messages of a past epoch are read for two seconds', async () => {
    const [a, b, c] = await meeting.group(3);
    assert.ok(a && b && c);
    const kept: Parameters<KeysMeeting['inject']> = [];
    meeting.meddle = (notice) =>
      notice.name === 'mlsMessage' && notice.to === b.peer ? (kept.push(notice), []) : [notice];
    await a.keys.send(chat('in time'));
    await a.keys.send(chat('too late'));
    meeting.leave(c.peer);
    await meeting.settle();
    meeting.clock.advance(1_999);
    meeting.inject(...kept.slice(0, 1));
    await meeting.settle();
    meeting.clock.advance(1);
    meeting.inject(...kept.slice(1));
    await meeting.settle();
    assert.deepEqual(b.chats, ['in time']);
    assert.deepEqual(b.lost, []);
  });

  it('nothing is sent before there is a group, nor after the end', async () => {
    const lone = await meeting.client();
    await assert.rejects(lone.keys.send(chat('x')), coded('call/not-in-call'));
    const [a] = await meeting.group(1);
    assert.ok(a);
    await assert.rejects(a.keys.send({ type: 'chat', text: '' }), coded('crypto/data-invalid'));
    await a.keys.close();
    await assert.rejects(a.keys.send(chat('x')), coded('call/not-in-call'));
  });

  it('closed at any moment of a step, nothing goes on and nothing is left', async () => {
    for (let ticks = 0; ticks < 40; ticks += 3) {
      const own = keysMeeting();
      const [a, b] = await own.group(2);
      assert.ok(a && b);
      const joiner = await own.client();
      own.join(joiner);
      await a.keys.send(chat('x')).catch(() => undefined);
      own.deliverAll();
      for (let i = 0; i < ticks; i++) await new Promise((resolve) => setImmediate(resolve));
      const heard = a.epochs.length;
      const ended = [a.keys.close(), b.keys.close(), joiner.keys.close()];
      own.deliverAll();
      await Promise.all(ended);
      assert.equal(own.clock.pending, 0);
      assert.equal(a.epochs.length, heard);
      for (const { login } of [a, b, joiner]) {
        const { initPrivateKey, hpkePrivateKey, signaturePrivateKey } = packagesOf(login).privatePackage;
        for (const key of [initPrivateKey, hpkePrivateKey, signaturePrivateKey])
          assert.ok(key.every((byte) => byte === 0));
      }
    }
  });

  it('closed at any moment of taking up new keys, no timer is set', async () => {
    for (let ticks = 0; ticks < 24; ticks++) {
      const own = keysMeeting();
      const [a, b] = await own.group(2);
      assert.ok(a && b);
      own.answer = (_peer, _request, honest) => {
        let left = ticks;
        const tick = (): void => (left-- > 0 ? queueMicrotask(tick) : void a.keys.close());
        tick();
        return honest();
      };
      own.leave(b.peer);
      await b.keys.close();
      await own.settle();
      assert.equal(own.clock.pending, 0, `${ticks} ticks`);
    }
  });

  it('closed by a listener in the middle of a change, no timer is left', async () => {
    const [a, b] = await meeting.group(2);
    assert.ok(a && b);
    // What b alone knows of waits for its turn when the other change comes.
    meeting.meddle = (notice) => (notice.to === a.peer && notice.name === 'mlsJoinRequest' ? [] : [notice]);
    meeting.join(await meeting.client());
    await meeting.settle();
    meeting.meddle = (notice) => [notice];
    b.keys.events.on('epoch', () => void b.keys.close());
    meeting.join(await meeting.client());
    await meeting.settle();
    assert.equal(b.last.roster.length, 3);
    await a.keys.close();
    for (const client of meeting.clients) if (client !== b) await client.keys.close();
    assert.equal(meeting.clock.pending, 0);
    assert.deepEqual([a.lost, b.lost], [[], []]);
  });
});
