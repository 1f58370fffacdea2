import { FakeMediaStreamTrack } from 'fake-mediastreamtrack';
import { Device, type types } from 'mediasoup-client';
import { type EpochKeys, PREVIOUS_EPOCH_MS } from '../../crypto/epoch-keys.ts';
import { FrameOpener, FrameSealer } from '../../crypto/frame-keys.ts';
import type { Ear } from '../../devices/array/ear.ts';
import type { TalkerReports } from '../../devices/array/talker-source.ts';
import type { Camera, DevicePresence, RoomDevices } from '../../devices/device.ts';
import type { MicrophoneWatch } from '../../devices/speech-watch/microphone-watch.ts';
import type { SpeechFindings } from '../../devices/speech-watch/speech-watch.ts';
import type { Frame } from '../../devices/framing/crop.ts';
import type { Clock } from '../../lib/clock.ts';
import { DeviceUnavailableError, UsageError } from '../../lib/errors.ts';
import { TypedEmitter } from '../../lib/events.ts';
import { errorFields, type Logger } from '../../lib/log.ts';
import type { RoomLayout } from '../call-state.ts';
import type {
  IncomingInfo,
  IncomingStream,
  MediaEngine,
  MediaEngineEvents,
  OutgoingStream,
  StreamStats,
} from '../media-engine.ts';
import type { DecodeBudget } from '../demand/decode-capacity.ts';
import { ALL_LAYERS, type VideoSource as VideoSourceName } from '../demand/layers.ts';
import type { MachineLoad } from '../demand/machine-load.ts';
import { mostKbps } from '../demand/sender-ladder.ts';
import type { VideoWindow } from '../demand/viewer-demand.ts';
import type { Layers, MediaSourceName } from '../signalling/messages.ts';
import { connectEarly, receivePortOf, sendPortOf } from '../transport/native-handler.ts';
import { AudioPipeline } from './audio-pipeline.ts';
import { DecodeMeter } from './decode-meter.ts';
import { type CheckReport, DeviceCheck } from './device-check.ts';
import type { EchoDelay } from './echo-delay.ts';
import { IncomingAudio } from './incoming-audio.ts';
import { IncomingVideo } from './incoming-video.ts';
import { LipSync } from './lip-sync-loop.ts';
import type { MediaGst } from './media-gst.ts';
import { OutgoingAudio } from './outgoing-audio.ts';
import { OutgoingVideo } from './outgoing-video.ts';
import { SenderControl } from './sender-control.ts';
import { statsOf } from './stream-stats.ts';
import { Uplink } from './uplink.ts';
import type {
  Ambient,
  LayoutChange,
  RemoteWindow,
  RoomWindows,
  ShownPerson,
  ShownStatus,
  ShownTile,
  VideoSource,
  VideoSourceListeners,
} from './video-parts.ts';

export interface NativeEngineDeps {
  readonly devices: RoomDevices;
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform over 32 bits, of a cryptographic source. */
  readonly random32: () => number;
  /** CLOCK_MONOTONIC now, µs: what GStreamer stamps recordings with. */
  readonly monotonicUs: () => number;
  /** mediasoup-client's handler on our transport (`createNativeHandlerFactory`). */
  readonly handlerFactory: types.HandlerFactory;
  readonly openAudio: (launch: string) => MediaGst;
  /** Whether microphone and speaker are plugged in; null or absent where nothing tells. */
  readonly soundPresence?: DevicePresence | null;
  readonly openCamera: (camera: Camera, source: 'camera' | 'screen', listeners: VideoSourceListeners) => VideoSource;
  /** Of this machine since the call before; every caller gets a reader of its own. */
  readonly loadReader: () => { read(): Promise<MachineLoad> };
  readonly decodeThreads: { readMs(): Promise<number | null> };
  /** Processors. */
  readonly cores: number;
  /** The windows of all displays; null where nothing is shown. */
  readonly display: RoomWindows | null;
  /** People heard at once. */
  readonly audioSlots: number;
  /** Delay of the echo canceller's reference, as `calibrateEcho` found it for this room. */
  readonly echoAlignmentMs: number;
  readonly watch: MicrophoneWatch | null;
  /** Tells `talkers`; null for a microphone that knows no directions. */
  readonly ear: Ear | null;
  readonly talkers: TalkerReports;
}

const JITTER_MS = 60;
/** Part of all cores that decoding may take: the rest is for encoding, sound and the display. */
const DECODE_SHARE = 0.6;
/** The binding's waiting pulls end within this after their pipeline stopped. */
const PULLS_END_MS = 50;

