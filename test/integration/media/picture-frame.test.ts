import assert from 'node:assert/strict';
import { CameraSource, type CaptureSize } from '../../../src/call/media/camera-source.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import type { EncodedLayer } from '../../../src/call/media/video-parts.ts';
import { DigitalCamera } from '../../../src/devices/framing/digital-camera.ts';
import type { ShowFrame } from '../../../src/devices/framing/latest-frame.ts';
import { pause } from '../../../src/devices/link/wait.ts';
import { virtualCamera } from '../../../src/devices/virtual.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { eventually } from '../../support/eventually.ts';
import { nativePlugin } from '../../support/native-plugin.ts';
import { memoryPresets } from '../../support/uvc-bench.ts';

/** A value between pixels, mixed by a triangle as wide as a pixel of the result, `step`. */
function mixed(pixels: Uint8Array, at: number, step: number): number {
  const reach = Math.max(1, step);
  let [sum, weights] = [0, 0];
  for (let i = Math.ceil(at - reach); i <= at + reach; i++) {
    const weight = Math.max(0, 1 - Math.abs(i - at) / reach);
    sum += weight * (pixels[Math.max(0, Math.min(pixels.length - 1, i))] ?? 0);
    weights += weight;
  }
  return sum / weights;
}

describe('a part of the picture', function () {
  this.timeout(60_000);
  let open: (launch: string) => MediaGst;
  /** Pipelines and movements of a test, ended whatever became of it. */
  const ends: (() => unknown)[] = [];

  before(async () => {
    await nativePlugin();
    ({ openMediaGst: open } = await import('../../../src/call/media/media-gst.ts'));
  });

  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  async function pictures(launch: string, count: number): Promise<Buffer[]> {
    const gst = open(`buswatch name=bus ${launch} ! appsink name=out sync=false`);
    const got: Buffer[] = [];
    ends.push(() => gst.stop());
    gst.play();
    gst.pull('out', (bytes) => bytes && got.push(Buffer.from(bytes)));
    await eventually('pictures', 10_000, () => got.length >= count);
    return got.slice(0, count);
  }

  const still = (pattern: string, width: number, height: number): string =>
    `videotestsrc num-buffers=3 pattern=${pattern} kx2=20 ky2=12 ! video/x-raw,format=I420,width=${width},height=${height}`;

  it('a whole picture is handed on as it is', async () => {
    const launch = still('zone-plate', 1_280, 720);
    const [[plain], [framed]] = await Promise.all([
      pictures(launch, 1),
      pictures(`${launch} ! pictureframe width=1280 height=720`, 1),
    ]);
    assert.ok(plain && framed && plain.equals(framed));
  });

  for (const [width, height, frame] of [
    [640, 360, '0.5 0.5 0.5'],
    [640, 360, '0.8031 0.41 0.3377'],
    [1_280, 720, '0.5 0.5 1'],
    [960, 540, '0.2 0.9 0.8'],
  ] as const)
    it(`"${frame}" of ${width}x${height} is cut and scaled to 640x360, between the pixels`, async () => {
      const [x = 0, y = 0, size = 1] = frame.split(' ').map(Number);
      const launch = still('zone-plate', width, height);
      const [plain] = await pictures(launch, 1);
      const [framed] = await pictures(`${launch} ! pictureframe width=640 height=360 frame="${frame}"`, 1);
      assert.ok(plain && framed);
      assert.equal(framed.length, 640 * 360 * 1.5);
      const inside = (centre: number): number => Math.max(size / 2, Math.min(1 - size / 2, centre));
      const [stepX, stepY] = [(size * width) / 640, (size * height) / 360];
      let worst = 0;
      for (let row = 0; row < 360; row += 7)
        for (let column = 0; column < 640; column += 11) {
          const atX = (inside(x) - size / 2) * width + (column + 0.5) * stepX - 0.5;
          const atY = (inside(y) - size / 2) * height + (row + 0.5) * stepY - 0.5;
          const first = Math.max(0, Math.floor(atY) - 4);
          const rows = Array.from({ length: 10 }, (_, i) => {
            const line = Math.min(height - 1, first + i) * width;
            return Math.round(mixed(plain.subarray(line, line + width), atX, stepX));
          });
          const expected = mixed(Uint8Array.from(rows), atY - first, stepY);
          worst = Math.max(worst, Math.abs(expected - (framed[row * 640 + column] ?? 0)));
        }
      assert.ok(worst <= 4, `${worst.toFixed(1)} of 255 off`);
    });

  /** A camera whose grey grows from top to bottom, so that the mean of a picture tells where it is, much finer than a pixel. */
  async function glide(rampMs: number) {
    const gst = open(
      'buswatch name=bus videotestsrc is-live=true pattern=gradient ! ' +
        'video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! ' +
        `pictureframe name=frame ramp-ms=${rampMs} ! appsink name=out sync=false`,
    );
    const seen: { atMs: number; place: number; bytes: number }[] = [];
    ends.push(() => gst.stop());
    gst.play();
    gst.pull('out', (bytes) => {
      if (!bytes) return;
      let sum = 0;
      for (let row = 0; row < 720; row++) sum += bytes[row * 1_280] ?? 0;
      seen.push({ atMs: performance.now(), place: sum / 720, bytes: bytes.length });
    });
    const camera = framedBy(async (frame) => {
      gst.setString('frame', 'frame', `${frame.x} ${frame.y} ${frame.size}`);
      return frame;
    });
    await eventually('pictures', 10_000, () => seen.length > 60);
    const restRate = 50_000 / ((seen[60]?.atMs ?? 0) - (seen[10]?.atMs ?? 0));
    const scaled = gst.getNumber('frame', 'scaled');
    await camera.moveTo({ pan: null, tilt: 10, zoom: 300 }, null);
    const from = seen.length;
    await camera.moveTo({ pan: null, tilt: -10, zoom: null }, null);
    await eventually('more pictures', 5_000, () => seen.length > from + 60);
    await camera.close();
    gst.stop();
    assert.equal(scaled, 0, 'pictures were scaled although nothing had been cut');
    const path = seen.slice(from);
    const steps = path.slice(1).map(({ place }, i) => place - (path[i]?.place ?? place));
    const seconds = ((path.at(-1)?.atMs ?? 0) - (path[0]?.atMs ?? 0)) / 1_000;
    const jerks = steps.slice(1).map((step, i) => Math.abs(step - (steps[i] ?? 0)));
    const way = steps.reduce((a, b) => a + b, 0);
    return {
      seen,
      steps,
      way,
      restRate,
      rate: steps.length / seconds,
      mostStep: Math.max(...steps.map(Math.abs)),
      jerk: jerks.reduce((a, b) => a + b, 0) / Math.abs(way),
    };
  }

  function cameraSource(capture: CaptureSize, onLayer: (layer: EncodedLayer) => void) {
    const opened: MediaGst[] = [];
    const source = new CameraSource({
      open: (launch) => {
        const gst = open(launch);
        opened.push(gst);
        return gst;
      },
      clock: systemClock,
      log: silentLogger,
      camera: virtualCamera(),
      source: 'camera',
      capture,
      listeners: { onLayer, onProblem: (code) => code !== null && console.log(`    ${code}`) },
      presence: null,
      cure: null,
    });
    ends.push(() => source.stop());
    return { source, opened };
  }

  const framedBy = (show: ShowFrame): DigitalCamera => {
    const camera = new DigitalCamera({
      id: 'camera:frame',
      virtual: true,
      viewDeg: 80,
      show,
      presets: memoryPresets(),
      clock: systemClock,
      logger: silentLogger,
    });
    camera.start();
    ends.push(() => camera.close());
    return camera;
  };

  it('glides: every picture a small step the same way, the size stays, the rate stays', async () => {
    const stepped = await glide(0);
    const { seen, steps, way, restRate, rate, mostStep, jerk } = await glide(45);
    assert.ok(seen.every(({ bytes }) => bytes === 1_280 * 720 * 1.5));
    const backwards = steps.filter((step) => step * way < 0 && Math.abs(step) > 0.05).length;
    console.log(
      `    ${steps.length} pictures at ${rate.toFixed(1)} a second, largest step ${((mostStep / Math.abs(way)) * 100).toFixed(1)} % of the way, ` +
        `${backwards} backwards, unevenness ${jerk.toFixed(2)} (${stepped.jerk.toFixed(2)} without gliding)`,
    );
    assert.ok(Math.abs(way) > 40, `it hardly moved: ${way.toFixed(1)}`);
    assert.equal(backwards, 0);
    assert.ok(mostStep / Math.abs(way) < 0.25);
    // A machine that is busy with other things gives fewer pictures, moving or not.
    assert.ok(
      rate > Math.min(24, restRate * 0.3),
      `${rate.toFixed(1)} pictures a second, ${restRate.toFixed(1)} at rest`,
    );
  });

  it('in the pipeline of a call: three layers of the same sizes, no key picture more, pictures at their rate', async () => {
    const layers: (EncodedLayer & { atMs: number })[] = [];
    const { source } = cameraSource('as-sent', (layer) => layers.push({ ...layer, atMs: performance.now() }));
    source.start();
    source.setMaxLayers({ spatial: 2, temporal: 2 });
    const camera = framedBy(async (frame) => {
      source.setFrame(frame);
      return frame;
    });
    const figures = (from: number) => {
      const part = layers.slice(from);
      const top = part.filter(({ spatial }) => spatial === 2);
      const seconds = ((top.at(-1)?.atMs ?? 0) - (top[0]?.atMs ?? 0)) / 1_000;
      const gaps = top.slice(1).map(({ atMs }, i) => atMs - (top[i]?.atMs ?? 0));
      return {
        rate: (top.length - 1) / seconds,
        longest: Math.max(...gaps),
        kbps: (part.reduce((sum, { data }) => sum + data.length, 0) * 8) / 1_000 / seconds,
        keys: part.filter(({ key, spatial }) => key && spatial === 0).length,
        sizes: [...new Set(part.map(({ width, height }) => `${width}x${height}`))].toSorted(),
        encodeMs: top.reduce((sum, { encodeUs }) => sum + encodeUs, 0) / 1_000 / top.length,
      };
    };
    const measured = async (work: () => Promise<unknown>) => {
      const from = layers.length;
      const cpu = process.cpuUsage();
      const startMs = performance.now();
      await work();
      const { user, system } = process.cpuUsage(cpu);
      return { ...figures(from), cores: (user + system) / 1_000 / (performance.now() - startMs) };
    };
    const more = (count: number) => {
      const from = layers.length;
      return eventually('layers', 15_000, () => layers.length > from + 3 * count);
    };
    await more(30);
    const whole = await measured(() => more(120));
    const moving = await measured(async () => {
      await camera.moveTo({ pan: 20, tilt: 8, zoom: 300 }, null);
      await camera.moveTo({ pan: -20, tilt: 0, zoom: 200 }, null);
    });
    const standing = await measured(() => more(60));
    for (const [name, { rate, longest, kbps, keys, encodeMs, cores }] of Object.entries({ whole, moving, standing }))
      console.log(
        `    ${name}: ${rate.toFixed(1)} pictures a second, longest gap ${longest.toFixed(0)} ms, ${kbps.toFixed(0)} kbit/s, ` +
          `${keys} key pictures, encoding ${encodeMs.toFixed(1)} ms, ${cores.toFixed(2)} cores`,
      );
    assert.deepEqual(moving.sizes, ['1280x720', '320x180', '640x360']);
    assert.equal(whole.keys + moving.keys + standing.keys, 0);
    assert.ok(
      moving.rate > Math.min(22, whole.rate * 0.3),
      `${moving.rate.toFixed(1)}, whole ${whole.rate.toFixed(1)}`,
    );
  });

  it('taken in 1920x1080: sent in the same sizes, and the part is still there after the camera was closed and opened', async () => {
    const layers: EncodedLayer[] = [];
    const { source, opened } = cameraSource('full-hd', (layer) => layers.push(layer));
    const more = async (): Promise<void> => {
      layers.length = 0;
      await eventually('layers', 15_000, () => layers.length > 30);
    };
    source.setFrame({ x: 0.4, y: 0.5, size: 0.6 });
    source.start();
    await more();
    source.stop();
    // The binding's waiting pull ends a little after its pipeline; one that is begun before never ends.
    await pause(systemClock, 200, null);
    source.start();
    await more();
    assert.equal(opened.length, 1);
    const sizes = [...new Set(layers.map(({ width, height }) => `${width}x${height}`))].toSorted();
    assert.deepEqual(sizes, ['1280x720', '320x180', '640x360']);
  });
});
