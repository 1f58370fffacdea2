/** The incoming streams of one transport. They come and go here only: the link carries every SSRC. */
import type { types } from 'mediasoup-client';
import type { Clock } from '../../lib/clock.ts';
import { ProtocolError, UsageError } from '../../lib/errors.ts';
import { isRtcp, PacketRouter } from './packet-router.ts';
import { identityOf, NativeReceivePort } from './stream-ports.ts';
import { TransportFeedback } from './transport-feedback.ts';

/** Far above a full meeting's (an audio, a video and a screen each). */
const MAX_STREAMS = 1_024;

export interface ReceiveStreamsDeps {
  readonly clock: Clock;
  readonly feedbackSsrc: number;
  readonly sendPacket: (packet: Buffer) => boolean;
  readonly reportError: (error: unknown) => void;
}

export class ReceiveStreams {
  readonly #deps: ReceiveStreamsDeps;
  readonly #router = new PacketRouter<NativeReceivePort>();
  readonly #ports = new Map<string, NativeReceivePort>();
  readonly #feedback: TransportFeedback;

  constructor(deps: ReceiveStreamsDeps) {
    this.#deps = deps;
    this.#feedback = new TransportFeedback({
      clock: deps.clock,
      senderSsrc: deps.feedbackSsrc,
      send: (rtcp) => void deps.sendPacket(rtcp),
    });
  }

  get dropped(): { readonly malformed: number; readonly unknown: number } {
    return this.#router.dropped;
  }

  /**
   * mediasoup's prober comes this way, too (track id `probator`): it has no listener, its packets are only reported.
   * @throws {ProtocolError} `call/consumer-parameters-invalid` when the server's parameters name no SSRC or codec, or one in use.
   */
  open({ kind, rtpParameters }: types.HandlerReceiveOptions): NativeReceivePort {
    const mid = rtpParameters.mid ?? String(this.#ports.size);
    const identity = identityOf(mid, kind, rtpParameters);
    if (identity === null || this.#ports.has(mid) || this.#ports.size >= MAX_STREAMS) throw invalid(mid);
    const port = new NativeReceivePort(identity, this.#deps.sendPacket, this.#deps.reportError);
    if (!this.#router.add(port, identity)) throw invalid(mid);
    this.#ports.set(mid, port);
    return port;
  }

  /** @throws {UsageError} `call/stream-unknown`. */
  get(localId: string): NativeReceivePort {
    const port = this.#ports.get(localId);
    if (!port)
      throw new UsageError('call/stream-unknown', 'No such stream on this transport', { context: { localId } });
    return port;
  }

  stop(localId: string): void {
    const port = this.get(localId);
    this.#ports.delete(localId);
    this.#router.remove(port);
    port.close();
  }

  handlePacket(packet: Buffer): void {
    const arrivalMs = this.#deps.clock.nowMs();
    if (isRtcp(packet)) {
      for (const port of this.#router.routeRtcp(packet)) port.handleRtcp(packet, arrivalMs);
      return;
    }
    const route = this.#router.routeRtp(packet);
    if (route === null) return;
    if (route.transportSequence !== null) this.#feedback.handlePacket(route.transportSequence, route.ssrc, arrivalMs);
    route.port?.handleRtp(packet, route.ssrc, arrivalMs);
  }

  close(): void {
    this.#feedback.close();
    for (const localId of [...this.#ports.keys()]) this.stop(localId);
  }
}

function invalid(mid: string): ProtocolError {
  return new ProtocolError('call/consumer-parameters-invalid', 'The server sent unusable stream parameters', {
    context: { mid },
  });
}
