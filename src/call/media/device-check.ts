import type { ControlProblem } from '../../devices/control-problem.ts';
import type { Clock } from '../../lib/clock.ts';
import { DeviceUnavailableError } from '../../lib/errors.ts';
import type { AudioPipeline } from './audio-pipeline.ts';
import { RATE } from './audio-parts.ts';
import { SELF_VIEW_SLOT } from './camera-source.ts';
import { checkTone } from './check-tone.ts';
import type { MediaGst } from './media-gst.ts';
import type { VideoSource } from './video-parts.ts';

/** What the devices have given since the report before. */
export interface CheckReport {
  /** The loudest of the microphone, 0 to 1 as a person hears it; null: no microphone. */
  readonly level: number | null;
  readonly hasCamera: boolean;
  /** JPEG; null: no new one. */
  readonly picture: Uint8Array | null;
  /** What is wrong now. */
  readonly problems: readonly ControlProblem[];
}

export interface DeviceCheckDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  /** Those of a call. */
  readonly camera: VideoSource | null;
  readonly audio: Pick<AudioPipeline, 'events' | 'start' | 'stop' | 'setMicrophone' | 'playSound'>;
  readonly hasMicrophone: boolean;
  readonly hasSpeaker: boolean;
}

const REPORT_MS = 200;
/** As quiet as a good room; what is below is drawn as nothing. */
const SILENCE_DB = -60;

/**
 * The picture that the room's own display would show of us, small; as often as the shutter is opened. `videorate` would do for that
 * and ends the process when the size changes (assertion of 1.22), as it does when a camera stops.
 */
const pictureLaunch = [
  'buswatch name=bus',
  `slotsrc slot=${SELF_VIEW_SLOT} ! valve name=shutter drop=true ! videoconvert ! videoscale ! ` +
    'video/x-raw,format=I420,width=640,height=360,pixel-aspect-ratio=1/1 ! jpegenc quality=75 ! ' +
    'appsink name=picture sync=false max-buffers=1 drop=true',
].join('\n');

/** A straight line over decibels, which is about how loudness is perceived. */
export const asHeard = (levelDb: number): number => Math.max(0, Math.min(1, 1 - levelDb / SILENCE_DB));

/**
 * The devices of a call without a call: the same pipelines are opened, nothing is encoded of the camera, and nothing leaves the
 * process but reports to the daemon. `stop` lets go of every device before it returns.
 */
export class DeviceCheck {
  readonly #deps: DeviceCheckDeps;
  readonly #problems = new Map<'camera' | 'microphone', ControlProblem>();
  #pictures: MediaGst | null = null;
  #picture: Uint8Array | null = null;
  #levelDb = Number.NEGATIVE_INFINITY;
  #stops: (() => void)[] = [];
  #running = false;

  constructor(deps: DeviceCheckDeps) {
    this.#deps = deps;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Begins, and tells at most 5 times a second until `stop`. Does nothing while it runs. */
  start(tell: (report: CheckReport) => void): void {
    if (this.#running) return;
    this.#running = true;
    const { clock, audio, camera, hasMicrophone } = this.#deps;
    this.#stops = [
      audio.events.on('level', (stream, levelDb) => {
        if (stream === null) this.#levelDb = Math.max(this.#levelDb, levelDb);
      }),
      clock.every(REPORT_MS, () => {
        tell(this.#report());
        this.#pictures?.setBoolean('shutter', 'drop', false);
      }),
    ];
    if (camera) this.#openCamera(camera);
    if (hasMicrophone) audio.setMicrophone(true);
    else audio.start();
  }

  /** Idempotent. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    for (const stop of this.#stops.splice(0)) stop();
    this.#deps.camera?.stop();
    this.#pictures?.stop();
    this.#deps.audio.stop();
    this.#problems.clear();
    this.#picture = null;
  }

  /** A device failed (a code) or is well again (null). */
  handleProblem(source: 'camera' | 'microphone', code: string | null): void {
    if (code === null) this.#problems.delete(source);
    else this.#problems.set(source, { code, sinceMs: this.#deps.clock.wallMs() });
  }

  /** Plays three notes; resolves when they have been played. @throws {DeviceUnavailableError} device/speaker-missing */
  async playTone(): Promise<void> {
    const { audio, clock, hasSpeaker } = this.#deps;
    if (!hasSpeaker) throw new DeviceUnavailableError('device/speaker-missing', 'The room has no speaker');
    const tone = checkTone(RATE);
    audio.playSound(tone);
    await new Promise<void>((resolve) => clock.after((tone.length / RATE) * 1_000, resolve));
  }

  #openCamera(camera: VideoSource): void {
    camera.setMaxLayers(null);
    camera.start();
    this.#pictures ??= this.#deps.open(pictureLaunch);
    this.#pictures.play();
    this.#pictures.pull('picture', (bytes) => {
      if (!bytes || !this.#running) return;
      this.#pictures?.setBoolean('shutter', 'drop', true);
      this.#picture = bytes;
    });
  }

  #report(): CheckReport {
    const { camera, hasMicrophone } = this.#deps;
    const report = {
      level: hasMicrophone ? asHeard(this.#levelDb) : null,
      hasCamera: camera !== null,
      picture: this.#picture,
      problems: [...this.#problems.values()],
    };
    this.#levelDb = Number.NEGATIVE_INFINITY;
    this.#picture = null;
    return report;
  }
}
