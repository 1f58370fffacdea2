import type { Display } from '../../devices/device.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { MediaGst } from './media-gst.ts';
import { composedSize } from './room-screen.ts';

export interface BlackScreenDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  readonly display: Display;
}

const WATCH_MS = 1_000;
const RESTART_MS = 2_000;

/** One picture a second: what shows a picture goes on showing it, and this one never changes. */
function blackLaunch(display: Display): string {
  const { width, height } = composedSize(display);
  return [
    'buswatch name=bus',
    `videotestsrc pattern=black is-live=true ! video/x-raw,width=${width},height=${height},framerate=1/1 ! videoconvert ! videoscale ! ${display.sink}`,
  ].join('\n');
}

/**
 * A display between calls that should be in standby and may not be: black, until it is told to end. The output itself stays on, or
 * the display would show its own "no signal" in white. Begins again by itself when its sink fails, as while another process still
 * holds the display.
 */
export class BlackScreen {
  readonly #deps: BlackScreenDeps;
  #gst: MediaGst | null = null;
  #cancel: (() => void) | null = null;

  constructor(deps: BlackScreenDeps) {
    this.#deps = deps;
  }

  /** Does nothing while it runs. */
  start(): void {
    if (this.#cancel !== null) return;
    const { open, display, clock } = this.#deps;
    this.#gst ??= open(blackLaunch(display));
    this.#gst.play();
    this.#cancel = clock.every(WATCH_MS, () => this.#watch());
  }

  /** Idempotent; the display is free then. */
  stop(): void {
    if (this.#cancel === null) return;
    this.#cancel();
    this.#cancel = null;
    this.#gst?.stop();
  }

  #watch(): void {
    const failure = this.#gst?.failure() ?? null;
    if (failure === null) return;
    this.#deps.log.info('the display cannot be made black yet', { text: failure.slice(0, 200) });
    this.stop();
    this.#cancel = this.#deps.clock.after(RESTART_MS, () => {
      this.#cancel = null;
      this.start();
    });
  }
}
