import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WantedPicture } from '../../../../src/devices/v4l2/best-mode.ts';
import { bestMode } from '../../../../src/devices/v4l2/best-mode.ts';
import type { VideoMode } from '../../../../src/devices/v4l2/formats.ts';
import { parseFormats } from '../../../../src/devices/v4l2/formats.ts';
import { exactCaps, fractionOf } from '../../../../src/devices/v4l2/launch.ts';
import { pixelFormatNames } from '../../../../src/devices/v4l2/pixel-formats.ts';
import { withModes, v4l2Camera } from '../../../../src/devices/v4l2/v4l2-camera.ts';
import { virtualCamera } from '../../../../src/devices/virtual.ts';
import * as samples from '../../../fixtures/v4l2/samples.ts';

const hd: WantedPicture = { width: 1280, height: 720, framesPerSecond: 30, bus: 'usb2' };
const webcam = parseFormats(samples.webcamFormats);
const mode = (fourcc: string, width: number, height: number, ...rates: number[]): VideoMode => ({
  fourcc,
  width: { least: width, most: width, step: 1 },
  height: { least: height, most: height, step: 1 },
  rates: rates.map((rate) => ({ least: rate, most: rate })),
});

describe('the best mode of a camera', () => {
  it('large over USB 2: compressed', () => {
    assert.deepEqual(bestMode(hd, webcam), { fourcc: 'MJPG', width: 1280, height: 720, framesPerSecond: 30 });
  });

  it('small over USB 2: raw', () => {
    const best = bestMode({ ...hd, width: 640, height: 360 }, webcam);
    assert.deepEqual(best, { fourcc: 'YUYV', width: 640, height: 480, framesPerSecond: 30 });
  });

  it('large over USB 3: raw, where it is as fast', () => {
    const modes = [mode('MJPG', 1920, 1080, 30), mode('YUYV', 1920, 1080, 30)];
    assert.equal(bestMode({ ...hd, bus: 'usb3' }, modes)?.fourcc, 'YUYV');
    assert.equal(bestMode(hd, modes)?.fourcc, 'MJPG');
  });

  it('the nearest rate at or above the one wanted, and the fastest where all are slower', () => {
    assert.equal(bestMode({ ...hd, framesPerSecond: 25 }, [mode('MJPG', 1280, 720, 60, 30, 24)])?.framesPerSecond, 30);
    assert.equal(bestMode(hd, [mode('MJPG', 1280, 720, 5, 15, 10)])?.framesPerSecond, 15);
    assert.equal(bestMode(hd, [mode('MJPG', 1280, 720, 60, 29.97)])?.framesPerSecond, 29.97);
  });

  it('a larger size that is fast before one of the right size that is slow', () => {
    const best = bestMode(hd, [mode('YUYV', 1280, 720, 10), mode('MJPG', 1920, 1080, 30)]);
    assert.equal(best?.width, 1920);
  });

  it('the largest where all are smaller', () => {
    assert.equal(bestMode({ ...hd, width: 3840, height: 2160 }, webcam)?.height, 960);
  });

  it('a size on the steps of a range, at a rate that is not told', () => {
    const best = bestMode({ ...hd, bus: 'other', width: 1281 }, parseFormats(samples.stepwiseFormats));
    assert.deepEqual(best, { fourcc: 'YU12', width: 1282, height: 720, framesPerSecond: null });
  });

  it('nothing that cannot be opened', () => {
    assert.equal(bestMode(hd, [mode('H264', 1920, 1080, 30)]), null);
    assert.equal(bestMode(hd, parseFormats(samples.oldFormats))?.fourcc, 'YUYV');
    assert.equal(bestMode(hd, []), null);
  });

  const anyMode = fc
    .tuple(
      fc.constantFrom(...pixelFormatNames, 'H264', 'GREY'),
      fc.integer({ min: 16, max: 4_096 }),
      fc.integer({ min: 16, max: 2_160 }),
      fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 4 }),
    )
    .map(([fourcc, width, height, rates]) => mode(fourcc, width, height, ...rates));
  const anyWish = fc.record({
    width: fc.integer({ min: 16, max: 4_096 }),
    height: fc.integer({ min: 16, max: 2_160 }),
    framesPerSecond: fc.integer({ min: 1, max: 60 }),
    bus: fc.constantFrom('usb2' as const, 'usb3' as const, 'other' as const),
  });

  it('never enlarges when there is a larger size, is one of the modes, and does not hang on their order', () => {
    fc.assert(
      fc.property(anyWish, fc.array(anyMode, { maxLength: 20 }), (wanted, modes) => {
        const best = bestMode(wanted, modes);
        const usable = modes.filter(({ fourcc }) => pixelFormatNames.includes(fourcc));
        assert.equal(best === null, usable.length === 0);
        if (best === null) return;
        assert.ok(
          usable.some((m) => m.fourcc === best.fourcc && m.width.most === best.width && m.height.most === best.height),
        );
        const isLarge = (m: VideoMode): boolean => m.width.most >= wanted.width && m.height.most >= wanted.height;
        if (usable.some(isLarge)) assert.ok(best.width >= wanted.width && best.height >= wanted.height);
        assert.deepEqual(bestMode(wanted, modes.toReversed()), best);
      }),
    );
  });

  it('is never slower than wanted when a mode that is large enough is fast enough', () => {
    fc.assert(
      fc.property(anyWish, fc.array(anyMode, { maxLength: 20 }), (wanted, modes) => {
        const isGood = ({ fourcc, width, height, rates }: VideoMode): boolean =>
          pixelFormatNames.includes(fourcc) &&
          width.most >= wanted.width &&
          height.most >= wanted.height &&
          rates.some(({ most }) => most >= wanted.framesPerSecond);
        if (!modes.some(isGood)) return;
        const speed = bestMode(wanted, modes)?.framesPerSecond ?? wanted.framesPerSecond;
        assert.ok(speed >= wanted.framesPerSecond * 0.995);
      }),
    );
  });
});

