import type { types } from 'mediasoup';
import type { Layers, MediaSourceName, RequestOf, ResponseOf } from '../../src/call/signalling/messages.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Refusal } from '../refusal.ts';
import { DownlinkControl } from './downlink-control.ts';
import type { MeetingRouter } from './meeting-media.ts';
import { dtlsParameters, parseOrRefuse, producerRtpParameters } from './rtp-schemas.ts';
import type { MeetingProducer } from './viewer.ts';
import { ALL_LAYERS, Viewer } from './viewer.ts';

/** Uplink and downlink start from here and are measured from then on. */
const INITIAL_OUTGOING_BITRATE = 1_000_000;
/** A client whose network is gone stops being sent media after this; signalling notices sooner. */
const ICE_CONSENT_TIMEOUT_S = 20;
/** Remembered ids of closed consumers, so that a request on its way when one closed is not held against the client. */
const CLOSED_REMEMBERED = 1_024;
const kindOf: Record<MediaSourceName, types.MediaKind> = {
  microphone: 'audio',
  'screen-audio': 'audio',
  camera: 'video',
  screen: 'video',
};

export interface PeerMediaHooks {
  /** The server closed a consumer, because its producer went. */
  readonly onConsumerClosed: (viewer: Viewer) => void;
  readonly onLayers: (consumer: string, layers: Layers | null) => void;
}

/** The transports of one peer and what runs over them. A peer can name only what is in here. */
export class PeerMedia {
  readonly router: MeetingRouter;
  readonly #peer: string;
  readonly #send: types.WebRtcTransport;
  readonly #recv: types.WebRtcTransport;
  readonly #rtpCapabilities: types.RtpCapabilities;
  readonly #hooks: PeerMediaHooks;
  readonly #downlink: DownlinkControl;
  readonly #producers = new Map<string, MeetingProducer>();
  readonly #sources = new Set<MediaSourceName>();
  readonly #viewers = new Map<string, Viewer>();
  /** By producer: a consumer being made or made. */
  readonly #consuming = new Map<string, Promise<Viewer | null>>();
  readonly #closedConsumers = new Set<string>();
  readonly #bytesSeen = { in: 0, out: 0 };

  private constructor(
    peer: string,
    router: MeetingRouter,
    transports: { send: types.WebRtcTransport; recv: types.WebRtcTransport },
    rtpCapabilities: types.RtpCapabilities,
    hooks: PeerMediaHooks,
    clock: Clock,
  ) {
    this.#peer = peer;
    this.router = router;
    this.#send = transports.send;
    this.#recv = transports.recv;
    this.#rtpCapabilities = rtpCapabilities;
    this.#hooks = hooks;
    this.#downlink = new DownlinkControl(transports.recv, () => this.viewers, clock);
    router.slot.load += 2;
  }

  static async create(
    peer: string,
    router: MeetingRouter,
    rtpCapabilities: types.RtpCapabilities,
    hooks: PeerMediaHooks,
    clock: Clock,
  ): Promise<PeerMedia> {
    const options: types.WebRtcTransportOptions = {
      webRtcServer: router.slot.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BITRATE,
      iceConsentTimeout: ICE_CONSENT_TIMEOUT_S,
    };
    const made = await Promise.allSettled([
      router.router.createWebRtcTransport(options),
      router.router.createWebRtcTransport(options),
    ]);
    const [send, recv] = made;
    if (send.status === 'fulfilled' && recv.status === 'fulfilled') {
      return new PeerMedia(peer, router, { send: send.value, recv: recv.value }, rtpCapabilities, hooks, clock);
    }
    for (const result of made) if (result.status === 'fulfilled') result.value.close();
    throw new Refusal('internal', 'The transports could not be made');
  }

