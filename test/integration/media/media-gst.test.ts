import assert from 'node:assert/strict';
import { openMediaGst } from '../../../src/call/media/media-gst.ts';
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
});
