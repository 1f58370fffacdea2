import { Device } from 'mediasoup-client';
import type { types } from 'mediasoup-client';
import type {
  IncomingInfo,
  IncomingStream,
  MediaEngine,
  MediaEngineEvents,
  OutgoingStream,
  StreamStats,
} from '../../../src/call/media-engine.ts';
import type { Layers, MediaSourceName } from '../../../src/call/signalling/messages.ts';
import type { EpochKeys } from '../../../src/crypto/epoch-keys.ts';
import type { DecodeBudget } from '../../../src/call/demand/decode-capacity.ts';
import { ALL_LAYERS } from '../../../src/call/demand/layers.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { DeviceUnavailableError, UsageError } from '../../../src/lib/errors.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import type { Logger } from '../../../src/lib/log.ts';
import { errorFields } from '../../../src/lib/log.ts';
import type { DeviceKind, RemotePicture } from '../call-controller.ts';
import { encodingFor, encodingParameters } from './encodings.ts';
import type { CpuPressure } from './cpu-pressure.ts';
import { decodeBudget, startDecodeCost, stepDecodeCost } from './decode-cost.ts';
import type { FrameWorkerClient } from './frame-worker-client.ts';
import { troubleCodes, type LocalMedia } from './local-media.ts';
import { DroppedLayers } from './dropped-layers.ts';
import { Playout } from './playout.ts';
import { ScreenCapture } from './screen-capture.ts';
import { SenderControl } from './sender-control.ts';
import { sentDemand } from './sent-demand.ts';
import { levelDbov, streamStats } from './stats.ts';

export interface BrowserEngineDeps {
  readonly frames: FrameWorkerClient;
  readonly local: LocalMedia;
  readonly cpu: CpuPressure;
  /** Of this machine. */
  readonly cores: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Outgoing {
  track: MediaStreamTrack | null;
  muted: boolean;
  demand: Layers | null;
  control: SenderControl | null;
  readonly dropped: DroppedLayers;
}

interface Incoming {
  readonly info: IncomingInfo;
  receiver: RTCRtpReceiver | null;
}

const LEVEL_PERIOD_MS = 250;

/** The browser's own WebRTC as the call's media engine; every frame passes through the frame worker. */
export class BrowserEngine implements MediaEngine {
  readonly events: TypedEmitter<MediaEngineEvents>;
  /** `pictures` changed. */
  readonly changes: TypedEmitter<{ pictures: [] }>;
  readonly #deps: BrowserEngineDeps;
  readonly #outgoing = new Map<MediaSourceName, Outgoing>();
  readonly #incoming = new Map<string, Incoming>();
  readonly #screen: ScreenCapture;
  readonly #playout: Playout;
  readonly #stop: (() => void)[] = [];
  #decodeCost = startDecodeCost();
  #polling = false;

