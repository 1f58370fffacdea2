import type { Clock } from '../../lib/clock.ts';
import { Pacer } from '../rtp/pacer.ts';
import { createNtpClock, type LinkReport, type NtpClock } from '../rtp/sender-reports.ts';
import {
  startUplink,
  uplinkDefaults,
  updateUplink,
  type UplinkInput,
  type UplinkOptions,
  type UplinkState,
} from '../rtp/uplink-controller.ts';

const TICK_MS = 250;

/** What all outgoing streams of the room share: the transport's counters and pace, and the rate the network allows. */
export class Uplink {
  readonly ntp: NtpClock;
  readonly pacer: Pacer;
  readonly #clock: Clock;
  readonly #options: UplinkOptions;
  readonly #onTarget: (bps: number) => void;
  readonly #cancelTick: () => void;
  #state: UplinkState;
  #transportSequence = 0;

  /** `onTarget`: what all video together may take, bits a second, when it changes. */
  constructor(clock: Clock, onTarget: (bps: number) => void, options: UplinkOptions = uplinkDefaults) {
    this.#clock = clock;
    this.#options = options;
    this.#onTarget = onTarget;
    this.ntp = createNtpClock(clock);
    this.pacer = new Pacer(clock);
    this.#state = startUplink(clock.nowMs(), options);
    this.pacer.setTarget(this.#state.targetBps + options.reserveBps);
    this.#cancelTick = clock.every(TICK_MS, () => this.#update({ kind: 'tick', sentBps: this.pacer.sentBps }));
  }

  get targetBps(): number {
    return this.#state.targetBps;
  }

  readonly nextTransportSequence = (): number => {
    this.#transportSequence = (this.#transportSequence + 1) & 0xffff;
    return this.#transportSequence;
  };

  handleBandwidth(bps: number): void {
    this.#update({ kind: 'remb', bps, sentBps: this.pacer.sentBps });
  }

  handleReport(report: LinkReport): void {
    const { fractionLost, rttMs } = report;
    this.#update({ kind: 'report', fractionLost, rttMs, sentBps: this.pacer.sentBps });
  }

  close(): void {
    this.#cancelTick();
    this.pacer.close();
  }

  #update(input: UplinkInput): void {
    const before = this.#state.targetBps;
    this.#state = updateUplink(this.#state, input, this.#clock.nowMs(), this.#options);
    if (this.#state.targetBps === before) return;
    this.pacer.setTarget(this.#state.targetBps + this.#options.reserveBps);
    this.#onTarget(this.#state.targetBps);
  }
}
