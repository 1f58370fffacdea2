import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRtpHeader, parseRtp, RtpHeaderWriter } from '../../../../src/call/rtp/rtp-packet.ts';
import type { IncomingLayerFrame } from '../../../../src/call/rtp/vp9-depacketizer.ts';
import { Vp9Depacketizer } from '../../../../src/call/rtp/vp9-depacketizer.ts';
import { createVp9Descriptor, parseVp9Descriptor } from '../../../../src/call/rtp/vp9-payload-descriptor.ts';
import type { OutgoingLayerFrame } from '../../../../src/call/rtp/vp9-packetizer.ts';
import { MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES, Vp9Packetizer } from '../../../../src/call/rtp/vp9-packetizer.ts';
import type { EncodedFrame } from './ksvc.ts';
import { KsvcSource } from './ksvc.ts';

const writer = new RtpHeaderWriter({
  ssrc: 1,
  payloadType: 101,
  mid: '0',
  extensions: { mid: 1, absSendTime: null, transportCc: null },
});

class Cutter {
  readonly packetizer: Vp9Packetizer;
  #sequence = 0;
  constructor(pictureId = 0x7ffd, tl0 = 254) {
    this.packetizer = new Vp9Packetizer(3, { pictureId, tl0 });
  }

  cut(frame: OutgoingLayerFrame): Buffer[] {
    const packets: Buffer[] = [];
    this.packetizer.begin(frame);
    while (this.packetizer.remaining > 0) {
      const packet = Buffer.alloc(1_400);
      const length = this.packetizer.writeNext(packet, writer.length);
      assert.ok(length <= MAX_PAYLOAD_BYTES, `payload of ${length} bytes`);
      writer.write(packet, this.#sequence++ & 0xffff, frame.picture * 3_000, this.packetizer.marker);
      packets.push(packet.subarray(0, writer.length + length));
    }
    return packets;
  }
}

function descriptorOf(packet: Buffer) {
  const header = createRtpHeader();
  const d = createVp9Descriptor();
  assert.ok(parseRtp(packet, header));
  assert.ok(parseVp9Descriptor(packet, header.payloadOffset, packet.length, d));
  return { ...d, marker: header.marker, payload: packet.length - header.payloadOffset };
}

function gather(): { depacketizer: Vp9Depacketizer; frames: IncomingLayerFrame[]; push: (packet: Buffer) => void } {
  const frames: IncomingLayerFrame[] = [];
  const depacketizer = new Vp9Depacketizer((frame) => frames.push(frame));
  const header = createRtpHeader();
  return {
    depacketizer,
    frames,
    push: (packet) => {
      if (parseRtp(packet, header)) depacketizer.push(packet, header, 0);
    },
  };
}

const pictureOf = (frames: readonly EncodedFrame[]) =>
  frames.map((frame) => [frame.picture, frame.spatial, frame.body.toString('hex')]);

describe('VP9 packetizer', () => {
  it('marks the last packet of the top layer that is sent, and no other', () => {
    for (const active of [1, 2, 3]) {
      const cutter = new Cutter();
      const source = new KsvcSource();
      source.active = active;
      const marks = source
        .next(0, () => 3_000)
        .map((frame) => cutter.cut(frame).map((packet) => descriptorOf(packet).marker));
      assert.deepEqual(marks.flat().filter(Boolean).length, 1);
      assert.equal(marks.at(-1)?.at(-1), true);
    }
  });

  it('puts the scalability structure on the first packet of a key picture only', () => {
    const cutter = new Cutter();
    const source = new KsvcSource();
    const packets = [...source.next(0, () => 3_000), ...source.next(0, () => 3_000)]
      .flatMap((frame) => cutter.cut(frame))
      .map(descriptorOf);
    assert.deepEqual(
      packets.map((d) => d.structure !== null),
      [true, ...packets.slice(1).map(() => false)],
    );
    assert.deepEqual(packets[0]?.structure?.sizes?.at(-1), { width: 1280, height: 720 });
  });

  it('numbers pictures and base pictures across both wraps', () => {
    const cutter = new Cutter(0x7ffd, 254);
    const source = new KsvcSource();
    const firsts = Array.from({ length: 9 }, () =>
      source.next(0, () => 20).map((frame) => cutter.cut(frame)[0] ?? Buffer.alloc(0)),
    );
    const ids = firsts.map((layers) =>
      layers.map((packet) => descriptorOf(packet)).map((d) => [d.pictureId, d.tl0, d.temporal]),
    );
    assert.deepEqual(
      ids.map((layers) => layers[0]),
      [
        [0x7ffe, 255, 0],
        [0x7fff, 255, 2],
        [0, 255, 1],
        [1, 255, 2],
        [2, 0, 0],
        [3, 0, 2],
        [4, 0, 1],
        [5, 0, 2],
        [6, 1, 0],
      ],
    );
    for (const layers of ids) assert.equal(new Set(layers.map(String)).size, 1, 'one id for all layers of a picture');
  });

  it('skips the ids of temporal layers that the encoder sheds', () => {
    const cutter = new Cutter(9, 0);
    const source = new KsvcSource();
    const ids: number[] = [];
    for (let i = 0; i < 13; i++) {
      const frames = source.next(0, () => 20);
      if (frames[0]?.temporal === 2) continue;
      for (const frame of frames) ids.push(descriptorOf(cutter.cut(frame)[0] ?? Buffer.alloc(0)).pictureId);
    }
    assert.deepEqual([...new Set(ids)], [10, 12, 14, 16, 18, 20, 22]);
    assert.equal(cutter.packetizer.patternBroken, false);
  });

  it('notices that the encoder left out a picture others refer to', () => {
    const cutter = new Cutter();
    const source = new KsvcSource();
    for (let i = 0; i < 4; i++) {
      const frames = source.next(0, () => 20);
      if (frames[0]?.temporal !== 1) for (const frame of frames) cutter.cut(frame);
    }
    assert.equal(cutter.packetizer.patternBroken, true);
    source.forceKey();
    for (const frame of source.next(0, () => 20)) cutter.cut(frame);
    assert.equal(cutter.packetizer.patternBroken, false);
  });

  it('refuses what it cannot say in a descriptor', () => {
    const good = new KsvcSource().next(0, () => 100)[0];
    assert.ok(good);
    for (const [what, bad] of Object.entries({
      'size, empty': { parts: [] },
      'size, huge': { parts: [Buffer.alloc(MAX_FRAME_BYTES + 1)] },
      'spatial layer, not active': { spatial: 2, activeSpatialLayers: 2 },
      'spatial layer, none': { activeSpatialLayers: 0 },
      'temporal layer, of a key picture': { temporal: 1 },
      'no key picture before it': { key: false },
    }))
      assert.throws(() => new Cutter().cut({ ...good, ...bad }), { code: 'call/rtp-frame-invalid' }, what);
  });

  it('is undone by the depacketizer, whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 8, max: 6_000 }), fc.boolean()), { minLength: 1, maxLength: 12 }),
        fc.nat(0x7fff),
        fc.nat(255),
        (pictures, pictureId, tl0) => {
          const cutter = new Cutter(pictureId, tl0);
          const source = new KsvcSource();
          const { frames, push } = gather();
          const sent: EncodedFrame[] = [];
          for (const [bytes, key] of pictures) {
            if (key) source.forceKey();
            for (const frame of source.next(0, (spatial) => bytes * (spatial + 1))) {
              sent.push(frame);
              for (const packet of cutter.cut(frame)) push(packet);
            }
          }
          assert.deepEqual(
            frames.map((frame) => [frame.data.readUInt32BE(0), frame.spatial, frame.data.toString('hex')]),
            pictureOf(sent),
          );
          assert.deepEqual(
            frames.map((frame) => [frame.key, frame.temporal, frame.endOfPicture, frame.size?.width]),
            sent.map((frame) => [frame.key, frame.temporal, frame.spatial === 2, 320 << frame.spatial]),
          );
          assert.deepEqual(
            frames.map((frame) => frame.index),
            sent.map((_, i) => i),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('VP9 depacketizer', () => {
  it('gives whole frames only, and leaves a hole in the numbering for the others', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (fates) => {
        const cutter = new Cutter();
        const source = new KsvcSource();
        const { frames, push, depacketizer } = gather();
        const whole: string[] = [];
        let n = 0;
        for (let picture = 0; picture < 4; picture++)
          for (const frame of source.next(0, () => 2_600)) {
            let complete = true;
            for (const packet of cutter.cut(frame)) {
              if (fates[n++ % fates.length]) push(packet);
              else {
                complete = false;
                depacketizer.gap();
              }
            }
            if (complete) whole.push(`${frame.picture}/${frame.spatial}`);
          }
        assert.deepEqual(
          frames.map((frame) => `${frame.data.readUInt32BE(0)}/${frame.spatial}`),
          whole,
        );
        for (const [i, frame] of frames.entries()) {
          const before = frames[i - 1];
          if (before === undefined) continue;
          const neighbours =
            frame.data.readUInt32BE(0) * 3 + frame.spatial === before.data.readUInt32BE(0) * 3 + before.spatial + 1;
          assert.equal(frame.index === before.index + 1, neighbours);
        }
      }),
    );
  });

  it('counts a frame that never ends, a middle without beginning, and one that grows without bound', () => {
    const cutter = new Cutter();
    const [frame] = new KsvcSource().next(0, () => 5_000);
    assert.ok(frame);
    const packets = cutter.cut(frame);
    const one = gather();
    one.push(packets[0] ?? Buffer.alloc(0));
    one.push(packets[0] ?? Buffer.alloc(0));
    assert.equal(one.depacketizer.stats.incomplete, 1);
    const two = gather();
    two.push(packets[1] ?? Buffer.alloc(0));
    assert.deepEqual([two.depacketizer.stats.incomplete, two.frames.length], [1, 0]);
    const three = gather();
    three.push(packets[0] ?? Buffer.alloc(0));
    for (let i = 0; i < 2_000; i++) three.push(packets[1] ?? Buffer.alloc(0));
    assert.deepEqual([three.depacketizer.stats.oversized, three.frames.length], [1, 0]);
  });

  it('passes over padding, and survives noise', () => {
    const { push, frames, depacketizer } = gather();
    const cutter = new Cutter();
    const [frame] = new KsvcSource().next(0, () => 2_000);
    assert.ok(frame);
    const [first, second] = cutter.cut(frame);
    assert.ok(first && second);
    push(first);
    push(Buffer.from('a065000100000000000000010000000004', 'hex').subarray(0, 16));
    push(second);
    assert.equal(frames.length, 1);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (noise) => {
        push(Buffer.concat([first.subarray(0, 12 + 8), noise]));
        assert.ok(depacketizer.stats.frames < 10_000);
      }),
      { numRuns: 1_000 },
    );
  });
});
