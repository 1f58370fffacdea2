import type { Display } from '../../devices/device.ts';
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { SELF_VIEW_SLOT } from './camera-source.ts';
import { slotName } from './decoder-pool.ts';
import type { Box, Size } from './display-boxes.ts';
import type { MediaGst } from './media-gst.ts';

export interface RoomScreenDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  readonly display: Display;
  /** Slots of remote videos. */
  readonly slots: number;
}

/** A picture in its place: the slot of a remote video, or null for ourselves. */
export interface Placed {
  readonly slot: number | null;
  readonly box: Box;
}

const WATCH_MS = 1_000;
const RESTART_MS = 2_000;
const SNAPSHOT_DEADLINE_MS = 3_000;
/** Larger screens are scaled up by their sink: compositing 4K costs more than it shows. */
const MOST_WIDTH = 1_920;

/** Pixels composed for a display. */
export function composedSize({ width, height }: Display): Size {
  const scale = Math.min(1, MOST_WIDTH / width);
  return { width: 2 * Math.round((width * scale) / 2), height: 2 * Math.round((height * scale) / 2) };
}

/** Input 0 is the self-view, the others the remote windows; one composition for as long as the process lives. */
export function screenLaunch(display: Display, size: Size, slots: number): string {
  const inputs = [SELF_VIEW_SLOT, ...Array.from({ length: slots }, (_, i) => slotName(i))];
  return [
    'buswatch name=bus',
    `layoutbin name=windows width=${size.width} height=${size.height} fps=30 ! roomoverlay name=labels ! tee name=picture`,
    `picture. ! queue leaky=downstream max-size-buffers=2 ! videoconvert ! videoscale ! ${display.sink}`,
    ...(display.virtual
      ? [
          'picture. ! queue leaky=downstream max-size-buffers=1 ! valve name=snapshotvalve drop=true ! videoconvert ! pngenc ! appsink name=snapshot sync=false async=false max-buffers=1 drop=true',
        ]
      : []),
    ...inputs.map((slot, i) => `slotsrc slot=${slot} ! queue leaky=downstream max-size-buffers=1 ! windows.sink_${i}`),
  ].join('\n');
}

/** One display: the pictures where they are placed and what is drawn over them. Comes back by itself when its sink fails. */
export class RoomScreen {
  /** Pixels composed. */
  readonly size: Size;
  readonly #deps: RoomScreenDeps;
  #gst: MediaGst | null = null;
  #running = false;
  #layout = '';
  #overlay = '';
  #stops: (() => void)[] = [];
  #snapshots: ((png: Uint8Array) => void)[] = [];

  constructor(deps: RoomScreenDeps) {
    this.#deps = deps;
    this.size = composedSize(deps.display);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    const { open, display, slots, clock } = this.#deps;
    this.#gst ??= open(screenLaunch(display, this.size, slots));
    this.#gst.setString('windows', 'layout', this.#layout);
    this.#gst.setString('labels', 'overlay', this.#overlay);
    this.#gst.play();
    if (display.virtual) this.#gst.pull('snapshot', (png) => png && this.#handleSnapshot(png));
    this.#stops.push(clock.every(WATCH_MS, () => this.#watch()));
  }

  /** Where the pictures are from the next one on; what is not named is hidden. Ourselves are above the others. */
  place(pictures: readonly Placed[]): void {
    const text = pictures
      .map(({ slot, box: { x, y, width, height } }) =>
        slot === null ? `0:${x},${y},${width},${height},2` : `${slot + 1}:${x},${y},${width},${height},1`,
      )
      .join(';');
    if (text === this.#layout) return;
    this.#layout = text;
    this.#gst?.setString('windows', 'layout', text);
  }

  /** Lines of `roomoverlay`. */
  draw(overlay: string): void {
    if (overlay === this.#overlay) return;
    this.#overlay = overlay;
    this.#gst?.setString('labels', 'overlay', overlay);
  }

  /** What is on the screen now, PNG. @throws {UsageError} media/no-snapshot unless the display is virtual and running. */
  async snapshot(): Promise<Uint8Array> {
    const gst = this.#gst;
    if (!gst || !this.#running || !this.#deps.display.virtual)
      throw new UsageError('media/no-snapshot', 'Only a virtual display gives pictures');
    return new Promise((resolve, reject) => {
      const cancel = this.#deps.clock.after(SNAPSHOT_DEADLINE_MS, () =>
        reject(new UsageError('media/no-snapshot', 'The display gives no picture')),
      );
      this.#snapshots.push((png) => {
        cancel();
        resolve(png);
      });
      gst.setBoolean('snapshotvalve', 'drop', false);
    });
  }

  stop(): void {
    this.#running = false;
    for (const stop of this.#stops.splice(0)) stop();
    this.#gst?.stop();
  }

  #watch(): void {
    const failure = this.#gst?.failure() ?? null;
    if (failure === null) return;
    this.#deps.log.warn('the display failed, trying again', { text: failure.slice(0, 200) });
    this.stop();
    this.#stops.push(this.#deps.clock.after(RESTART_MS, () => this.start()));
  }

  #handleSnapshot(png: Uint8Array): void {
    this.#gst?.setBoolean('snapshotvalve', 'drop', true);
    for (const give of this.#snapshots.splice(0)) give(png);
  }
}
