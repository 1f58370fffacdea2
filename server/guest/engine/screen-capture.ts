import { DeviceUnavailableError } from '../../../src/lib/errors.ts';

/** A screen, window or tab that the person chose in the browser's own dialog. */
export class ScreenCapture {
  readonly #onEnded: () => void;
  #picture: MediaStreamTrack | null = null;
  #sound: MediaStreamTrack | null = null;

  /** `onEnded`: the person or the browser ended it, not `stop`. */
  constructor(onEnded: () => void) {
    this.#onEnded = onEnded;
  }

  /** The sound of what is shared, where the browser gives it. */
  get sound(): MediaStreamTrack | null {
    return this.#sound;
  }

  /** @throws {DeviceUnavailableError} guest/screen-not-chosen when nothing was chosen. */
  async start(): Promise<MediaStreamTrack> {
    const stream = await this.#ask();
    const [picture] = stream.getVideoTracks();
    if (!picture) throw new DeviceUnavailableError('guest/screen-not-chosen', 'Nothing was chosen to share');
    // Sharp letters matter more than smooth motion.
    picture.contentHint = 'detail';
    picture.addEventListener('ended', () => this.#handleEnded(picture));
    this.#picture = picture;
    this.#sound = stream.getAudioTracks()[0] ?? null;
    return picture;
  }

  stop(source: 'screen' | 'screen-audio'): void {
    if (source === 'screen') {
      this.#picture?.stop();
      this.#picture = null;
    }
    this.#sound?.stop();
    this.#sound = null;
  }

  async #ask(): Promise<MediaStream> {
    try {
      return await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { max: 15 }, width: { max: 2560 }, height: { max: 1440 } },
        audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
    } catch (cause) {
      throw new DeviceUnavailableError('guest/screen-not-chosen', 'Nothing was chosen to share', { cause });
    }
  }

  #handleEnded(picture: MediaStreamTrack): void {
    if (this.#picture === picture) this.#onEnded();
  }
}
