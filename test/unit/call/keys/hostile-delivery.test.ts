import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { commit, createGroup } from '../../../../src/crypto/group.ts';
import { createLogin } from '../../../../src/crypto/key-package.ts';
import { joinProof } from '../../../../src/crypto/link.ts';
import { toBase64Url } from '../../../../src/lib/bytes.ts';
import { RoomError } from '../../../../src/lib/errors.ts';
import type { KeysClient, KeysMeeting, Notice } from '../../../support/keys-meeting.ts';
import { chat, keysMeeting } from '../../../support/keys-meeting.ts';
import { envOf, newPeer } from '../../../support/mls-members.ts';

const GAP_MS = 3_000;
/** Four members sent each other's traffic a server can play with. */
const isMls = ({ name }: Notice): boolean => name === 'mlsCommit' || name === 'mlsMessage' || name === 'mlsWelcome';

function changed(notice: Notice, change: (text: string) => string): Notice {
  if (notice.name === 'mlsCommit') return { ...notice, data: { ...notice.data, commit: change(notice.data.commit) } };
  if (notice.name === 'mlsMessage') return { ...notice, data: { message: change(notice.data.message) } };
  if (notice.name === 'mlsWelcome') return { ...notice, data: { welcome: change(notice.data.welcome) } };
  return notice;
}

const flip =
  (at: number) =>
  (text: string): string => {
    const i = at % text.length;
    return text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
  };

/** Equal codes mean one group with one roster; other keys in an epoch of the same number show in the code. */
function assertNoFalseTrust(clients: readonly KeysClient[]): void {
  const views = clients.flatMap(({ epochs }) => epochs);
  for (const [i, x] of views.entries())
    for (const y of views.slice(i + 1)) {
      const sameKeys = x.keys.epoch === y.keys.epoch && Buffer.from(x.keys.baseKey).equals(y.keys.baseKey);
      assert.equal(sameKeys, x.code === y.code, 'keys and codes must agree');
      if (sameKeys) assert.deepEqual(x.roster, y.roster);
    }
}

