/** mediasoup-client's handler on our own transport: the room's device speaks WebRTC without a browser. */
import { FakeMediaStreamTrack } from 'fake-mediastreamtrack';
import type { types } from 'mediasoup-client';
import { HandlerInterface } from 'mediasoup-client/handlers/HandlerInterface';
import type { Clock } from '../../lib/clock.ts';
import { UsageError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { errorFields } from '../../lib/log.ts';
import type { RtpReceivePort, RtpSendPort } from '../rtp/ports.ts';
import { nativeIceServers } from './ice-servers.ts';
import { LinkSession } from './link-session.ts';
import { nativeRtpCapabilities } from './native-capabilities.ts';
import type { LinkState, OpenPeerLink } from './peer-link.ts';
import { ReceiveStreams } from './receive-streams.ts';
import { SendStreams } from './send-streams.ts';
import { NativeReceivePort, NativeSendPort } from './stream-ports.ts';
import { openTcpBridge } from './tcp-bridge.ts';
import { receiveReport, sendReport, transportReport } from './transport-stats.ts';

const NAME = 'IncameraNative';

export interface NativeTransportDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Uniform over 0 to 2³²−1, of a cryptographic source. */
  readonly randomU32: () => number;
  /** Normally `openNativeLink`. */
  readonly openLink: OpenPeerLink;
  /** Local address to bind to; null is every interface. */
  readonly bindAddress: string | null;
}

/** For `new Device({ handlerFactory })`. All streams of one factory share a CNAME, so that receivers synchronise them. */
export function createNativeHandlerFactory(deps: NativeTransportDeps): types.HandlerFactory {
  const cname = [deps.randomU32(), deps.randomU32()].map((n) => n.toString(36)).join('');
  return {
    name: NAME,
    factory: (options) => new NativeHandler(deps, cname, options),
    getNativeRtpCapabilities: async ({ direction }) => nativeRtpCapabilities(direction),
  };
}

/**
 * Connects a transport made by this handler before its first stream needs it, and so takes the round trips of ICE and DTLS
 * out of the way: call it as soon as the transport's `connect` listener is attached. Rejects as that listener does; a
 * transport of another handler (the browser's) connects by itself later, and this does nothing.
 */
export async function connectEarly(transport: types.Transport): Promise<void> {
  if (transport.handler instanceof NativeHandler) await transport.handler.connectNow();
}

/** What `onRtpSender` was called with, if it came from this handler. */
export function sendPortOf(sender: unknown): RtpSendPort | null {
  return sender instanceof NativeSendPort ? sender : null;
}

/** What `onRtpReceiver` was called with, if it came from this handler. */
export function receivePortOf(receiver: unknown): RtpReceivePort | null {
  return receiver instanceof NativeReceivePort ? receiver : null;
}

export class NativeHandler extends HandlerInterface {
  readonly #deps: NativeTransportDeps;
  readonly #logger: Logger;
  readonly #session: LinkSession;
  readonly #send: SendStreams | null;
  readonly #receive: ReceiveStreams | null;
  #closed = false;

  constructor(deps: NativeTransportDeps, cname: string, options: types.HandlerOptions) {
    super();
    this.#deps = deps;
    this.#logger = deps.logger.child(`transport/${options.direction}`);
    const sendPacket = (packet: Buffer): boolean => this.#session.send(packet);
    const reportError = (error: unknown): void => this.#logger.error('a stream listener failed', errorFields(error));
    const streams = { cname, randomU32: deps.randomU32, sendPacket, reportError };
    this.#send =
      options.direction === 'send'
        ? new SendStreams({ ...streams, extendedCapabilities: options.getSendExtendedRtpCapabilities })
        : null;
    this.#receive =
      options.direction === 'recv'
        ? new ReceiveStreams({ clock: deps.clock, feedbackSsrc: deps.randomU32() >>> 0, sendPacket, reportError })
        : null;
    this.#session = this.#openSession(options);
  }

  get name(): string {
    return NAME;
  }

  /** See `connectEarly`. */
  connectNow(): Promise<void> {
    return this.#session.connect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send?.close();
    this.#receive?.close();
    this.#session.close();
    this.emit('@close');
    this.removeAllListeners();
  }

  async send(options: types.HandlerSendOptions): Promise<types.HandlerSendResult> {
    const streams = this.#sending();
    const { port, rtpParameters } = streams.open(options);
    const rtpSender = port as unknown as RTCRtpSender;
    try {
      options.onRtpSender?.(rtpSender);
      await this.#session.connect();
    } catch (error) {
      if (port.open) streams.stop(port.mid);
      throw error;
    }
    return { localId: port.mid, rtpParameters, rtpSender };
  }

