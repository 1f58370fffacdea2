import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Picture } from '../../../../src/call/rtp/picture-assembler.ts';
import { PictureAssembler } from '../../../../src/call/rtp/picture-assembler.ts';
import type { IncomingLayerFrame } from '../../../../src/call/rtp/vp9-depacketizer.ts';
import { temporalGroups } from '../../../../src/call/rtp/vp9-payload-descriptor.ts';
import type { EncodedFrame } from './ksvc.ts';
import { KsvcSource } from './ksvc.ts';
import { seededRandom } from './support.ts';

type Mode = 'group' | 'no-group' | 'flexible';

/** The frame as it would leave the depacketizer. */
function received(
  frame: EncodedFrame,
  index: number,
  mode: Mode,
  ids: { pictureId: number; tl0: number },
  endOfPicture: boolean,
): IncomingLayerFrame {
  const structure =
    frame.key && frame.spatial === 0 && mode === 'group'
      ? { spatialLayers: 3, sizes: null, group: temporalGroups[3] }
      : null;
  return {
    data: frame.body,
    index,
    key: frame.key,
    spatial: frame.spatial,
    temporal: frame.temporal,
    interLayer: frame.key && frame.spatial > 0,
    switchUp: frame.temporal > 0,
    hasLayers: true,
    pictureId: ids.pictureId & 0x7fff,
    pictureIdBits: 15,
    tl0: mode === 'flexible' ? -1 : ids.tl0 & 0xff,
    references: mode === 'flexible' ? (frame.refersTo === null ? [] : [frame.picture - frame.refersTo]) : null,
    structure,
    size: null,
    rtpTimestamp: (frame.picture * 3_000) >>> 0,
    endOfPicture,
    arrivalMs: 0,
  };
}

class Stage {
  readonly source = new KsvcSource();
  readonly pictures: Picture[] = [];
  readonly assembler: PictureAssembler;
  readonly mode: Mode;
  keyRequests = 0;
  /** What the server forwards. */
  spatial = 2;
  temporal = 2;
  #index = 0;
  #tl0 = 250;
  #firstId = 0x7ff0;

  constructor(mode: Mode = 'group') {
    this.mode = mode;
    this.assembler = new PictureAssembler({
      onPicture: (picture) => this.pictures.push(picture),
      onKeyPictureNeeded: () => this.keyRequests++,
    });
  }

