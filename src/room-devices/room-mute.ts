import { errorFields } from '../lib/log.ts';
import type { Logger } from '../lib/log.ts';
import type { DrivenRoom } from './driven-room.ts';

/**
 * The room's mute for those who cannot wait: a button, a speakerphone, lights. What was asked last counts until the call has
 * answered, so that a state told meanwhile does not flicker back.
 */
export class RoomMute {
  readonly #room: DrivenRoom;
  readonly #log: Logger;
  readonly #onSettled: () => void;
  #wanted: boolean | null = null;
  #asked = 0;

  /** `onSettled` is called when the call has answered; never from within `set`. */
  constructor(room: DrivenRoom, log: Logger, onSettled: () => void) {
    this.#room = room;
    this.#log = log;
    this.#onSettled = onSettled;
  }

  get muted(): boolean {
    return this.#wanted ?? this.#room.state().call.microphoneMuted;
  }

  /** Returns what the room is then: outside of a call, as it was. */
  set(muted: boolean): boolean {
    if (this.#room.state().call.phase === 'idle') return this.muted;
    this.#wanted = muted;
    const asked = ++this.#asked;
    void Promise.resolve()
      .then(() => this.#room.setMuted(muted))
      .catch((error: unknown) => this.#log.info('not muted or unmuted', errorFields(error)))
      .then(() => {
        if (asked !== this.#asked) return;
        this.#wanted = null;
        this.#onSettled();
      });
    return muted;
  }
}
