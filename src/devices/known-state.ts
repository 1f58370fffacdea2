import type { Outcome } from './outcome.ts';
import type { RoomDevice } from './room-device.ts';

/** What setters have brought to light of a device's state. */
export class KnownState {
  readonly #changed: () => void;
  #known: RoomDevice['state'] = {};

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get all(): RoomDevice['state'] {
    return this.#known;
  }

  note(state: RoomDevice['state']): void {
    this.#known = { ...this.#known, ...state };
    this.#changed();
  }

  /** The outcome itself; the value in it is noted as `read` puts it. */
  async learn<T>(asked: Promise<Outcome<T>>, read: (value: T) => RoomDevice['state']): Promise<Outcome<T>> {
    const outcome = await asked;
    if (outcome.value !== null) this.note(read(outcome.value));
    return outcome;
  }
}
