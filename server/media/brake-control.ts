import type { types } from 'mediasoup';
import type { Clock } from '../../src/lib/clock.ts';
import { startBrake, stepBrake, type BrakeState } from '../downlink-brake.ts';
import { smallestRates } from './layer-rates.ts';
import type { Viewer } from './viewer.ts';

const PERIOD_MS = 100;
/** Requests for lost packets come at least this often while some are lost. */
const QUIET_MS = 1_000;

export interface BrakeHooks {
  readonly watched: () => readonly Viewer[];
  /** `temporal` has changed, or who watches. */
  readonly changed: () => Promise<void>;
  /** Bits a second of everything that is wanted. */
  readonly needed: () => Promise<number>;
  /** Which the estimate is kept from falling below. */
  readonly floorBps: () => number;
  /** Sends nothing for a moment, and then all anew. */
  readonly clear: () => Promise<void>;
  /** Brings the estimate of the transport down to this. */
  readonly limit: (bps: number) => Promise<void>;
}

/** Watches the losses of one peer's downlink, while there are any. */
export class BrakeControl {
  readonly #transport: types.WebRtcTransport;
  readonly #hooks: BrakeHooks;
  readonly #clock: Clock;
  #state: BrakeState = startBrake();
  #cancelPeriod: (() => void) | null = null;
  #lossAtMs = -Infinity;
  #temporal: number | null = null;
  #drains = false;
  #hopeless = false;
  #running = false;
  #closed = false;

  constructor(transport: types.WebRtcTransport, hooks: BrakeHooks, clock: Clock) {
    this.#transport = transport;
    this.#hooks = hooks;
    this.#clock = clock;
  }

  /** Braked: of the smallest pictures, so many temporal layers above the first; null: not braked. */
  get temporal(): number | null {
    return this.#temporal;
  }

  /** Queues are still full: no probe. */
  isDraining(): boolean {
    return this.#drains;
  }

  /** The line does not carry even the smallest pictures. */
  get hopeless(): boolean {
    return this.#hopeless;
  }

  /** Somebody asked for a packet again. */
  handleLoss(): void {
    this.#lossAtMs = this.#clock.nowMs();
    if (this.#cancelPeriod || this.#closed) return;
    this.#state = { ...this.#state, atMs: -Infinity };
    this.#cancelPeriod = this.#clock.every(PERIOD_MS, () => void this.#step());
    void this.#step();
  }

  close(): void {
    this.#closed = true;
    this.#cancelPeriod?.();
  }

  /** What fails here fails with its transport or consumers, which are closing. */
  async #step(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#heed();
    } catch {
      // Closed meanwhile.
    } finally {
      this.#running = false;
    }
  }

  async #heed(): Promise<void> {
    const watched = this.#hooks.watched();
    const [[stats], smallestBps, neededBps] = await Promise.all([
      this.#transport.getStats(),
      smallestRates(watched.map(({ of }) => of.producer)),
      this.#hooks.needed(),
    ]);
    if (!stats || this.#closed) return;
    const nowMs = this.#clock.nowMs();
    const { rtpPacketLossSent: loss = 0, sendBitrate: sentBps, availableOutgoingBitrate: availableBps = 0 } = stats;
    const floorBps = this.#hooks.floorBps();
    const figures = { loss, sentBps, smallestBps, availableBps, floorBps, neededBps };
    const step = stepBrake(this.#state, figures, nowMs);
    const { temporal, limitBps } = step;
    this.#state = step.state;
    this.#hopeless = step.hopeless;
    this.#drains = step.drains;
    this.#temporal = temporal;
    await this.#hooks.changed();
    if (step.clears) await this.#hooks.clear();
    if (limitBps !== null) await this.#hooks.limit(limitBps);
    if (temporal === null && nowMs - this.#lossAtMs >= QUIET_MS) this.#rest();
  }

  #rest(): void {
    this.#cancelPeriod?.();
    this.#cancelPeriod = null;
  }
}