  get producers(): readonly MeetingProducer[] {
    return [...this.#producers.values()];
  }

  get viewers(): readonly Viewer[] {
    return [...this.#viewers.values()];
  }

  transports(): Pick<ResponseOf<'join'>, 'sendTransport' | 'recvTransport'> {
    return { sendTransport: describeTransport(this.#send), recvTransport: describeTransport(this.#recv) };
  }

  async connectTransport(request: RequestOf<'connectTransport'>): Promise<void> {
    const transport = this.#transport(request.transport);
    const parameters = parseOrRefuse(dtlsParameters, request.dtlsParameters, 'dtlsParameters');
    await transport.connect({ dtlsParameters: parameters }).catch((error: unknown) => {
      throw new Refusal('conflict', 'The transport is connected already, or cannot be', error);
    });
  }

  async restartIce(transport: string): Promise<types.IceParameters> {
    return this.#transport(transport).restartIce();
  }

  async produce(request: RequestOf<'produce'>): Promise<MeetingProducer> {
    if (kindOf[request.source] !== request.kind) {
      throw new Refusal('malformed', `A ${request.source} is not ${request.kind}`);
    }
    if (this.#sources.has(request.source)) throw new Refusal('conflict', `There is a ${request.source} already`);
    const rtpParameters = parseOrRefuse(producerRtpParameters, request.rtpParameters, 'rtpParameters');
    requireCodec(request.kind, rtpParameters.codecs);
    this.#sources.add(request.source);
    try {
      const producer = await this.#send.produce({
        kind: request.kind,
        rtpParameters: rtpParameters as types.RtpParameters,
        paused: request.paused,
      });
      const made = {
        peer: this.#peer,
        source: request.source,
        producer,
        router: this.router,
        viewers: new Set<Viewer>(),
        limit: null,
      };
      this.#producers.set(producer.id, made);
      return made;
    } catch (error) {
      this.#sources.delete(request.source);
      throw new Refusal('malformed', 'The RTP parameters are not usable here', error);
    }
  }

  /** @throws {Refusal} when the producer is not this peer's. */
  producer(id: string): MeetingProducer {
    const producer = this.#producers.get(id);
    if (!producer) throw new Refusal('notAllowed', 'This producer is not yours');
    return producer;
  }

  /** @throws {Refusal} when the producer is not this peer's. */
  async limitLayers(id: string, layers: Layers | null): Promise<void> {
    const producer = this.producer(id);
    producer.limit = layers;
    await Promise.all([...producer.viewers].map((viewer) => viewer.followLimit()));
  }

  closeProducer(id: string): MeetingProducer {
    const producer = this.producer(id);
    this.#producers.delete(id);
    this.#sources.delete(producer.source);
    producer.producer.close();
    return producer;
  }

  /** The consumer of a producer, made on the first call; null when the producer went meanwhile or cannot be received. */
  async consume(of: MeetingProducer, bring: () => Promise<void>): Promise<Viewer | null> {
    let viewer = this.#consuming.get(of.producer.id);
    if (!viewer) {
      viewer = this.#makeConsumer(of, bring);
      this.#consuming.set(of.producer.id, viewer);
      const forget = (): void => void this.#consuming.delete(of.producer.id);
      viewer.then((made) => {
        if (made === null) forget();
        else made.consumer.observer.once('close', forget);
      }, forget);
    }
    return viewer;
  }

  /** @throws {Refusal} when one of the consumers was never this peer's; ids of consumers closed since are left out. */
  viewersOf(ids: readonly string[]): Viewer[] {
    return ids.flatMap((id) => {
      const viewer = this.#viewers.get(id);
      if (!viewer && !this.#closedConsumers.has(id)) throw new Refusal('notAllowed', 'This consumer is not yours');
      return viewer ?? [];
    });
  }

  closeViewer(viewer: Viewer): void {
    viewer.consumer.close();
    this.#forgetViewer(viewer);
  }

  /** Bytes of media since the last call. */
  async takeBytes(): Promise<{ in: number; out: number }> {
    const stats = (await Promise.all([this.#send.getStats(), this.#recv.getStats()])).flat();
    const total = { in: sum(stats, 'bytesReceived'), out: sum(stats, 'bytesSent') };
    const taken = { in: Math.max(0, total.in - this.#bytesSeen.in), out: Math.max(0, total.out - this.#bytesSeen.out) };
    Object.assign(this.#bytesSeen, total);
    return taken;
  }

  close(): void {
    this.#downlink.close();
    this.#send.close();
    this.#recv.close();
    for (const viewer of this.#viewers.values()) this.#forgetViewer(viewer);
    this.router.slot.load -= 2;
  }

  async #makeConsumer(of: MeetingProducer, bring: () => Promise<void>): Promise<Viewer | null> {
    const producerId = of.producer.id;
    try {
      await bring();
      if (!this.router.router.canConsume({ producerId, rtpCapabilities: this.#rtpCapabilities })) return null;
      const consumer = await this.#recv.consume({
        producerId,
        rtpCapabilities: this.#rtpCapabilities,
        paused: true,
        preferredLayers: { spatialLayer: ALL_LAYERS.spatial, temporalLayer: ALL_LAYERS.temporal },
      });
      if (of.producer.closed || this.#recv.closed) {
        consumer.close();
        return null;
      }
      return this.#adopt(new Viewer(consumer, of));
    } catch (error) {
      if (of.producer.closed || this.#recv.closed) return null;
      throw new Refusal('internal', 'The stream could not be consumed', error);
    }
  }

  #adopt(viewer: Viewer): Viewer {
    const { consumer, of } = viewer;
    this.#viewers.set(consumer.id, viewer);
    of.viewers.add(viewer);
    this.#downlink.adopt(viewer);
    void viewer.followLimit().catch(() => undefined);
    this.router.consumers++;
    this.router.slot.load++;
    consumer.on('producerclose', () => {
      this.#forgetViewer(viewer);
      this.#hooks.onConsumerClosed(viewer);
    });
    consumer.on('layerschange', (layers) => {
      const now = layers && { spatial: layers.spatialLayer, temporal: layers.temporalLayer ?? 0 };
      this.#hooks.onLayers(consumer.id, now ?? null);
    });
    return viewer;
  }

  #forgetViewer(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer.consumer.id)) return;
    viewer.of.viewers.delete(viewer);
    this.router.consumers--;
    this.router.slot.load--;
    this.#closedConsumers.add(viewer.consumer.id);
    const [oldest] = this.#closedConsumers;
    if (this.#closedConsumers.size > CLOSED_REMEMBERED && oldest !== undefined) this.#closedConsumers.delete(oldest);
  }

  #transport(id: string): types.WebRtcTransport {
    const transport = [this.#send, this.#recv].find((candidate) => candidate.id === id);
    if (!transport) throw new Refusal('notAllowed', 'This transport is not yours');
    return transport;
  }
}

function describeTransport(transport: types.WebRtcTransport): ResponseOf<'join'>['sendTransport'] {
  return {
    id: transport.id,
    iceParameters: { ...transport.iceParameters },
    iceCandidates: transport.iceCandidates.map((candidate) => ({ ...candidate })),
    dtlsParameters: { ...transport.dtlsParameters },
  };
}

/** VP9 profile 0 and Opus, whatever else a client may try to send. */
function requireCodec(
  kind: types.MediaKind,
  codecs: readonly { mimeType: string; parameters: Record<string, unknown> }[],
): void {
  const [first] = codecs;
  const mime = first?.mimeType.toLowerCase();
  const fits =
    kind === 'audio'
      ? mime === 'audio/opus'
      : mime === 'video/vp9' && Number(first?.parameters['profile-id'] ?? 0) === 0;
  const others = codecs.slice(1).every((codec) => codec.mimeType.toLowerCase() === `${kind}/rtx`);
  if (!fits || !others) throw new Refusal('malformed', 'Only Opus and VP9 profile 0 are carried');
}

function sum(stats: readonly types.WebRtcTransportStat[], field: 'bytesReceived' | 'bytesSent'): number {
  return stats.reduce((total, stat) => total + stat[field], 0);
}
