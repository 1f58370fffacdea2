import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { ambientPicture } from '../../../src/call/media/ambient-picture.ts';
import { IdleScreen } from '../../../src/call/media/idle-screen.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { virtualDisplay } from '../../../src/devices/virtual.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { nativePlugin } from '../../support/native-plugin.ts';
import { readPng } from '../../support/png.ts';

const SECRET = 'b'.repeat(43);
const view = {
  room: 'Salle Monet & <Manet>',
  time: '14:05',
  date: 'Tuesday 3 March',
  status: { isFree: true, text: 'Free until 15:00' },
  next: 'Next: 15:00 · Budget',
  join: { link: `https://meet.example/m/${'A'.repeat(22)}#${SECRET}`, text: 'Join from a phone' },
  pairing: null,
};

describe('a display between calls', function () {
  this.timeout(30_000);
  let openMediaGst: (launch: string) => MediaGst;
  before(async () => {
    await nativePlugin();
    ({ openMediaGst } = await import('../../../src/call/media/media-gst.ts'));
  });

  function bench(sink: string) {
    const opened: MediaGst[] = [];
    const screen = new IdleScreen({
      open: (launch) => {
        const gst = openMediaGst(launch);
        opened.push(gst);
        return gst;
      },
      clock: systemClock,
      log: silentLogger,
      display: { ...virtualDisplay(false), sink },
    });
    return { screen, opened };
  }

  it('is black from edge to edge, and again after it has ended', async () => {
    const { screen, opened } = bench('video/x-raw,format=RGB ! appsink name=seen sync=true max-buffers=1 drop=true');
    for (let time = 0; time < 2; time++) {
      screen.show('');
      const picture = await new Promise<Buffer | null>((resolve) => opened[0]?.pull('seen', resolve));
      screen.stop();
      assert.equal(picture?.length, 1280 * 720 * 3);
      assert.ok(picture.every((byte) => byte === 0));
    }
    assert.equal(opened.length, 1);
  });

  it('shows the room, its code for phones and its code for a panel, and black again', async () => {
    const { screen } = bench('fakesink sync=true');
    const shades = async (overlay: string): Promise<{ bright: number; qr: number; png: Buffer }> => {
      screen.show(overlay);
      const png = Buffer.from(await screen.snapshot());
      const pixels = readPng(png);
      const { width, height } = pixels;
      let [bright, qr] = [0, 0];
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          if (pixels.at(x, y)[1] > 200) {
            bright++;
            if (x > width - 290 && y > height - 330) qr++;
          }
      return { bright, qr, png };
    };
    const plain = await shades(ambientPicture(view, screen.size));
    assert.ok(plain.qr > 15_000 && plain.qr < 45_000, `${plain.qr} bright ones in the place of the code`);
    assert.ok(plain.bright - plain.qr > 5_000, `${plain.bright - plain.qr} bright ones of words`);
    const wanted = { text: 'Enter this code on the panel', code: '482 913' };
    const pairing = await shades(ambientPicture({ ...view, pairing: wanted }, screen.size));
    assert.ok(pairing.bright > plain.bright + 3_000, 'the digits are large');
    if (process.env['KEEP_PICTURES']) await writeFile(process.env['KEEP_PICTURES'], pairing.png);
    assert.deepEqual((await shades('')).bright, 0);
    screen.stop();
    await assert.rejects(screen.snapshot());
  });

  it('costs next to nothing while nothing changes', async () => {
    const { screen } = bench('fakesink sync=true');
    screen.show(ambientPicture(view, screen.size));
    await screen.snapshot();
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const { user, system } = process.cpuUsage(before);
    const percent = (user + system) / 30_000;
    console.log(`      ${percent.toFixed(2)} % of a core`);
    assert.ok(percent < 3, `${percent} %`);
    screen.stop();
  });
});
