import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EarlyMessages } from '../../../../src/call/keys/early-messages.ts';
import { PendingChanges, TURN_MS } from '../../../../src/call/keys/pending-changes.ts';
import type { Member } from '../../../../src/crypto/group.ts';

const rosterOf = (...peers: string[]): Member[] =>
  peers.map((peer, leaf) => ({ leaf, peer, kind: 'guest', verification: { kind: 'unverified' } }));
const joiner = { keyPackage: new Uint8Array(1) };

describe('changes that wait', () => {
  it('are nobody’s turn while there are none', () => {
    const pending = new PendingChanges();
    assert.equal(pending.dueAtMs(rosterOf('a', 'b'), 'a'), null);
    assert.ok(pending.isEmpty);
  });

  it('are for the lowest leaf at once and for each next one a turn later', () => {
    const pending = new PendingChanges();
    pending.addJoiner('j', joiner, 100);
    const roster = rosterOf('a', 'b', 'c');
    assert.deepEqual(
      ['a', 'b', 'c', 'x'].map((peer) => pending.dueAtMs(roster, peer)),
      [100, 100 + TURN_MS, 100 + 2 * TURN_MS, null],
    );
  });

  it('pass over those who left, who have no turn', () => {
    const pending = new PendingChanges();
    const roster = rosterOf('a', 'b', 'c');
    pending.addLeaver('a', roster, 50);
    assert.deepEqual(
      ['a', 'b', 'c'].map((peer) => pending.turnOf(roster, peer)),
      [null, 0, 1],
    );
    assert.deepEqual(pending.changes(9), { add: [], remove: ['a'] });
  });

  it('wait from the first one, and from the last commit', () => {
    const pending = new PendingChanges();
    pending.addJoiner('j', joiner, 100);
    pending.addJoiner('k', joiner, 900);
    assert.equal(pending.dueAtMs(rosterOf('a'), 'a'), 100);
    pending.settle(rosterOf('a', 'j'), [], 2_000);
    assert.equal(pending.dueAtMs(rosterOf('a', 'j'), 'j'), 2_000 + TURN_MS);
    assert.deepEqual(
      pending.changes(9).add.map(({ peer }) => peer),
      ['k'],
    );
    pending.settle(rosterOf('a', 'j', 'k'), [], 3_000);
    assert.ok(pending.isEmpty);
    assert.equal(pending.dueAtMs(rosterOf('a', 'j', 'k'), 'a'), null);
  });

  it('take no more joiners than the group has room for', () => {
    const pending = new PendingChanges();
    for (const peer of ['j', 'k', 'l']) pending.addJoiner(peer, joiner, 0);
    assert.deepEqual(
      pending.changes(2).add.map(({ peer }) => peer),
      ['j', 'k'],
    );
    assert.deepEqual(pending.changes(-1).add, []);
  });

  it('forget a joiner that left, and take no offer of its a second time', () => {
    const pending = new PendingChanges();
    pending.addJoiner('j', joiner, 0);
    assert.ok(pending.knows('j'));
    pending.addLeaver('j', rosterOf('a'), 10);
    assert.ok(pending.isEmpty && pending.knows('j'));
    pending.addJoiner('j', joiner, 20);
    assert.ok(pending.isEmpty);
  });

  it('remove who was added by a commit under way when it left', () => {
    const pending = new PendingChanges();
    pending.addLeaver('j', rosterOf('a', 'b'), 10);
    pending.settle(rosterOf('a', 'b', 'j'), [], 20);
    assert.deepEqual(pending.changes(9), { add: [], remove: ['j'] });
    assert.equal(pending.dueAtMs(rosterOf('a', 'b', 'j'), 'a'), 20);
  });

  it('know those whom a commit removed', () => {
    const pending = new PendingChanges();
    pending.settle(rosterOf('a'), ['b'], 0);
    assert.ok(pending.knows('b') && pending.isEmpty);
  });

  it('stay bounded whatever the server says', () => {
    const pending = new PendingChanges();
    for (let i = 0; i < 5_000; i++) {
      pending.addJoiner(`j${i}`, joiner, 0);
      pending.addLeaver(`g${i}`, [], 0);
    }
    assert.equal(pending.changes(10_000).add.length, 200);
    assert.ok(!pending.knows('g0') && pending.knows('g4999'));
  });
});

describe('messages of epochs to come', () => {
  it('come out in their order when their epoch does, and older ones are forgotten', () => {
    const early = new EarlyMessages({ maxCount: 9, maxBytes: 100 });
    for (const [epoch, byte] of [
      [3, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ] as const)
      assert.ok(early.add(epoch, Uint8Array.of(byte)));
    assert.deepEqual(early.take(3), [Uint8Array.of(1), Uint8Array.of(3)]);
    assert.deepEqual([early.take(2), early.take(3)], [[], []]);
    assert.ok(!early.isEmpty);
    assert.deepEqual(early.take(4), [Uint8Array.of(4)]);
    assert.ok(early.isEmpty);
  });

  it('are bounded in number and in bytes, and room comes back', () => {
    const early = new EarlyMessages({ maxCount: 3, maxBytes: 100 });
    assert.ok(early.add(1, new Uint8Array(60)));
    assert.ok(!early.add(1, new Uint8Array(41)));
    assert.ok(early.add(2, new Uint8Array(40)) && early.add(3, new Uint8Array(0)));
    assert.ok(!early.add(3, new Uint8Array(0)));
    early.take(2);
    assert.ok(early.add(3, new Uint8Array(100)));
  });

  it('never hold more than they may, in any order of adding and taking', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(6), fc.nat(40)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (todo) => {
        const early = new EarlyMessages({ maxCount: 5, maxBytes: 90 });
        let held: [number, number][] = [];
        for (const [adds, epoch, bytes] of todo) {
          if (adds) {
            const fits = held.length < 5 && held.reduce((sum, [, size]) => sum + size, 0) + bytes <= 90;
            assert.equal(early.add(epoch, new Uint8Array(bytes)), fits);
            if (fits) held.push([epoch, bytes]);
          } else {
            const due = held.filter(([at]) => at === epoch).map(([, size]) => size);
            assert.deepEqual(
              early.take(epoch).map(({ length }) => length),
              due,
            );
            held = held.filter(([at]) => at > epoch);
          }
          assert.equal(early.isEmpty, held.length === 0);
        }
      }),
    );
  });
});
