import type { FrameOpener } from '../../crypto/frame-keys.ts';
import type { RejectReason } from '../../crypto/frame-key-policy.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { IncomingInfo } from '../media-engine.ts';
import { AudioReceiver, type IncomingAudioPacket } from '../rtp/audio-receiver.ts';
import type { RtpReceivePort } from '../rtp/ports.ts';
import { FrameDecryptor } from './frame-decryptor.ts';

export interface IncomingDeps {
  readonly info: IncomingInfo;
  readonly opener: FrameOpener;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random32: () => number;
  readonly reportRejected: (info: IncomingInfo, reason: RejectReason) => void;
}

interface AudioDeps extends IncomingDeps {
  /** Plays an opened packet. */
  readonly play: (packet: { sequence: number; timestamp: number; payload: Uint8Array }) => void;
}

interface HeldPacket extends IncomingAudioPacket {
  readonly ciphertext: Uint8Array;
}

/** The last packet or picture with both its times, for keeping voice and lips together. */
export interface TimedSample {
  /** Sender's wall clock, ms; null before its first report. */
  readonly captureMs: number | null;
  /** Our monotonic clock. */
  readonly arrivalMs: number;
}

/** RTP → opened Opus → playout. */
export class IncomingAudio {
  readonly info: IncomingInfo;
  readonly #deps: AudioDeps;
  readonly #decryptor: FrameDecryptor<HeldPacket>;
  #receiver: AudioReceiver | null = null;
  #last: { timestamp: number; arrivalMs: number } | null = null;

  constructor(deps: AudioDeps) {
    this.#deps = deps;
    this.info = deps.info;
    this.#decryptor = new FrameDecryptor<HeldPacket>({
      clock: deps.clock,
      open: (bytes) => deps.opener.open({ peer: deps.info.peer, source: deps.info.source }, bytes, deps.clock.nowMs()),
      deliver: (packet, payload) => {
        this.#last = { timestamp: packet.timestamp, arrivalMs: packet.arrivalMs };
        deps.play({ sequence: packet.sequence, timestamp: packet.timestamp, payload });
      },
      reportRejected: (reason) => deps.reportRejected(deps.info, reason),
    });
  }

  attach(port: RtpReceivePort): void {
    this.#receiver?.close();
    const { clock, log, random32 } = this.#deps;
    this.#receiver = new AudioReceiver({
      port,
      clock,
      log,
      localSsrc: random32() >>> 0,
      onPacket: (packet) => this.#decryptor.push({ ...packet, ciphertext: packet.payload }),
    });
    this.#receiver.start();
  }

  keysChanged(): void {
    this.#decryptor.retry();
  }

  keysCleared(): void {
    this.#decryptor.drop();
  }

  get lastSample(): TimedSample | null {
    if (!this.#last) return null;
    return { captureMs: this.#receiver?.captureTimeOf(this.#last.timestamp) ?? null, arrivalMs: this.#last.arrivalMs };
  }

  get figures(): { packets: number; bytes: number; lost: number; rejected: number; withoutKey: number } {
    const { received = 0, receivedBytes = 0, lost = 0 } = this.#receiver?.stats ?? {};
    const { rejected, withoutKey } = this.#decryptor;
    return { packets: received, bytes: receivedBytes, lost, rejected, withoutKey };
  }

  close(): void {
    this.#receiver?.close();
    this.#decryptor.close();
  }
}
