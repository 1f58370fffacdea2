import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ManualClock } from '../../../src/lib/clock.ts';
import { NetworkLink, perfectLink, seededRandom, type LinkShape } from '../../support/network-link.ts';
import { relayCandidates } from '../../support/relayed-candidates.ts';

function open(shape: Partial<LinkShape>, seed = 1) {
  const clock = new ManualClock();
  const arrivals: { id: number; atMs: number }[] = [];
  const link = new NetworkLink({ ...perfectLink, ...shape }, clock, seededRandom(seed));
  let next = 0;
  const send = (bytes = 1_000): void => {
    const id = next++;
    link.send(bytes, () => arrivals.push({ id, atMs: clock.nowMs() }));
  };
  return { clock, link, arrivals, send };
}

describe('an emulated link', () => {
  it('delivers at once when nothing is in the way', () => {
    const { arrivals, send } = open({});
    send();
    assert.deepEqual(arrivals, [{ id: 0, atMs: 0 }]);
  });

  it('takes the time of the rate, the queue and the delay', () => {
    const { clock, arrivals, send } = open({ rateKbps: 80, delayMs: 50, queueMs: 1_000 });
    send(972);
    send(972);
    clock.advance(1_000);
    assert.deepEqual(
      arrivals.map(({ atMs }) => atMs),
      [150, 250],
    );
  });

  it('carries its rate and no more, and drops what the queue does not hold', () => {
    const { clock, link, arrivals, send } = open({ rateKbps: 500, queueMs: 300 });
    for (let ms = 0; ms < 10_000; ms += 4) {
      send(972);
      clock.advance(4);
    }
    const kbps = (link.stats.delivered * 8) / 10;
    assert.ok(kbps > 485 && kbps <= 500, `${kbps} kbit/s`);
    assert.ok(link.stats.dropped > 1_000);
    assert.ok(Math.max(...arrivals.map(({ id, atMs }) => atMs - id * 4)) <= 316 + 1);
  });

  it('follows a change of its shape', () => {
    const { clock, link, arrivals, send } = open({});
    link.change({ loss: 1 });
    send();
    link.change({ loss: 0, delayMs: 20 });
    send();
    clock.advance(20);
    assert.deepEqual(arrivals, [{ id: 1, atMs: 20 }]);
    link.change({ rateKbps: 0 });
    send();
    assert.equal(link.stats.dropped, 1);
  });

  it('keeps the order under jitter unless told otherwise, and reorders when told', () => {
    for (const reorder of [false, true]) {
      const { clock, arrivals, send } = open({ delayMs: 10, jitterMs: 40, reorder });
      for (let i = 0; i < 500; i++) {
        send();
        clock.advance(2);
      }
      clock.advance(100);
      const inOrder = arrivals.every(({ id }, i) => id === i);
      assert.equal(arrivals.length, 500);
      assert.equal(inOrder, !reorder);
      assert.ok(new Set(arrivals.map(({ id, atMs }) => Math.round(atMs - id * 2))).size > 10, 'no jitter');
    }
  });

  it('loses what it is told to, at random or in bursts', () => {
    const lossOf = (shape: Partial<LinkShape>) => {
      const { link, arrivals, send } = open(shape, 7);
      for (let i = 0; i < 50_000; i++) send();
      const gaps = arrivals
        .slice(1)
        .map(({ id }, i) => id - (arrivals[i]?.id ?? 0) - 1)
        .filter((gap) => gap > 0);
      return { share: link.stats.lost / 50_000, meanGap: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length };
    };
    const random = lossOf({ loss: 0.05 });
    assert.ok(Math.abs(random.share - 0.05) < 0.005 && random.meanGap < 1.2, JSON.stringify(random));
    // In a burst for 0.01 / (0.01 + 0.2) of the packets, five at a time.
    const bursts = lossOf({ burst: { begin: 0.01, end: 0.2, loss: 1 } });
    assert.ok(Math.abs(bursts.share - 0.0476) < 0.006 && Math.abs(bursts.meanGap - 5) < 0.6, JSON.stringify(bursts));
  });

  it('does the same again with the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const run = () => {
          const { clock, arrivals, send } = open({ rateKbps: 300, jitterMs: 30, loss: 0.2, queueMs: 50 }, seed);
          for (let i = 0; i < 60; i++) {
            send(200 + i);
            clock.advance(5);
          }
          return arrivals;
        };
        assert.deepEqual(run(), run());
      }),
      { numRuns: 20 },
    );
  });

  it('leaves nothing behind when closed', () => {
    const { clock, link, arrivals, send } = open({ delayMs: 10 });
    send();
    link.close();
    clock.advance(100);
    assert.deepEqual([arrivals.length, clock.pending], [0, 0]);
  });
});

describe('candidates for a client behind the emulator', () => {
  it('lead to the stand-in, and to nothing else', () => {
    const candidate = {
      foundation: 'udpcandidate',
      address: '127.0.0.1',
      ip: '127.0.0.1',
      port: 40_000,
      protocol: 'udp',
      type: 'host',
    };
    const answer = {
      response: true,
      id: 1,
      ok: true,
      data: { sendTransport: { iceCandidates: [candidate, { ...candidate, protocol: 'tcp' }] } },
    };
    const relayed: unknown = JSON.parse(
      relayCandidates(JSON.stringify(answer), ({ port }) => ({ address: '127.0.0.9', port: port + 1 })),
    );
    assert.deepEqual(relayed, {
      ...answer,
      data: {
        sendTransport: { iceCandidates: [{ ...candidate, address: '127.0.0.9', ip: '127.0.0.9', port: 40_001 }] },
      },
    });
    assert.equal(
      relayCandidates('{"notification":true}', () => null),
      '{"notification":true}',
    );
  });
});
