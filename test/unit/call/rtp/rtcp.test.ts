import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  CompoundPacket,
  NackPacket,
  PliPacket,
  ReceiverReportPacket,
  SdesPacket,
  SenderReportPacket,
  parseNackItem,
} from 'rtp.js/packets';
import {
  buildFir,
  buildNack,
  buildPli,
  buildRr,
  buildSr,
  msToNtp,
  ntpMiddle,
  ntpToMs,
  parseRtcp,
} from '../../../../src/call/rtp/rtcp.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const one = (compound: Buffer) => {
  const { packets, malformed } = parseRtcp(compound);
  assert.equal(malformed, 0);
  assert.equal(packets.length, 1);
  return packets[0];
};
const others = (compound: Buffer) =>
  new CompoundPacket(new DataView(compound.buffer, compound.byteOffset, compound.length)).getPackets();

describe('RTCP', () => {
  it('writes a sender report with its CNAME as RFC 3550 sections 6.4.1 and 6.5 lay them out', () => {
    const sr = buildSr({
      ssrc: 0x01020304,
      ntpMs: 500,
      rtpTimestamp: 0xa0b0c0d0,
      packets: 5,
      octets: 600,
      cname: 'ab',
    });
    assert.equal(
      sr.toString('hex'),
      '80c80006' +
        '01020304' +
        '83aa7e80' +
        '80000000' +
        'a0b0c0d0' +
        '00000005' +
        '00000258' +
        '81ca0003' +
        '01020304' +
        '01026162' +
        '00000000',
    );
    const { packets } = parseRtcp(sr);
    assert.deepEqual(packets[0], {
      kind: 'sr',
      ssrc: 0x01020304,
      ntpMs: 500,
      ntpMiddle: 0x7e808000,
      rtpTimestamp: 0xa0b0c0d0,
      packets: 5,
      octets: 600,
      blocks: [],
    });
    assert.deepEqual(packets[1], { kind: 'sdes', ssrcs: [0x01020304] });
    const [otherSr, otherSdes] = others(sr);
    assert.ok(otherSr instanceof SenderReportPacket && otherSdes instanceof SdesPacket);
    assert.equal(otherSr.getRtpTimestamp(), 0xa0b0c0d0);
    assert.equal(otherSdes.getChunks()[0]?.getSsrc(), 0x01020304);
  });

  it('writes and reads receiver reports alike, as rtp.js does', () => {
    const u32 = fc.nat(0xffff_ffff);
    fc.assert(
      fc.property(
        u32,
        fc.array(
          fc.record(
            {
              ssrc: u32,
              fractionLost: fc.nat(255),
              cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
              highestSequence: u32,
              jitter: u32,
              lastSr: u32,
              delaySinceLastSr: u32,
            },
            { noNullPrototype: true },
          ),
          { maxLength: 31 },
        ),
        (ssrc, blocks) => {
          const rr = buildRr(ssrc, blocks);
          assert.deepEqual(one(rr), { kind: 'rr', ssrc, blocks });
          const [other] = others(rr);
          assert.ok(other instanceof ReceiverReportPacket);
          // Without the cumulative loss, of which rtp.js reads 12 of the 24 bits.
          assert.deepEqual(
            other
              .getReports()
              .map((r) => [r.getFractionLost(), r.getHighestSeqNumber(), r.getJitter(), r.getDelaySinceLastSR()]),
            blocks.map((b) => [b.fractionLost, b.highestSequence, b.jitter, b.delaySinceLastSr]),
          );
        },
      ),
    );
  });

  it('bounds the cumulative loss to its 24 bits', () => {
    const block = {
      ssrc: 1,
      fractionLost: 300,
      cumulativeLost: 10_000_000,
      highestSequence: 0,
      jitter: 0,
      lastSr: 0,
      delaySinceLastSr: 0,
    };
    const parsed = one(buildRr(1, [block]));
    assert.ok(parsed?.kind === 'rr');
    assert.deepEqual(parsed.blocks, [{ ...block, fractionLost: 255, cumulativeLost: 0x7f_ffff }]);
  });

  it('packs NACKs of RFC 4585 section 6.2.1, across the wrap', () => {
    const nack = buildNack(1, 2, [0xfffe, 0xffff, 0, 14, 15, 100]);
    assert.equal(nack.toString('hex'), '81cd0005' + '00000001' + '00000002' + 'fffe8003' + '000f0000' + '00640000');
    assert.deepEqual(one(nack), { kind: 'nack', sender: 1, media: 2, sequences: [0xfffe, 0xffff, 0, 14, 15, 100] });
  });

  it('asks for exactly the packets it was told, as rtp.js reads it too', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.uniqueArray(fc.nat(2_000), { minLength: 1, maxLength: 120 }), (start, steps) => {
        const sequences = steps.sort((a, b) => a - b).map((step) => (start + step) & 0xffff);
        const nack = buildNack(1, 2, sequences);
        const parsed = one(nack);
        assert.ok(parsed?.kind === 'nack');
        assert.deepEqual(parsed.sequences, sequences);
        const [other] = others(nack);
        assert.ok(other instanceof NackPacket);
        // rtp.js does not wrap what the mask adds.
        assert.deepEqual(
          other
            .getItems()
            .flatMap((item) => parseNackItem(item.pid, item.bitmask).map((sequence) => sequence & 0xffff)),
          sequences,
        );
      }),
    );
  });

  it('writes PLI and FIR', () => {
    const pli = buildPli(0x0a, 0x0b);
    assert.equal(pli.toString('hex'), '81ce00020000000a0000000b');
    assert.deepEqual(one(pli), { kind: 'pli', sender: 10, media: 11 });
    assert.ok(others(pli)[0] instanceof PliPacket);
    const fir = buildFir(0x0a, 0x0b, 259);
    assert.equal(fir.toString('hex'), '84ce00040000000a000000000000000b03000000');
    assert.deepEqual(one(fir), { kind: 'fir', sender: 10, requests: [{ ssrc: 11, number: 3 }] });
  });

  it('reads REMB (draft-alvestrand-rmcat-remb-03)', () => {
    // Exponent 3, mantissa 0x2_0001, two streams.
    const remb = hex('8fce0006 00000001 00000000 52454d42 02 0e0001 00000005 00000006');
    assert.deepEqual(one(remb), { kind: 'remb', sender: 1, bitrateBps: 0x2_0001 * 8, ssrcs: [5, 6] });
    assert.equal(parseRtcp(hex('8fce0004 00000001 00000000 52454d42 02 0e0001')).malformed, 1);
  });

  it('tells only where transport feedback lies', () => {
    const feedback = hex('8fcd0004 00000001 00000002 0001 0000 00000000');
    assert.deepEqual(one(feedback), { kind: 'transport-feedback', sender: 1, media: 2, offset: 0, length: 20 });
  });

  it('reads the good packets of a compound beside a bad one', () => {
    const badNack = hex('81cd0002 00000001 00000002');
    const { packets, malformed } = parseRtcp(Buffer.concat([buildPli(1, 2), badNack, buildPli(3, 4)]));
    assert.equal(malformed, 1);
    assert.deepEqual(
      packets.map((packet) => packet.kind),
      ['pli', 'pli'],
    );
  });

  it('reads BYE, and passes over what it does not know', () => {
    assert.deepEqual(one(hex('81cb0001 00000007')), { kind: 'bye', ssrcs: [7] });
    assert.deepEqual(one(hex('80cf0001 00000007')), { kind: 'other', type: 207, format: 0 });
  });

  it('never throws and bounds what it reads of noise', () => {
    const good = Buffer.concat([
      buildSr({ ssrc: 1, ntpMs: 0, rtpTimestamp: 0, packets: 0, octets: 0, cname: 'x' }),
      buildNack(1, 2, [1, 5, 900]),
      buildFir(1, 2, 3),
      hex('8fce0006 00000001 00000000 52454d42 02 0e0001 00000005 00000006'),
    ]);
    for (let length = 0; length < good.length; length++) parseRtcp(good.subarray(0, length));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
        (noise, flips) => {
          parseRtcp(Buffer.from(noise));
          const bent = Buffer.from(good);
          for (const [at, value] of flips) bent[at] = value;
          assert.ok(parseRtcp(bent).packets.length <= 32);
        },
      ),
      { numRuns: 2_000 },
    );
    assert.deepEqual(parseRtcp(Buffer.alloc(70_000, 0x80)), { packets: [], malformed: 1 });
    const many = Buffer.concat(Array.from({ length: 100 }, () => buildPli(1, 2)));
    assert.equal(parseRtcp(many).packets.length, 32);
  });

  it('keeps NTP to a microsecond, past the era change of 2036', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4e12, noNaN: true }), (ms) => {
        const { seconds, fraction } = msToNtp(ms);
        assert.ok(Math.abs(ntpToMs(seconds, fraction) - ms) < 0.001);
      }),
    );
    assert.equal(ntpMiddle(1_500), 0x7e818000);
  });
});
