/** What the meeting server's media workers handle, as it passes their routers: no change to the server is needed for it. */
import { observer } from 'mediasoup';
import type { types } from 'mediasoup';

export interface TappedPacket {
  readonly atMs: number;
  readonly packet: Buffer;
}

export interface TappedStream {
  readonly producer: types.Producer;
  readonly router: types.Router;
  /** How the kept packets are numbered and labelled: what a producer that sends them again must say of them. */
  readonly rtpParameters: () => types.RtpParameters | null;
  /** Asks the sender for a key picture. */
  readonly requestKeyPicture: () => Promise<void>;
  readonly packets: readonly TappedPacket[];
}

export interface RtpTap {
  /** By producer id, in the order they came. */
  readonly streams: ReadonlyMap<string, TappedStream>;
  readonly transports: ReadonlyMap<string, types.Transport>;
  /** Begins or stops keeping packets; what is kept grows while it runs. */
  record(on: boolean): void;
  close(): void;
}

/** Taps every router made in this process from now on. */
export function startRtpTap(): RtpTap {
  const streams = new Map<string, TappedStream & { packets: TappedPacket[] }>();
  const transports = new Map<string, types.Transport>();
  let recording = false;
  const tapProducer = async (router: types.Router, producer: types.Producer): Promise<void> => {
    let made: types.Consumer | null = null;
    const stream = {
      producer,
      router,
      rtpParameters: () => made?.rtpParameters ?? null,
      requestKeyPicture: async () => void (await made?.requestKeyFrame()),
      packets: [] as TappedPacket[],
    };
    streams.set(producer.id, stream);
    const direct = await router.createDirectTransport();
    // A pipe consumer is handed every packet of every layer, unchanged.
    const consumer = await direct.consume({
      producerId: producer.id,
      rtpCapabilities: router.rtpCapabilities,
      pipe: true,
    });
    made = consumer;
    consumer.on('rtp', (packet) => {
      if (recording) stream.packets.push({ atMs: performance.now(), packet: Buffer.from(packet) });
    });
  };
  const onTransport = (router: types.Router, transport: types.Transport): void => {
    transports.set(transport.id, transport);
    if (transport.type !== 'webrtc') return;
    transport.observer.on('newproducer', (producer) => void tapProducer(router, producer).catch(() => undefined));
  };
  const onWorker = (worker: types.Worker): void => {
    worker.observer.on('newrouter', (router) =>
      router.observer.on('newtransport', (transport) => onTransport(router, transport)),
    );
  };
  observer.on('newworker', onWorker);
  return {
    streams,
    transports,
    record: (on) => void (recording = on),
    close: () => void observer.off('newworker', onWorker),
  };
}
