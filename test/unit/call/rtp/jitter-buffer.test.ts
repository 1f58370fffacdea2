import assert from 'node:assert/strict';
import fc from 'fast-check';
import { JitterBuffer, videoJitterOptions } from '../../../../src/call/rtp/jitter-buffer.ts';

const packet = (n: number) => {
  const buffer = Buffer.alloc(12);
  buffer.writeUInt32BE(n >>> 0, 0);
  return buffer;
};

class Bench {
  readonly buffer: JitterBuffer;
  readonly out: number[] = [];
  readonly gapsBefore: number[] = [];
  readonly nacks: number[] = [];
  nowMs = 0;

  constructor(options: Partial<typeof videoJitterOptions> = {}) {
    this.buffer = new JitterBuffer({ ...videoJitterOptions, startHoldMs: 0, ...options });
  }

  /** `n` is the extended number; the wire carries 16 bits. */
  insert(n: number, recovered = false): void {
    this.buffer.insert(packet(n), n & 0xffff, n * 300, this.nowMs, recovered);
    this.drain();
  }

  poll(atMs: number): number[] {
    this.nowMs = atMs;
    do {
      this.buffer.poll(atMs, this.nacks);
      this.drain();
    } while (this.buffer.nextDelayMs(atMs) === 0);
    return [...this.nacks];
  }

  drain(): void {
    for (let p = this.buffer.pop(); p; p = this.buffer.pop()) {
      const n = p.readUInt32BE(0);
      if (this.buffer.takeDiscontinuity()) this.gapsBefore.push(n);
      this.out.push(n);
    }
  }
}

