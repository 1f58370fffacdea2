import type { Camera } from '../devices/device.ts';
import { isV4l2Camera, type V4l2Camera } from '../devices/v4l2/v4l2-camera.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';
import type { RoomActions } from '../kiosk/api/actions.ts';

/** Tells when something is plugged into a grabber, and when no more. */
export interface GrabberSignal {
  readonly isPresent: boolean;
  on(event: 'appeared' | 'gone', listener: () => void): () => void;
  start(): void;
  close(): void;
}

export interface WiredShareDeps {
  readonly room: Pick<RoomActions, 'state' | 'onState' | 'setSharing'>;
  /** Not started. */
  readonly watch: (grabber: V4l2Camera) => GrabberSignal;
  readonly logger: Logger;
}

/**
 * Shares what is plugged into the HDMI grabber as soon as there is a signal, and ends with it. Who ends the share on the panel is
 * heeded until the cable is plugged in anew or the next call.
 */
export class WiredShare {
  readonly #deps: WiredShareDeps;
  readonly #off: () => void;
  #grabber: string | null = null;
  #signal: GrabberSignal | null = null;
  #inCall = false;
  /** To be shared, and not yet asked for. */
  #due = false;
  #closed = false;

  constructor(deps: WiredShareDeps) {
    this.#deps = deps;
    this.#off = deps.room.onState(() => this.#handleState());
  }

  /** The grabber that a call would use now; null: none. */
  update(screen: Camera | null): void {
    const grabber = screen !== null && isV4l2Camera(screen) ? screen : null;
    if (this.#closed || grabber?.id === this.#grabber) return;
    this.#signal?.close();
    this.#due = false;
    this.#grabber = grabber?.id ?? null;
    this.#signal = grabber && this.#deps.watch(grabber);
    this.#signal?.on('appeared', () => this.#offer());
    this.#signal?.on('gone', () => this.#end());
    this.#signal?.start();
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#off();
    this.#signal?.close();
  }

  #handleState(): void {
    const inCall = this.#deps.room.state().call.phase === 'in-call';
    const begins = inCall && !this.#inCall;
    this.#inCall = inCall;
    if (begins && this.#signal?.isPresent === true) this.#offer();
    else if (!inCall) this.#due = false;
    else this.#share();
  }

  #offer(): void {
    this.#due = true;
    this.#share();
  }

  #share(): void {
    if (!this.#due || !this.#inCall) return;
    this.#due = false;
    if (!this.#deps.room.state().call.sharing) this.#ask(true);
  }

  #end(): void {
    this.#due = false;
    if (this.#deps.room.state().call.sharing) this.#ask(false);
  }

  #ask(sharing: boolean): void {
    this.#deps.room
      .setSharing(sharing)
      .catch((error: unknown) => this.#deps.logger.warn('the wired share did not change', errorFields(error)));
  }
}
