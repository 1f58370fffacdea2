/** Cameras that cost nothing: pictures encoded once in layers and sent again and again. */
import { parseLayerFrame } from '../../src/call/media/layer-frame.ts';
import { createRequire } from 'node:module';
import type gstreamer from 'gstreamer-superficial';
import type { EncodedLayer, VideoSource, VideoSourceListeners } from '../../src/call/media/video-parts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Layers } from '../../src/call/signalling/messages.ts';

const FRAMES_PER_SECOND = 30;

/** The layers of each picture, from a key picture on. */
export type Recording = readonly (readonly EncodedLayer[])[];

const SIZE = 'video/x-raw,format=I420,width=1280,height=720,framerate=30/1';

/** Encodes `pictures` pictures of 1280×720 in the product's layers: plain `colour` (RRGGBB) with a moving ball and a number. */
export function recordVideo(colour: string, label: string, pictures: number): Promise<Recording> {
  const source =
    `videotestsrc num-buffers=${pictures} pattern=ball background-color=0xff${colour} foreground-color=0xffffffff ! ${SIZE} ! ` +
    `textoverlay text="${label}" font-desc="Sans Bold 90" valignment=center halignment=center ! videoconvert ! ${SIZE}`;
  return recordLayers(source, 1_200);
}

/** Encodes what a source that ends gives, I420 of 1280×720, in the product's layers up to spatial layer `top`. */
export async function recordLayers(source: string, kbps: number, top = 2): Promise<Recording> {
  const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
  const pipeline = new binding.Pipeline(
    `${source} ! ksvcenc name=encoder target-bitrate=${kbps} max-spatial-layer=${top} ! appsink name=layers sync=false`,
  );
  const sink = pipeline.findChild('layers');
  if (!sink) throw new Error('no appsink');
  const recording: EncodedLayer[][] = [];
  pipeline.play();
  await new Promise<void>((resolve) => {
    const next = (bytes: Buffer | null): void => {
      if (!bytes) return resolve();
      const layer = layerOf(bytes);
      if (layer.spatial === 0) recording.push([]);
      recording.at(-1)?.push(layer);
      sink.pull?.(next);
    };
    sink.pull?.(next);
  });
  pipeline.stop();
  if (recording[0]?.[0]?.key !== true) throw new Error('nothing was encoded');
  return recording;
}

/** Sends a recording in time and over again, only the layers that are wanted; a wanted key picture begins it anew. */
export function replayVideo(recording: Recording, listeners: VideoSourceListeners): VideoSource {
  let [at, picture] = [0, 0];
  let layers: Layers | null = null;
  let keyed = false;
  let stop = (): void => undefined;
  let dueMs = 0;
  const send = (): void => {
    dueMs += 1_000 / FRAMES_PER_SECOND;
    stop = systemClock.after(Math.max(1, dueMs - performance.now()), send);
    const wanted = layers;
    picture++;
    if (!wanted) return;
    const source = recording[at] ?? [];
    at = (at + 1) % recording.length;
    if (source[0]?.key) keyed = true;
    if (!keyed || (source[0]?.temporal ?? 0) > wanted.temporal) return;
    const sent = source.filter(({ spatial }) => spatial <= wanted.spatial);
    const captureUs = Number(process.hrtime.bigint() / 1_000n);
    for (const layer of sent)
      listeners.onLayer({ ...layer, activeSpatialLayers: sent.length, picture, captureUs, encodeUs: 0 });
  };
  const restart = (): void => {
    at = 0;
    keyed = false;
  };
  return {
    start: () => {
      stop();
      dueMs = performance.now();
      send();
    },
    stop: () => stop(),
    setMaxLayers: (wanted) => {
      // A layer that was not sent is missing from the references of what follows.
      if ((wanted?.spatial ?? -1) > (layers?.spatial ?? -1) || (wanted?.temporal ?? -1) > (layers?.temporal ?? -1))
        restart();
      layers = wanted;
    },
    setTargetBitrate: () => undefined,
    requestKeyPicture: restart,
    setFrame: () => undefined,
  };
}

/** A copy: what is replayed must outlive the buffer it was read from. */
function layerOf(bytes: Buffer): EncodedLayer {
  const layer = parseLayerFrame(bytes);
  if (!layer) throw new Error('the encoder put out something else');
  return { ...layer, data: Uint8Array.from(layer.data) };
}
