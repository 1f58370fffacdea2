import assert from 'node:assert/strict';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { MOST_WAITING, RemoteDecoder } from '../../../src/call/media/remote-decoder.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';
import { type EncodedPicture, encodeShades, shadeOf } from '../../support/shades.ts';

describe('decoder of a remote video', function () {
  this.timeout(30_000);
  let openGst: (launch: string) => MediaGst;
  let pictures: EncodedPicture[];
  let decoder: RemoteDecoder;
  let gst: MediaGst;
  let stuck: number;

  before(async () => {
    await nativePlugin();
    ({ openMediaGst: openGst } = await import('../../../src/call/media/media-gst.ts'));
    pictures = await encodeShades(MOST_WAITING.pictures * 4, shadeOf);
  });
  beforeEach(() => {
    stuck = 0;
    decoder = new RemoteDecoder({
      // As slow as on a machine that cannot keep up: 50 pictures a second.
      open: (launch) => (gst = openGst(launch.replace('vp9dec', 'identity sleep-time=20000 ! vp9dec'))),
      clock: systemClock,
      slot: 'slow',
      index: 0,
    });
    decoder.open({ onFirstPicture: () => undefined, onDecoderStuck: () => stuck++ });
  });
  afterEach(() => decoder.close());
  const waiting = (): number => gst.getNumber('decode', 'current-level-buffers');

  it('slower-than-the-network: what waits is bounded, a key picture is asked for, and with one it goes on', async () => {
    const taken = pictures.filter(({ data }) => decoder.push(data)).length;
    assert.ok(waiting() <= MOST_WAITING.pictures, `${waiting()} pictures wait`);
    assert.ok(taken >= MOST_WAITING.pictures && taken < pictures.length && stuck > 0);
    await eventually('all decoded', 10_000, () => decoder.figures.decoded === taken);
    assert.equal(decoder.push(pictures[0]?.data ?? Buffer.alloc(0)), true);
    await eventually('decoded again', 2_000, () => decoder.figures.decoded === taken + 1);
  });

  it('cleared-while-pictures-wait: none of them is shown afterwards', async () => {
    for (const { data } of pictures.slice(0, 40)) decoder.push(data);
    await eventually('a picture', 2_000, () => decoder.visible);
    decoder.clear();
    assert.equal(waiting(), 0);
    const { decoded } = decoder.figures;
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual([decoder.figures.decoded, decoder.visible], [decoded, false]);
    decoder.push(pictures[0]?.data ?? Buffer.alloc(0));
    await eventually('the first one after it', 1_000, () => decoder.visible);
  });
});