describe('jitter buffer', () => {
  it('hands on at once what is in order, and reorders the rest', () => {
    const bench = new Bench();
    for (const n of [65_534, 65_536, 65_537, 65_535, 65_538]) bench.insert(n);
    assert.deepEqual(bench.out, [65_534, 65_535, 65_536, 65_537, 65_538]);
    assert.deepEqual(bench.gapsBefore, []);
    assert.equal(bench.buffer.missing, 0);
  });

  it('asks for a missing packet after the reorder tolerance, again by the round trip, and at most ten times', () => {
    const bench = new Bench({ giveUpMs: 10_000, maxGiveUpMs: 10_000, nackBurst: 20 });
    bench.insert(1);
    bench.insert(4);
    assert.equal(bench.buffer.nextDelayMs(0), 5);
    assert.deepEqual(bench.poll(4), []);
    assert.deepEqual(bench.poll(5), [2, 3]);
    assert.deepEqual(bench.poll(100), []);
    assert.deepEqual(bench.poll(115), [2, 3]);
    let asked = 2;
    for (let ms = 130; ms < 5_000; ms += 10) if (bench.poll(ms).length > 0) asked++;
    assert.equal(asked, 10);
  });

  it('asks for no more than a share of what arrives, once what was saved up is used', () => {
    const bench = new Bench({ giveUpMs: 60_000, maxGiveUpMs: 60_000, maxNacks: 2 });
    // Three of four are lost.
    for (let n = 0; n < 160; n += 4) {
      bench.nowMs += 10;
      bench.insert(n);
      bench.poll(bench.nowMs);
    }
    const { nacked, received } = bench.buffer.stats;
    assert.equal(received, 40);
    assert.ok(nacked >= 18 && nacked <= 20, `${nacked}`);
  });

  it('goes on at a packet that needs nothing before it, and still asks for what is missing behind it', () => {
    const bench = new Bench();
    for (const n of [1, 3, 4, 7, 9]) bench.insert(n);
    bench.buffer.goOnAt(7);
    bench.drain();
    assert.deepEqual(bench.out, [1, 7]);
    assert.deepEqual(bench.gapsBefore, [7]);
    assert.deepEqual(bench.poll(5), [8]);
    assert.equal(bench.buffer.stats.lost, 5);
    bench.insert(2, true);
    bench.insert(8, true);
    assert.deepEqual(bench.out, [1, 7, 8, 9]);
    for (const elsewhere of [1, 9, 10, 40_000]) bench.buffer.goOnAt(elsewhere);
    bench.insert(10);
    assert.deepEqual([bench.out.at(-1), bench.buffer.missing, bench.buffer.bytes], [10, 0, 0]);
  });

  it('goes on after a gap that nothing fills, and says so once', () => {
    const bench = new Bench();
    bench.insert(1);
    for (const n of [4, 5, 8]) bench.insert(n);
    bench.poll(399);
    assert.deepEqual(bench.out, [1]);
    bench.poll(401);
    assert.deepEqual(bench.out, [1, 4, 5, 8]);
    assert.deepEqual(bench.gapsBefore, [4, 8]);
    assert.equal(bench.buffer.stats.lost, 4);
    bench.insert(2);
    assert.equal(bench.buffer.stats.late, 1);
    assert.deepEqual(bench.out, [1, 4, 5, 8]);
  });

  it('learns the round trip from what it asked for, and waits longer on a long one', () => {
    const bench = new Bench();
    let n = 1;
    for (let i = 0; i < 40; i++) {
      bench.insert(n);
      bench.insert(n + 2);
      bench.poll(bench.nowMs + 5);
      bench.nowMs += 280;
      bench.insert(n + 1, true);
      n += 3;
    }
    assert.ok(Math.abs(bench.buffer.rttMs - 280) < 10, `${bench.buffer.rttMs} ms`);
    assert.equal(bench.buffer.stats.recovered, 40);
    bench.insert(n + 1);
    bench.poll(bench.nowMs + 900);
    assert.equal(bench.buffer.stats.lost, 0);
    bench.poll(bench.nowMs + 200);
    assert.equal(bench.buffer.stats.lost, 1);
  });

  it('does not ask for hundreds of packets: it goes on at the new one', () => {
    const bench = new Bench();
    bench.insert(1);
    bench.insert(1_000);
    assert.deepEqual(bench.out, [1, 1_000]);
    assert.deepEqual(bench.gapsBefore, [1_000]);
    assert.deepEqual(bench.poll(10), []);
    assert.equal(bench.buffer.stats.lost, 998);
  });

  it('begins anew only when two packets agree on it', () => {
    const bench = new Bench();
    bench.insert(10);
    bench.insert(30_000);
    bench.insert(11);
    bench.insert(40_000);
    bench.insert(30_001);
    assert.deepEqual(bench.out, [10, 11]);
    assert.equal(bench.buffer.stats.outOfRange, 3);
    bench.insert(30_002);
    bench.insert(30_003);
    assert.deepEqual(bench.out, [10, 11, 30_002, 30_003]);
    assert.deepEqual(bench.gapsBefore, [30_002]);
    assert.equal(bench.buffer.stats.resets, 1);
  });

  it('holds the first packets for a moment, in case they overtook others', () => {
    const bench = new Bench({ startHoldMs: 5 });
    for (const n of [3, 0, 2]) bench.insert(n);
    assert.deepEqual(bench.out, []);
    assert.equal(bench.buffer.nextDelayMs(1), 4);
    bench.poll(5);
    assert.deepEqual(bench.out, [0]);
    bench.insert(1);
    assert.deepEqual(bench.out, [0, 1, 2, 3]);
    const { cumulativeLost, highestSequence } = bench.buffer.report();
    assert.deepEqual([cumulativeLost, highestSequence], [0, 3]);
    bench.insert(-1);
    assert.equal(bench.buffer.stats.late, 1);
  });

  it('does not begin with a retransmission', () => {
    const bench = new Bench();
    bench.insert(5, true);
    bench.insert(9);
    assert.deepEqual(bench.out, [9]);
  });

  it('gives up early rather than hold more bytes than it may', () => {
    const bench = new Bench({ maxBytes: 1_000 });
    bench.insert(1);
    for (let n = 3; n < 203; n++) {
      bench.insert(n);
      assert.ok(bench.buffer.bytes <= 1_000);
    }
    assert.equal(bench.out.length, 201);
  });

  it('counts as RFC 3550 says', () => {
    const bench = new Bench();
    for (let n = 1; n <= 10; n++) {
      bench.nowMs = n * 10;
      if (n !== 4 && n !== 5) bench.insert(n);
    }
    bench.insert(4, true);
    let figures = bench.buffer.report();
    assert.deepEqual(
      [figures.fractionLost, figures.cumulativeLost, figures.highestSequence],
      [51, 2, 10],
      'what came again is still lost on the link',
    );
    bench.insert(11);
    bench.insert(11);
    figures = bench.buffer.report();
    assert.deepEqual(
      [figures.fractionLost, figures.cumulativeLost, figures.highestSequence],
      [0, 1, 11],
      'a duplicate counts as received',
    );
    assert.equal(bench.buffer.stats.duplicates, 1);
    assert.ok(figures.jitter > 0);
  });

  it('has no jitter where packets come as they were sent, across the wrap of timestamps', () => {
    const buffer = new JitterBuffer(videoJitterOptions);
    for (let n = 0; n < 100; n++) buffer.insert(packet(n), n, (0xffff_0000 + n * 900) >>> 0, 5_000 + n * 10, false);
    assert.equal(buffer.report().jitter, 0);
  });

  it('delivers each packet once, in order, and loses none that came in time: property', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.record({ lost: fc.boolean(), swap: fc.nat(6), twice: fc.boolean() }, { noNullPrototype: true }), {
          minLength: 1,
          maxLength: 200,
        }),
        (start, fates) => {
          const bench = new Bench();
          bench.insert(start);
          const arrivals = fates.flatMap(({ lost, swap, twice }, i) =>
            lost
              ? []
              : [{ at: i + swap, n: start + 1 + i }, ...(twice ? [{ at: i + swap + 1, n: start + 1 + i }] : [])],
          );
          arrivals.sort((a, b) => a.at - b.at);
          for (const { n } of arrivals) bench.insert(n);
          bench.poll(10_000);
          bench.poll(20_000);
          const expected = [start, ...fates.flatMap(({ lost }, i) => (lost ? [] : [start + 1 + i]))];
          assert.deepEqual(bench.out, expected);
          assert.equal(bench.buffer.bytes, 0);
        },
      ),
    );
  });

  it('stays bounded, in order and quick under any sequence numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(0xffff), fc.nat(20), fc.boolean()), { maxLength: 300 }), (packets) => {
        const buffer = new JitterBuffer({
          ...videoJitterOptions,
          capacity: 64,
          maxMissing: 32,
          maxBytes: 600,
          startHoldMs: 3,
        });
        const nacks: number[] = [];
        let nowMs = 0;
        for (const [sequence, step, recovered] of packets) {
          nowMs += step;
          buffer.insert(packet(sequence), sequence, 0, nowMs, recovered);
          while (buffer.pop()) buffer.takeDiscontinuity();
          buffer.poll(nowMs, nacks);
          while (buffer.pop()) buffer.takeDiscontinuity();
          assert.ok(nacks.length <= 32 && buffer.missing <= 32 && buffer.missing >= 0);
          assert.ok(buffer.bytes <= 700 && buffer.bytes >= 0);
        }
      }),
    );
  });
});
