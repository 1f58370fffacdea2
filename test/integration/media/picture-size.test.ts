import assert from 'node:assert/strict';
import { parseLayerFrame } from '../../../src/call/media/layer-frame.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { isDecodableFrame, parseVp9FrameHeader } from '../../../src/call/rtp/vp9-frame-header.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';

describe('size of decoded pictures', function () {
  this.timeout(30_000);
  let open: (launch: string) => MediaGst;

  before(async () => {
    await nativePlugin();
    ({ openMediaGst: open } = await import('../../../src/call/media/media-gst.ts'));
  });

  const source = (width: number, height: number, pictures: number, format = 'I420'): string =>
    `buswatch name=bus videotestsrc num-buffers=${pictures} ! video/x-raw,format=${format},width=${width},height=${height},framerate=30/1`;

  /** What an encoder makes of pictures of this size. */
  async function encode(launch: string): Promise<Buffer[]> {
    const gst = open(`${launch} ! appsink name=out sync=false`);
    const frames: Buffer[] = [];
    await new Promise<void>((resolve) => {
      gst.play();
      gst.pull('out', (bytes) => (bytes ? frames.push(Buffer.from(bytes)) : resolve()));
    });
    gst.stop();
    return frames;
  }
  const vp9 = 'vp9enc deadline=1 cpu-used=8 lag-in-frames=0';

  it('is read from every layer of the encoder of the room, which is let through', async () => {
    const layers = (await encode(`${source(1_280, 720, 24)} ! ksvcenc`)).flatMap(
      (bytes) => parseLayerFrame(bytes) ?? [],
    );
    assert.ok(layers.length >= 24, `${layers.length} layers`);
    for (const { data, key, spatial, width, height } of layers) {
      const header = parseVp9FrameHeader(data);
      assert.ok(header && isDecodableFrame(data));
      if (key && spatial === 0) assert.deepEqual([header.key, header.size], [true, { width, height }]);
      else assert.deepEqual(header.size ?? { width, height }, { width, height });
    }
  });

  it('is refused beyond 4096×2304, and so are pictures of other profiles', async () => {
    const [large] = await encode(`${source(4_112, 2_320, 1)} ! ${vp9}`);
    const [colourful] = await encode(`${source(320, 180, 1, 'Y444')} ! ${vp9}`);
    assert.ok(large && colourful);
    assert.deepEqual(parseVp9FrameHeader(large)?.size, { width: 4_112, height: 2_320 });
    assert.equal(isDecodableFrame(large), false);
    assert.equal(isDecodableFrame(colourful), false);
  });

  it('is refused by the slot too, should such a picture be decoded, and nothing of it is shown', async () => {
    for (const [width, height, taken] of [
      [4_096, 2_304, 1],
      [4_112, 2_304, 0],
      [4_096, 2_320, 0],
    ] as const) {
      const gst = open(`${source(width, height, 1)} ! slotsink name=slot slot=large`);
      gst.play();
      await eventually(
        'taken or refused',
        5_000,
        () => gst.getNumber('slot', 'rendered') > 0 || gst.failure() !== null,
      );
      assert.equal(gst.getNumber('slot', 'rendered'), taken, `${width}×${height}`);
      gst.stop();
    }
  });
});
