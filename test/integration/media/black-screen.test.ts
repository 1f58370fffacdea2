import assert from 'node:assert/strict';
import { BlackScreen } from '../../../src/call/media/black-screen.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { virtualDisplay } from '../../../src/devices/virtual.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { nativePlugin } from '../../support/native-plugin.ts';

describe('black screen', () => {
  it('is black from edge to edge, and again after it has ended', async () => {
    await nativePlugin();
    const { openMediaGst } = await import('../../../src/call/media/media-gst.ts');
    const sink = 'video/x-raw,format=RGB ! appsink name=seen sync=true max-buffers=1 drop=true';
    const opened: MediaGst[] = [];
    const screen = new BlackScreen({
      open: (launch) => {
        const gst = openMediaGst(launch);
        opened.push(gst);
        return gst;
      },
      clock: systemClock,
      log: silentLogger,
      display: { ...virtualDisplay(false), sink },
    });
    for (let time = 0; time < 2; time++) {
      screen.start();
      const picture = await new Promise<Buffer | null>((resolve) => opened[0]?.pull('seen', resolve));
      screen.stop();
      assert.equal(picture?.length, 1280 * 720 * 3);
      assert.ok(picture.every((byte) => byte === 0));
    }
    assert.equal(opened.length, 1);
  });
});
