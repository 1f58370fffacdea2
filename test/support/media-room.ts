/** Engines in one process, joined by a real mediasoup router: the glue plays the part of signalling and of key agreement. */
import { randomBytes, randomInt } from 'node:crypto';
import type { types as server } from 'mediasoup';
import type { types } from 'mediasoup-client';
import type { MediaGst } from '../../src/call/media/media-gst.ts';
import { NativeEngine, type NativeEngineDeps } from '../../src/call/media/native-engine.ts';
import type { IncomingInfo } from '../../src/call/media-engine.ts';
import type { MediaSourceName } from '../../src/call/signalling/messages.ts';
import { createNativeHandlerFactory } from '../../src/call/transport/native-handler.ts';
import { openNativeLink } from '../../src/call/transport/native-link.ts';
import type { EpochKeys } from '../../src/crypto/epoch-keys.ts';
import { TalkerSource } from '../../src/devices/array/talker-source.ts';
import type { RoomDevices } from '../../src/devices/device.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { TestWindows, openTestCamera } from './test-video.ts';
import { idleMachine } from './idle-machine.ts';

export interface TestRoom {
  readonly peer: string;
  readonly engine: NativeEngine;
  readonly windows: TestWindows;
  produce(source: MediaSourceName): Promise<server.Producer>;
  consume(
    from: string,
    source: MediaSourceName,
    producer: server.Producer,
  ): Promise<{ info: IncomingInfo; consumer: server.Consumer }>;
  close(): Promise<void>;
}

/**
 * `parts`: the product's camera and display instead of the ones that only measure. `mediaServer`: its ports instead of ports of
 * their own, as behind a network emulator.
 */
export async function openTestRoom(
  router: server.Router,
  peer: string,
  devices: RoomDevices,
  openAudio: (launch: string) => MediaGst,
  parts: Partial<Pick<NativeEngineDeps, 'openCamera' | 'display'>> = {},
  mediaServer: server.WebRtcServer | null = null,
): Promise<TestRoom> {
  const random32 = (): number => randomInt(2 ** 32);
  const windows = new TestWindows();
  const engine = new NativeEngine({
    devices,
    clock: systemClock,
    log: silentLogger,
    random32,
    monotonicUs: () => Number(process.hrtime.bigint() / 1_000n),
    handlerFactory: createNativeHandlerFactory({
      clock: systemClock,
      logger: silentLogger,
      randomU32: random32,
      openLink: openNativeLink,
      bindAddress: '127.0.0.1',
    }),
    loadReader: () => idleMachine,
    decodeThreads: { readMs: async () => null },
    cores: 2,
    openAudio,
    openCamera: openTestCamera,
    display: windows,
    audioSlots: 4,
    echoAlignmentMs: 0,
    watch: null,
    ear: null,
    talkers: new TalkerSource(() => undefined),
    ...parts,
  });
  const device = await engine.createDevice();
  await device.load({ routerRtpCapabilities: router.rtpCapabilities as types.RtpCapabilities });
  const [up, down] = await Promise.all([openTransport(router, mediaServer), openTransport(router, mediaServer)]);
  const send = device.createSendTransport(optionsOf(up));
  const recv = device.createRecvTransport(optionsOf(down));
  for (const [client, remote] of [
    [send, up],
    [recv, down],
  ] as const) {
    client.on(
      'connect',
      ({ dtlsParameters }, done, failed) => void remote.connect({ dtlsParameters: dtlsParameters }).then(done, failed),
    );
    engine.connectEarly(client);
  }
  let produced: server.Producer | null = null;
  send.on('produce', ({ kind, rtpParameters }, done, failed) => {
    up.produce({ kind, rtpParameters: rtpParameters }).then((made) => {
      produced = made;
      done({ id: made.id });
    }, failed);
  });
  return {
    peer,
    engine,
    windows,
    produce: async (source) => {
      const stream = await engine.open(source);
      await send.produce({
        track: stream.track,
        encodings: stream.encodings,
        codecOptions: stream.codecOptions,
        onRtpSender: stream.onRtpSender,
      });
      if (!produced) throw new Error('not produced');
      return produced;
    },
    consume: async (from, source, producer) => {
      const consumer = await down.consume({
        producerId: producer.id,
        rtpCapabilities: device.recvRtpCapabilities,
        paused: true,
      });
      const info: IncomingInfo = {
        consumer: consumer.id,
        producer: producer.id,
        peer: from,
        source,
        kind: consumer.kind,
      };
      const { onRtpReceiver } = engine.receive(info);
      const made = await recv.consume({
        id: consumer.id,
        producerId: producer.id,
        kind: consumer.kind,
        rtpParameters: consumer.rtpParameters as types.RtpParameters,
        onRtpReceiver,
      });
      engine.started(consumer.id);
      await consumer.resume();
      void made;
      return { info, consumer };
    },
    close: async () => {
      await engine.close();
      send.close();
      recv.close();
    },
  };
}

/** The same epoch as two members see it. */
export function epochKeys(
  epoch: number,
  peers: readonly string[],
  baseKey: Uint8Array = randomBytes(32),
): (peer: string) => EpochKeys {
  const leaves = Object.fromEntries(peers.map((peer, leaf) => [peer, leaf]));
  return (peer) => ({ epoch, baseKey, selfLeaf: peers.indexOf(peer), leaves });
}

function openTransport(
  router: server.Router,
  mediaServer: server.WebRtcServer | null,
): Promise<server.WebRtcTransport> {
  const initialAvailableOutgoingBitrate = 3_000_000;
  return router.createWebRtcTransport(
    mediaServer
      ? { webRtcServer: mediaServer, initialAvailableOutgoingBitrate }
      : { listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }], initialAvailableOutgoingBitrate },
  );
}

function optionsOf(transport: server.WebRtcTransport): types.TransportOptions {
  const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
  return { id, iceParameters, iceCandidates, dtlsParameters };
}
