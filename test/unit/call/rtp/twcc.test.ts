import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildTransportFeedback, MAX_STATUSES, parseTransportFeedback } from '../../../../src/call/rtp/twcc.ts';
import type { TransportFeedbackMessage } from '../../../../src/call/rtp/twcc.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const delta = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 255 }) },
  { weight: 1, arbitrary: fc.integer({ min: -0x8000, max: 0x7fff }) },
);
/** Mixed statuses and long runs of one. */
const deltas = fc
  .array(
    fc.oneof(
      fc.array(delta, { minLength: 1, maxLength: 20 }),
      fc.tuple(delta, fc.integer({ min: 1, max: 300 })).map(([d, n]) => Array<number | null>(n).fill(d)),
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((parts) => parts.flat());
const message: fc.Arbitrary<TransportFeedbackMessage> = fc.record(
  {
    senderSsrc: u32,
    mediaSsrc: u32,
    baseSequence: fc.integer({ min: 0, max: 0xffff }),
    referenceTime: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
    feedbackCount: fc.integer({ min: 0, max: 255 }),
    deltas,
  },
  { noNullPrototype: true },
);
const sample: TransportFeedbackMessage = {
  senderSsrc: 1,
  mediaSsrc: 2,
  baseSequence: 3,
  referenceTime: 4,
  feedbackCount: 5,
  deltas: [],
};

describe('transport-wide feedback', () => {
  it('reads back whatever it wrote', () => {
    fc.assert(
      fc.property(message, (m) => assert.deepEqual(parseTransportFeedback(buildTransportFeedback(m)), m)),
      { numRuns: 500 },
    );
  });

  it('writes whole words, marked as RTPFB format 15 of that length', () => {
    fc.assert(
      fc.property(message, (m) => {
        const packet = buildTransportFeedback(m);
        assert.equal(packet.length % 4, 0);
        assert.equal(packet.readUInt16BE(2) * 4 + 4, packet.length);
        assert.deepEqual([packet.readUInt8(0) & 0xdf, packet[1]], [0x8f, 205]);
      }),
    );
  });

  it('golden: a run, a one-bit vector with a run of one behind it, a two-bit vector', () => {
    const golden = (list: (number | null)[]): string =>
      buildTransportFeedback({ ...sample, deltas: list }).toString('hex', 14);
    assert.equal(golden(Array<number>(20).fill(1)), `0014000004052014${'01'.repeat(20)}0002`);
    assert.equal(golden([1, null, 2, ...Array<null>(11).fill(null), 3]), '000f00000405a800200101020301');
    assert.equal(golden([1, -1, null, 256]), '000400000405d88001ffff010001');
  });

  it('never throws on noise, nor on a message cut off or with a byte changed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void parseTransportFeedback(Buffer.from(bytes))),
    );
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (m, at, flip) => {
        const packet = buildTransportFeedback(m);
        assert.equal(parseTransportFeedback(packet.subarray(0, at % packet.length)), null);
        const position = at % packet.length;
        packet[position] = packet.readUInt8(position) ^ flip;
        const parsed = parseTransportFeedback(packet);
        assert.ok(parsed === null || parsed.deltas.length <= MAX_STATUSES);
      }),
    );
  });

  it('refuses a short packet that claims more statuses than the limit', () => {
    const packet = buildTransportFeedback({ ...sample, deltas: Array<null>(MAX_STATUSES).fill(null) });
    assert.equal(packet.length, 24);
    packet.writeUInt16BE(MAX_STATUSES + 1, 14);
    assert.equal(parseTransportFeedback(packet), null);
  });

  it('refuses the reserved symbol and a run of nothing', () => {
    const packet = buildTransportFeedback({ ...sample, deltas: [1, 2] });
    packet.writeUInt16BE(0x6002, 20);
    assert.equal(parseTransportFeedback(packet), null);
    packet.writeUInt16BE(0x2000, 20);
    assert.equal(parseTransportFeedback(packet), null);
  });

  it('does not write what does not fit', () => {
    for (const bad of [[], [0x8000], Array<null>(MAX_STATUSES + 1).fill(null)]) {
      assert.throws(() => buildTransportFeedback({ ...sample, deltas: bad }), /call\/feedback-out-of-range/);
    }
  });
});
