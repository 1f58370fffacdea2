import type { Frame } from './crop.ts';

/** Shows a frame wherever pictures are made; resolves with the frame reached. */
export type ShowFrame = (frame: Frame) => Promise<Frame>;

/**
 * Frames on their way to whoever shows them: one at a time, and of those that come meanwhile only the last, so that a slow
 * receiver is not given a queue.
 */
export class LatestFrame {
  readonly #show: ShowFrame;
  readonly #onFailure: (error: unknown) => void;
  #unsent: Frame | null = null;
  #sending: Promise<void> | null = null;
  #hasFailed = false;

  constructor(show: ShowFrame, onFailure: (error: unknown) => void) {
    this.#show = show;
    this.#onFailure = onFailure;
  }

  send(frame: Frame): void {
    this.#unsent = frame;
    this.#sending ??= this.#drain();
  }

  /** Resolves when nothing is on its way: whether `frame` is what is shown. One that was not taken is tried once more. */
  async shows(frame: Frame): Promise<boolean> {
    await this.idle();
    if (this.#hasFailed) this.send(frame);
    await this.idle();
    return !this.#hasFailed;
  }

  async idle(): Promise<void> {
    while (this.#sending !== null) await this.#sending;
  }

  async #drain(): Promise<void> {
    for (let frame = this.#unsent; frame !== null; frame = this.#unsent) {
      this.#unsent = null;
      await this.#send(frame);
    }
    this.#sending = null;
  }

  async #send(frame: Frame): Promise<void> {
    try {
      await this.#show(frame);
      this.#hasFailed = false;
    } catch (error) {
      // Told once, not thirty times a second.
      if (!this.#hasFailed) this.#onFailure(error);
      this.#hasFailed = true;
    }
  }
}