  /** One picture through server and network; `lose` says which layer frames do not arrive. */
  step(lose: (frame: EncodedFrame) => boolean = () => false): EncodedFrame[] {
    const frames = this.source.next(0, () => 12);
    if (frames[0]?.temporal === 0) this.#tl0++;
    const forwarded = frames.filter(
      (frame) =>
        frame.temporal <= this.temporal && (frame.key ? frame.spatial <= this.spatial : frame.spatial === this.spatial),
    );
    const arrived: EncodedFrame[] = [];
    for (const frame of forwarded) {
      const index = this.#index++;
      if (lose(frame)) continue;
      arrived.push(frame);
      const ids = { pictureId: this.#firstId + frame.picture, tl0: this.#tl0 };
      this.assembler.push(received(frame, index, this.mode, ids, frame === forwarded.at(-1)));
    }
    return arrived;
  }

  numbers(): number[] {
    return this.pictures.map((picture) => picture.data.readUInt32BE(0));
  }
}

for (const mode of ['group', 'no-group', 'flexible'] as const)
  describe(`picture assembler, ${mode}`, () => {
    it('lets every picture through when nothing is lost, key layers in one', () => {
      const stage = new Stage(mode);
      for (let i = 0; i < 40; i++) stage.step();
      assert.deepEqual(
        stage.numbers(),
        Array.from({ length: 40 }, (_, i) => i),
      );
      assert.equal(stage.pictures[0]?.data.length, 36);
      assert.deepEqual(
        [4, 16, 28].map((at) => stage.pictures[0]?.data[at]),
        [0, 1, 2],
      );
      assert.equal(stage.keyRequests, 0);
    });

    it('shows nothing before the first key picture and asks for one', () => {
      const stage = new Stage(mode);
      stage.step(() => true);
      for (let i = 0; i < 5; i++) stage.step();
      assert.deepEqual(stage.numbers(), []);
      assert.ok(stage.keyRequests > 0);
      stage.source.forceKey();
      stage.step();
      stage.step();
      assert.deepEqual(stage.numbers(), [6, 7]);
    });

    it('goes on without the pictures of the top temporal layer', () => {
      const stage = new Stage(mode);
      for (let i = 0; i < 13; i++) stage.step((frame) => frame.picture === 5 || frame.picture === 7);
      assert.deepEqual(
        stage.numbers(),
        [0, 1, 2, 3, 4, 6, 8, 9, 10, 11, 12].filter((n) => mode !== 'no-group' || n !== 9),
        'nothing else is given up, but where the group is unknown the one after the gap',
      );
      assert.equal(stage.keyRequests, 0);
    });

    it('drops what refers to a lost middle picture, and only that', () => {
      const stage = new Stage(mode);
      for (let i = 0; i < 9; i++) stage.step((frame) => frame.picture === 6);
      assert.deepEqual(stage.numbers(), [0, 1, 2, 3, 4, 5, 8]);
      assert.equal(stage.keyRequests, 0);
    });

    it('waits for a key picture after a lost base picture', () => {
      const stage = new Stage(mode);
      for (let i = 0; i < 12; i++) stage.step((frame) => frame.picture === 4);
      assert.deepEqual(stage.numbers(), [0, 1, 2, 3]);
      assert.ok(stage.assembler.waitingForKey && stage.keyRequests > 0);
      stage.source.forceKey();
      for (let i = 0; i < 3; i++) stage.step();
      assert.deepEqual(stage.numbers(), [0, 1, 2, 3, 12, 13, 14]);
    });

    it('drops a key picture with a hole', () => {
      for (const hole of [0, 1, 2]) {
        const stage = new Stage(mode);
        stage.step();
        stage.source.forceKey();
        stage.step((frame) => frame.spatial === hole);
        for (let i = 0; i < 6; i++) stage.step();
        assert.deepEqual(stage.numbers(), [0], `layer ${hole}`);
        assert.ok(stage.keyRequests > 0);
      }
    });

    it('follows temporal layers up and down without a key picture', () => {
      const stage = new Stage(mode);
      const shown: number[] = [];
      for (let i = 0; i < 36; i++) {
        stage.temporal = i < 9 ? 2 : i < 18 ? 0 : i < 26 ? 1 : 2;
        shown.push(...stage.step().map((frame) => frame.picture));
      }
      assert.deepEqual(stage.numbers(), [...new Set(shown)]);
      assert.equal(stage.keyRequests, 0);
    });

    it('changes the spatial layer at key pictures, and breaks when the server does it elsewhere', () => {
      const stage = new Stage(mode);
      for (let i = 0; i < 8; i++) stage.step();
      stage.spatial = 0;
      stage.source.forceKey();
      for (let i = 0; i < 8; i++) stage.step();
      assert.equal(stage.pictures.at(-1)?.spatial, 0);
      assert.equal(stage.keyRequests, 0);
      stage.spatial = 2;
      for (let i = 0; i < 8; i++) stage.step();
      assert.equal(stage.pictures.length, 16);
      assert.notEqual(stage.keyRequests, 0);
      stage.source.forceKey();
      for (let i = 0; i < 4; i++) stage.step();
      assert.equal(stage.pictures.length, 20);
      assert.equal(stage.pictures.at(-1)?.spatial, 2);
    });

    it('never lets through a picture whose references were not, over the wrap of ids', () => {
      fc.assert(
        fc.property(fc.nat(), fc.double({ min: 0, max: 0.4, noNaN: true }), (seed, loss) => {
          const random = seededRandom(seed);
          const stage = new Stage(mode);
          const decoded = new Set<string>();
          let checked = 0;
          let base: number | null = null;
          for (let i = 0; i < 300; i++) {
            if (stage.assembler.waitingForKey && random() < 0.1) {
              stage.spatial = Math.floor(random() * 3);
              stage.source.forceKey();
            }
            if (random() < 0.05) stage.temporal = Math.floor(random() * 3);
            const arrived = stage.step(() => random() < loss);
            for (; checked < stage.pictures.length; checked++) {
              const number = stage.pictures[checked]?.data.readUInt32BE(0) ?? -1;
              assert.equal(number, arrived[0]?.picture, 'in time');
              for (const frame of arrived) {
                if (frame.refersTo !== null)
                  assert.ok(
                    decoded.has(`${frame.refersTo}/${frame.spatial}`),
                    `picture ${number} refers to ${frame.refersTo}`,
                  );
                decoded.add(`${number}/${frame.spatial}`);
              }
              base = number;
            }
          }
          assert.ok(base !== null || loss > 0);
        }),
        { numRuns: 150 },
      );
    });
  });

describe('picture assembler', () => {
  it('takes a frame that could not be decrypted for lost', () => {
    const stage = new Stage();
    for (let i = 0; i < 10; i++) stage.step((frame) => frame.picture === 8);
    assert.deepEqual(stage.numbers(), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.ok(stage.assembler.waitingForKey);
  });

  it('waits for a key picture when the decoder says so', () => {
    const stage = new Stage();
    for (let i = 0; i < 5; i++) stage.step();
    stage.assembler.breakChain();
    stage.step();
    assert.equal(stage.pictures.length, 5);
    stage.source.forceKey();
    stage.step();
    assert.equal(stage.pictures.length, 6);
  });

  it('finishes a picture without marker when the next one follows at once', () => {
    const pictures: Picture[] = [];
    const assembler = new PictureAssembler({
      onPicture: (picture) => pictures.push(picture),
      onKeyPictureNeeded: () => undefined,
    });
    const source = new KsvcSource();
    let index = 0;
    for (let picture = 0; picture < 3; picture++)
      for (const frame of source.next(0, () => 12))
        assembler.push(received(frame, index++, 'group', { pictureId: picture, tl0: 1 }, false));
    assert.deepEqual(
      pictures.map((picture) => picture.data.length),
      [36, 36],
    );
  });

  it('never holds more frames than a picture has layers, whatever ids, layers and markers come', () => {
    const frame = fc.record({
      spatial: fc.nat(7),
      pictureId: fc.nat(15).map((n) => (n === 0 ? 1 : 0)),
      step: fc.constantFrom(1, 1, 1, 2),
      key: fc.boolean(),
      endOfPicture: fc.nat(15).map((n) => n === 0),
    });
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 60 }), (frames) => {
        const assembler = new PictureAssembler({ onPicture: () => undefined, onKeyPictureNeeded: () => undefined });
        const [template] = new KsvcSource().next(0, () => 12);
        assert.ok(template);
        let index = 0;
        for (const { pictureId, step, ...rest } of frames) {
          index += step;
          assembler.push({ ...received(template, index, 'group', { pictureId, tl0: 1 }, false), ...rest });
          assert.ok(assembler.collecting <= 8, `${assembler.collecting} frames`);
        }
      }),
    );
  });

  it('counts a damaged picture once and waits for a key picture, however many frames are sent for it', () => {
    const stage = new Stage();
    stage.step();
    const [frame] = stage.source.next(0, () => 12);
    assert.ok(frame);
    for (let i = 0; i < 2_000; i++)
      stage.assembler.push(received(frame, 3 + i, 'group', { pictureId: 0x7ff1, tl0: 252 }, false));
    assert.equal(stage.assembler.collecting, 1);
    stage.assembler.push(received(frame, 2_003, 'group', { pictureId: 0x7ff2, tl0: 252 }, true));
    assert.equal(stage.assembler.stats.incomplete, 1);
    assert.deepEqual(stage.numbers(), [0]);
  });

  it('keeps a stream without layers going, and stops it at a gap', () => {
    const pictures: Picture[] = [];
    let asked = 0;
    const assembler = new PictureAssembler({
      onPicture: (picture) => pictures.push(picture),
      onKeyPictureNeeded: () => asked++,
    });
    const source = new KsvcSource();
    source.active = 1;
    for (let index = 0; index < 10; index++) {
      const [frame] = source.next(0, () => 12);
      assert.ok(frame);
      if (index === 6) continue;
      const plain = {
        ...received(frame, index, 'no-group', { pictureId: index, tl0: 0 }, true),
        hasLayers: false,
        tl0: -1,
        temporal: 0,
        switchUp: false,
      };
      assembler.push(plain);
    }
    assert.equal(pictures.length, 6);
    assert.ok(asked > 0);
  });
});
