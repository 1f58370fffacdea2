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

/** What every kind of array tells the rest of the product, by sound of its own or by asking its firmware. */
export class TalkerSource {
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