type Incoming = IncomingAudio | IncomingVideo;

/**
 * The room's media engine. INVARIANTS: what leaves has been sealed, what is shown or heard has been opened; without keys both
 * stand still. A source is encoded only while it is on, watched and keyed.
 */
export class NativeEngine implements MediaEngine {
  readonly events: TypedEmitter<MediaEngineEvents>;
  readonly #deps: NativeEngineDeps;
  readonly #sealer = new FrameSealer();
  readonly #opener = new FrameOpener();
  readonly #uplink: Uplink;
  readonly #senders: SenderControl;
  readonly #load: { read(): Promise<MachineLoad> };
  readonly #decodeMeter = new DecodeMeter();
  readonly #audio: AudioPipeline;
  readonly #video = new Map<'camera' | 'screen', OutgoingVideo>();
  readonly #sources = new Map<'camera' | 'screen', VideoSource>();
  readonly #incoming = new Map<string, Incoming>();
  readonly #windows = new Map<string, RemoteWindow>();
  readonly #lipSync: LipSync;
  #check: DeviceCheck | null = null;
  readonly #windowListeners = new Set<() => void>();
  readonly #toClockMs: (monotonicUs: number) => number;
  #microphone: OutgoingAudio | null = null;
  #frame: Frame | null = null;
  #keyed = false;
  #cancelExpiry: (() => void) | null = null;
  #closed = false;

