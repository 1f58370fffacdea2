/** A member of a meeting in this process: the product's session, keys, transport, sender and receiver, with real encryption. */
import { randomBytes, randomInt } from 'node:crypto';
import { createLocalKeys } from '../../src/call/keys/local-keys.ts';
import { CameraSource } from '../../src/call/media/camera-source.ts';
import { openMediaGst, type MediaGst } from '../../src/call/media/media-gst.ts';
import { NativeEngine } from '../../src/call/media/native-engine.ts';
import { RoomDisplay } from '../../src/call/media/room-display.ts';
import { TalkerSource } from '../../src/devices/array/talker-source.ts';
import type { MachineLoad } from '../../src/call/demand/machine-load.ts';
import type { EncodedLayer, VideoSource, VideoSourceListeners } from '../../src/call/media/video-parts.ts';
import type { StreamStats } from '../../src/call/media-engine.ts';
import { CallSession } from '../../src/call/session.ts';
import { nodeSocketOpener } from '../../src/call/signalling/node-socket.ts';
import { createNativeHandlerFactory } from '../../src/call/transport/native-handler.ts';
import { openNativeLink } from '../../src/call/transport/native-link.ts';
import { parseMeetingLink } from '../../src/crypto/link.ts';
import type { Camera } from '../../src/devices/device.ts';
import { toneMicrophone, virtualCamera, virtualSpeaker } from '../../src/devices/virtual.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { replaySound } from './replayed-sound.ts';
import { replayVideo, type Recording } from './replayed-video.ts';
import { WatchingWindows } from './watching-windows.ts';
import { loudness, wallMs, type ShownPicture } from './shown-pictures.ts';

export interface PersonParts {
  readonly name: string;
  readonly certificatePem: string;
  /** Encoded by the product's camera; null: `recording`, or no camera. */
  readonly camera: Camera | null;
  readonly recording: Recording | null;
  /** Opus packets to send over and over; null: no microphone. */
  readonly sound: readonly Buffer[] | null;
  /** Whether this one listens. */
  readonly listens: boolean;
}

/** What the encoder gave, picture by picture. */
export interface EncodedPicture {
  readonly atMs: number;
  readonly top: number;
  readonly temporal: number;
  readonly key: boolean;
  readonly encodeMs: number;
}

export interface WindowWish {
  readonly width: number;
  readonly height: number;
  readonly main: boolean;
}

const RATE = 48_000;

export class Person {
  readonly name: string;
  readonly encoded: EncodedPicture[] = [];
  /** Of each 5 ms that was played. */
  readonly heard: number[] = [];
  /** What is made of this machine's load, and how many times as slow the encoder seems: what runs beside must not decide. */
  machine: MachineLoad = { load: null, throttled: false };
  slowness = 1;
  readonly #session: CallSession;
  readonly #engine: NativeEngine;
  readonly #windows = new WatchingWindows(openMediaGst);
  #encoder: MediaGst | null = null;

