/** Two native devices and a real mediasoup worker on loopback, without signalling: the rig plays the server's part itself. */
import { randomInt } from 'node:crypto';
import { FakeMediaStreamTrack } from 'fake-mediastreamtrack';
import * as mediasoup from 'mediasoup';
import type { types as server } from 'mediasoup';
import { Device } from 'mediasoup-client';
import type { types } from 'mediasoup-client';
import { systemClock } from '../../../../src/lib/clock.ts';
import { silentLogger } from '../../../../src/lib/log.ts';
import type { RtpReceivePort, RtpSendPort } from '../../../../src/call/rtp/ports.ts';
import {
  createNativeHandlerFactory,
  receivePortOf,
  sendPortOf,
} from '../../../../src/call/transport/native-handler.ts';
import { openNativeLink } from '../../../../src/call/transport/native-link.ts';
import type { OpenPeerLink } from '../../../../src/call/transport/peer-link.ts';

const MEDIA_CODECS: server.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2, preferredPayloadType: 100 },
  {
    kind: 'video',
    mimeType: 'video/VP9',
    clockRate: 90_000,
    parameters: { 'profile-id': 0 },
    preferredPayloadType: 101,
  },
];

export interface Rig {
  readonly worker: server.Worker;
  readonly router: server.Router;
  /** What the worker complained of. */
  readonly complaints: string[];
  close(): void;
}

export async function openRig(): Promise<Rig> {
  const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
  const worker = await mediasoup.createWorker({ logLevel: 'warn', ...(workerBin === undefined ? {} : { workerBin }) });
  const complaints: string[] = [];
  worker.on('died', (error) => complaints.push(`died: ${error.message}`));
  const router = await worker.createRouter({ mediaCodecs: MEDIA_CODECS });
  return { worker, router, complaints, close: () => worker.close() };
}

/** One transport seen from both ends. */
export interface Leg {
  readonly device: Device;
  readonly client: types.Transport;
  readonly server: server.WebRtcTransport;
  close(): void;
}

export interface LegOptions {
  readonly protocol?: 'udp' | 'tcp';
  readonly openLink?: OpenPeerLink;
  readonly initialBitrate?: number;
  readonly mapCandidates?: (candidates: types.IceCandidate[]) => types.IceCandidate[];
  readonly bindAddress?: null;
}

export async function openLeg(
  router: server.Router,
  direction: 'send' | 'recv',
  options: LegOptions = {},
): Promise<Leg> {
  const remote = await router.createWebRtcTransport({
    listenInfos: [{ protocol: options.protocol ?? 'udp', ip: '127.0.0.1' }],
    initialAvailableOutgoingBitrate: options.initialBitrate ?? 600_000,
  });
  const device = new Device({
    handlerFactory: createNativeHandlerFactory({
      clock: systemClock,
      logger: silentLogger,
      randomU32: () => randomInt(2 ** 32),
      openLink: options.openLink ?? openNativeLink,
      bindAddress: options.bindAddress === null ? null : '127.0.0.1',
    }),
  });
  await device.load({ routerRtpCapabilities: router.rtpCapabilities as types.RtpCapabilities });
  const { id, iceParameters, iceCandidates, dtlsParameters } = remote;
  const parameters = {
    id,
    iceParameters,
    iceCandidates: (options.mapCandidates ?? ((same) => same))(iceCandidates),
    dtlsParameters,
  } as types.TransportOptions;
  const client = direction === 'send' ? device.createSendTransport(parameters) : device.createRecvTransport(parameters);
  client.on(
    'connect',
    ({ dtlsParameters: own }, done, failed) => void remote.connect({ dtlsParameters: own }).then(done, failed),
  );
  return {
    device,
    client,
    server: remote,
    close: () => {
      client.close();
      remote.close();
    },
  };
}

export function connected(transport: types.Transport): Promise<void> {
  if (transport.connectionState === 'connected') return Promise.resolve();
  return new Promise((resolve) =>
    transport.on('connectionstatechange', (state) => void (state === 'connected' && resolve())),
  );
}

export interface Sender {
  readonly port: RtpSendPort;
  readonly client: types.Producer;
  readonly server: server.Producer;
}

export async function produce(leg: Leg, kind: 'audio' | 'video'): Promise<Sender> {
  let producer: server.Producer | null = null;
  let port: RtpSendPort | null = null;
  leg.client.removeAllListeners('produce');
  leg.client.on('produce', ({ kind: of, rtpParameters }, done, failed) => {
    leg.server.produce({ kind: of, rtpParameters: rtpParameters }).then((made) => {
      producer = made;
      done({ id: made.id });
    }, failed);
  });
  const client = await leg.client.produce({
    track: new FakeMediaStreamTrack({ kind }),
    ...(kind === 'video' ? { encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 2_000_000 }] } : {}),
    onRtpSender: (sender) => (port = sendPortOf(sender)),
  });
  return { client, server: present<server.Producer>(producer), port: present<RtpSendPort>(port) };
}

export interface Receiver {
  readonly port: RtpReceivePort;
  readonly client: types.Consumer;
  readonly server: server.Consumer;
  readonly packets: Buffer[];
}

/** Consumed as a session does it: paused at first, resumed once the client has it. */
export async function consume(leg: Leg, producerId: string): Promise<Receiver> {
  const consumer = await leg.server.consume({
    producerId,
    rtpCapabilities: leg.device.recvRtpCapabilities,
    paused: true,
  });
  let port: RtpReceivePort | null = null;
  const packets: Buffer[] = [];
  const client = await leg.client.consume({
    id: consumer.id,
    producerId,
    kind: consumer.kind,
    rtpParameters: consumer.rtpParameters as types.RtpParameters,
    onRtpReceiver: (receiver) => {
      port = receivePortOf(receiver);
      port?.onRtp((packet) => packets.push(packet));
    },
  });
  await consumer.resume();
  return { port: present<RtpReceivePort>(port), client, server: consumer, packets };
}

export function present<T>(value: unknown): T {
  if (value === null || value === undefined) throw new Error('missing');
  return value as T;
}

/** Waits for what native threads and the worker do; fails after two seconds unless told otherwise. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 2_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`timed out: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
