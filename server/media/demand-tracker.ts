import type { Layers } from '../../src/call/signalling/messages.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { DemandState } from '../demand.ts';
import { highestLayers, initialDemand, stepDemand } from '../demand.ts';
import type { MeetingProducer } from './viewer.ts';

interface Tracked {
  state: DemandState;
  cancelRecheck: () => void;
}

/** Keeps every video producer's sender informed of the highest layers that any viewer wants, on whatever router it is. */
export class DemandTracker {
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #tell: (producer: MeetingProducer, layers: Layers | null) => void;
  readonly #tracked = new Map<string, Tracked>();

  constructor(clock: Clock, holdMs: number, tell: (producer: MeetingProducer, layers: Layers | null) => void) {
    this.#clock = clock;
    this.#holdMs = holdMs;
    this.#tell = tell;
  }

  update(producer: MeetingProducer): void {
    if (producer.producer.kind !== 'video') return;
    const { id } = producer.producer;
    const tracked = this.#tracked.get(id) ?? { state: initialDemand(), cancelRecheck: () => undefined };
    this.#tracked.set(id, tracked);
    tracked.cancelRecheck();
    const wanted = highestLayers([...producer.viewers].map((viewer) => viewer.wants));
    const { state, tell, recheckInMs } = stepDemand(tracked.state, wanted, this.#clock.nowMs(), this.#holdMs);
    tracked.state = state;
    // A timer may fire a fraction early: a millisecond more spares a second recheck.
    const recheck = (): void => this.update(producer);
    tracked.cancelRecheck = recheckInMs === null ? () => undefined : this.#clock.after(recheckInMs + 1, recheck);
    if (tell !== undefined) this.#tell(producer, tell);
  }

  forget(producer: string): void {
    this.#tracked.get(producer)?.cancelRecheck();
    this.#tracked.delete(producer);
  }

  close(): void {
    for (const id of this.#tracked.keys()) this.forget(id);
  }
}
