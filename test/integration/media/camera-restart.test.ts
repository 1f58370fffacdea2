import assert from 'node:assert/strict';
import { cameraFragment } from '../../../src/devices/v4l2/launch.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';

const SIZE = 'width=320,height=180';

/** What a camera is opened with, on a test picture instead of a node of the kernel. */
const opened = (source: string, caps: string): string =>
  cameraFragment('/dev/v4l/by-id/x', caps).replace(/^v4l2src device=\S+/, source);

describe('the pipeline of a camera that is stopped and started again', () => {
  before(nativePlugin);

  for (const [kind, source, caps] of [
    ['raw', 'videotestsrc is-live=true', `video/x-raw,${SIZE}`],
    ['compressed', `videotestsrc is-live=true ! video/x-raw,${SIZE} ! jpegenc`, `image/jpeg,${SIZE}`],
  ] as const) {
    it(`gives pictures each time (${kind})`, async () => {
      const { openMediaGst } = await import('../../../src/call/media/media-gst.ts');
      const gst = openMediaGst(
        `buswatch name=bus\n${opened(source, caps)} ! videoconvert ! slotsink name=view slot=${kind}`,
      );
      for (let start = 1; start <= 3; start++) {
        const before = gst.getNumber('view', 'rendered');
        gst.play();
        await eventually(`pictures of start ${start}`, 10_000, () => {
          assert.equal(gst.failure(), null);
          return gst.getNumber('view', 'rendered') > before;
        });
        gst.stop();
      }
    });
  }
});
