import type { Clock } from '../../lib/clock.ts';
import type { MediaGst } from './media-gst.ts';
import type { RemoteWindowListeners } from './video-parts.ts';

interface Deps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  /** Slot that the display shows. */
  readonly slot: string;
  readonly index: number;
}

const DECODER = 'decode';
/** Names of the threads that decode: the streaming thread of that source, and libvpx's own for tiles. */
export const DECODING_THREADS = [`${DECODER}:src`, 'vpx tile worker'] as const;

const FIRST_MS = 15;
const WATCH_MS = 500;
/**
 * What waits for a decoder that cannot keep up: two seconds of pictures. The source's own limits only tell whoever listens for them.
 */
export const MOST_WAITING = { pictures: 60, bytes: 4_000_000 } as const;
/** vp9dec says nothing about what it cannot decode: this many pictures in and none out means it is stuck. */
const STUCK_AFTER = 12;

/** Decodes one remote video at a time into its slot; used again for another when closed, because pipelines are never freed. */
export class RemoteDecoder {
  readonly index: number;
  readonly #deps: Deps;
  #gst: MediaGst | null = null;
  #listeners: RemoteWindowListeners | null = null;
  #running = false;
  #shown = false;
  #visible = false;
  /** Of the slot, when this window or its last clearing began. */
  #base = 0;
  #rendered = 0;
  #pushedSince = 0;
  #stopFirst: (() => void) | null = null;
  #stopWatch: (() => void) | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.index = deps.index;
  }

  /** Whether there is a picture to be seen. */
  get visible(): boolean {
    return this.#visible;
  }

  get figures(): { decoded: number; width: number; height: number } {
    const gst = this.#gst;
    if (!gst || !this.#listeners) return { decoded: 0, width: 0, height: 0 };
    return {
      decoded: gst.getNumber('slot', 'rendered') - this.#base,
      width: gst.getNumber('slot', 'width'),
      height: gst.getNumber('slot', 'height'),
    };
  }

  open(listeners: RemoteWindowListeners): void {
    const { open, clock, slot } = this.#deps;
    this.#gst ??= open(
      `buswatch name=bus appsrc name=${DECODER} is-live=true do-timestamp=true format=time caps=video/x-vp9 ! ` +
        `vp9dec threads=2 ! slotsink name=slot slot=${slot}`,
    );
    this.#listeners = listeners;
    this.#shown = false;
    this.#base = this.#rendered = this.#gst.getNumber('slot', 'rendered');
    this.#pushedSince = 0;
    this.#gst.play();
    this.#running = true;
    this.#stopWatch = clock.every(WATCH_MS, () => this.#watch());
  }

  /** False: too much waits already, the picture was left out, and the next one must be a key picture; that is asked for. */
  push(picture: Buffer): boolean {
    if (!this.#running) return true;
    if (this.#isFull()) {
      this.#listeners?.onDecoderStuck();
      return false;
    }
    this.#gst?.push(DECODER, picture);
    this.#pushedSince++;
    if (!this.#visible) this.#stopFirst ??= this.#deps.clock.every(FIRST_MS, () => this.#lookForFirst());
    return true;
  }

  /** Nothing is seen until a picture pushed after this, which must be a key picture: the decoder begins anew. */
  clear(): void {
    // Stopped first: what waits or is being decoded must not come after the clearing.
    if (this.#running) this.#gst?.stop();
    this.#empty();
    if (this.#running) this.#gst?.play();
  }

  close(): void {
    this.#stopFirst?.();
    this.#stopFirst = null;
    this.#stopWatch?.();
    this.#stopWatch = null;
    if (this.#running) this.#gst?.stop();
    this.#running = false;
    this.#listeners = null;
    this.#empty();
  }

  #isFull(): boolean {
    const waits = (what: string): number => this.#gst?.getNumber(DECODER, `current-level-${what}`) ?? 0;
    return waits('buffers') >= MOST_WAITING.pictures || waits('bytes') >= MOST_WAITING.bytes;
  }

  #empty(): void {
    this.#visible = false;
    this.#rendered = this.#gst?.getNumber('slot', 'rendered') ?? 0;
    this.#pushedSince = 0;
    this.#gst?.setBoolean('slot', 'clear', true);
  }

  #lookForFirst(): void {
    if ((this.#gst?.getNumber('slot', 'rendered') ?? 0) === this.#rendered) return;
    this.#stopFirst?.();
    this.#stopFirst = null;
    this.#visible = true;
    const first = !this.#shown;
    this.#shown = true;
    if (first) this.#listeners?.onFirstPicture();
    else this.#listeners?.onShownAgain?.();
  }

  #watch(): void {
    const gst = this.#gst;
    if (!gst || !this.#running) return;
    const rendered = gst.getNumber('slot', 'rendered');
    const broken = gst.failure() !== null;
    if (rendered === this.#rendered && (broken || this.#pushedSince >= STUCK_AFTER)) {
      if (broken) {
        gst.stop();
        gst.play();
      }
      this.#listeners?.onDecoderStuck();
      this.#pushedSince = 0;
    }
    if (rendered !== this.#rendered && this.#visible) {
      this.#rendered = rendered;
      this.#pushedSince = 0;
    }
  }
}
