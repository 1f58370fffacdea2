import type { FrameSealer, FrameSource } from '../../crypto/frame-keys.ts';
import { AudioSender, type AudioSenderDeps } from '../rtp/audio-sender.ts';
import type { RtpSendPort } from '../rtp/ports.ts';
import type { OpusPacket } from './audio-pipeline.ts';
import type { Uplink } from './uplink.ts';

export interface OutgoingDeps extends Pick<AudioSenderDeps, 'clock' | 'log' | 'random32'> {
  readonly source: FrameSource;
  readonly sealer: FrameSealer;
  readonly uplink: Uplink;
  /** CLOCK_MONOTONIC in µs → the clock's monotonic ms. */
  readonly toClockMs: (monotonicUs: number) => number;
}

/** Opus packets → sealed → RTP. Without a port or a key nothing leaves. */
export class OutgoingAudio {
  readonly #deps: OutgoingDeps;
  #sender: AudioSender | null = null;
  #unsealed = 0;

  constructor(deps: OutgoingDeps) {
    this.#deps = deps;
  }

  /** The transport's stream stands. */
  attach(port: RtpSendPort): void {
    this.#sender?.close();
    const { clock, log, random32, uplink } = this.#deps;
    const { ntp, pacer, nextTransportSequence } = uplink;
    const sender = new AudioSender({ port, clock, log, random32, ntp, pacer, nextTransportSequence });
    sender.events.on('bandwidth', (bps) => uplink.handleBandwidth(bps));
    sender.start();
    this.#sender = sender;
  }

  handle(packet: OpusPacket): void {
    if (!this.#sender) return;
    const sealed = this.#deps.sealer.sealParts(this.#deps.source, packet.payload);
    if (sealed)
      this.#sender.send([sealed.header, sealed.ciphertext, sealed.tag], this.#deps.toClockMs(packet.captureUs));
    else this.#unsealed++;
  }

  /** Packets and bytes sent, packets lost on the way; packets not sent for want of a key. */
  get figures(): { packets: number; bytes: number; lost: number; unsealed: number } {
    const { packets, bytes, lost } = this.#sender?.stats ?? { packets: 0, bytes: 0, lost: 0 };
    return { packets, bytes, lost, unsealed: this.#unsealed };
  }

  close(): void {
    this.#sender?.close();
    this.#sender = null;
  }
}