describe('the launch fragment of a mode', () => {
  it('names the mode exactly, with other sizes behind it', () => {
    assert.equal(
      exactCaps({ fourcc: 'YUYV', width: 640, height: 480, framesPerSecond: 29.97 }),
      'video/x-raw,format=YUY2,width=640,height=480,framerate=30000/1001;image/jpeg,width=[1,639];' +
        'image/jpeg,width=[641,32767];video/x-raw,width=[1,639];video/x-raw,width=[641,32767]',
    );
    assert.match(exactCaps({ fourcc: 'MJPG', width: 640, height: 480, framesPerSecond: null }), /height=480;image/);
  });

  for (const [rate, text] of [
    [30, '30/1'],
    [7.5, '15/2'],
    [59.94, '60000/1001'],
    [23.976, '24000/1001'],
    [0.5, '1/2'],
  ] as const) {
    it(`${rate} is ${text}`, () => assert.equal(fractionOf(rate), text));
  }

  const path = '/dev/v4l/by-id/usb-x-video-index0';

  it('is the exact one once the camera has told its modes, else the guess', async () => {
    const camera = v4l2Camera(path, 'x', 'usb2', null);
    const asked: string[][] = [];
    const exact = await withModes(camera, async (args) => {
      asked.push([...args]);
      return { kind: 'output', output: samples.webcamFormats };
    });
    assert.deepEqual(asked, [['--device', path, '--list-formats-ext']]);
    assert.equal(exact.id, 'v4l2:usb-x');
    assert.match(exact.source(hd), /caps="image\/jpeg,width=1280,height=720,framerate=30\/1;/);
    const guessed = await withModes(camera, async () => ({ kind: 'failed', reason: 'no-tool' }));
    assert.equal(guessed, camera);
    assert.match(guessed.source(hd), /image\/jpeg,width=1280.*;video\/x-raw,width=1280/);
  });

  it('of a virtual camera stays', async () => {
    const camera = virtualCamera();
    assert.equal(await withModes(camera, () => assert.fail('asked')), camera);
  });
});
