import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OutgoingDescriptor } from '../../../../src/call/rtp/vp9-payload-descriptor.ts';
import {
  createVp9Descriptor,
  encodeStructure,
  parseVp9Descriptor,
  temporalGroups,
  writeVp9Descriptor,
} from '../../../../src/call/rtp/vp9-payload-descriptor.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const sizes = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
];
const structure = encodeStructure({ spatialLayers: 3, sizes, group: temporalGroups[3] });
const written = (d: Partial<OutgoingDescriptor>) => {
  const into = Buffer.alloc(64);
  const whole = {
    pictureId: 0x1234,
    tl0: 0xab,
    key: false,
    spatial: 0,
    temporal: 0,
    activeSpatialLayers: 3,
    start: true,
    end: true,
    structure: null,
    ...d,
  };
  return into.subarray(0, writeVp9Descriptor(into, 0, whole)).toString('hex');
};
const parsed = (bytes: Buffer) => {
  const d = createVp9Descriptor();
  return parseVp9Descriptor(bytes, 0, bytes.length, d) ? d : null;
};

describe('VP9 payload descriptor', () => {
  it('of key pictures: P clear, D on upper layers, Z on the top one only', () => {
    assert.equal(written({ key: true, spatial: 0 }), 'ac' + '9234' + '00' + 'ab');
    assert.equal(written({ key: true, spatial: 1 }), 'ac' + '9234' + '03' + 'ab');
    assert.equal(written({ key: true, spatial: 2 }), 'ad' + '9234' + '05' + 'ab');
    assert.equal(
      written({ key: true, spatial: 0, activeSpatialLayers: 1 }),
      'ad' + '9234' + '00' + 'ab',
      'the only layer is the top one',
    );
  });

  it('of other pictures: P and Z set, D clear, U above the base layer', () => {
    assert.equal(written({ spatial: 0, temporal: 0 }), 'ed' + '9234' + '00' + 'ab');
    assert.equal(written({ spatial: 2, temporal: 2 }), 'ed' + '9234' + '54' + 'ab');
    assert.equal(written({ spatial: 1, temporal: 1, start: false, end: false }), 'e1' + '9234' + '32' + 'ab');
  });

  it('carries the scalability structure of three sizes and the group 0-2-1-2', () => {
    assert.equal(
      structure.toString('hex'),
      '58' + '014000b4' + '02800168' + '050002d0' + '04' + '0404' + '5401' + '3402' + '580102',
    );
    const d = parsed(hex(written({ key: true, structure, end: false })));
    assert.ok(d);
    assert.equal(d.length, 5 + structure.length);
    assert.deepEqual(d.structure, { spatialLayers: 3, sizes, group: temporalGroups[3] });
  });

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(
        fc.nat(0x7fff),
        fc.nat(255),
        fc.boolean(),
        fc.nat(2),
        fc.nat(2),
        fc.boolean(),
        fc.boolean(),
        (pictureId, tl0, key, spatial, temporal, start, end) => {
          const d = parsed(hex(written({ pictureId, tl0, key, spatial, temporal, start, end })));
          assert.ok(d);
          assert.deepEqual(
            [d.pictureId, d.pictureIdBits, d.tl0, d.interPicture, d.spatial, d.temporal, d.start, d.end],
            [pictureId, 15, tl0, !key, spatial, temporal, start, end],
          );
          assert.deepEqual(
            [d.flexible, d.hasLayers, d.switchUp, d.interLayer, d.notReferenceForUpper],
            [false, true, temporal > 0, key && spatial > 0, !(key && spatial < 2)],
          );
        },
      ),
    );
  });

  it('reads flexible mode with up to three references, and short picture ids', () => {
    const d = parsed(hex('fc 9001 52 03 05 06 ff'));
    assert.ok(d);
    assert.deepEqual([d.flexible, d.pictureId, d.temporal, d.spatial, d.tl0, d.length], [true, 0x1001, 2, 1, -1, 7]);
    assert.deepEqual([...d.references.subarray(0, d.referenceCount)], [1, 2, 3]);
    assert.equal(parsed(hex('80 15 00'))?.pictureId, 0x15);
    assert.equal(parsed(hex('80 15 00'))?.pictureIdBits, 7);
  });

  it('refuses four references, a reference to itself, and references without picture ids', () => {
    assert.equal(parsed(hex('fc 9001 52 03 05 07 08')), null);
    assert.equal(parsed(hex('fc 9001 52 00')), null);
    assert.equal(parsed(hex('5c 02 00')), null);
  });

  it('refuses every cut', () => {
    for (const whole of [hex(written({ key: true, structure })), hex('fc 9001 52 03 05 06')])
      for (let length = 0; length < whole.length; length++)
        assert.equal(parsed(whole.subarray(0, length)), null, `${length} bytes`);
  });

  it('stays within its bounds on noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const d = parsed(Buffer.from(noise));
        if (d === null) return;
        assert.ok(d.length >= 1 && d.length <= noise.length);
        assert.ok(d.spatial <= 7 && d.temporal <= 7 && d.referenceCount <= 3 && d.pictureId <= 0x7fff);
      }),
      { numRuns: 3_000 },
    );
  });
});