  constructor(deps: NativeEngineDeps) {
    const { clock, log } = deps;
    this.#deps = deps;
    this.events = new TypedEmitter((error) => log.error('a listener of the media engine failed', errorFields(error)));
    const offsetMs = deps.monotonicUs() / 1_000 - clock.nowMs();
    this.#toClockMs = (monotonicUs) => monotonicUs / 1_000 - offsetMs;
    this.#uplink = new Uplink(clock, () => this.#senders.update());
    this.#senders = new SenderControl({ clock, uplinkBps: () => this.#uplink.targetBps, load: deps.loadReader() });
    this.#load = deps.loadReader();
    this.#audio = new AudioPipeline({
      open: deps.openAudio,
      clock,
      log: log.child('audio'),
      devices: deps.devices,
      slots: deps.audioSlots,
      jitterMs: JITTER_MS,
      watch: deps.watch,
      ear: deps.ear,
      presence: deps.soundPresence ?? null,
    });
    this.#audio.setAlignment(deps.echoAlignmentMs);
    this.#audio.events.on('packet', (packet) => this.#microphone?.handle(packet));
    this.#audio.events.on('level', (stream, level) => this.#handleLevel(stream, level));
    this.#audio.events.on('problem', (code) => this.#handleProblem('microphone', code));
    this.#lipSync = new LipSync(clock, this.#audio.playoutDelayMs, () => this.#incoming.values());
    deps.display?.onLayout(() => this.#windowListeners.forEach((listener) => listener()));
  }

  /** Where people speak in the room, as long as the microphone is open; silent where it is no array. */
  get talkers(): TalkerReports {
    return this.#deps.talkers;
  }

  /** Calls back when what a person should be told of the microphone has changed; returns the unsubscriber. */
  onFindings(listener: (findings: SpeechFindings) => void): () => void {
    return this.#audio.events.on('findings', listener);
  }

  async createDevice(): Promise<types.Device> {
    return new Device({ handlerFactory: this.#deps.handlerFactory });
  }

  connectEarly(transport: types.Transport): void {
    connectEarly(transport).catch((error: unknown) =>
      this.#deps.log.warn('a transport did not connect early', errorFields(error)),
    );
  }

  /** Between calls, before `warmUp`, which ends it: the displays are black. */
  setBlack(black: boolean): void {
    this.#deps.display?.setBlack(black);
  }

  /** Between calls, before `warmUp`, which ends it: what displays show that are not black; null: nothing. */
  setAmbient(ambient: Ambient | null): void {
    this.#deps.display?.setAmbient(ambient);
  }

  /**
   * Between calls: opens the devices of a call and tells what they give, at most 5 times a second, until `stopCheck` or `warmUp`.
   * Nothing is sent.
   */
  startCheck(tell: (report: CheckReport) => void): void {
    const { devices, openAudio, clock } = this.#deps;
    this.#check ??= new DeviceCheck({
      open: openAudio,
      clock,
      camera: devices.camera && this.#sourceOf('camera', devices.camera),
      audio: this.#audio,
      hasMicrophone: devices.microphone !== null,
      hasSpeaker: devices.speaker !== null,
    });
    this.#check.start(tell);
  }

  /** Idempotent; the devices are free then. */
  stopCheck(): void {
    this.#check?.stop();
  }

  /** Plays the notes of the check and waits for their end. @throws {UsageError} call/no-check @throws {DeviceUnavailableError} device/speaker-missing */
  async playTone(): Promise<void> {
    if (!this.#check?.running) throw new UsageError('call/no-check', 'The devices are not being checked');
    await this.#check.playTone();
  }

  /** Begins to play and to show, with nothing to play or show yet, so that the first stream finds running pipelines. */
  warmUp(): void {
    this.stopCheck();
    this.#audio.start();
    this.#deps.display?.start();
  }

  async setKeys(keys: EpochKeys): Promise<void> {
    if (this.#closed) return;
    const { clock } = this.#deps;
    this.#sealer.setKeys(keys);
    this.#opener.setKeys(keys, clock.nowMs());
    this.#cancelExpiry?.();
    this.#cancelExpiry = clock.after(PREVIOUS_EPOCH_MS + 1, () => this.#opener.expire(clock.nowMs()));
    this.#setKeyed(true);
    for (const stream of this.#incoming.values()) stream.keysChanged();
  }

  clearKeys(): void {
    this.#sealer.clear();
    this.#opener.clear();
    this.#cancelExpiry?.();
    this.#cancelExpiry = null;
    this.#setKeyed(false);
    for (const stream of this.#incoming.values()) stream.keysCleared();
    for (const window of this.#windows.values()) window.clear();
  }

  async open(source: MediaSourceName): Promise<OutgoingStream> {
    if (this.#closed) throw new UsageError('media/engine-closed', 'The media engine is closed');
    if (source === 'microphone') return this.#openMicrophone();
    if (source === 'camera' || source === 'screen') return this.#openVideo(source);
    throw new DeviceUnavailableError('device/screen-audio-missing', 'A room has no sound of a shared screen');
  }

  async release(source: MediaSourceName): Promise<void> {
    if (source === 'microphone' && this.#microphone) {
      this.#microphone.close();
      this.#microphone = null;
      this.#audio.setMicrophone(false);
    } else if (source === 'camera' || source === 'screen') {
      this.#video.get(source)?.close();
      this.#video.delete(source);
      this.#senders.remove(source);
    }
  }

  async setMuted(source: MediaSourceName, muted: boolean): Promise<boolean> {
    if (source === 'microphone') this.#audio.setMuted(muted);
    else if (source === 'camera' || source === 'screen') this.#video.get(source)?.setMuted(muted);
    return muted;
  }

  receive(info: IncomingInfo): IncomingStream {
    this.stopReceiving(info.consumer);
    const stream = info.kind === 'audio' ? this.#receiveAudio(info) : this.#receiveVideo(info);
    this.#incoming.set(info.consumer, stream);
    return {
      onRtpReceiver: (receiver) => {
        const port = receivePortOf(receiver);
        if (port && this.#incoming.get(info.consumer) === stream) stream.attach(port);
        else if (!port) this.#deps.log.error('a receiver of another handler', { consumer: info.consumer });
      },
    };
  }

  started(consumer: string): void {
    const stream = this.#incoming.get(consumer);
    if (stream instanceof IncomingAudio) this.#audio.start();
    else if (stream) this.#deps.display?.start();
  }

  stopReceiving(consumer: string): void {
    this.#incoming.get(consumer)?.close();
    this.#incoming.delete(consumer);
    this.#windows.get(consumer)?.close();
    this.#windows.delete(consumer);
    this.#audio.stopPlaying(consumer);
  }

  setDemand(source: MediaSourceName, layers: Layers | null): void {
    if (source === 'camera' || source === 'screen') this.#video.get(source)?.setDemand(layers);
  }

  async setVolume(percent: number): Promise<number> {
    return this.#audio.setVolume(percent);
  }

  /** The part of the camera's picture that is sent, now or when the camera is opened. Returns the part reached. */
  setCameraFrame(frame: Frame): Frame {
    this.#frame = frame;
    this.#sources.get('camera')?.setFrame(frame);
    return frame;
  }

  /** Names, badges and states on the display. */
  setPeople(people: readonly ShownPerson[]): void {
    this.#deps.display?.setPeople(people);
  }

  setStatus(status: ShownStatus): void {
    this.#deps.display?.setStatus(status);
  }

  /** The window of each remote video as it is now; of one that is on both displays, both. */
  videoWindows(): VideoWindow[] {
    const tiles = this.#deps.display?.tiles() ?? [];
    return [...this.#incoming.values()].flatMap((stream) => {
      const { consumer, kind, source } = stream.info;
      if (kind !== 'video') return [];
      const own = tiles.filter((tile) => tile.consumer === consumer);
      return own.length === 0
        ? [unseen(consumer, videoSourceOf(source))]
        : own.map((tile) => windowOf(tile, videoSourceOf(source)));
    });
  }

  /** What decoding costs here and how much of it there may be. */
  async decodeBudget(): Promise<DecodeBudget> {
    const { decodeThreads, cores } = this.#deps;
    const [cpuMs, { load }] = await Promise.all([decodeThreads.readMs(), this.#load.read()]);
    const streams = [...this.#windows].map(([id, { figures }]) => ({ id, ...figures }));
    const msPerMegapixel = this.#decodeMeter.note(streams, cpuMs);
    return { msPerMegapixel, msPerSecond: cores * 1_000 * DECODE_SHARE, load };
  }

  /** Calls back when `videoWindows` may have changed; returns the unsubscriber. */
  onVideoWindows(listener: () => void): () => void {
    this.#windowListeners.add(listener);
    return () => void this.#windowListeners.delete(listener);
  }

  /** Null: the room has no display. */
  get layout(): RoomLayout | null {
    return this.#deps.display?.layout ?? null;
  }

  /** Calls back when `layout` has changed; returns the unsubscriber. */
  onLayout(listener: () => void): () => void {
    let before = JSON.stringify(this.layout);
    return (
      this.#deps.display?.onLayout(() => {
        const now = JSON.stringify(this.layout);
        if (now === before) return;
        before = now;
        listener();
      }) ?? ((): void => undefined)
    );
  }

  /** Returns the layout reached. @throws {DeviceUnavailableError} device/display-missing */
  setLayout(change: LayoutChange): RoomLayout {
    const { display } = this.#deps;
    if (!display) throw new DeviceUnavailableError('device/display-missing', 'The room has no display');
    return display.setLayout(change);
  }

  /** What is on a display now, PNG; 1 or 2. @throws {UsageError} media/no-snapshot unless the display is virtual. */
  async snapshot(display: number): Promise<Uint8Array> {
    if (!this.#deps.display) throw new UsageError('media/no-snapshot', 'The room has no display');
    return this.#deps.display.snapshot(display);
  }

  /** Measures the room's echo with a short sweep; `alignmentMs` is to be kept for this room. Null when it was not heard. */
  async calibrateEcho(): Promise<EchoDelay | null> {
    return this.#audio.calibrate();
  }

  async stats(): Promise<StreamStats[]> {
    return statsOf({
      microphone: this.#microphone,
      video: this.#video,
      incoming: this.#incoming,
      windows: this.#windows,
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.stopCheck();
    this.clearKeys();
    this.#lipSync.close();
    for (const consumer of [...this.#incoming.keys()]) this.stopReceiving(consumer);
    this.#microphone?.close();
    for (const video of this.#video.values()) video.close();
    this.#senders.close();
    this.#uplink.close();
    this.#audio.close();
    this.#deps.display?.stop();
    this.events.clear();
    await new Promise<void>((resolve) => this.#deps.clock.after(PULLS_END_MS, resolve));
  }

  #openMicrophone(): OutgoingStream {
    if (!this.#deps.devices.microphone)
      throw new DeviceUnavailableError('device/microphone-missing', 'The room has no microphone');
    this.#microphone?.close();
    const microphone = new OutgoingAudio(this.#outgoingDeps('microphone'));
    this.#microphone = microphone;
    this.#audio.setMicrophone(true);
    return {
      track: new FakeMediaStreamTrack({ kind: 'audio' }),
      encodings: [{ maxBitrate: 40_000 }],
      codecOptions: { opusStereo: false, opusFec: true, opusDtx: false, opusPtime: 20 },
      codecMimeType: 'audio/opus',
      onRtpSender: (sender) => this.#attach(sender, microphone),
    };
  }

  #openVideo(source: 'camera' | 'screen'): OutgoingStream {
    const device = this.#deps.devices[source];
    if (!device) throw new DeviceUnavailableError(`device/${source}-missing`, `The room has no ${source}`);
    this.#video.get(source)?.close();
    const video = this.#sourceOf(source, device);
    if (source === 'camera' && this.#frame !== null) video.setFrame(this.#frame);
    const onDemand = (): void => this.#senders.update();
    const onLimit = (layers: Layers | null): void => this.events.emit('limited', source, layers);
    const outgoing = new OutgoingVideo({ ...this.#outgoingDeps(source), video, onDemand, onLimit });
    this.#video.set(source, outgoing);
    this.#senders.add(source, outgoing);
    outgoing.setKeyed(this.#keyed);
    video.start();
    return {
      track: new FakeMediaStreamTrack({ kind: 'video' }),
      encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: mostKbps(source, ALL_LAYERS) * 1_000 }],
      codecOptions: {},
      codecMimeType: 'video/VP9',
      onRtpSender: (sender) => this.#attach(sender, outgoing),
    };
  }

  /** A pipeline is never freed: the same one is opened again. */
  #sourceOf(source: 'camera' | 'screen', device: Camera): VideoSource {
    const known = this.#sources.get(source);
    if (known) return known;
    const made = this.#deps.openCamera(device, source, {
      onLayer: (layer) => this.#video.get(source)?.handle(layer),
      onProblem: (code) => this.#handleProblem(source, code),
    });
    this.#sources.set(source, made);
    return made;
  }

  #handleProblem(source: MediaSourceName, code: string | null): void {
    const checked = source === 'camera' || source === 'microphone';
    if (checked && this.#check?.running) this.#check.handleProblem(source, code);
    else this.events.emit('sourceProblem', source, code);
  }

  #outgoingDeps(source: 'microphone' | 'camera' | 'screen') {
    const { clock, log, random32 } = this.#deps;
    return {
      source,
      clock,
      log: log.child(`send/${source}`),
      random32,
      sealer: this.#sealer,
      uplink: this.#uplink,
      toClockMs: this.#toClockMs,
    };
  }

  #attach(sender: unknown, stream: OutgoingAudio | OutgoingVideo): void {
    const port = sendPortOf(sender);
    if (port) stream.attach(port);
    else this.#deps.log.error('a sender of another handler: nothing is sent on it');
  }

  #incomingDeps(info: IncomingInfo) {
    const { clock, log, random32 } = this.#deps;
    const reportRejected: (
      of: IncomingInfo,
      reason: 'authentication' | 'replay' | 'wrong-sender' | 'malformed',
    ) => void = (of, reason) => this.events.emit('framesRejected', of, reason);
    return { info, clock, log: log.child('receive'), random32, opener: this.#opener, reportRejected };
  }

  #receiveAudio(info: IncomingInfo): IncomingAudio {
    return new IncomingAudio({
      ...this.#incomingDeps(info),
      play: (packet) => this.#audio.play(info.consumer, packet),
    });
  }

  #receiveVideo(info: IncomingInfo): IncomingVideo {
    const stream = new IncomingVideo({
      ...this.#incomingDeps(info),
      show: (picture) => this.#windows.get(info.consumer)?.show(picture.data, picture.key),
    });
    const { consumer, peer } = info;
    const window = this.#deps.display?.open(
      { consumer, peer, source: videoSourceOf(info.source) },
      {
        onFirstPicture: () => this.events.emit('firstFrame', consumer),
        onDecoderStuck: () => stream.requestKeyPicture(),
      },
    );
    if (window) this.#windows.set(consumer, window);
    return stream;
  }

  #setKeyed(keyed: boolean): void {
    this.#keyed = keyed;
    for (const video of this.#video.values()) video.setKeyed(keyed);
  }

  #handleLevel(stream: string | null, level: number): void {
    const info = stream === null ? null : this.#incoming.get(stream)?.info;
    if (info !== undefined) this.events.emit('audioLevel', info?.peer ?? null, level);
    if (info) this.#deps.display?.hear(info.peer, level);
  }
}

const videoSourceOf = (source: MediaSourceName): VideoSourceName => (source === 'screen' ? 'screen' : 'camera');

function windowOf({ consumer, width, height, pinned, speaker }: ShownTile, source: VideoSourceName): VideoWindow {
  // The compositor shows a picture whole.
  return { consumer, source, width, height, hidden: false, cover: false, pinned, speaker };
}

function unseen(consumer: string, source: VideoSourceName): VideoWindow {
  return { consumer, source, width: 0, height: 0, hidden: true, cover: false, pinned: false, speaker: false };
}
