import type { Display } from '../../devices/device.ts';
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { SELF_VIEW_SLOT } from './camera-source.ts';
import { type Layout, arrange } from './display-layout.ts';
import { labels } from './display-labels.ts';
import type { MediaGst } from './media-gst.ts';
import { RemoteDecoder } from './remote-decoder.ts';
import type {
  RemoteWindow,
  RemoteWindowListeners,
  RoomWindows,
  ShownPerson,
  ShownStatus,
  ShownTile,
} from './video-parts.ts';

export interface RoomWindowsDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  readonly display: Display;
  /** Remote videos decoded at once. */
  readonly windows: number;
  /** Whether our own camera is shown. */
  readonly selfView: boolean;
}

interface OpenWindow {
  readonly consumer: string;
  readonly peer: string;
  readonly source: 'camera' | 'screen';
  readonly decoder: RemoteDecoder;
}

const REDRAW_MS = 1_000;
const WATCH_MS = 1_000;
const RESTART_MS = 2_000;
const SNAPSHOT_DEADLINE_MS = 3_000;
/** Larger screens are scaled up by their sink: compositing 4K costs more than it shows. */
const MOST_WIDTH = 1_920;

const slotName = (index: number): string => `window${index}`;

/** Input 0 is the self-view, the others the remote windows; one composition for as long as the process lives. */
export function displayLaunch(display: Display, size: { width: number; height: number }, windows: number): string {
  const inputs = [SELF_VIEW_SLOT, ...Array.from({ length: windows }, (_, i) => slotName(i))];
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

/** The room's front display: windows of the others, ourselves in the corner, names, and the line with the verification code. */
export class GstRoomWindows implements RoomWindows {
  readonly #deps: RoomWindowsDeps;
  readonly #size: { width: number; height: number };
  readonly #windows = new Map<string, OpenWindow>();
  readonly #decoders: RemoteDecoder[] = [];
  readonly #free: RemoteDecoder[] = [];
  readonly #listeners = new Set<() => void>();
  #gst: MediaGst | null = null;
  #running = false;
  #people: readonly ShownPerson[] = [];
  #status: ShownStatus = { room: '', code: null };
  #layout: Layout = { boxes: new Map(), selfView: null };
  #drawn = '';
  #placed = '';
  #timers: (() => void)[] = [];
  #snapshots: ((png: Uint8Array) => void)[] = [];

  constructor(deps: RoomWindowsDeps) {
    this.#deps = deps;
    const { width, height } = deps.display;
    const scale = Math.min(1, MOST_WIDTH / width);
    this.#size = { width: 2 * Math.round((width * scale) / 2), height: 2 * Math.round((height * scale) / 2) };
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#gst ??= this.#deps.open(displayLaunch(this.#deps.display, this.#size, this.#deps.windows));
    this.#placed = this.#drawn = '';
    this.#arrange();
    this.#gst.play();
    if (this.#deps.display.virtual) this.#gst.pull('snapshot', (png) => png && this.#handleSnapshot(png));
    const { clock } = this.#deps;
    this.#timers.push(
      clock.every(REDRAW_MS, () => this.#draw()),
      clock.every(WATCH_MS, () => this.#watch()),
    );
  }

  open(
    window: { consumer: string; peer: string; source: 'camera' | 'screen' },
    listeners: RemoteWindowListeners,
  ): RemoteWindow {
    const decoder = this.#takeDecoder();
    if (!decoder) {
      this.#deps.log.warn('more videos than windows', { windows: this.#deps.windows });
      return {
        show: () => undefined,
        clear: () => undefined,
        close: () => undefined,
        figures: { decoded: 0, width: 0, height: 0 },
      };
    }
    this.#windows.set(window.consumer, { ...window, decoder });
    decoder.open({
      ...listeners,
      onShownAgain: () => this.#arrange(),
      onFirstPicture: () => {
        this.#arrange();
        listeners.onFirstPicture();
      },
    });
    this.#arrange();
    return {
      show: (picture) => decoder.push(picture),
      clear: () => {
        decoder.clear();
        this.#arrange();
      },
      get figures() {
        return decoder.figures;
      },
      close: () => {
        if (this.#windows.get(window.consumer)?.decoder !== decoder) return;
        this.#windows.delete(window.consumer);
        decoder.close();
        this.#free.push(decoder);
        this.#arrange();
      },
    };
  }

  setPeople(people: readonly ShownPerson[]): void {
    this.#people = people;
    // Their last picture must not be what comes first when the camera is on again.
    for (const window of this.#windows.values())
      if (this.#isOff(window) && window.decoder.visible) window.decoder.clear();
    this.#arrange();
  }

  setStatus(status: ShownStatus): void {
    this.#status = status;
    this.#draw();
  }

  tiles(): readonly ShownTile[] {
    return [...this.#layout.boxes].map(([consumer, { width, height }]) => ({
      consumer,
      width,
      height,
      pinned: false,
      speaker: false,
    }));
  }

  onLayout(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
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
    for (const stop of this.#timers.splice(0)) stop();
    for (const decoder of this.#decoders) decoder.close();
    this.#windows.clear();
    this.#gst?.stop();
  }

  #takeDecoder(): RemoteDecoder | null {
    const free = this.#free.pop();
    if (free) return free;
    const index = this.#decoders.length;
    if (index >= this.#deps.windows) return null;
    const decoder = new RemoteDecoder({ open: this.#deps.open, clock: this.#deps.clock, slot: slotName(index), index });
    this.#decoders.push(decoder);
    return decoder;
  }

  #arrange(): void {
    const windows = [...this.#windows.values()].map(({ consumer, source }) => ({ id: consumer, source }));
    this.#layout = arrange({ ...this.#size, windows, selfView: this.#deps.selfView });
    const inputs = [...this.#layout.boxes].flatMap(([consumer, box]) => {
      const window = this.#windows.get(consumer);
      // A window without a picture keeps its place, and the background shows.
      return window?.decoder.visible && !this.#isOff(window)
        ? [`${window.decoder.index + 1}:${box.x},${box.y},${box.width},${box.height},1`]
        : [];
    });
    const own = this.#layout.selfView;
    if (own && !this.#people.some(({ self, cameraOn }) => self && !cameraOn))
      inputs.push(`0:${own.x},${own.y},${own.width},${own.height},2`);
    const text = inputs.join(';');
    if (text !== this.#placed && this.#gst) {
      this.#placed = text;
      this.#gst.setString('windows', 'layout', text);
    }
    this.#draw();
    for (const listener of this.#listeners) listener();
  }

  #isOff({ peer, source }: OpenWindow): boolean {
    return source === 'camera' && this.#people.some((person) => person.peer === peer && !person.cameraOn);
  }

  #draw(): void {
    if (!this.#gst) return;
    const time = new Date(this.#deps.clock.wallMs()).toTimeString().slice(0, 5);
    const text = labels({
      ...this.#size,
      layout: this.#layout,
      windows: this.#windows,
      people: this.#people,
      status: this.#status,
      time,
    });
    if (text === this.#drawn) return;
    this.#drawn = text;
    this.#gst.setString('labels', 'overlay', text);
  }

  #watch(): void {
    const failure = this.#gst?.failure() ?? null;
    if (failure === null || !this.#gst) return;
    this.#deps.log.warn('the display failed, trying again', { text: failure.slice(0, 200) });
    this.#running = false;
    for (const stop of this.#timers.splice(0)) stop();
    this.#gst.stop();
    this.#timers.push(this.#deps.clock.after(RESTART_MS, () => this.start()));
  }

  #handleSnapshot(png: Uint8Array): void {
    this.#gst?.setBoolean('snapshotvalve', 'drop', true);
    for (const give of this.#snapshots.splice(0)) give(png);
  }
}
