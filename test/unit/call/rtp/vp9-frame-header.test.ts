import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isDecodableFrame, parseVp9FrameHeader } from '../../../../src/call/rtp/vp9-frame-header.ts';

/** Fields of an uncompressed header, as [value, bits], with a few bytes of what follows. */
function frame(...fields: (readonly [value: number, bits: number])[]): Uint8Array {
  const bits = fields.map(([value, count]) => value.toString(2).padStart(count, '0')).join('');
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  return Uint8Array.from(whole.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

const SYNC = [0x498342, 24] as const;
const size = (width: number, height: number) => [[width - 1, 16] as const, [height - 1, 16] as const];
const keyFrame = (width: number, height: number, { profile = 0, sync = SYNC, colours = 2 } = {}): Uint8Array =>
  frame(
    [2, 2],
    [profile & 1, 1],
    [profile >> 1, 1],
    [0, 1],
    [0, 1],
    [1, 1],
    [0, 1],
    sync,
    [colours, 3],
    [0, 1],
    ...size(width, height),
  );
/** Shown and not resilient, its references and then `rest`. */
const interFrame = (...rest: (readonly [number, number])[]): Uint8Array =>
  frame([2, 2], [0, 2], [0, 1], [1, 1], [1, 1], [0, 1], [0, 2], [1, 8], [0, 12], ...rest);

describe('header of a VP9 frame', () => {
  it('tells the size of key frames, of frames that give one, and that others give none', () => {
    const other = { showsExisting: false, key: false };
    const cases: [string, Uint8Array, unknown][] = [
      ['key', keyFrame(1_280, 720), { showsExisting: false, key: true, size: { width: 1_280, height: 720 } }],
      ['as the second reference', interFrame([0, 1], [1, 1]), { ...other, size: null }],
      ['of its own size', interFrame([0, 3], ...size(640, 360)), { ...other, size: { width: 640, height: 360 } }],
      [
        'intra only, resilient',
        frame([2, 2], [0, 2], [0, 1], [1, 1], [0, 1], [1, 1], [1, 1], SYNC, [1, 8], ...size(320, 180)),
        { ...other, size: { width: 320, height: 180 } },
      ],
      ['shows an existing one', frame([2, 2], [0, 2], [1, 1], [5, 3]), { ...other, showsExisting: true, size: null }],
    ];
    for (const [name, bytes, expected] of cases) {
      assert.deepEqual(parseVp9FrameHeader(bytes), expected, name);
      for (let end = 0; end < bytes.length; end++)
        assert.equal(parseVp9FrameHeader(bytes.subarray(0, end)), null, `${name}, cut after ${end} bytes`);
    }
  });

  it('refuses other profiles, other marks and RGB', () => {
    for (const profile of [1, 2, 3]) assert.equal(parseVp9FrameHeader(keyFrame(64, 64, { profile })), null);
    assert.equal(parseVp9FrameHeader(keyFrame(64, 64, { sync: [0x498343, 24] as never })), null);
    assert.equal(parseVp9FrameHeader(keyFrame(64, 64, { colours: 7 })), null);
    const marked = keyFrame(64, 64);
    marked[0] = (marked[0] ?? 0) ^ 0x40;
    assert.equal(parseVp9FrameHeader(marked), null);
  });

  it('takes 4096×2304 and nothing wider or higher, in every kind of frame', () => {
    assert.ok(isDecodableFrame(keyFrame(4_096, 2_304)));
    for (const [width, height] of [
      [4_097, 16],
      [16, 2_305],
      [65_536, 65_536],
    ] as const) {
      assert.ok(!isDecodableFrame(keyFrame(width, height)));
      assert.ok(!isDecodableFrame(interFrame([0, 3], ...size(width, height))));
    }
  });

  it('answers for any bytes, and accepts no size beyond the limit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), fc.nat(255), (bytes, second) => {
        // Most noise fails at the marker: half of the runs begin as a frame does.
        if (second & 1 && bytes.length > 0) bytes[0] = 0x80 | (second & 0x0f);
        const header = parseVp9FrameHeader(bytes);
        if (isDecodableFrame(bytes))
          assert.ok(!header?.size || (header.size.width <= 4_096 && header.size.height <= 2_304));
      }),
      { numRuns: 3_000 },
    );
  });
});