  constructor(deps: BrowserEngineDeps) {
    this.#deps = deps;
    const onListenerError = (error: unknown): void => deps.log.error('listener failed', errorFields(error));
    this.events = new TypedEmitter(onListenerError);
    this.changes = new TypedEmitter(onListenerError);
    this.#playout = new Playout((consumer) => this.events.emit('firstFrame', consumer));
    this.#screen = new ScreenCapture(() => this.#handleScreenEnded());
    this.#stop.push(
      deps.frames.events.on('rejected', (consumer, reason) => this.#handleRejected(consumer, reason)),
      deps.frames.events.on('failed', () => deps.log.error('the frame worker failed: nothing is sent or shown')),
      deps.local.events.on('track', (kind, track) => this.#handleTrack(kind, track)),
      deps.local.events.on('trouble', (kind, trouble) =>
        this.events.emit('sourceProblem', kind, trouble === null ? null : troubleCodes[trouble]),
      ),
      deps.clock.every(LEVEL_PERIOD_MS, () => void this.#pollLevels()),
    );
  }

  /** Remote videos that flow, in the order they came. */
  get pictures(): readonly RemotePicture[] {
    return this.#playout.pictures;
  }

  /** Measured whenever `stats` is asked for. */
  get decoding(): DecodeBudget {
    return decodeBudget(this.#decodeCost, this.#deps.cores, this.#deps.cpu.load);
  }

  createDevice(): Promise<types.Device> {
    return Device.factory();
  }

  /** The browser connects with the first stream's description. */
  connectEarly(): void {
    return;
  }

  setKeys(keys: EpochKeys): Promise<void> {
    return this.#deps.frames.setKeys(keys);
  }

  clearKeys(): void {
    this.#deps.frames.clearKeys();
  }

  async open(source: MediaSourceName): Promise<OutgoingStream> {
    const track = await this.#acquire(source);
    const outgoing: Outgoing = { track, muted: false, demand: ALL_LAYERS, control: null, dropped: new DroppedLayers() };
    this.#outgoing.set(source, outgoing);
    const sound = source === 'microphone' || source === 'screen-audio';
    const encoding = (): ReturnType<typeof encodingFor> => encodingFor(source, outgoing.demand, outgoing.muted);
    return {
      // A later login sends what the source gives then, and starts from a fresh demand.
      get track() {
        outgoing.demand = ALL_LAYERS;
        return outgoing.track?.readyState === 'live' ? outgoing.track : placeholder(sound);
      },
      get encodings() {
        return [encodingParameters(encoding())] as types.RtpEncodingParameters[];
      },
      codecOptions: sound ? soundOptions(source) : { videoGoogleStartBitrate: 1_000 },
      codecMimeType: sound ? 'audio/opus' : 'video/VP9',
      onRtpSender: (sender) => {
        sender.transform = this.#deps.frames.transform({ kind: 'send', source });
        outgoing.control = new SenderControl(sender, encoding());
        // Its first encodings cannot say what is to go last.
        if (source === 'screen') void this.#applyEncoding(source, outgoing);
      },
    };
  }

  async release(source: MediaSourceName): Promise<void> {
    this.#outgoing.delete(source);
    if (source === 'camera' || source === 'microphone') await this.#deps.local.drop(source);
    else this.#screen.stop(source);
  }

  async setMuted(source: MediaSourceName, muted: boolean): Promise<boolean> {
    const outgoing = this.#outgoing.get(source);
    if (!outgoing) throw new UsageError('guest/source-closed', 'This source is not open');
    if (source === 'camera') await this.#setCameraOff(outgoing, muted);
    else {
      outgoing.muted = muted;
      if (outgoing.track) outgoing.track.enabled = !muted;
    }
    await this.#applyEncoding(source, outgoing);
    return outgoing.muted;
  }

  receive(info: IncomingInfo): IncomingStream {
    const incoming: Incoming = { info, receiver: null };
    this.#incoming.set(info.consumer, incoming);
    const { consumer, peer, source } = info;
    return {
      onRtpReceiver: (receiver) => {
        receiver.transform = this.#deps.frames.transform({ kind: 'receive', consumer, peer, source });
        incoming.receiver = receiver;
      },
    };
  }

  started(consumer: string, track: MediaStreamTrack): void {
    const incoming = this.#incoming.get(consumer);
    if (!incoming) return;
    this.#playout.start(incoming.info, track);
    if (incoming.info.kind === 'video') this.changes.emit('pictures');
  }

  stopReceiving(consumer: string): void {
    const incoming = this.#incoming.get(consumer);
    if (!incoming) return;
    this.#incoming.delete(consumer);
    this.#deps.frames.stop(consumer);
    this.#playout.stop(consumer);
    if (incoming.info.kind === 'video') this.changes.emit('pictures');
  }

  setDemand(source: MediaSourceName, layers: Layers | null): void {
    const outgoing = this.#outgoing.get(source);
    if (!outgoing) return;
    outgoing.demand = layers;
    void this.#applyEncoding(source, outgoing);
  }

  async setVolume(percent: number): Promise<number> {
    return this.#playout.setVolume(percent);
  }

  async stats(): Promise<StreamStats[]> {
    const counts = await this.#deps.frames.counts();
    const none = { rejected: 0, withoutKey: 0 };
    const sent = [...this.#outgoing].map(async ([source, outgoing]) => {
      const report = await reportOf(outgoing.control?.sender ?? null);
      const stream = { id: source, direction: 'send', peer: null, source } as const;
      const demand = sentDemand(source, outgoing, report);
      const limit = outgoing.dropped.note(demand, this.#deps.clock.nowMs());
      if (limit !== undefined) this.events.emit('limited', source, limit);
      return { ...streamStats(stream, report, counts.get(source) ?? none), ...demand };
    });
    const videos = new Map<string, readonly unknown[]>();
    const received = [...this.#incoming.values()].map(async ({ info, receiver }) => {
      const { consumer: id, peer, source } = info;
      const report = await reportOf(receiver);
      if (info.kind === 'video') videos.set(id, report);
      return streamStats({ id, direction: 'receive', peer, source }, report, counts.get(id) ?? none);
    });
    const all = await Promise.all([...sent, ...received]);
    this.#decodeCost = stepDecodeCost(this.#decodeCost, videos);
    return all;
  }

  async close(): Promise<void> {
    for (const stop of this.#stop.splice(0)) stop();
    for (const consumer of [...this.#incoming.keys()]) this.stopReceiving(consumer);
    await Promise.all([...this.#outgoing.keys()].map((source) => this.release(source)));
    this.#playout.close();
    this.#deps.frames.close();
    this.#deps.cpu.close();
    this.events.clear();
    this.changes.clear();
  }

  async #acquire(source: MediaSourceName): Promise<MediaStreamTrack> {
    if (source === 'camera' || source === 'microphone') return this.#deps.local.acquire(source);
    const track = source === 'screen' ? await this.#screen.start() : this.#screen.sound;
    if (track) return track;
    throw new DeviceUnavailableError('guest/screen-unavailable', 'There is nothing to share');
  }

  /** Off means off: the device is let go, so that its light goes out, and opened again when turned on. */
  async #setCameraOff(outgoing: Outgoing, off: boolean): Promise<void> {
    if (off) {
      outgoing.muted = true;
      await this.#deps.local.drop('camera');
      return;
    }
    try {
      await this.#deps.local.acquire('camera');
      outgoing.muted = false;
    } catch {
      // Stays off: the trouble was told.
    }
  }

  async #applyEncoding(source: MediaSourceName, outgoing: Outgoing): Promise<void> {
    await outgoing.control?.want(encodingFor(source, outgoing.demand, outgoing.muted));
  }

  #handleTrack(kind: DeviceKind, track: MediaStreamTrack | null): void {
    const outgoing = this.#outgoing.get(kind);
    if (!outgoing) return;
    outgoing.track = track;
    if (track && kind === 'microphone') track.enabled = !outgoing.muted;
    // A sender that was closed meanwhile needs no track.
    outgoing.control?.sender.replaceTrack(track).catch(() => undefined);
  }

  #handleScreenEnded(): void {
    for (const source of ['screen-audio', 'screen'] as const)
      if (this.#outgoing.has(source)) this.events.emit('sourceEnded', source);
  }

  #handleRejected(consumer: string, reason: Parameters<FrameWorkerRejected>[1]): void {
    const incoming = this.#incoming.get(consumer);
    if (incoming) this.events.emit('framesRejected', incoming.info, reason);
  }

  async #pollLevels(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      const own = this.#outgoing.get('microphone');
      if (own?.control && !own.muted)
        this.#emitLevel(null, levelDbov(await reportOf(own.control.sender), 'media-source'));
      const heard = [...this.#incoming.values()].filter(({ info }) => info.source === 'microphone');
      await Promise.all(
        heard.map(async ({ info, receiver }) =>
          this.#emitLevel(info.peer, levelDbov(await reportOf(receiver), 'inbound-rtp')),
        ),
      );
    } finally {
      this.#polling = false;
    }
  }

  #emitLevel(peer: string | null, level: number | null): void {
    if (level !== null) this.events.emit('audioLevel', peer, level);
  }
}

type FrameWorkerRejected = (consumer: string, reason: MediaEngineEvents['framesRejected'][1]) => void;

async function reportOf(from: RTCRtpSender | RTCRtpReceiver | null): Promise<readonly unknown[]> {
  // Empty once the connection is closed.
  const report = await from?.getStats().catch(() => null);
  return report ? [...(report.values() as Iterable<unknown>)] : [];
}

function soundOptions(source: MediaSourceName): types.ProducerCodecOptions {
  // Silence is suppressed here: behind encryption the server cannot see it.
  if (source === 'microphone')
    return { opusStereo: false, opusFec: true, opusDtx: true, opusMaxAverageBitrate: 32_000, opusPtime: 20 };
  return { opusStereo: true, opusFec: true, opusDtx: false, opusMaxAverageBitrate: 96_000, opusPtime: 20 };
}

/** What a sender is made with while its device is off: nothing of it is ever sent, `active` is false. */
function placeholder(sound: boolean): MediaStreamTrack {
  const made = sound ? new AudioContext().createMediaStreamDestination().stream : blackPicture();
  const track = made.getTracks()[0];
  if (!track) throw new DeviceUnavailableError('guest/device-missing', 'There is no track to send');
  return track;
}

function blackPicture(): MediaStream {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  canvas.getContext('2d')?.fillRect(0, 0, 1, 1);
  return canvas.captureStream(0);
}
