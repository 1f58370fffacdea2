import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import type { WebSocket } from 'ws';
import { ConnectionBudget, rates, TokenBucket } from '../../../server/signalling/budget.ts';
import { countedAddress } from '../../../server/signalling/gate.ts';
import { parseEnvelope, SocketTransport } from '../../../server/signalling/transport.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

/** A socket whose client may stop reading or answering. */
class FakeSocket extends EventEmitter {
  bufferedAmount = 0;
  reads = true;
  answers = true;
  ended: 'closed' | 'terminated' | null = null;
  send(text: string): void {
    if (!this.reads) this.bufferedAmount += text.length;
  }
  ping(): void {
    if (this.answers) this.emit('pong');
  }
  close(): void {
    this.ended = 'closed';
  }
  terminate(): void {
    this.ended = 'terminated';
  }
}

function connect(): {
  socket: FakeSocket;
  transport: SocketTransport;
  clock: ManualClock;
  exhausted: string[];
  closed: () => number;
} {
  const clock = new ManualClock();
  const socket = new FakeSocket();
  const exhausted: string[] = [];
  const transport = new SocketTransport(socket as unknown as WebSocket, {
    clock,
    budget: new ConnectionBudget(() => clock.nowMs()),
    maxBufferedBytes: 10_000,
    heartbeatMs: 5_000,
    onOffence: () => undefined,
    onBytes: () => undefined,
    onExhausted: (reason) => void exhausted.push(reason),
  });
  let closed = 0;
  transport.on('close', () => closed++);
  return { socket, transport, clock, exhausted, closed: () => closed };
}

describe('limits of the signalling', () => {
  it('gives out no more than the burst and the rate, whatever the pattern', () => {
    const takes = fc.array(
      fc.record({ afterMs: fc.integer({ min: 0, max: 500 }), amount: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(takes, (asked) => {
        const bucket = new TokenBucket({ perSecond: 10, burst: 20 }, 0);
        let nowMs = 0;
        let taken = 0;
        for (const { afterMs, amount } of asked) {
          nowMs += afterMs;
          if (bucket.take(amount, nowMs)) taken += amount;
          assert.ok(taken <= 20 + nowMs / 100 + 1e-6);
        }
      }),
    );
  });

  it('closes on a peer that goes on after its messages ran out', () => {
    const budget = new ConnectionBudget(() => 0);
    const verdicts = Array.from({ length: 400 }, () => budget.frame(10));
    assert.equal(verdicts.filter((verdict) => verdict === 'ok').length, rates.messages.burst);
    assert.equal(verdicts.filter((verdict) => verdict === 'over').length, rates.offences.burst);
    assert.equal(verdicts.at(-1), 'close');
  });

  it('reads requests and nothing else', () => {
    assert.deepEqual(parseEnvelope('{"request":true,"id":1,"method":"x"}'), {
      request: true,
      id: 1,
      method: 'x',
      data: {},
    });
    for (const text of [
      'null',
      '{}',
      '[]',
      '{"request":true,"id":-1,"method":"x"}',
      '{"request":true,"id":1.5,"method":"x"}',
    ]) {
      assert.equal(parseEnvelope(text), null);
    }
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => assert.equal(parseEnvelope(text), null)));
  });

  it('cuts off a client that does not read what it is sent', async () => {
    const { socket, transport, clock, closed } = connect();
    socket.reads = false;
    for (let i = 0; i < 20; i++) await transport.send({ text: 'x'.repeat(1_000) });
    assert.equal(socket.ended, 'terminated');
    assert.ok(socket.bufferedAmount < 12_000);
    assert.equal(closed(), 1);
    assert.equal(clock.pending, 0);
  });

  it('cuts off a client that is silent for two heartbeats, not one that answers', () => {
    const { socket, clock } = connect();
    clock.advance(60_000);
    assert.equal(socket.ended, null);
    socket.answers = false;
    clock.advance(10_000);
    assert.equal(socket.ended, 'terminated');
    assert.equal(clock.pending, 0);
  });

  it('waits two seconds for a goodbye to be answered', () => {
    const { socket, transport, clock, closed } = connect();
    transport.close();
    assert.deepEqual([socket.ended, closed()], ['closed', 1]);
    clock.advance(2_000);
    assert.equal(socket.ended, 'terminated');
  });

  it('is exhausted by rubbish and by floods, and says which', () => {
    const rubbish = connect();
    for (let i = 0; i < 60; i++) rubbish.socket.emit('message', Buffer.from('rubbish'), false);
    assert.equal(rubbish.exhausted[0], 'protocol');
    const flood = connect();
    const fine = Buffer.from('{"request":true,"id":1,"method":"x"}');
    for (let i = 0; i < 600; i++) flood.socket.emit('message', fine, false);
    assert.equal(flood.exhausted[0], 'limit');
  });

  it('counts IPv4 addresses singly and IPv6 ones by their /64', () => {
    assert.equal(countedAddress('192.0.2.1'), '192.0.2.1');
    assert.equal(countedAddress('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(countedAddress('2001:db8:1:2:3:4:5:6'), countedAddress('2001:db8:1:2::9'));
    assert.notEqual(countedAddress('2001:db8:1:2::1'), countedAddress('2001:db8:1:3::1'));
    assert.equal(countedAddress('fe80::1%eth0'), countedAddress('fe80::2'));
    assert.equal(countedAddress('2001:db8::'), '2001:db8:0:0::/64');
    fc.assert(
      fc.property(fc.ipV6(), (address) => assert.match(countedAddress(address), /^([0-9a-f]{1,4}:){4}:\/64$|^\d/i)),
    );
  });
});
