import type { Display } from '../../devices/device.ts';
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Size } from './display-boxes.ts';
import type { MediaGst } from './media-gst.ts';
import { composedSize } from './room-screen.ts';

export interface IdleScreenDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  readonly display: Display;
}

const WATCH_MS = 1_000;
const RESTART_MS = 2_000;
/** How often to look whether a drawing is finished, and for how long. */
const DRAWN_LOOK_MS = 40;
const DRAWN_LOOKS = 50;
const SNAPSHOT_DEADLINE_MS = 3_000;

/** Without timestamps, pictures are shown as they come, and the last one stays. */
function idleLaunch(display: Display, { width, height }: Size): string {
  return [
    'buswatch name=bus',
    `appsrc name=ground is-live=true format=time max-bytes=${4 * blackOf({ width, height }).length} ` +
      `caps=video/x-raw,format=I420,width=${width},height=${height},framerate=0/1,pixel-aspect-ratio=1/1 ! ` +
      'roomoverlay name=labels ! tee name=picture',
    `picture. ! queue ! videoconvert ! videoscale ! ${display.sink}`,
    ...(display.virtual
      ? [
          'picture. ! queue ! videoconvert ! pngenc ! appsink name=snapshot sync=false async=false max-buffers=1 drop=true',
        ]
      : []),
  ].join('\n');
}

/**
 * A display between calls: black, or what is drawn on it. It costs nothing but at a change, for a picture that is shown stays. The
 * output itself stays on, or the display would show its own "no signal" in white. Begins again by itself when its sink fails, as
 * while another process still holds the display.
 */
export class IdleScreen {
  readonly size: Size;
  readonly #deps: IdleScreenDeps;
  readonly #black: Uint8Array;
  #gst: MediaGst | null = null;
  /** Null: stopped. */
  #overlay: string | null = null;
  #cancels: (() => void)[] = [];
  #cancelDraw = (): void => undefined;
  #snapshot: Uint8Array | null = null;

  constructor(deps: IdleScreenDeps) {
    this.#deps = deps;
    this.size = composedSize(deps.display);
    this.#black = blackOf(this.size);
  }

  /** Lines of `roomoverlay` over black; empty: black. Holds the display from now on. */
  show(overlay: string): void {
    if (overlay === this.#overlay) return;
    const isNew = this.#overlay === null;
    this.#overlay = overlay;
    if (isNew) this.#run();
    else this.#draw();
  }

  /** Idempotent; the display is free then. */
  stop(): void {
    this.#overlay = null;
    this.#halt();
  }

  /** What is on the screen now, PNG. @throws {UsageError} media/no-snapshot unless the display is virtual and in use. */
  async snapshot(): Promise<Uint8Array> {
    const deadline = this.#deps.clock.nowMs() + SNAPSHOT_DEADLINE_MS;
    while (this.#overlay !== null && this.#deps.display.virtual && this.#deps.clock.nowMs() < deadline) {
      if (this.#snapshot) return this.#snapshot;
      await new Promise<void>((resolve) => this.#deps.clock.after(DRAWN_LOOK_MS, resolve));
    }
    throw new UsageError('media/no-snapshot', 'Only a virtual display that is in use gives pictures');
  }

  #run(): void {
    const { open, display, clock } = this.#deps;
    this.#gst ??= open(idleLaunch(display, this.size));
    this.#gst.play();
    if (display.virtual)
      this.#gst.pull('snapshot', (png) => {
        if (png) this.#snapshot = png;
      });
    this.#cancels.push(clock.every(WATCH_MS, () => this.#watch()));
    this.#draw();
  }

  #halt(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#cancelDraw();
    this.#gst?.stop();
    this.#snapshot = null;
  }

  /** The overlay is drawn by a thread of its own: the picture follows when it has been. */
  #draw(): void {
    const gst = this.#gst;
    if (!gst) return;
    const before = drawn(gst);
    gst.setString('labels', 'overlay', this.#overlay ?? '');
    this.#cancelDraw();
    this.#snapshot = null;
    let looks = 0;
    this.#cancelDraw = this.#deps.clock.every(DRAWN_LOOK_MS, () => {
      if (drawn(gst) === before && ++looks < DRAWN_LOOKS) return;
      this.#cancelDraw();
      this.#snapshot = null;
      gst.push('ground', this.#black);
    });
  }

  #watch(): void {
    const failure = this.#gst?.failure() ?? null;
    if (failure === null) return;
    this.#deps.log.info('the display cannot be used between calls yet', { text: failure.slice(0, 200) });
    this.#halt();
    this.#cancels.push(
      this.#deps.clock.after(RESTART_MS, () => {
        this.#cancels = [];
        this.#run();
      }),
    );
  }
}

const drawn = (gst: MediaGst): number => gst.getNumber('labels', 'applied') + gst.getNumber('labels', 'rejected');

/** I420, limited range. */
function blackOf({ width, height }: Size): Uint8Array {
  const luma = width * height;
  return new Uint8Array(luma + 2 * (width / 2) * (height / 2)).fill(16, 0, luma).fill(128, luma);
}
