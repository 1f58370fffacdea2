/** The outgoing streams of one transport: their parameters, and the RTCP that comes back for them. */
import type { types } from 'mediasoup-client';
import * as ortc from 'mediasoup-client/ortc';
import { UsageError } from '../../lib/errors.ts';
import { nativeRtpCapabilities } from './native-capabilities.ts';
import { isRtcp, PacketRouter } from './packet-router.ts';
import { identityOf, NativeSendPort } from './stream-ports.ts';

/** mediasoup's bandwidth prober. */
const PROBATOR_SSRC = 1234;

export interface SendStreamsDeps {
  readonly cname: string;
  /** Uniform over 0 to 2³²−1. */
  readonly randomU32: () => number;
  readonly sendPacket: (packet: Buffer) => boolean;
  readonly reportError: (error: unknown) => void;
  readonly extendedCapabilities: types.HandlerOptions['getSendExtendedRtpCapabilities'];
}

export interface OpenedStream {
  readonly port: NativeSendPort;
  readonly rtpParameters: types.RtpParameters;
}

export class SendStreams {
  readonly #deps: SendStreamsDeps;
  readonly #router = new PacketRouter<NativeSendPort>();
  readonly #ports = new Map<string, NativeSendPort>();
  /** A mid is never used twice on a transport. */
  #nextMid = 0;

  constructor(deps: SendStreamsDeps) {
    this.#deps = deps;
  }

  get dropped(): { readonly malformed: number; readonly unknown: number } {
    return this.#router.dropped;
  }

  /** @throws {UsageError} `call/encodings-unsupported` for simulcast; mediasoup-client's own error for an unknown codec. */
  open(options: types.HandlerSendOptions): OpenedStream {
    const { track, encodings = [] } = options;
    if (encodings.length > 1)
      throw new UsageError(
        'call/encodings-unsupported',
        'One encoding a stream: layers are spatial (SVC), not simulcast',
      );
    const kind = track.kind === 'audio' ? 'audio' : 'video';
    const mid = String(this.#nextMid++);
    const rtpParameters = this.#parameters(kind, mid, options);
    const identity = identityOf(mid, kind, rtpParameters);
    if (identity === null) throw new UsageError('call/encodings-unsupported', 'The codec cannot be sent');
    const port = new NativeSendPort(identity, this.#deps.sendPacket, this.#deps.reportError);
    this.#router.add(port, identity);
    this.#ports.set(mid, port);
    return { port, rtpParameters };
  }

  /** @throws {UsageError} `call/stream-unknown`. */
  get(localId: string): NativeSendPort {
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
    if (!isRtcp(packet)) return void this.#router.routeRtp(packet);
    for (const port of this.#router.routeRtcp(packet)) port.handleRtcp(packet);
  }

  close(): void {
    for (const localId of [...this.#ports.keys()]) this.stop(localId);
  }

  #parameters(kind: 'audio' | 'video', mid: string, options: types.HandlerSendOptions): types.RtpParameters {
    const { track, streamId, encodings, codec } = options;
    const extended = this.#deps.extendedCapabilities(nativeRtpCapabilities('sendonly'));
    const parameters = ortc.getSendingRtpParameters(kind, extended);
    const codecs = ortc.reduceCodecs(parameters.codecs, codec);
    const hasRtx = codecs.length > 1;
    const ssrc = this.#newSsrc(null);
    const encoding: types.RtpEncodingParameters = { ...encodings?.[0], ssrc };
    delete encoding.rid;
    if (hasRtx) encoding.rtx = { ssrc: this.#newSsrc(ssrc) };
    return {
      ...parameters,
      mid,
      msid: `${streamId ?? this.#deps.cname} ${track.id}`,
      codecs,
      encodings: [encoding],
      rtcp: { cname: this.#deps.cname, reducedSize: true },
    };
  }

  #newSsrc(taken: number | null): number {
    for (;;) {
      const ssrc = this.#deps.randomU32() >>> 0;
      if (ssrc !== 0 && ssrc !== PROBATOR_SSRC && ssrc !== taken && !this.#router.has(ssrc)) return ssrc;
    }
  }
}
