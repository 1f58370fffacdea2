import { TypedEmitter } from '../../lib/events.ts';
import { angleBetween } from './geometry.ts';
import {
  type DirectionSighting,
  defaultTracking,
  type TalkerDirection,
  TalkerTracker,
  type TrackerOptions,
} from './talker-tracker.ts';

export interface TalkerEvents {
  /** The direction to act on has changed by 3 degrees or more, or somebody began or (null) ceased to speak. */
  talker: [direction: TalkerDirection | null];
}

const REPORT_DEG = 3;

/** Where people speak, for whoever acts on it: cameras, digital framing. */
export interface TalkerReports {
  /** Null while nobody speaks, and where no array is. */
  readonly current: TalkerDirection | null;
  /** Calls back at each change of `current` by 3 degrees or more; returns what ends that. */
  onTalker(listener: (direction: TalkerDirection | null) => void): () => void;
}

/** What every kind of array tells the rest of the product, by sound of its own or by asking its firmware. */
export class TalkerSource implements TalkerReports {
  readonly events: TypedEmitter<TalkerEvents>;
  readonly #tracker: TalkerTracker;
  #told: TalkerDirection | null = null;

  constructor(onListenerError: (error: unknown) => void, options: TrackerOptions = defaultTracking) {
    this.events = new TypedEmitter<TalkerEvents>(onListenerError);
    this.#tracker = new TalkerTracker(options);
  }

  get current(): TalkerDirection | null {
    return this.#tracker.current;
  }

  onTalker(listener: (direction: TalkerDirection | null) => void): () => void {
    return this.events.on('talker', listener);
  }

  /** Nothing is heard any more: the microphone is closed. */
  end(): void {
    this.#tracker.forget();
    if (this.#told === null) return;
    this.#told = null;
    this.events.emit('talker', null);
  }

  see(sighting: DirectionSighting, atMs: number): void {
    const now = this.#tracker.update(sighting, atMs);
    const told = this.#told;
    const same =
      now === null || told === null
        ? now === told
        : Math.abs(angleBetween(now.azimuthDeg, told.azimuthDeg)) < REPORT_DEG;
    if (same) return;
    this.#told = now;
    this.events.emit('talker', now);
  }
}
