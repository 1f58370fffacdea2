import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RtpPacket } from 'rtp.js/packets';
import {
  createRtpHeader,
  extensionDataLength,
  findExtension,
  parseRtp,
  RtpHeaderWriter,
  unwrapRtx,
  writeAbsSendTime,
} from '../../../../src/call/rtp/rtp-packet.ts';

const allExtensions = { mid: 1, absSendTime: 4, transportCc: 5 };
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('RTP packets', () => {
  it('has the layout of RFC 3550 section 5.1, byte by byte', () => {
    const header = createRtpHeader();
    const packet = hex('80 e5 1234 89abcdef 01020304 aabbcc');
    assert.ok(parseRtp(packet, header));
    assert.deepEqual(header, {
      marker: true,
      payloadType: 0x65,
      sequence: 0x1234,
      timestamp: 0x89abcdef,
      ssrc: 0x01020304,
      payloadOffset: 12,
      payloadLength: 3,
      extensionOffset: 0,
      extensionLength: 0,
    });
  });

  it('passes over contributing sources and takes padding off', () => {
    const header = createRtpHeader();
    assert.ok(parseRtp(hex('a2 65 0001 00000001 00000002 11111111 22222222 aabb 000003'), header));
    assert.equal(header.payloadOffset, 20);
    assert.equal(header.payloadLength, 2);
  });

  it('writes header extensions in the one-byte form of RFC 8285', () => {
    const writer = new RtpHeaderWriter({ ssrc: 0xcafebabe, payloadType: 101, mid: 'v0', extensions: allExtensions });
    const packet = Buffer.alloc(64);
    const length = writer.write(packet, 0xfffe, 0xfffffffe, true);
    writer.stamp(packet, 1_500, () => 0x1_0203);
    // 1.5 s in 6.18 fixed point is 0x060000; the transport-wide number keeps its low 16 bits.
    assert.equal(
      packet.subarray(0, length).toString('hex'),
      '90e5fffefffffffecafebabe' + 'bede0003' + '42060000' + '510203' + '117630' + '0000',
    );
  });

  it('writes nothing for extensions that are not negotiated, and asks for no transport-wide number', () => {
    const writer = new RtpHeaderWriter({
      ssrc: 1,
      payloadType: 96,
      mid: '0',
      extensions: { mid: null, absSendTime: null, transportCc: null },
    });
    const packet = Buffer.alloc(16);
    assert.equal(writer.write(packet, 1, 2, false), 12);
    writer.stamp(packet, 5, () => assert.fail('asked'));
    assert.equal(packet.toString('hex'), '80600001000000020000000100000000');
  });

  it('wraps abs-send-time every 64 seconds', () => {
    const at = (ms: number) => {
      const three = Buffer.alloc(3);
      writeAbsSendTime(three, 0, ms);
      return three.readUIntBE(0, 3);
    };
    assert.equal(at(0), 0);
    assert.equal(at(63_999.999), 0xff_ffff);
    assert.equal(at(64_000), 0);
    assert.equal(at(1_000), 2 ** 18);
  });

  it('is read by rtp.js as it was written', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.boolean(),
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.stringMatching(/^[a-z0-9]{1,16}$/),
        (sequence, timestamp, marker, payload, mid) => {
          const writer = new RtpHeaderWriter({ ssrc: 77, payloadType: 101, mid, extensions: allExtensions });
          const packet = Buffer.alloc(200);
          const length = writer.write(packet, sequence, timestamp, marker);
          packet.set(payload, length);
          const whole = packet.subarray(0, length + payload.length);
          const other = new RtpPacket(new DataView(whole.buffer, whole.byteOffset, whole.length));
          assert.deepEqual(
            [other.getSequenceNumber(), other.getTimestamp(), other.getMarker(), other.getSsrc()],
            [sequence, timestamp, marker, 77],
          );
          assert.equal(other.getPayload().byteLength, payload.length);
          const header = createRtpHeader();
          assert.ok(parseRtp(whole, header));
          assert.deepEqual(
            [header.sequence, header.timestamp, header.marker, header.payloadLength],
            [sequence, timestamp, marker, payload.length],
          );
          const found = findExtension(whole, header, 1);
          assert.equal(whole.toString('latin1', found, found + extensionDataLength(whole, found)), mid);
          assert.equal(findExtension(whole, header, 9), -1);
        },
      ),
    );
  });

  it('refuses what is cut off, of another version or oversized, and never throws', () => {
    const header = createRtpHeader();
    const packet = hex('90 65 0001 00000001 00000002 bede0001 10610000 aa');
    for (let length = 0; length < 20; length++)
      assert.equal(parseRtp(packet.subarray(0, length), header), false, `${length} bytes`);
    assert.ok(parseRtp(packet, header));
    assert.equal(parseRtp(hex('40 65 0001 00000001 00000002'), header), false);
    assert.equal(parseRtp(hex('a0 65 0001 00000001 00000002 05'), header), false, 'more padding than payload');
    assert.equal(parseRtp(Buffer.alloc(4_096, 0x80), header), false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const noise = Buffer.from(bytes);
        if (noise.length > 0) noise[0] = ((noise[0] ?? 0) & 0x3f) | 0x80;
        if (!parseRtp(noise, header)) return;
        assert.ok(header.payloadOffset + header.payloadLength <= noise.length && header.payloadLength >= 0);
        for (let id = 1; id < 15; id++) {
          const at = findExtension(noise, header, id);
          assert.ok(at === -1 || at + extensionDataLength(noise, at) <= header.payloadOffset);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('turns a retransmission back into the packet it repeats (RFC 4588)', () => {
    const header = createRtpHeader();
    const rtx = hex('90 e6 0009 00000010 22222222 bede0001 10610000 1234 aabbcc');
    assert.ok(parseRtp(rtx, header));
    const original = unwrapRtx(rtx, header, 0x11111111, 101);
    assert.equal(original?.toString('hex'), '90e5123400000010' + '11111111' + 'bede000110610000' + 'aabbcc');
  });

  it('takes a retransmission without a number for a probe', () => {
    const header = createRtpHeader();
    const rtx = hex('a0 66 0009 00000010 22222222 00000004');
    assert.ok(parseRtp(rtx, header));
    assert.equal(unwrapRtx(rtx, header, 1, 101), null);
  });
});