  async stopSending(localId: string): Promise<void> {
    if (!this.#closed) this.#sending().stop(localId);
  }

  async pauseSending(localId: string): Promise<void> {
    this.#sending().get(localId).setPaused(true);
  }

  async resumeSending(localId: string): Promise<void> {
    this.#sending().get(localId).setPaused(false);
  }

  /** Tracks stand for streams only; what is sent is up to the media engine. */
  async replaceTrack(localId: string): Promise<void> {
    this.#sending().get(localId);
  }

  async receive(list: types.HandlerReceiveOptions[]): Promise<types.HandlerReceiveResult[]> {
    const streams = this.#receiving();
    const opened: NativeReceivePort[] = [];
    try {
      const results = list.map((options) => {
        const port = streams.open(options);
        opened.push(port);
        const rtpReceiver = port as unknown as RTCRtpReceiver;
        options.onRtpReceiver?.(rtpReceiver);
        const track: MediaStreamTrack = new FakeMediaStreamTrack({ kind: options.kind, id: options.trackId });
        return { localId: port.mid, track, rtpReceiver };
      });
      await this.#session.connect();
      return results;
    } catch (error) {
      for (const port of opened) if (port.open) streams.stop(port.mid);
      throw error;
    }
  }

  async stopReceiving(localIds: string[]): Promise<void> {
    if (this.#closed) return;
    for (const localId of localIds) this.#receiving().stop(localId);
  }

  /** The server stops and starts the stream; packets under way are still handed over, a resumed stream's first ones too. */
  async pauseReceiving(localIds: string[]): Promise<void> {
    for (const localId of localIds) this.#receiving().get(localId);
  }

  async resumeReceiving(localIds: string[]): Promise<void> {
    for (const localId of localIds) this.#receiving().get(localId);
  }

  /** See `LinkSession.restartIce`: rejects with `call/ice-restart-unsupported` when the transport must be made anew. */
  async restartIce(iceParameters: types.IceParameters): Promise<void> {
    this.#assertOpen();
    this.#session.restartIce(iceParameters);
  }

  async getTransportStats(): Promise<RTCStatsReport> {
    this.#assertOpen();
    const dropped = (this.#send ?? this.#receive)?.dropped;
    const counters = {
      ...this.#session.traffic,
      packetsMalformed: dropped?.malformed ?? 0,
      packetsUnknown: dropped?.unknown ?? 0,
    };
    const path = this.#session.selectedPath;
    return transportReport(this.#deps.clock.wallMs(), {
      ...counters,
      state: this.#session.state,
      protocol: path === null ? null : this.#session.tcpBridges > 0 && path.viaLoopback ? 'tcp' : 'udp',
      localCandidateType: path?.localType ?? null,
      remoteCandidateType: path?.remoteType ?? null,
    });
  }

  async getSenderStats(localId: string): Promise<RTCStatsReport> {
    return sendReport(this.#deps.clock.wallMs(), this.#sending().get(localId));
  }

  async getReceiverStats(localId: string): Promise<RTCStatsReport> {
    return receiveReport(this.#deps.clock.wallMs(), this.#receiving().get(localId));
  }

  /** ICE servers take effect when a transport is made. */
  async updateIceServers(): Promise<void> {
    throw unsupported('updateIceServers');
  }

  /** The encoder is told by the media engine. */
  async setMaxSpatialLayer(): Promise<void> {
    throw unsupported('setMaxSpatialLayer');
  }

  async setRtpEncodingParameters(): Promise<void> {
    throw unsupported('setRtpEncodingParameters');
  }

  async sendDataChannel(): Promise<types.HandlerSendDataChannelResult> {
    throw unsupported('sendDataChannel');
  }

  async receiveDataChannel(): Promise<types.HandlerReceiveDataChannelResult> {
    throw unsupported('receiveDataChannel');
  }

  getDataChannelMaxMessageSize(): number | undefined {
    return undefined;
  }

  #openSession(options: types.HandlerOptions): LinkSession {
    const { direction, iceParameters, iceCandidates, dtlsParameters, iceServers = [], iceTransportPolicy } = options;
    const { skipped } = nativeIceServers(iceServers);
    if (skipped > 0) this.#logger.warn('ICE servers left out: only STUN and TURN over UDP are supported', { skipped });
    const link = {
      name: direction,
      bindAddress: this.#deps.bindAddress,
      iceServers,
      relayOnly: iceTransportPolicy === 'relay',
    };
    const introduce = (own: types.DtlsParameters): Promise<void> =>
      new Promise((resolve, reject) => void this.safeEmit('@connect', { dtlsParameters: own }, resolve, reject));
    const streams = this.#send ?? this.#receive;
    const { clock, openLink } = this.#deps;
    const remote = { iceParameters, iceCandidates, dtlsParameters };
    return new LinkSession({ clock, openLink, openTcpBridge, introduce }, link, remote, {
      onPacket: (packet) => streams?.handlePacket(packet),
      onState: (state) => this.#handleState(state),
    });
  }

  #handleState(state: LinkState): void {
    if (this.#closed) return;
    this.#logger.info('transport state', { state });
    this.emit('@connectionstatechange', state);
  }

  #sending(): SendStreams {
    this.#assertOpen();
    if (this.#send === null) throw new UsageError('call/transport-direction', 'This transport only receives');
    return this.#send;
  }

  #receiving(): ReceiveStreams {
    this.#assertOpen();
    if (this.#receive === null) throw new UsageError('call/transport-direction', 'This transport only sends');
    return this.#receive;
  }

  #assertOpen(): void {
    if (this.#closed) throw new UsageError('call/transport-closed', 'The media transport is closed');
  }
}

function unsupported(operation: string): UsageError {
  return new UsageError('call/transport-operation-unsupported', 'The native transport does not do this', {
    context: { operation },
  });
}
