import type { RemoteDecoder } from './remote-decoder.ts';
import type { RemoteWindow, RemoteWindowListeners } from './video-parts.ts';

export interface VideoWindowOptions {
  readonly consumer: string;
  readonly peer: string;
  readonly source: 'camera' | 'screen';
  readonly listeners: RemoteWindowListeners;
  /** Whether there is a picture to be seen has changed. */
  readonly onChange: () => void;
  readonly onClose: () => void;
}

/** One remote video: it holds a decoder while it is visible, and begins with a key picture whenever it gets one. */
export class VideoWindow implements RemoteWindow {
  readonly #options: VideoWindowOptions;
  #decoder: RemoteDecoder | null = null;
  /** The decoder has been given a key picture, so that it can do with what follows. */
  #begun = false;
  #asked = false;
  #shown = false;
  /** Decoded by earlier decoders. */
  #before = 0;
  #size = { width: 0, height: 0 };

  constructor(options: VideoWindowOptions) {
    this.#options = options;
  }

  get peer(): string {
    return this.#options.peer;
  }

  get source(): 'camera' | 'screen' {
    return this.#options.source;
  }

  get consumer(): string {
    return this.#options.consumer;
  }

  get hasDecoder(): boolean {
    return this.#decoder !== null;
  }

  /** Slot with a picture to be seen; null: there is none. */
  get slot(): number | null {
    return this.#decoder?.visible ? this.#decoder.index : null;
  }

  get figures(): { decoded: number; width: number; height: number } {
    const now = this.#decoder?.figures;
    return now ? { ...now, decoded: this.#before + now.decoded } : { ...this.#size, decoded: this.#before };
  }

  attach(decoder: RemoteDecoder): void {
    const { listeners, onChange } = this.#options;
    this.#decoder = decoder;
    this.#begun = this.#asked = false;
    const onPicture = (): void => {
      onChange();
      if (this.#shown) return listeners.onShownAgain?.();
      this.#shown = true;
      listeners.onFirstPicture();
    };
    decoder.open({ onFirstPicture: onPicture, onShownAgain: onPicture, onDecoderStuck: listeners.onDecoderStuck });
  }

  /** Gives the decoder up, still open: whoever takes it closes it. */
  detach(): RemoteDecoder | null {
    const decoder = this.#decoder;
    if (!decoder) return null;
    const { decoded, ...size } = decoder.figures;
    this.#before += decoded;
    this.#size = size;
    this.#decoder = null;
    return decoder;
  }

  /** Not visible: nothing is decoded. */
  show(picture: Buffer, key: boolean): void {
    if (!this.#decoder) return;
    if (!this.#begun && !key) return this.#askForKey();
    this.#begun = this.#decoder.push(picture);
    // The decoder has asked.
    this.#asked = !this.#begun;
  }

  clear(): void {
    this.#decoder?.clear();
    this.#begun = this.#asked = false;
    this.#options.onChange();
  }

  close(): void {
    this.#options.onClose();
  }

  #askForKey(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#options.listeners.onDecoderStuck();
  }
}
