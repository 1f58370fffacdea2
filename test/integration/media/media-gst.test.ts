import assert from 'node:assert/strict';
import { openMediaGst } from '../../../src/call/media/media-gst.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';

const MB = 1_048_576;
/** As long as the labels of five windows. */
const TEXT = `name1 0,0,16,16 <svg xmlns="http://www.w3.org/2000/svg">${' '.repeat(3_000)}</svg>`;
const WRITES = 8_000;

describe('a pipeline driven from JavaScript', function () {
  this.timeout(20_000);
  before(nativePlugin);

  it('keeps nothing of the texts written to its elements', () => {
    const gst = openMediaGst('buswatch name=bus fakesrc ! slotsink name=slot');
    const write = (times: number): void => {
      for (let n = 0; n < times; n++) gst.setString('slot', 'slot', TEXT);
    };
    write(WRITES / 4);
    const before = process.memoryUsage().rss;
    write(WRITES);
    const grownMb = (process.memoryUsage().rss - before) / MB;
    // Every text kept would be 24 MB.
    assert.ok(grownMb < 8, `${grownMb.toFixed(1)} MB more`);
  });

  it('ends its pulls however often it was stopped and played again in one go', async () => {
    const gst = openMediaGst(
      'buswatch name=bus videotestsrc is-live=true ! video/x-raw,framerate=50/1 ! appsink name=seen sync=false max-buffers=1',
    );
    let [first, ended] = [0, 0];
    gst.play();
    gst.pull('seen', () => first++);
    for (let again = 0; again < 5; again++) {
      gst.stop();
      gst.play();
      await new Promise<void>((resolve) => gst.pull('seen', (bytes) => (bytes ? resolve() : ended++)));
    }
    const told = first;
    gst.stop();
    await eventually('the pull ends', 2_000, () => ended > 0);
    // A second one would hold a thread, and this process, for ever.
    assert.deepEqual([first, ended], [told, 1]);
  });
});
