import type { RoomLayout } from '../../src/call/call-state.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { MediaGst } from '../../src/call/media/media-gst.ts';
import { RemoteDecoder } from '../../src/call/media/remote-decoder.ts';
import type { RemoteWindow, RemoteWindowListeners, RoomWindows, ShownTile } from '../../src/call/media/video-parts.ts';

const LOOK_MS = 4;

/** A decoded picture; ms since 1970, comparable between processes of one machine. */
export interface WatchedPicture {
  readonly atMs: number;
  readonly width: number;
}

/**
 * A display that shows nothing and notes every decoded picture of the product's own decoders. Its windows have the sizes that
 * `resize` gives them: what the room's layout does otherwise.
 */
export class WatchingWindows implements RoomWindows {
  /** By consumer, and by peer. */
  readonly pictures = new Map<string, WatchedPicture[]>();
  readonly #open: (launch: string) => MediaGst;
  readonly #sizes = new Map<string, { width: number; height: number; main: boolean }>();
  readonly #windows = new Map<string, { peer: string; decoder: RemoteDecoder }>();
  readonly #free: RemoteDecoder[] = [];
  readonly #listeners = new Set<() => void>();
  #decoders = 0;

  constructor(open: (launch: string) => MediaGst) {
    this.#open = open;
  }

  setBlack(): void {}
  setAmbient(): void {}
  start(): void {}
  stop(): void {
    for (const { decoder } of this.#windows.values()) decoder.close();
    this.#windows.clear();
  }
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

  tiles(): readonly ShownTile[] {
    return [...this.#windows].flatMap(([consumer, { peer }]) => {
      const size = this.#sizes.get(peer);
      if (!size) return [];
      return [{ consumer, width: size.width, height: size.height, pinned: size.main, speaker: size.main }];
    });
  }

  onLayout(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Gives the windows of these peers other sizes; null: not seen, as is who was never named. */
  resize(sizes: ReadonlyMap<string, { width: number; height: number; main: boolean } | null>): void {
    for (const [peer, size] of sizes)
      if (size) this.#sizes.set(peer, size);
      else this.#sizes.delete(peer);
    for (const listener of this.#listeners) listener();
  }

  open({ consumer, peer }: { consumer: string; peer: string }, listeners: RemoteWindowListeners): RemoteWindow {
    const decoder = this.#free.pop() ?? this.#makeDecoder();
    this.#windows.set(consumer, { peer, decoder });
    const pictures = this.pictures.get(peer) ?? [];
    this.pictures.set(peer, pictures);
    this.pictures.set(consumer, pictures);
    decoder.open(listeners);
    let decoded = 0;
    const stop = systemClock.every(LOOK_MS, () => {
      const figures = decoder.figures;
      if (figures.decoded === decoded) return;
      decoded = figures.decoded;
      pictures.push({ atMs: performance.timeOrigin + performance.now(), width: figures.width });
    });
    return {
      show: (picture) => decoder.push(picture),
      clear: () => decoder.clear(),
      get figures() {
        return decoder.figures;
      },
      close: () => {
        stop();
        if (!this.#windows.delete(consumer)) return;
        decoder.close();
        this.#free.push(decoder);
      },
    };
  }

  #makeDecoder(): RemoteDecoder {
    const index = this.#decoders++;
    return new RemoteDecoder({ open: this.#open, clock: systemClock, slot: `watched${index}`, index });
  }
}
