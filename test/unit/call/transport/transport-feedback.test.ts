import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ManualClock } from '../../../../src/lib/clock.ts';
import { parseTransportFeedback } from '../../../../src/call/rtp/twcc.ts';
import type { TransportFeedbackMessage } from '../../../../src/call/rtp/twcc.ts';
import { TransportFeedback } from '../../../../src/call/transport/transport-feedback.ts';

function rig(): { clock: ManualClock; feedback: TransportFeedback; sent: TransportFeedbackMessage[]; sizes: number[] } {
  const clock = new ManualClock();
  const sent: TransportFeedbackMessage[] = [];
  const sizes: number[] = [];
  const send = (rtcp: Buffer): void => {
    const parsed = parseTransportFeedback(rtcp);
    assert.ok(parsed);
    sent.push(parsed);
    sizes.push(rtcp.length);
  };
  return { clock, feedback: new TransportFeedback({ clock, senderSsrc: 7, send }), sent, sizes };
}

/** Sequence number (mod 2^16) to arrival in milliseconds, out of all messages; the last word on each counts. */
function arrivalsIn(messages: readonly TransportFeedbackMessage[]): Map<number, number | null> {
  const out = new Map<number, number | null>();
  for (const message of messages) {
    let ticks = message.referenceTime * 256;
    message.deltas.forEach((delta, i) => {
      const sequence = (message.baseSequence + i) & 0xffff;
      if (delta !== null) ticks += delta;
      out.set(sequence, delta === null ? (out.get(sequence) ?? null) : ticks / 4);
    });
  }
  return out;
}

describe('feedback of the receive transport', () => {
  it('reports after 100 ms, with the time of each packet to 250 µs and the media SSRC of the last', () => {
    const { clock, feedback, sent } = rig();
    clock.advance(1_000);
    for (let i = 0; i < 5; i++) {
      feedback.handlePacket(10 + i, 100 + i, clock.nowMs());
      clock.advance(10.25);
    }
    assert.equal(sent.length, 0);
    clock.advance(100);
    assert.equal(sent.length, 1);
    assert.deepEqual([sent[0]?.senderSsrc, sent[0]?.mediaSsrc, sent[0]?.baseSequence], [7, 104, 10]);
    assert.deepEqual([...arrivalsIn(sent).values()], [1_000, 1_010.25, 1_020.5, 1_030.75, 1_041]);
  });

  it('reports after 50 ms that several packets are missing, and a single one with the others', () => {
    const { clock, feedback, sent } = rig();
    const take = (sequence: number): void => feedback.handlePacket(sequence, 1, clock.nowMs());
    take(0);
    clock.advance(100);
    take(2);
    clock.advance(60);
    take(3);
    assert.equal(sent.length, 1);
    take(6);
    assert.equal(sent.length, 2);
    assert.deepEqual(
      sent[1]?.deltas.map((delta) => delta !== null),
      [false, true, true, false, false, true],
    );
    take(20);
    assert.equal(sent.length, 2);
  });

  it('reports a burst after 50 ms', () => {
    const { clock, feedback, sent } = rig();
    feedback.handlePacket(0, 1, clock.nowMs());
    clock.advance(100);
    for (let i = 1; i <= 40; i++) feedback.handlePacket(i, 1, clock.nowMs());
    assert.equal(sent.length, 1);
    clock.advance(50);
    feedback.handlePacket(41, 1, clock.nowMs());
    assert.equal(sent.length, 2);
  });

  it('sends nothing and holds no timer while nothing arrives', () => {
    const { clock, feedback, sent } = rig();
    feedback.handlePacket(1, 1, clock.nowMs());
    clock.advance(100);
    clock.advance(10_000);
    assert.equal(sent.length, 1);
    assert.equal(clock.pending, 0);
  });

  it('names lost packets, the ones between two reports too', () => {
    const { clock, feedback, sent } = rig();
    for (const sequence of [65_534, 0]) feedback.handlePacket(sequence, 1, clock.nowMs());
    clock.advance(100);
    feedback.handlePacket(3, 1, clock.nowMs());
    clock.advance(100);
    assert.deepEqual(
      sent.map((m) => [m.baseSequence, m.deltas.map((d) => d !== null), m.feedbackCount]),
      [
        [65_534, [true, false, true], 0],
        [1, [false, false, true], 1],
      ],
    );
  });

  it('reports a packet that comes late, with its time', () => {
    const { clock, feedback, sent } = rig();
    feedback.handlePacket(1, 1, clock.nowMs());
    feedback.handlePacket(3, 1, clock.nowMs());
    clock.advance(110);
    feedback.handlePacket(2, 1, clock.nowMs());
    clock.advance(100);
    assert.equal(sent.length, 2);
    assert.deepEqual(
      [...arrivalsIn(sent)],
      [
        [1, 0],
        [2, 110],
        [3, 0],
      ],
    );
  });

  it('any order, loss and wrap: every arrival is reported at its time, in packets below the path MTU', () => {
    const packet = fc.record({
      skip: fc.integer({ min: 1, max: 40 }),
      waitMs: fc.integer({ min: 0, max: 400 }),
      swap: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff }),
        fc.array(packet, { minLength: 1, maxLength: 200 }),
        (first, packets) => {
          const { clock, feedback, sent, sizes } = rig();
          const expected = new Map<number, number>();
          let sequence = first;
          const arrive = (at: number): void => {
            feedback.handlePacket(at & 0xffff, 1, clock.nowMs());
            expected.set(at & 0xffff, clock.nowMs());
          };
          for (const { skip, waitMs, swap } of packets) {
            clock.advance(waitMs);
            sequence += skip + 1;
            arrive(sequence);
            if (swap) arrive(sequence - 1);
          }
          clock.advance(100);
          const reported = arrivalsIn(sent);
          for (const [at, ms] of expected) assert.equal(reported.get(at), ms);
          assert.ok(sizes.every((size) => size < 1_000));
          assert.equal(clock.pending, 0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('hostile jumps of the sequence number stay bounded', () => {
    const { clock, feedback, sent } = rig();
    for (let i = 0; i < 5_000; i++) feedback.handlePacket((i * 30_011) & 0xffff, 1, clock.nowMs());
    clock.advance(100);
    assert.ok(sent.reduce((sum, m) => sum + m.deltas.length, 0) < 20_000);
  });

  it('is silent once closed', () => {
    const { clock, feedback, sent } = rig();
    feedback.handlePacket(1, 1, clock.nowMs());
    feedback.close();
    feedback.handlePacket(2, 1, clock.nowMs());
    clock.advance(1_000);
    assert.equal(sent.length + clock.pending, 0);
  });
});