  constructor(parts: PersonParts) {
    this.name = parts.name;
    const random32 = (): number => randomInt(2 ** 32);
    const [log, clock] = [silentLogger, systemClock];
    this.#engine = new NativeEngine({
      devices: {
        camera: parts.camera ?? (parts.recording ? virtualCamera() : null),
        screen: null,
        microphone: parts.sound ? toneMicrophone(440) : null,
        speaker: parts.listens ? { ...virtualSpeaker(), sink: 'appsink name=heard sync=true max-buffers=200' } : null,
        display: null,
        secondDisplay: null,
      },
      clock,
      log,
      random32,
      monotonicUs: () => Number(process.hrtime.bigint() / 1_000n),
      handlerFactory: createNativeHandlerFactory({
        clock,
        logger: log,
        randomU32: random32,
        openLink: openNativeLink,
        bindAddress: '127.0.0.1',
      }),
      loadReader: () => ({ read: async () => this.machine }),
      decodeThreads: { readMs: async () => null },
      cores: 2,
      openAudio: (launch) => (parts.listens ? this.#openEar(launch) : replaySound(parts.sound ?? [])),
      openCamera: (camera, source, listeners) =>
        parts.recording
          ? replayVideo(parts.recording, this.#noting(listeners))
          : this.#openCamera(camera, source, this.#noting(listeners)),
      display: this.#windows,
      audioSlots: 4,
      echoAlignmentMs: 0,
      watch: null,
      ear: null,
      talkers: new TalkerSource(() => undefined),
    });
    this.#session = new CallSession({
      engine: this.#engine,
      openSocket: nodeSocketOpener([parts.certificatePem]),
      createKeys: (request) => createLocalKeys(request, { identity: { kind: 'guest' }, certificates: [], clock, log }),
      clock,
      log,
      randomBytes,
      random: Math.random,
      profile: { name: parts.name, kind: 'guest' },
    });
    new RoomDisplay({ session: this.#session, engine: this.#engine, roomName: parts.name, clock, log }).start();
  }

  async join(link: string, sends: { camera: boolean; microphone: boolean }): Promise<void> {
    const parsed = parseMeetingLink(link);
    if (parsed.kind !== 'ok') throw new Error(parsed.reason);
    const joined = new Promise<void>((resolve) => {
      const stop = this.#session.events.on('state', ({ phase }) => {
        if (phase !== 'in-call') return;
        stop();
        resolve();
      });
    });
    await this.#session.join(parsed.link, {
      microphone: sends.microphone ? 'on' : 'none',
      camera: sends.camera ? 'on' : 'none',
      replaces: null,
    });
    await joined;
    await this.#engine.setVolume(100);
  }

  /** Gives the windows of the people of these names other sizes; null: not to be seen. Returns when. */
  look(wishes: Readonly<Record<string, WindowWish | null>>): number {
    const atMs = wallMs();
    const sizes = Object.entries(wishes).flatMap(([name, wish]) => {
      const peer = this.#peerOf(name);
      return peer === null ? [] : [[peer, wish] as const];
    });
    this.#windows.resize(new Map(sizes));
    return atMs;
  }

  pictures(name: string): readonly ShownPicture[] {
    return this.#windows.pictures.get(this.#peerOf(name) ?? '') ?? [];
  }

  get people(): string[] {
    return this.#session.state.participants.flatMap(({ name, self }) => (self || name === null ? [] : [name]));
  }

  async stats(): Promise<StreamStats[]> {
    return this.#engine.stats();
  }

  /** Of the encoder; null when there is none. */
  get encoderFigures(): { frames: number; averageUs: number } | null {
    const gst = this.#encoder;
    return gst && { frames: gst.getNumber('encoder', 'frames'), averageUs: gst.getNumber('encoder', 'avg-encode-us') };
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  #peerOf(name: string): string | null {
    return this.#session.state.participants.find((each) => each.name === name)?.peer ?? null;
  }

  #openCamera(camera: Camera, source: 'camera' | 'screen', listeners: VideoSourceListeners): VideoSource {
    const open = (launch: string): MediaGst => (this.#encoder = openMediaGst(launch));
    return new CameraSource({
      open,
      clock: systemClock,
      log: silentLogger,
      camera,
      source,
      capture: 'as-sent',
      listeners,
      presence: null,
      cure: null,
    });
  }

  #noting(listeners: VideoSourceListeners): VideoSourceListeners {
    return {
      ...listeners,
      onLayer: (layer: EncodedLayer) => {
        if (layer.spatial === layer.activeSpatialLayers - 1)
          this.encoded.push({
            atMs: wallMs(),
            top: layer.spatial,
            temporal: layer.temporal,
            key: layer.key,
            encodeMs: (layer.encodeUs * this.slowness) / 1_000,
          });
        listeners.onLayer({ ...layer, encodeUs: layer.encodeUs * this.slowness });
      },
    };
  }

  #openEar(launch: string): MediaGst {
    const gst = openMediaGst(launch);
    return {
      ...gst,
      play: () => {
        gst.play();
        gst.pull('heard', (bytes) => {
          if (!bytes) return;
          const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
          this.heard.push(...loudness(samples, RATE).map((each) => each / 32_768));
        });
      },
    };
  }
}
