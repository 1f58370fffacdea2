/** Video parts for engine tests: the real encoder and decoder, and of each decoded picture its time and mean brightness. */
import { createRequire } from 'node:module';
import type gstreamer from 'gstreamer-superficial';
import { parseLayerFrame } from '../../src/call/media/layer-frame.ts';
import type { RoomLayout } from '../../src/call/call-state.ts';
import type { Camera } from '../../src/devices/device.ts';
import type {
  RemoteWindow,
  RemoteWindowListeners,
  RoomWindows,
  VideoSource,
  VideoSourceListeners,
} from '../../src/call/media/video-parts.ts';

const make = (launch: string): gstreamer.Pipeline => {
  const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
  return new binding.Pipeline(launch);
};
const child = (pipeline: gstreamer.Pipeline, name: string): gstreamer.Element => {
  const found = pipeline.findChild(name);
  if (!found) throw new Error(name);
  return found;
};
function pullAll(sink: gstreamer.Element, listener: (bytes: Buffer) => void): void {
  const next = (bytes: Buffer | null): void => {
    if (!bytes) return;
    listener(bytes);
    sink.pull?.(next);
  };
  sink.pull?.(next);
}

export function openTestCamera(camera: Camera, _source: string, listeners: VideoSourceListeners): VideoSource {
  const pipeline = make(
    `${camera.source({ width: 1280, height: 720, framesPerSecond: 30 })} ! videoconvert ! video/x-raw,format=I420 ! ` +
      `queue leaky=downstream max-size-buffers=2 ! ksvcenc name=encoder target-bitrate=1500 ! appsink name=layers sync=false max-buffers=60`,
  );
  const encoder = child(pipeline, 'encoder');
  return {
    start: () => {
      pipeline.play();
      pullAll(child(pipeline, 'layers'), (bytes) => {
        const layer = parseLayerFrame(bytes);
        if (layer) listeners.onLayer(layer);
      });
    },
    stop: () => pipeline.stop(),
    setMaxLayers: (layers) => {
      encoder['max-spatial-layer'] = layers?.spatial ?? -1;
      if (layers) encoder['max-temporal-layer'] = layers.temporal;
    },
    setTargetBitrate: (bps) => void (encoder['target-bitrate'] = Math.round(bps / 1_000)),
    requestKeyPicture: () => void (encoder['force-keyframe'] = true),
    setFrame: () => undefined,
  };
}

/** A decoded picture: when, and how bright on average, 0 to 255. */
export interface SeenPicture {
  readonly atMs: number;
  readonly brightness: number;
}

export class TestWindows implements RoomWindows {
  readonly seen = new Map<string, SeenPicture[]>();
  readonly sizes = new Map<string, { width: number; height: number }>();
  cleared = 0;

  setBlack(): void {}
  setAmbient(): void {}
  start(): void {}
  stop(): void {}
  setPeople(): void {}
  setStatus(): void {}
  hear(): void {}
  readonly layout: RoomLayout = { mode: 'grid', page: 1, pages: 1, selfView: false, displays: 1 };
  setLayout(): RoomLayout {
    return this.layout;
  }
  async snapshot(): Promise<Uint8Array> {
    return new Uint8Array(0);
  }
  tiles() {
    return [...this.seen.keys()].map((consumer) => ({
      consumer,
      width: 1280,
      height: 720,
      pinned: false,
      speaker: false,
    }));
  }
  onLayout() {
    return () => undefined;
  }

  open({ consumer }: { consumer: string }, listeners: RemoteWindowListeners): RemoteWindow {
    const pipeline = make(
      'appsrc name=in is-live=true do-timestamp=true format=time caps=video/x-vp9 ! vp9dec ! tee name=t ' +
        't. ! queue ! videoscale method=nearest-neighbour ! videoconvert ! video/x-raw,format=GRAY8,width=16,height=16 ! appsink name=small sync=false ' +
        't. ! queue ! slotsink name=slot',
    );
    const seen: SeenPicture[] = [];
    this.seen.set(consumer, seen);
    pipeline.play();
    const slot = child(pipeline, 'slot');
    pullAll(child(pipeline, 'small'), (bytes) => {
      if (seen.length === 0) listeners.onFirstPicture();
      seen.push({ atMs: performance.now(), brightness: bytes.reduce((sum, v) => sum + v, 0) / bytes.length });
    });
    const input = child(pipeline, 'in');
    return {
      show: (picture) => input.push?.(picture),
      clear: () => void this.cleared++,
      get figures() {
        return { decoded: Number(slot['rendered']), width: Number(slot['width']), height: Number(slot['height']) };
      },
      close: () => pipeline.stop(),
    };
  }
}
