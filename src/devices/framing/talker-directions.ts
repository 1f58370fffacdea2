import type { TalkerDirection } from '../array/talker-tracker.ts';
import { TypedEmitter } from '../../lib/events.ts';

/** Where talkers are, for whoever turns a camera to them. */
export interface TalkerDirections {
  /** Whether anything here can tell. */
  readonly isThere: boolean;
  /** As `TalkerSource` tells it: null when somebody ceased to speak. Returns what ends listening. */
  onTalker(listener: (direction: TalkerDirection | null) => void): () => void;
  /** `isThere` has changed. */
  onPresence(listener: () => void): () => void;
}

interface RelayEvents {
  talker: [TalkerDirection | null];
  presence: [];
}

/** Directions found elsewhere, as in the call process, or made up by a test. */
export class TalkerRelay implements TalkerDirections {
  readonly #events: TypedEmitter<RelayEvents>;
  #isThere = false;

  constructor(onListenerError: (error: unknown) => void) {
    this.#events = new TypedEmitter<RelayEvents>(onListenerError);
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  /** An array came or went; with it goes the talker. */
  handlePresence(isThere: boolean): void {
    if (isThere === this.#isThere) return;
    this.#isThere = isThere;
    if (!isThere) this.#events.emit('talker', null);
    this.#events.emit('presence');
  }

  handleTalker(direction: TalkerDirection | null): void {
    if (this.#isThere) this.#events.emit('talker', direction);
  }

  onTalker(listener: (direction: TalkerDirection | null) => void): () => void {
    return this.#events.on('talker', listener);
  }

  onPresence(listener: () => void): () => void {
    return this.#events.on('presence', listener);
  }
}
