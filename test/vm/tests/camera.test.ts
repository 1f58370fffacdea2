import assert from 'node:assert/strict';
import type { Camera } from '../../../src/devices/device.ts';
import { discoverDevices, systemRoots } from '../../../src/devices/discover.ts';
import { Pipeline } from './pipeline.ts';

const ID = 'v4l2:platform-vivid.0';
const PICTURES = 60;
const size = { width: 320, height: 180, framesPerSecond: 10 };
const pictureBytes = size.width * size.height;

async function roomCamera(): Promise<Camera> {
  const { cameras } = await discoverDevices(systemRoots({}));
  const camera = cameras.find(({ id }) => id === ID);
  assert.ok(camera, 'there is no camera');
  return camera;
}

describe('a camera of the kernel (vivid)', () => {
  it('is found under the name of its place', async () => {
    const { name, virtual } = await roomCamera();
    assert.deepEqual({ name, virtual }, { name: 'vivid-000-vid-cap', virtual: false });
  });

  it(`gives ${PICTURES} pictures, with contrast and each another than the one before`, async () => {
    const caps = `video/x-raw,format=GRAY8,width=${size.width},height=${size.height}`;
    const pipeline = new Pipeline((await roomCamera()).source(size), 'videoconvert', `"${caps}"`, 'fdsink fd=1');
    try {
      await pipeline.atLeast(PICTURES * pictureBytes);
      const { output } = pipeline;
      const pictures = Array.from({ length: PICTURES }, (_, i) =>
        output.subarray(i * pictureBytes, (i + 1) * pictureBytes),
      );
      for (const picture of pictures) assert.ok(Math.max(...picture) - Math.min(...picture) > 100);
      // vivid writes the milliseconds into its pictures.
      const repeated = pictures.filter((picture, i) => i > 0 && picture.equals(pictures[i - 1] ?? picture)).length;
      assert.equal(repeated, 0);
    } finally {
      await pipeline.stop();
    }
  });
});