describe('a meeting’s keys over a hostile server', () => {
  let meeting: KeysMeeting;
  beforeEach(() => (meeting = keysMeeting()));
  afterEach(async () => {
    assertNoFalseTrust(meeting.clients);
    await meeting.close();
    assert.equal(meeting.clock.pending, 0, 'timers left');
  });

  async function three(): Promise<[KeysClient, KeysClient, KeysClient]> {
    const [a, b, c] = await meeting.group(3);
    assert.ok(a && b && c);
    return [a, b, c];
  }

  it('that plays everything twice changes nothing', async () => {
    meeting.meddle = (notice) => [notice, notice];
    const [a, b, c] = await three();
    await a.keys.send(chat('once'));
    meeting.leave(c.peer);
    await meeting.settle();
    meeting.inject(...meeting.sent.filter(({ to }) => to === b.peer));
    await meeting.settle();
    meeting.assertTogether([a, b]);
    assert.deepEqual(b.chats, ['once']);
  });

  it('that plays the offer of somebody who left again brings nobody back', async () => {
    const [a, b, c] = await three();
    const offers = meeting.sent.filter(({ name }) => name === 'mlsJoinRequest');
    meeting.leave(c.peer);
    await meeting.settle();
    meeting.inject(...offers);
    await meeting.settle();
    meeting.clock.advance(60_000);
    await meeting.settle();
    assert.deepEqual([a.roster, b.roster], [[a.peer, b.peer].toSorted(), [a.peer, b.peer].toSorted()]);
  });

  it('that delivers commits in the wrong order is followed in the right one', async () => {
    const [a, b, c] = await three();
    const held: Notice[] = [];
    meeting.meddle = (notice) => (notice.to === c.peer && isMls(notice) ? (held.push(notice), []) : [notice]);
    const late = await meeting.client();
    meeting.join(late);
    await meeting.settle();
    await a.keys.send(chat('before'));
    meeting.leave(late.peer);
    await meeting.settle();
    await b.keys.send(chat('after'));
    await meeting.settle();
    meeting.meddle = (notice) => [notice];
    meeting.inject(...held.toReversed());
    await meeting.settle();
    meeting.assertTogether([a, b, c]);
    assert.deepEqual(c.chats.toSorted(), ['after', 'before']);
    meeting.clock.advance(GAP_MS * 2);
    assert.deepEqual(c.lost, []);
  });

  it('that drops a commit is noticed at the next one, and left when the gap stays', async () => {
    const [a, b, c] = await three();
    meeting.meddle = (notice) => (notice.to === c.peer && notice.name === 'mlsCommit' ? [] : [notice]);
    const late = await meeting.client();
    meeting.join(late);
    await meeting.settle();
    meeting.meddle = (notice) => [notice];
    meeting.leave(late.peer);
    await meeting.settle();
    meeting.clock.advance(GAP_MS - 1);
    assert.deepEqual(c.lost, []);
    meeting.clock.advance(1);
    assert.deepEqual(c.lost, ['call/keys-gap']);
    assert.deepEqual([a.lost, b.lost], [[], []]);
  });

  it('that accepts a commit and shows it to nobody is found out by the first message', async () => {
    const [a, b, c] = await three();
    meeting.meddle = ({ name, ...rest }) =>
      name === 'mlsCommit' || name === 'mlsWelcome' ? [] : [{ name, ...rest } as Notice];
    meeting.join(await meeting.client());
    await meeting.settle();
    assert.equal(a.roster.length, 4);
    assert.notEqual(a.last.code, b.last.code);
    await a.keys.send(chat('hello?'));
    await meeting.settle();
    meeting.clock.advance(GAP_MS);
    assert.deepEqual([b.lost, c.lost, b.chats], [['call/keys-gap'], ['call/keys-gap'], []]);
  });

  it('that refuses a commit and has no winner is left', async () => {
    const [a, b] = await three();
    let asked = 0;
    meeting.answer = async (_peer, { epoch }) => {
      asked++;
      return { accepted: false, epoch: epoch + 1 };
    };
    meeting.join(await meeting.client());
    await meeting.settle();
    meeting.join(await meeting.client());
    await meeting.settle();
    assert.equal(asked, 1, 'no second commit while the winner is awaited');
    meeting.clock.advance(GAP_MS);
    assert.deepEqual([a.lost, b.lost], [['call/keys-gap'], []]);
  });

  it('that gives two members the victory splits the group, and the codes say so', async () => {
    const [a, b, c] = await three();
    meeting.answer = async (_peer, { epoch }) => ({ accepted: true, epoch: epoch + 1 });
    meeting.inject({ to: a.peer, name: 'peerLeft', data: { peer: c.peer } });
    meeting.inject(
      { to: b.peer, name: 'peerLeft', data: { peer: a.peer } },
      { to: b.peer, name: 'peerLeft', data: { peer: c.peer } },
    );
    await meeting.settle();
    assert.equal(a.last.keys.epoch, b.last.keys.epoch);
    assert.notEqual(a.last.code, b.last.code);
    await a.keys.send(chat('x')).catch(() => undefined);
    await meeting.settle();
    assert.deepEqual(b.chats, []);
  });

  it('that says a member left has it removed, and the member knows', async () => {
    const [a, b, c] = await three();
    meeting.inject(...[a, b].map(({ peer }) => ({ to: peer, name: 'peerLeft', data: { peer: c.peer } }) as const));
    await meeting.settle();
    assert.deepEqual([a.roster, c.lost], [[a.peer, b.peer].toSorted(), ['call/removed']]);
    assert.notDeepEqual(a.last.keys.baseKey, c.last.keys.baseKey);
  });

  it('that says we left ourselves changes nothing', async () => {
    const [a, b, c] = await three();
    meeting.inject(
      { to: a.peer, name: 'peerLeft', data: { peer: a.peer } },
      { to: a.peer, name: 'refused', data: { reason: 'identity' } },
    );
    meeting.inject({ to: a.peer, name: 'mlsFound', data: {} });
    await meeting.settle();
    meeting.assertTogether([a, b, c]);
    assert.deepEqual(a.refusals, []);
  });

  it('cannot bring in a member of its own', async () => {
    const [a, b, c] = await three();
    const mole = await createLogin(newPeer(), { kind: 'guest' }, Date.now());
    const keyPackage = toBase64Url(mole.keyPackage);
    for (const proof of [
      randomBytes(64),
      new Uint8Array(0),
      joinProof(randomBytes(32), mole.keyPackage),
      joinProof(meeting.secret, c.login.keyPackage),
    ])
      for (const { peer: to } of [a, b, c])
        meeting.inject({
          to,
          name: 'mlsJoinRequest',
          data: { peer: mole.peer, keyPackage, proof: toBase64Url(proof) },
        });
    await meeting.settle();
    meeting.clock.advance(60_000);
    await meeting.settle();
    meeting.assertTogether([a, b, c]);
    assert.equal(meeting.service.epoch, 1);
  });

  it('cannot lead a joiner into a group of its own', async () => {
    const joiner = await meeting.client();
    const env = { ...envOf(randomBytes(32)), meeting: envOf(meeting.secret).meeting };
    const own = await createGroup(await createLogin(newPeer(), { kind: 'guest' }, Date.now()), env);
    const made = await commit(own, { add: [joiner.login.keyPackage], remove: [] }, env);
    meeting.inject({
      to: joiner.peer,
      name: 'mlsWelcome',
      data: { welcome: toBase64Url(made.welcome ?? new Uint8Array(0)) },
    });
    await meeting.settle();
    assert.deepEqual([joiner.epochs, joiner.lost], [[], []]);
  });

  it('that gives a joiner another’s Welcome first does not keep it out', async () => {
    const [a] = await meeting.group(1);
    assert.ok(a);
    const [x, y] = [await meeting.client(), await meeting.client()];
    meeting.join(x);
    await meeting.settle();
    const welcomes = meeting.sent.filter(({ name }) => name === 'mlsWelcome');
    meeting.inject(...welcomes.map((notice) => ({ ...notice, to: y.peer })));
    await meeting.settle();
    assert.equal(y.epochs.length, 0);
    meeting.join(y);
    await meeting.settle();
    meeting.assertTogether([a, x, y]);
  });

  it('that hands commits and messages of another meeting on is not believed', async () => {
    const [a, b, c] = await three();
    const other = keysMeeting();
    const strangers = await other.group(3);
    await strangers[0]?.keys.send(chat('from elsewhere'));
    other.leave(strangers[2]?.peer ?? '');
    await other.settle();
    meeting.inject(...other.sent.filter(isMls).map((notice) => ({ ...notice, to: b.peer })));
    await meeting.settle();
    await other.close();
    assert.deepEqual(b.chats, []);
    await a.keys.send(chat('still here'));
    await meeting.settle();
    assert.deepEqual(b.chats, ['still here']);
    assert.deepEqual(c.chats, ['still here']);
  });

  it('that changes bits is not believed, and left after fifty within a minute', async () => {
    const [a, b] = await three();
    await a.keys.send(chat('x'));
    await meeting.settle();
    const messages = meeting.sent.filter(({ name, to }) => name === 'mlsMessage' && to === b.peer);
    const [message] = messages;
    assert.ok(message);
    const forged = (count: number): Notice[] => Array.from({ length: count }, (_, i) => changed(message, flip(60 + i)));
    meeting.inject(...forged(49));
    await meeting.settle();
    assert.deepEqual([b.lost, b.chats], [[], ['x']]);
    meeting.clock.advance(60_001);
    meeting.inject(...forged(49));
    await meeting.settle();
    assert.deepEqual(b.lost, []);
    meeting.inject(...forged(1));
    await meeting.settle();
    assert.deepEqual(b.lost, ['call/keys-disturbed']);
  });

  it('that sends garbage and what is too large is not believed', async () => {
    const [a, b, c] = await three();
    const huge = 'A'.repeat(1_400_000);
    for (const text of ['', 'A', '!', '\u0000', toBase64Url(randomBytes(300)), huge])
      meeting.inject(
        { to: b.peer, name: 'mlsCommit', data: { epoch: 1, commit: text } },
        { to: b.peer, name: 'mlsMessage', data: { message: text } },
        { to: b.peer, name: 'mlsWelcome', data: { welcome: text } },
        { to: b.peer, name: 'mlsJoinRequest', data: { peer: newPeer(), keyPackage: text, proof: text } },
      );
    await meeting.settle();
    meeting.assertTogether([a, b, c]);
  });

  it('that sends thousands at once is left, and nothing of it is kept', async () => {
    const [a, b] = await three();
    for (let i = 0; i < 5_000; i++)
      meeting.inject({ to: b.peer, name: 'mlsMessage', data: { message: toBase64Url(randomBytes(20)) } });
    await meeting.settle();
    assert.deepEqual(b.lost, ['call/keys-flooded']);
    assert.deepEqual(a.lost, []);
  });

  it('that tells of thousands of departures is left or borne, never followed into the past', async () => {
    const [a] = await three();
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 300; j++) meeting.inject({ to: a.peer, name: 'peerLeft', data: { peer: newPeer() } });
      await meeting.settle();
    }
    assert.deepEqual([a.lost, a.roster.length], [[], 3]);
  });

  it('that finds our commits too many is asked again after a second', async () => {
    const [a, b, c] = await three();
    let refusals = 2;
    meeting.answer = (_peer, _request, honest) => {
      if (refusals-- > 0) throw new RoomError('call/refused-too-many', 'later');
      return honest();
    };
    const joiner = await meeting.client();
    meeting.join(joiner);
    await meeting.settle();
    for (let i = 0; i < 2; i++) {
      assert.equal(joiner.epochs.length, 0);
      meeting.clock.advance(1_000);
      await meeting.settle();
    }
    meeting.assertTogether([a, b, c, joiner]);
  });

  it('that does not answer for a commit as it must is left', async () => {
    const [a] = await three();
    meeting.answer = () => {
      throw new RoomError('call/no-answer', 'silence');
    };
    meeting.join(await meeting.client());
    await meeting.settle();
    assert.deepEqual(a.lost, ['call/keys-lost']);
  });

  it('gains nothing by any mix of dropping, doubling, delaying, changing and misdirecting', async function () {
    this.timeout(40_000);
    const acts = fc.array(fc.constantFrom('pass', 'pass', 'pass', 'drop', 'twice', 'later', 'flip', 'misdirect'), {
      minLength: 8,
      maxLength: 24,
    });
    const life = fc.array(fc.constantFrom('join', 'leave', 'say', 'wait'), { minLength: 3, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(acts, life, async (plan, events) => {
        const own = keysMeeting();
        await own.group(3);
        let at = 0;
        const later: Notice[] = [];
        own.meddle = (notice) => {
          const act = plan[at++ % plan.length];
          if (act === 'drop') return [];
          if (act === 'twice') return [notice, notice];
          if (act === 'later') return (later.push(notice), []);
          if (act === 'flip') return [changed(notice, flip(at * 37))];
          if (act === 'misdirect') return [{ ...notice, to: own.clients[at % own.clients.length]?.peer ?? '' }];
          return [notice, ...later.splice(0)];
        };
        for (const event of events) {
          if (event === 'join') own.join(await own.client());
          if (event === 'leave') own.leave(own.service.members.at(-1) ?? '');
          if (event === 'say') await own.clients[0]?.keys.send(chat('x')).catch(() => undefined);
          if (event === 'wait') own.clock.advance(1_600);
          await own.settle();
        }
        own.clock.advance(GAP_MS);
        await own.settle();
        assertNoFalseTrust(own.clients);
        const known = new Set(own.clients.map(({ peer }) => peer));
        for (const client of own.clients) {
          for (const { roster } of client.epochs) assert.ok(roster.every(({ peer }) => known.has(peer)));
          assert.ok(client.lost.length <= 1);
          assert.ok(client.chats.length <= events.filter((event) => event === 'say').length);
        }
        await own.close();
        assert.equal(own.clock.pending, 0);
      }),
      { numRuns: 25 },
    );
  });
});
