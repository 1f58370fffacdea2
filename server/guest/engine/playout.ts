import type { IncomingInfo } from '../../../src/call/media-engine.ts';
import type { RemotePicture } from '../call-controller.ts';

/**
 * Plays what is received: sound through elements of its own, so that no window that is moved or hidden cuts it; pictures are
 * handed to whoever lays out windows.
 */
export class Playout {
  readonly #onFirstFrame: (consumer: string) => void;
  readonly #sounds = new Map<string, HTMLAudioElement>();
  readonly #pictures = new Map<string, RemotePicture>();
  readonly #probes = new Map<string, HTMLVideoElement>();
  #volume = 1;

  constructor(onFirstFrame: (consumer: string) => void) {
    this.#onFirstFrame = onFirstFrame;
  }

  get pictures(): readonly RemotePicture[] {
    return [...this.#pictures.values()];
  }

  start(info: IncomingInfo, track: MediaStreamTrack): void {
    const stream = new MediaStream([track]);
    if (info.kind === 'audio') return this.#startSound(info.consumer, stream);
    const { consumer, peer, source } = info;
    if (source !== 'camera' && source !== 'screen') return;
    this.#pictures.set(consumer, { consumer, peer, source, stream });
    this.#awaitFirstFrame(consumer, stream);
  }

  stop(consumer: string): void {
    const sound = this.#sounds.get(consumer);
    if (sound) sound.srcObject = null;
    this.#sounds.delete(consumer);
    this.#pictures.delete(consumer);
    this.#endProbe(consumer);
  }

  /** 0 to 100; returns what was reached. */
  setVolume(percent: number): number {
    const reached = Math.round(Math.max(0, Math.min(100, percent)));
    this.#volume = reached / 100;
    for (const sound of this.#sounds.values()) sound.volume = this.#volume;
    return reached;
  }

  close(): void {
    for (const consumer of [...this.#sounds.keys(), ...this.#pictures.keys()]) this.stop(consumer);
  }

  #startSound(consumer: string, stream: MediaStream): void {
    const sound = new Audio();
    sound.srcObject = stream;
    sound.volume = this.#volume;
    this.#sounds.set(consumer, sound);
    // Joining was a press, which allows sound; after a reload without one the next press allows it.
    sound
      .play()
      .catch(() =>
        document.addEventListener('pointerdown', () => void sound.play().catch(() => undefined), { once: true }),
      );
  }

  #awaitFirstFrame(consumer: string, stream: MediaStream): void {
    const probe = document.createElement('video');
    probe.muted = true;
    probe.srcObject = stream;
    this.#probes.set(consumer, probe);
    probe.requestVideoFrameCallback(() => {
      if (this.#probes.get(consumer) === probe) this.#onFirstFrame(consumer);
      this.#endProbe(consumer);
    });
    probe.play().catch(() => undefined);
  }

  #endProbe(consumer: string): void {
    const probe = this.#probes.get(consumer);
    if (probe) probe.srcObject = null;
    this.#probes.delete(consumer);
  }
}
