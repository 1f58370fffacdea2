import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Delivery } from '../../../server/delivery.ts';
import { DeliveryService } from '../../../server/delivery.ts';
import { Refusal } from '../../../server/refusal.ts';

const plain = { commit: 'c', welcome: null, added: [], removed: [] };
const adding = (epoch: number, ...added: string[]) => ({ epoch, commit: 'c', welcome: 'w', added, removed: [] });
const brief = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ to, name }) => `${to}:${name}`);
const refusal = (kind: string) => (error: unknown) => error instanceof Refusal && error.kind === kind;

function group(...peers: string[]): DeliveryService {
  const service = new DeliveryService();
  for (const peer of peers) service.join(peer, 'k', 'p');
  const [founder = '', ...others] = peers;
  if (others.length > 0) service.commit(founder, adding(0, ...others));
  return service;
}

describe('the MLS delivery service', () => {
  it('makes the first peer the founder and shows the others to every member', () => {
    const service = new DeliveryService();
    assert.deepEqual(service.join('a', 'k', 'p'), { role: 'founder', deliveries: [] });
    const { role, deliveries } = service.join('b', 'kb', 'pb');
    assert.equal(role, 'joiner');
    assert.deepEqual(deliveries, [
      { to: 'a', name: 'mlsJoinRequest', data: { peer: 'b', keyPackage: 'kb', proof: 'pb' } },
    ]);
    assert.throws(() => service.join('b', 'k', 'p'), refusal('conflict'));
  });

  it('takes the first commit of an epoch and tells the loser', () => {
    const service = group('a', 'b', 'c');
    const first = service.commit('b', { ...plain, epoch: 1 });
    assert.deepEqual([first.accepted, first.epoch, brief(first.deliveries)], [true, 2, ['a:mlsCommit', 'c:mlsCommit']]);
    const second = service.commit('c', { ...plain, epoch: 1 });
    assert.deepEqual(second, { accepted: false, epoch: 2, deliveries: [] });
    assert.equal(service.commit('c', { ...plain, epoch: 7 }).accepted, false);
  });

  it('sends the Welcome to those added who still wait, then who else waits', () => {
    const service = new DeliveryService();
    for (const peer of ['a', 'b', 'c', 'd']) service.join(peer, 'k', 'p');
    service.leave('c');
    const { deliveries } = service.commit('a', adding(0, 'b', 'c', 'nobody'));
    assert.deepEqual(brief(deliveries), ['b:mlsWelcome', 'b:mlsJoinRequest']);
    assert.deepEqual(service.members, ['a', 'b']);
    assert.deepEqual(service.waiting, ['d']);
  });

  it('tells the removed of their removal and takes nothing more from them', () => {
    const service = group('a', 'b', 'c');
    const { deliveries } = service.commit('a', { ...plain, epoch: 1, removed: ['b'] });
    assert.deepEqual(brief(deliveries), ['b:mlsCommit', 'c:mlsCommit']);
    assert.throws(() => service.message('b', 'm'), refusal('notAllowed'));
    assert.deepEqual(brief(service.message('a', 'm')), ['c:mlsMessage']);
  });

  it('takes nothing from those who only wait', () => {
    const service = new DeliveryService();
    service.join('a', 'k', 'p');
    service.join('b', 'k', 'p');
    assert.throws(() => service.commit('b', adding(0, 'b')), refusal('notAllowed'));
    assert.throws(() => service.message('b', 'm'), refusal('notAllowed'));
    assert.throws(() => service.refuse('b', { peer: 'a', reason: 'identity' }), refusal('notAllowed'));
  });

  it('refuses commits whose parts do not fit', () => {
    const service = group('a', 'b');
    assert.throws(() => service.commit('a', { ...adding(1, 'x'), welcome: null }), refusal('malformed'));
    assert.throws(() => service.commit('a', { ...plain, epoch: 1, welcome: 'w' }), refusal('malformed'));
    assert.throws(() => service.commit('a', { ...plain, epoch: 1, removed: ['a'] }), refusal('malformed'));
    assert.equal(service.epoch, 1);
  });

  it('passes a refusal on once a member, and never lets the refused found the next group', () => {
    const service = group('a');
    service.join('b', 'k', 'p');
    service.join('c', 'k', 'p');
    const refuse = { peer: 'b', reason: 'link-secret' } as const;
    assert.deepEqual(brief(service.refuse('a', refuse)), ['b:refused']);
    assert.deepEqual(service.refuse('a', refuse), []);
    assert.deepEqual(service.refuse('a', { ...refuse, peer: 'nobody' }), []);
    assert.deepEqual(brief(service.leave('a')), ['c:mlsFound', 'c:mlsJoinRequest']);
    assert.equal(service.epoch, 0);
  });

  it('keeps its promises in any history', () => {
    const peer = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const action = fc.record({
      kind: fc.constantFrom('join', 'leave', 'commit', 'message', 'refuse'),
      peer,
      other: peer,
      late: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const service = new DeliveryService();
        const present = new Set<string>();
        const commits = new Map<string, string>();
        let group = 0;
        const receive = (deliveries: readonly Delivery[]): void => {
          for (const { to, name } of deliveries) {
            assert.ok(present.has(to), 'nothing goes to those who left');
            if (name === 'mlsFound') group++;
          }
        };
        for (const { kind, peer: who, other, late } of actions) {
          try {
            if (kind === 'join') {
              const { role, deliveries } = service.join(who, 'k', 'p');
              present.add(who);
              if (role === 'founder') group++;
              receive(deliveries);
            } else if (kind === 'leave') {
              present.delete(who);
              receive(service.leave(who));
            } else if (kind === 'commit') {
              const request = {
                ...(service.waiting.includes(other) ? adding(0, other) : plain),
                epoch: service.epoch - (late ? 1 : 0),
              };
              const { accepted, deliveries } = service.commit(who, request);
              if (accepted) {
                const key = `${group}/${request.epoch}`;
                assert.ok(!commits.has(key), 'one commit an epoch');
                commits.set(key, who);
              }
              assert.ok(
                deliveries.every(({ to, name }) => to !== who || name !== 'mlsCommit'),
                'no echo',
              );
              receive(deliveries);
            } else if (kind === 'message') receive(service.message(who, 'm'));
            else receive(service.refuse(who, { peer: other, reason: 'identity' }));
          } catch (error) {
            assert.ok(error instanceof Refusal);
          }
          assert.ok(service.members.every((member) => present.has(member) && !service.waiting.includes(member)));
          assert.equal(service.members.length + service.waiting.length, present.size);
        }
      }),
    );
  });
});
