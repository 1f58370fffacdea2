import type { Camera } from '../../devices/device.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { FULL_RATE, FULL_SIZE } from '../demand/layers.ts';
import type { Layers } from '../signalling/messages.ts';
import { parseLayerFrame } from './layer-frame.ts';
import type { MediaGst } from './media-gst.ts';
import type { VideoSource, VideoSourceListeners } from './video-parts.ts';

/** Slot through which the display shows our own camera. */
export const SELF_VIEW_SLOT = 'self';
const WATCH_MS = 500;
/** A camera that is there but gives no picture for this long has failed as well. */
const SILENT_MS = 4_000;
const RESTART_MS = 1_000;
const RESTART_MAX_MS = 30_000;

export interface CameraSourceDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  readonly camera: Camera;
  readonly source: 'camera' | 'screen';
  readonly listeners: VideoSourceListeners;
}

/** What is encoded at most: of a shared screen every detail and few pictures, since text is read, not watched. */
const SIZES = {
  camera: { ...FULL_SIZE.camera, framesPerSecond: FULL_RATE.camera },
  screen: { ...FULL_SIZE.screen, framesPerSecond: FULL_RATE.screen },
} as const;

export const cameraLaunch = (camera: Camera, source: 'camera' | 'screen'): string => {
  const size = SIZES[source];
  const queue = (buffers: number): string =>
    `queue leaky=downstream max-size-buffers=${buffers} max-size-bytes=0 max-size-time=0`;
  const slot = source === 'camera' ? `slot=${SELF_VIEW_SLOT}` : 'slot=shared';
  return [
    'buswatch name=bus',
    `${camera.source(size)} ! videoconvert ! videoscale ! videorate drop-only=true max-rate=${size.framesPerSecond} ! ` +
      `video/x-raw,format=I420,width=${size.width},height=${size.height},pixel-aspect-ratio=1/1 ! tee name=picture`,
    `picture. ! ${queue(2)} ! ksvcenc name=encoder screen-content=${source === 'screen'} ! appsink name=layers sync=false max-buffers=60`,
    `picture. ! ${queue(1)} ! slotsink name=view ${slot}`,
  ].join('\n');
};

/** A camera and its encoder in one pipeline that is stopped and started, never replaced; a failed device is tried again and again. */
export class CameraSource implements VideoSource {
  readonly #deps: CameraSourceDeps;
  readonly #gst: MediaGst;
  #running = false;
  #wanted = false;
  #stopWatch: (() => void) | null = null;
  #cancelRestart: (() => void) | null = null;
  #restartMs = RESTART_MS;
  #failed = false;
  #pictures = 0;
  #pictureAtMs = 0;

  constructor(deps: CameraSourceDeps) {
    this.#deps = deps;
    this.#gst = deps.open(cameraLaunch(deps.camera, deps.source));
  }

  start(): void {
    this.#wanted = true;
    if (!this.#running && !this.#cancelRestart) this.#run();
  }

  stop(): void {
    this.#wanted = false;
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    this.#halt();
    this.#restartMs = RESTART_MS;
  }

  setMaxLayers(layers: Layers | null): void {
    this.#gst.setNumber('encoder', 'max-spatial-layer', layers?.spatial ?? -1);
    if (layers) this.#gst.setNumber('encoder', 'max-temporal-layer', layers.temporal);
  }

  setTargetBitrate(bitsPerSecond: number): void {
    this.#gst.setNumber('encoder', 'target-bitrate', Math.max(30, Math.min(20_000, Math.round(bitsPerSecond / 1_000))));
  }

  requestKeyPicture(): void {
    this.#gst.setBoolean('encoder', 'force-keyframe', true);
  }

  #run(): void {
    const { clock } = this.#deps;
    this.#running = true;
    this.#pictureAtMs = clock.nowMs();
    this.#gst.play();
    this.#gst.pull('layers', (bytes) => bytes && this.#running && this.#deliver(bytes));
    this.#stopWatch = clock.every(WATCH_MS, () => this.#watch());
  }

  #halt(): void {
    this.#stopWatch?.();
    this.#stopWatch = null;
    if (!this.#running) return;
    this.#running = false;
    this.#gst.stop();
    this.#gst.setBoolean('view', 'clear', true);
  }

  #watch(): void {
    const nowMs = this.#deps.clock.nowMs();
    const pictures = this.#gst.getNumber('view', 'rendered');
    const failure = this.#gst.failure();
    if (failure !== null) this.#fail(failure);
    else if (pictures !== this.#pictures) this.#well(pictures, nowMs);
    else if (nowMs - this.#pictureAtMs > SILENT_MS) this.#fail('no pictures');
  }

  #well(pictures: number, nowMs: number): void {
    this.#pictures = pictures;
    this.#pictureAtMs = nowMs;
    this.#restartMs = RESTART_MS;
    if (!this.#failed) return;
    this.#failed = false;
    this.#deps.listeners.onProblem(null);
    this.requestKeyPicture();
  }

  #fail(text: string): void {
    const { clock, log, listeners, source } = this.#deps;
    log.warn('a camera failed, trying again', { source, text: text.slice(0, 200), afterMs: this.#restartMs });
    this.#halt();
    if (!this.#failed) listeners.onProblem(`device/${source}-failed`);
    this.#failed = true;
    this.#cancelRestart = clock.after(this.#restartMs, () => {
      this.#cancelRestart = null;
      if (this.#wanted) this.#run();
    });
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
  }

  #deliver(bytes: Buffer): void {
    const layer = parseLayerFrame(bytes);
    if (layer) this.#deps.listeners.onLayer(layer);
  }
}
