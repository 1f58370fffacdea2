/** Encodes the test pictures as each way of sending would, decodes what each viewer would get, and measures both. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type gstreamer from 'gstreamer-superficial';
import { FrameSealer } from '../../src/crypto/frame-keys.ts';
import { recordLayers, type Recording } from '../../test/support/replayed-video.ts';
import { compare, type Likeness } from './likeness.ts';
import { fileOf, FRAMES_PER_SECOND, HEIGHT, launchOf, PICTURES, WIDTH } from './test-pictures.ts';

/** A stream at one rate as one viewer gets it. */
export interface Point extends Likeness {
  /** Sealed, without packet headers. */
  readonly kbps: number;
}

/** By spatial layer: 180p, 360p, 720p. */
export const sizes = [0, 1, 2].map((layer) => ({ width: WIDTH >> (2 - layer), height: HEIGHT >> (2 - layer) }));

export type Raw = readonly Buffer[];

const sealer = new FrameSealer();
sealer.setKeys({ epoch: 1, baseKey: new Uint8Array(32).fill(7), selfLeaf: 0, leaves: {} });

/** Bytes of a frame with its SFrame header and tag. */
const sealedBytes = (frame: Uint8Array): number => sealer.seal('camera', frame)?.length ?? 0;

const kbpsOf = (frames: readonly Uint8Array[]): number =>
  (frames.reduce((sum, frame) => sum + sealedBytes(frame), 0) * 8 * FRAMES_PER_SECOND) / PICTURES / 1_000;

/** k-SVC at a rate for all layers up to `top` together: of each layer what it takes, and what its viewer sees. */
export async function ksvcPoints(
  folder: string,
  top: number,
  kbps: number,
  references: readonly Raw[],
): Promise<Point[]> {
  const recording = await recordLayers(launchOf(folder, PICTURES), kbps, top);
  return Promise.all(
    Array.from({ length: top + 1 }, async (_, layer) => {
      const frames = recording.flatMap((layers) => layers.filter(({ spatial }) => spatial === layer));
      const shown = await decode(pictureStream(recording, layer));
      return { kbps: kbpsOf(frames.map(({ data }) => data)), ...compare(shown, references[layer] ?? [], sizes[layer]) };
    }),
  );
}

/**
 * What libvpx makes of the picture for each layer, in the best it can do: k-SVC scales by itself, and a layer is to be held against
 * its own source, as a simulcast stream is.
 */
export async function ksvcReferences(folder: string): Promise<Raw[]> {
  const recording = await recordLayers(launchOf(folder, PICTURES), 20_000, 1);
  const own = await Promise.all([0, 1].map((layer) => decode(pictureStream(recording, layer))));
  return [...own, await readOriginals(folder)];
}

/** One VP9 stream of one size, of pictures scaled for it beforehand. */
export async function vp9Point(folder: string, layer: number, kbps: number): Promise<Point> {
  const frames = await pullAll(`${scaledLaunch(folder, layer)} ! ${vp9Encoder(kbps)} ! appsink name=out sync=false`);
  const shown = await decode(frames);
  const reference = layer === 2 ? await readOriginals(folder) : await readScaled(folder, layer);
  return { kbps: kbpsOf(frames), ...compare(shown, reference, sizes[layer]) };
}

/** As the product sets libvpx up, where the element lets it. */
const vp9Encoder = (kbps: number): string =>
  `vp9enc deadline=1 cpu-used=8 end-usage=cbr target-bitrate=${Math.round(kbps * 1_000)} keyframe-max-dist=100000 lag-in-frames=0 ` +
  'error-resilient=default threads=2 row-mt=true tile-columns=1 aq-mode=cyclic-refresh min-quantizer=2 max-quantizer=56 ' +
  'undershoot=50 overshoot=50 buffer-initial-size=500 buffer-optimal-size=600 buffer-size=1000';

/** Processor time to encode one picture, ms: of a process that reads and encodes, less one that only reads. */
export async function encodeMs(
  folder: string,
  what: { ksvcTop: number } | { layer: number },
  kbps: number,
): Promise<number> {
  const [source, encoder] =
    'ksvcTop' in what
      ? [launchOf(folder, PICTURES), `ksvcenc max-spatial-layer=${what.ksvcTop} target-bitrate=${Math.round(kbps)}`]
      : [scaledLaunch(folder, what.layer), vp9Encoder(kbps)];
  const times: number[] = [];
  for (let run = 0; run < 2; run++)
    times.push((await cpuSeconds(`${source} ! ${encoder} ! fakesink`)) - (await cpuSeconds(`${source} ! fakesink`)));
  return (Math.max(0, Math.min(...times)) * 1_000) / PICTURES;
}

