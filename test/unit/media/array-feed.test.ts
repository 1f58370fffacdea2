import assert from 'node:assert/strict';
import { ArrayFeed } from '../../../src/call/media/array-feed.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { ArrayEar } from '../../../src/devices/array/ear.ts';
import { arrayGeometry } from '../../../src/devices/array/geometry.ts';
import { TalkerSource } from '../../../src/devices/array/talker-source.ts';
import { ManualClock } from '../../../src/lib/clock.ts';

const RATE = 16_000;
const CHANNELS = 4;
const START_NS = 7_000_000_000;

/** What `ptsheader` gives: time, time, samples. */
function buffer(ptsNs: number, samples: Int16Array): Buffer {
  const header = Buffer.alloc(16);
  header.writeBigUInt64BE(BigInt(ptsNs));
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}

describe('the way of an array through the beam', () => {
  it('gives every sound back with the time at which it was recorded', () => {
    const geometry = arrayGeometry('respeaker-usb-4');
    const talkers = new TalkerSource((error) => assert.fail(String(error)));
    const ear = new ArrayEar({ geometry, clock: new ManualClock(), talkers });
    const out: { ptsNs: number; samples: Int16Array }[] = [];
    const gst = {
      push: (element: string, bytes: Uint8Array, pts?: Uint8Array) => {
        assert.equal(element, 'beam');
        assert.ok(pts);
        const ptsNs = Number(Buffer.from(pts).readBigUInt64BE());
        out.push({ ptsNs, samples: new Int16Array(bytes.slice().buffer) });
      },
    } as unknown as MediaGst;
    ear.open();
    const feed = new ArrayFeed(gst, ear.beam, RATE);
    // A click from all around at sample 5,000, in buffers of 20 ms.
    const length = RATE / 50;
    for (let n = 0; n < 30; n++) {
      const samples = new Int16Array(length * CHANNELS);
      const click = 5_000 - n * length;
      if (click >= 0 && click < length) samples.fill(20_000, click * CHANNELS, (click + 1) * CHANNELS);
      feed.handle(buffer(START_NS + (n * length * 1e9) / RATE, samples));
    }
    let loudest = { ns: 0, size: 0 };
    for (const { ptsNs, samples } of out)
      samples.forEach((sample, i) => {
        if (Math.abs(sample) > loudest.size) loudest = { ns: ptsNs + (i * 1e9) / RATE, size: Math.abs(sample) };
      });
    const errorSamples = ((loudest.ns - START_NS) * RATE) / 1e9 - 5_000;
    assert.ok(Math.abs(errorSamples) < 2, `${errorSamples} samples`);
    out.slice(2).forEach(({ ptsNs }, i) => {
      const stepNs = ptsNs - (out[i + 1]?.ptsNs ?? 0);
      assert.ok(Math.abs(stepNs - (256 * 1e9) / RATE) < 2, `${stepNs} ns`);
    });
  });

  it('passes over what holds no sound, and hands nothing out when the microphone is closed', () => {
    const ear = new ArrayEar({
      geometry: arrayGeometry('respeaker-usb-4'),
      clock: new ManualClock(),
      talkers: new TalkerSource((error) => assert.fail(String(error))),
    });
    let pushed = 0;
    ear.open();
    const feed = new ArrayFeed({ push: () => pushed++ } as unknown as MediaGst, ear.beam, RATE);
    feed.handle(Buffer.alloc(16));
    assert.equal(pushed, 0);
    feed.handle(buffer(0, new Int16Array(CHANNELS * 512)));
    assert.equal(pushed, 2);
    ear.close();
    feed.handle(buffer(0, new Int16Array(CHANNELS * 512)));
    assert.equal(pushed, 2);
  });
});
