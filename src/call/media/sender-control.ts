import type { Clock } from '../../lib/clock.ts';
import type { VideoSource } from '../demand/layers.ts';
import type { MachineLoad } from '../demand/machine-load.ts';
import { shareUplink, startSender, stepSender } from '../demand/sender-ladder.ts';
import type { SenderDecision, SenderState } from '../demand/sender-ladder.ts';
import type { Layers } from '../signalling/messages.ts';

/** A video of ours whose encoder is to be told what to do. */
export interface ControlledVideo {
  /** The highest layers anyone wants; null while nothing may be sent: nobody watches, muted, or no key. */
  readonly demand: Layers | null;
  /** To encode one picture with the layers in force, ms; null until one was. */
  readonly encodeMs: number | null;
  encode(decision: SenderDecision): void;
}

export interface SenderControlDeps {
  readonly clock: Clock;
  /** What the network takes of all video together now, bit/s. */
  readonly uplinkBps: () => number;
  readonly load: { read(): Promise<MachineLoad> };
}

interface Controlled {
  readonly source: VideoSource;
  readonly video: ControlledVideo;
  state: SenderState;
}

const PERIOD_MS = 500;

/** Holds every video of ours to what viewers want, the uplink carries and the processor can encode: at each change, and twice a second. */
export class SenderControl {
  readonly #deps: SenderControlDeps;
  readonly #videos = new Map<VideoSource, Controlled>();
  readonly #cancelPeriod: () => void;
  #machine: MachineLoad = { load: null, throttled: false };
  #reading = false;
  #odd = false;
  #closed = false;

  constructor(deps: SenderControlDeps) {
    this.#deps = deps;
    this.#cancelPeriod = deps.clock.every(PERIOD_MS, () => this.#handlePeriod());
  }

  add(source: VideoSource, video: ControlledVideo): void {
    this.#videos.set(source, { source, video, state: startSender() });
    this.update();
  }

  remove(source: VideoSource): void {
    this.#videos.delete(source);
    this.update();
  }

  /** Something that decides has changed. */
  update(): void {
    if (this.#closed) return;
    const nowMs = this.#deps.clock.nowMs();
    const demandOf = (source: VideoSource): Layers | null => this.#videos.get(source)?.video.demand ?? null;
    const shares = shareUplink(this.#deps.uplinkBps() / 1_000, {
      camera: demandOf('camera'),
      screen: demandOf('screen'),
    });
    for (const controlled of this.#videos.values()) {
      const { source, video } = controlled;
      const input = {
        source,
        demand: video.demand,
        targetKbps: shares[source],
        encodeMs: video.encodeMs,
        ...this.#machine,
      };
      const { state, decision } = stepSender(controlled.state, input, nowMs);
      controlled.state = state;
      video.encode(decision);
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelPeriod();
    this.#videos.clear();
  }

  /** The load is of a second: shorter spans say little. */
  #handlePeriod(): void {
    this.#odd = !this.#odd;
    if (this.#videos.size === 0) return;
    if (this.#odd && !this.#reading) void this.#readLoad();
    this.update();
  }

  async #readLoad(): Promise<void> {
    this.#reading = true;
    this.#machine = await this.#deps.load.read();
    this.#reading = false;
  }
}