async function cpuSeconds(launch: string): Promise<number> {
  const command = `TIMEFORMAT='%U %S'; time gst-launch-1.0 -q ${launch.replaceAll(' ! ', " '!' ")} >/dev/null 2>&1`;
  const { stderr } = await promisify(execFile)('bash', ['-c', command]);
  return stderr
    .trim()
    .split(/\s+/)
    .reduce((sum, each) => sum + Number(each), 0);
}

/** Halves the sides as often as it takes, each time by the mean of four. */
export async function writeScaled(folder: string): Promise<void> {
  for (let index = 0; index < PICTURES; index++) {
    let picture: Buffer = await readFile(fileOf(folder, index));
    let [width, height] = [WIDTH, HEIGHT];
    for (const layer of [1, 0]) {
      picture = halve(picture, width, height);
      [width, height] = [width / 2, height / 2];
      await writeFile(scaledFile(folder, layer, index), picture);
    }
  }
}

const scaledFile = (folder: string, layer: number, index: number): string =>
  join(folder, `layer${layer}-${String(index).padStart(3, '0')}.i420`);

function scaledLaunch(folder: string, layer: number): string {
  if (layer === 2) return launchOf(folder, PICTURES);
  const { width = 0, height = 0 } = sizes[layer] ?? {};
  return (
    `multifilesrc location=${join(folder, `layer${layer}-%03d.i420`)} index=0 stop-index=${PICTURES - 1} ! ` +
    `rawvideoparse format=i420 width=${width} height=${height} framerate=${FRAMES_PER_SECOND}/1`
  );
}

const readScaled = (folder: string, layer: number): Promise<Raw> =>
  Promise.all(Array.from({ length: PICTURES }, (_, index) => readFile(scaledFile(folder, layer, index))));

const readOriginals = (folder: string): Promise<Raw> =>
  Promise.all(Array.from({ length: PICTURES }, (_, index) => readFile(fileOf(folder, index))));

function halve(picture: Buffer, width: number, height: number): Buffer {
  const half = Buffer.alloc(picture.length / 4);
  let [from, to] = [0, 0];
  for (const [w, h] of [
    [width, height],
    [width / 2, height / 2],
    [width / 2, height / 2],
  ] as const) {
    for (let y = 0; y < h; y += 2)
      for (let x = 0; x < w; x += 2) {
        const at = from + y * w + x;
        const sum = (picture[at] ?? 0) + (picture[at + 1] ?? 0) + (picture[at + w] ?? 0) + (picture[at + w + 1] ?? 0);
        half[to++] = (sum + 2) >> 2;
      }
    from += w * h;
  }
  return half;
}

/** What mediasoup forwards to a viewer of `layer`, as the receiver hands it to its decoder. */
function pictureStream(recording: Recording, layer: number): Buffer[] {
  return recording.map((layers) =>
    Buffer.concat(
      layers.filter(({ spatial, key }) => (key ? spatial <= layer : spatial === layer)).map(({ data }) => data),
    ),
  );
}

/** Key pictures have lower layers in them, of which the decoder shows the highest alone. */
async function decode(frames: readonly Uint8Array[]): Promise<Raw> {
  const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
  const pipeline = new binding.Pipeline(
    'appsrc name=in format=time do-timestamp=true max-bytes=0 caps=video/x-vp9 ! vp9dec threads=2 ! videoconvert ! video/x-raw,format=I420 ! ' +
      'appsink name=out sync=false max-buffers=0',
  );
  const [input, out] = [pipeline.findChild('in'), pipeline.findChild('out')];
  if (!input || !out) throw new Error('no decoder');
  pipeline.play();
  const shown: Buffer[] = [];
  const done = new Promise<void>((resolve) => {
    const next = (bytes: Buffer | null): void => {
      if (bytes) shown.push(Buffer.from(bytes));
      if (!bytes || shown.length === frames.length) return resolve();
      out.pull?.(next);
    };
    out.pull?.(next);
  });
  for (const frame of frames) input.push?.(Buffer.from(frame));
  await done;
  pipeline.stop();
  return shown;
}

async function pullAll(launch: string): Promise<Buffer[]> {
  const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
  const pipeline = new binding.Pipeline(launch);
  const out = pipeline.findChild('out');
  const frames: Buffer[] = [];
  pipeline.play();
  await new Promise<void>((resolve) => {
    const next = (bytes: Buffer | null): void => {
      if (!bytes) return resolve();
      frames.push(Buffer.from(bytes));
      out?.pull?.(next);
    };
    out?.pull?.(next);
  });
  pipeline.stop();
  return frames;
}
