import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeMessage, MessageDecoder } from '../../../../src/devices/visca/framing.ts';
import type { ViscaTransport } from '../../../../src/devices/visca/framing.ts';
import { MAX_PACKET, parseReply, ReplySplitter } from '../../../../src/devices/visca/reply.ts';
import type { ViscaReply } from '../../../../src/devices/visca/reply.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const samples: [string, ViscaReply][] = [
  ['90 41 FF', { kind: 'ack', from: 1, socket: 1 }],
  ['90 52 FF', { kind: 'completion', from: 1, socket: 2, data: new Uint8Array() }],
  ['90 50 02 FF', { kind: 'completion', from: 1, socket: 0, data: bytes('02') }],
  ['A0 60 02 FF', { kind: 'error', from: 2, socket: 0, reason: 'syntax' }],
  ['90 60 03 FF', { kind: 'error', from: 1, socket: 0, reason: 'buffer-full' }],
  ['90 61 04 FF', { kind: 'error', from: 1, socket: 1, reason: 'cancelled' }],
  ['90 61 05 FF', { kind: 'error', from: 1, socket: 1, reason: 'no-socket' }],
  ['90 61 41 FF', { kind: 'error', from: 1, socket: 1, reason: 'not-executable' }],
  ['90 38 FF', { kind: 'network-change', from: 1 }],
  ['88 30 03 FF', { kind: 'address-set', cameras: 2 }],
  ['88 01 00 01 FF', { kind: 'interface-cleared' }],
];

const reply = fc.constantFrom(...samples.map(([hex]) => bytes(hex)));
/** Noise that is no reply: bytes of the lower half cannot begin one. */
const noise = fc.uint8Array({ max: 0x7f, maxLength: 40 });

describe('VISCA replies', () => {
  for (const [hex, expected] of samples) {
    it(`reads ${hex}`, () => assert.deepEqual(parseReply(bytes(hex)), expected));
  }

  it('does not take anything else for a reply', () => {
    for (const hex of ['', 'FF', '90 FF', '81 01 FF', '90 41', '90 41 00 FF', '90 60 FF', '91 41 FF', '90 70 FF']) {
      assert.equal(parseReply(bytes(hex)), null, hex);
    }
    assert.equal(parseReply(Uint8Array.of(0x90, 0x50, ...new Array<number>(14).fill(1), 0xff)), null);
  });

  it('split at each byte: finds the same replies, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(20)), (packets, cuts) => {
        const stream = Uint8Array.from(packets.flatMap((packet) => [...packet]));
        const splitter = new ReplySplitter();
        const found: (ViscaReply | null)[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          found.push(...splitter.push(stream.subarray(at, at + cut)));
          at = Math.min(stream.length, at + cut);
        }
        assert.deepEqual(found, packets.map(parseReply));
      }),
    );
  });

  it('noise first: finds the reply behind it, also directly behind it', () => {
    fc.assert(
      fc.property(noise, reply, (before, packet) => {
        const found = new ReplySplitter().push(Uint8Array.of(...before, ...packet));
        assert.deepEqual(found, [parseReply(packet)]);
      }),
    );
  });

  it('whatever comes: does not throw, keeps one packet at most, and hears the reply after the next terminator', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), reply, (before, packet) => {
        const splitter = new ReplySplitter();
        splitter.push(before);
        splitter.push(Uint8Array.of(0xff));
        assert.deepEqual(splitter.push(packet), [parseReply(packet)]);
      }),
    );
  });

  it('oversize: a packet longer than any is dropped whole', () => {
    const oversize = Uint8Array.of(0x90, 0x50, ...new Array<number>(MAX_PACKET).fill(0x10), 0xff);
    assert.deepEqual(new ReplySplitter().push(oversize), []);
  });
});

describe('VISCA over IP', () => {
  it('writes the header of the manual around a command', () => {
    // AVer PTC310 manual, "VISCA over IP settings".
    const expected = bytes('01 00 00 09 00 00 00 01 81 01 06 01 07 07 01 03 FF');
    assert.deepEqual(encodeMessage('udp-header', 'command', 1, bytes('81 01 06 01 07 07 01 03 FF')), expected);
    assert.deepEqual(encodeMessage('udp', 'command', 1, bytes('81 09 04 00 FF')), bytes('81 09 04 00 FF'));
    assert.deepEqual(
      encodeMessage('udp-header', 'control', 0xffff_ffff, bytes('01')),
      bytes('02 00 00 01 FF FF FF FF 01'),
    );
  });

  it('reads replies, the end of a reset and refusals', () => {
    const read = (hex: string): unknown[] => new MessageDecoder('udp-header').push(bytes(hex));
    const ack = { kind: 'ack', from: 1, socket: 1 };
    assert.deepEqual(read('01 11 00 03 00 00 01 02 90 41 FF'), [{ kind: 'reply', sequence: 258, reply: ack }]);
    assert.deepEqual(read('02 01 00 01 00 00 00 00 01'), [{ kind: 'reset-done' }]);
    assert.deepEqual(read('02 01 00 02 00 00 00 00 0F 01'), [{ kind: 'sequence-refused' }]);
    assert.deepEqual(read('02 00 00 02 00 00 00 00 0F 02'), [{ kind: 'message-refused' }]);
    assert.deepEqual(read('90 41 FF'), [{ kind: 'reply', sequence: null, reply: ack }]);
    assert.deepEqual(read('01 11 00 04 00 00 01 02 90 41 FF'), []);
    assert.deepEqual(read('01 00 00 03 00 00 01 02 90 41 FF'), []);
  });

  it('half a datagram does not go on in the next', () => {
    const decoder = new MessageDecoder('udp');
    assert.deepEqual(decoder.push(bytes('90 50 01')), []);
    assert.deepEqual(decoder.push(bytes('90 41 FF')).length, 1);
  });

  it('does not throw whatever comes, and reads the good datagram after it', () => {
    const transport = fc.constantFrom<ViscaTransport>('udp', 'udp-header');
    fc.assert(
      fc.property(transport, fc.array(fc.uint8Array({ maxLength: 40 })), (kind, datagrams) => {
        const decoder = new MessageDecoder(kind);
        for (const datagram of datagrams) decoder.push(datagram);
        assert.equal(decoder.push(bytes('90 41 FF')).length, 1);
      }),
    );
  });
});
