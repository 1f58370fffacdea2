import type { TalkerDirection } from '../array/talker-tracker.ts';
import { TypedEmitter } from '../../lib/events.ts';

/** Where talkers are, for whoever turns a camera to them. */
export interface TalkerDirections {
  /** Whether anything here can tell. */
  readonly isThere: boolean;
  /** Who speaks now. */
  readonly current: TalkerDirection | null;
  /** As `TalkerSource` tells it: null when somebody ceased to speak. Returns what ends listening. */
  onTalker(listener: (direction: TalkerDirection | null) => void): () => void;
  /** `isThere` has changed. */
  onPresence(listener: () => void): () => void;
}

/** Somebody else's reports of who speaks, as of the call. */
export type TalkerReports = Pick<TalkerDirections, 'current' | 'onTalker'>;

interface RelayEvents {
  talker: [TalkerDirection | null];
  presence: [];
}

/** Directions found elsewhere, as in the call process, or made up by a test. */
export class TalkerRelay implements TalkerDirections {
  readonly #events: TypedEmitter<RelayEvents>;
  #isThere = false;
  #current: TalkerDirection | null = null;

  constructor(onListenerError: (error: unknown) => void) {
    this.#events = new TypedEmitter<RelayEvents>(onListenerError);
  }

  get isThere(): boolean {
    return this.#isThere;
  }

  get current(): TalkerDirection | null {
    return this.#current;
  }

  /** An array came or went; with it goes the talker. */
  handlePresence(isThere: boolean): void {
    if (isThere === this.#isThere) return;
    this.#isThere = isThere;
    if (!isThere) this.#tell(null);
    this.#events.emit('presence');
  }

  handleTalker(direction: TalkerDirection | null): void {
    if (this.#isThere) this.#tell(direction);
  }

  /** Tells on what they tell, from now on. Returns what ends that. */
  follow(reports: TalkerReports): () => void {
    const end = reports.onTalker((direction) => this.handleTalker(direction));
    this.handleTalker(reports.current);
    return end;
  }

  onTalker(listener: (direction: TalkerDirection | null) => void): () => void {
    return this.#events.on('talker', listener);
  }

  onPresence(listener: () => void): () => void {
    return this.#events.on('presence', listener);
  }

  #tell(direction: TalkerDirection | null): void {
    this.#current = direction;
    this.#events.emit('talker', direction);
  }
}
