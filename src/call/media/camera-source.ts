import type { Camera, DevicePresence } from '../../devices/device.ts';
import type { Frame } from '../../devices/framing/crop.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import { FULL_RATE, FULL_SIZE } from '../demand/layers.ts';
import type { Layers } from '../signalling/messages.ts';
import { CameraRecovery, type Moment, type RecoveryStep } from './camera-recovery.ts';
import { parseLayerFrame } from './layer-frame.ts';
import type { MediaGst } from './media-gst.ts';
import type { VideoSource, VideoSourceListeners } from './video-parts.ts';

/** Slot through which the display shows our own camera. */
export const SELF_VIEW_SLOT = 'self';
const WATCH_MS = 500;
/** A camera that is there but gives no picture for this long has failed as well. */
const SILENT_MS = 4_000;

export interface CameraSourceDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  readonly camera: Camera;
  readonly source: 'camera' | 'screen';
  readonly capture: CaptureSize;
  readonly listeners: VideoSourceListeners;
  /** Whether the device is plugged in; null where nothing tells, as of virtual ones: then it counts as there. */
  readonly presence: DevicePresence | null;
  /** Resets a device that is there and fails, as by switching its USB port off and on; null where that is not permitted. */
  readonly cure: (() => Promise<void>) | null;
}

/** What is encoded at most: of a shared screen every detail and few pictures, since text is read, not watched. */
const SIZES = {
  camera: { ...FULL_SIZE.camera, framesPerSecond: FULL_RATE.camera },
  screen: { ...FULL_SIZE.screen, framesPerSecond: FULL_RATE.screen },
} as const;
const FULL_HD = { width: 1_920, height: 1_080 } as const;

/**
 * How large pictures are taken from the camera. Larger than they are sent costs decoding and scaling, and keeps a cut-out part
 * sharp: a zoom of 1.5 shows every pixel of the camera.
 */

export type CaptureSize = 'as-sent' | 'full-hd';

/** A camera's picture passes `pictureframe`, which hands a whole one on as it is; a shared screen is always whole. */
export const cameraLaunch = (camera: Camera, source: 'camera' | 'screen', capture: CaptureSize): string => {
  const sent = SIZES[source];
  const size = capture === 'full-hd' ? { ...FULL_HD, framesPerSecond: sent.framesPerSecond } : sent;
  const frame = source === 'camera' ? `pictureframe name=frame width=${sent.width} height=${sent.height} ! ` : '';
  const queue = (buffers: number): string =>
    `queue leaky=downstream max-size-buffers=${buffers} max-size-bytes=0 max-size-time=0`;
  const slot = source === 'camera' ? `slot=${SELF_VIEW_SLOT}` : 'slot=shared';
  return [
    'buswatch name=bus',
    `${camera.source(size)} ! videoconvert ! videoscale ! videorate drop-only=true max-rate=${size.framesPerSecond} ! ` +
      `video/x-raw,format=I420,width=${size.width},height=${size.height},pixel-aspect-ratio=1/1 ! ${frame}tee name=picture`,
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
  readonly #recovery = new CameraRecovery();
  #cancelRestart: (() => void) | null = null;
  #stopPresence: (() => void) | null = null;
  #told: { code: string; sinceMs: number } | null = null;
  #pictures = 0;
  #pictureAtMs = 0;

  constructor(deps: CameraSourceDeps) {
    this.#deps = deps;
    this.#gst = deps.open(cameraLaunch(deps.camera, deps.source, deps.capture));
  }

  /** What is wrong with the device and since when, wall clock in milliseconds; null while all is well. */
  get problem(): { readonly code: string; readonly sinceMs: number } | null {
    return this.#told;
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#stopPresence =
      this.#deps.presence?.onChange((isThere) => this.#follow(this.#recovery.presence(isThere))) ?? null;
    this.#run();
  }

  stop(): void {
    this.#wanted = false;
    this.#stopPresence?.();
    this.#stopPresence = null;
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    this.#halt();
    this.#recovery.reset();
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

  setFrame({ x, y, size }: Frame): void {
    if (this.#deps.source === 'camera') this.#gst.setString('frame', 'frame', `${x} ${y} ${size}`);
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
    this.#recovery.worked(this.#moment);
    if (this.#told === null) return;
    this.#told = null;
    this.#deps.listeners.onProblem(null);
    this.requestKeyPicture();
  }

  #fail(text: string): void {
    const { log, presence, source } = this.#deps;
    this.#halt();
    const step = this.#recovery.failed(presence?.isThere() ?? true, this.#moment);
    const afterMs = step.kind === 'reopen' ? step.inMs : null;
    log.warn('a camera failed, trying again', { source, text: text.slice(0, 200), afterMs });
    this.#follow(step);
  }

  #follow(step: RecoveryStep | null): void {
    if (step === null || !this.#wanted) return;
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    this.#tell();
    if (step.kind === 'wait') return;
    if (step.cureFirst) void this.#cure();
    this.#cancelRestart = this.#deps.clock.after(step.inMs, () => {
      this.#cancelRestart = null;
      if (this.#wanted && !this.#running) this.#run();
    });
  }

  /** The reopening waits for nothing: a cure takes the device away, which `presence` tells. */
  async #cure(): Promise<void> {
    const { cure, log, source } = this.#deps;
    if (cure === null) return;
    log.warn('a camera keeps failing, resetting it', { source });
    await cure().catch((error: unknown) => log.warn('a camera could not be reset', { source, ...errorFields(error) }));
  }

  #tell(): void {
    const { trouble } = this.#recovery;
    const { source, listeners } = this.#deps;
    if (trouble === null) return;
    const code = trouble.form === 'gone' ? `device/${source}-gone` : `device/${source}-failed`;
    const isNew = this.#told?.code !== code;
    this.#told = { code, sinceMs: trouble.sinceMs };
    if (isNew) listeners.onProblem(code);
  }

  get #moment(): Moment {
    return { nowMs: this.#deps.clock.nowMs(), wallMs: this.#deps.clock.wallMs() };
  }

  #deliver(bytes: Buffer): void {
    const layer = parseLayerFrame(bytes);
    if (layer) this.#deps.listeners.onLayer(layer);
  }
}
