import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FrameReader, frameOf } from '../../../../src/call/transport/tcp-bridge.ts';

describe('frames on TCP (RFC 4571)', () => {
  it('golden: the length comes first', () => assert.equal(frameOf(Buffer.from('abc')).toString('hex'), '0003616263'));

  it('datagrams come out whole, wherever the stream is split', () => {
    const datagrams = fc.array(fc.uint8Array({ minLength: 1, maxLength: 2_048 }), { maxLength: 10 });
    fc.assert(
      fc.property(datagrams, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (list, sizes) => {
        const stream = Buffer.concat(list.map((datagram) => frameOf(Buffer.from(datagram))));
        const out: string[] = [];
        const reader = new FrameReader((datagram) => out.push(datagram.toString('hex')));
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          assert.ok(reader.push(stream.subarray(at, at + size)));
          at += size;
        }
        assert.deepEqual(
          out,
          list.map((datagram) => Buffer.from(datagram).toString('hex')),
        );
      }),
    );
  });

  it('a frame of nothing is skipped, an oversized one ends the stream', () => {
    const out: Buffer[] = [];
    const reader = new FrameReader((datagram) => out.push(datagram));
    assert.ok(reader.push(Buffer.from('00000001aa', 'hex')));
    assert.deepEqual(out, [Buffer.from('aa', 'hex')]);
    assert.ok(!reader.push(Buffer.from('0801', 'hex')));
  });
});
