import assert from 'node:assert/strict';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { nativePlugin } from '../../support/native-plugin.ts';

const INPUTS = [0, 1, 2, 3];
const BOXES = ['640,280,416,234', '1050,580,205,115', '0,36,1216,684'];
const LAYOUTS = [...BOXES.map((box) => INPUTS.map((input) => `${input}:${box}`).join(';')), ''];
const CHANGES = 250;

describe('the layout of the display', function () {
  this.timeout(20_000);
  let open: (launch: string) => MediaGst;

  before(async () => {
    await nativePlugin();
    ({ openMediaGst: open } = await import('../../../src/call/media/media-gst.ts'));
  });

  it('changes between large and small windows at any moment, while pictures come', async () => {
    const camera = open(
      'buswatch name=bus videotestsrc is-live=true ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! slotsink slot=test',
    );
    const input = 'slotsrc slot=test ! queue leaky=downstream max-size-buffers=1';
    const display = open(
      `buswatch name=bus layoutbin name=windows ! fakesink sync=true ${INPUTS.map((n) => `${input} ! windows.sink_${n}`).join(' ')}`,
    );
    camera.play();
    display.play();
    for (let n = 0; n < CHANGES; n++) {
      display.setString('windows', 'layout', LAYOUTS[n % LAYOUTS.length] ?? '');
      await new Promise((resolve) => setTimeout(resolve, 7));
    }
    const failure = display.failure();
    display.stop();
    camera.stop();
    assert.equal(failure, null);
  });
});
