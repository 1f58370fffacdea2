import type { Ear } from '../../devices/array/ear.ts';
import type { DevicePresence, RoomDevices } from '../../devices/device.ts';
import type { MicrophoneWatch } from '../../devices/speech-watch/microphone-watch.ts';
import type { SpeechFindings } from '../../devices/speech-watch/speech-watch.ts';
import type { Clock } from '../../lib/clock.ts';
import { DeviceUnavailableError } from '../../lib/errors.ts';
import { TypedEmitter } from '../../lib/events.ts';
import type { Logger } from '../../lib/log.ts';
import { ArrayFeed } from './array-feed.ts';
import { type AudioPlan, audioLaunch, playoutDelayMs } from './audio-launch.ts';
import { OPUS_PAYLOAD_TYPE, RATE } from './audio-parts.ts';
import { AudioSlots, wrapRtp } from './audio-slots.ts';
import { type EchoDelay, TRUSTED, alignmentFor, chirp, estimateEchoDelay } from './echo-delay.ts';
import type { MediaGst } from './media-gst.ts';
import { SilenceGate } from './silence-gate.ts';

export interface OpusPacket {
  readonly payload: Buffer;
  /** When its first sample was recorded, µs on CLOCK_MONOTONIC. */
  readonly captureUs: number;
}

/** A received Opus packet, decrypted, with the numbers of its RTP packet. */
export interface ReceivedOpus {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

export interface AudioPipelineEvents {
  /** To be sent. */
  packet: [OpusPacket];
  /** dBov; null: our own microphone, also while muted. At most 5 a second each, and none for who is silent. */
  level: [stream: string | null, levelDb: number];
  /** The sound devices failed; null when well again. */
  problem: [code: string | null];
  /** What a person should be told of the open microphone has changed. */
  findings: [SpeechFindings];
}

export interface AudioPipelineDeps {
  readonly open: (launch: string) => MediaGst;
  readonly clock: Clock;
  readonly log: Logger;
  readonly devices: Pick<RoomDevices, 'microphone' | 'speaker'>;
  /** Whether the microphone does its work; null: nobody asks. */
  readonly watch: MicrophoneWatch | null;
  /** Told when the microphone opens and closes; one with a beam belongs to `devices.microphone.array`, which needs it. */
  readonly ear: Ear | null;
  /** Mixer inputs: how many people can be heard at once. */
  readonly slots: number;
  readonly jitterMs: number;
  /** Whether microphone and speaker are plugged in; null where nothing tells: then they count as there. */
  readonly presence: DevicePresence | null;
}

const LEVEL_PERIOD_MS = 200;
/** Louder than this is somebody speaking rather than noise. */
const SPEECH_DB = -50;
const QUIET_DB = -100;
/** Sound of the far end is in the room for so long after it was last played: the speaker's buffer and the room's echo. */
const FAR_END_MS = 500;
const HEADER_BYTES = 16;
const RESTART_MS = 1_000;
const RESTART_MAX_MS = 30_000;
const WELL_AFTER_MS = 3_000;
/** Before opening devices that have come back: their nodes and rights take a moment. */
const APPEARED_MS = 250;

/**
 * The room's sound. At most two pipelines are ever made, one with and one without the microphone, because a GStreamer pipeline
 * is never freed: they are stopped and started. A device that fails is tried again with growing pauses until `close`; one that is
 * unplugged as soon as it is back.
 */
export class AudioPipeline {
  readonly events: TypedEmitter<AudioPipelineEvents>;
  readonly playoutDelayMs: number;
  readonly #deps: AudioPipelineDeps;
  readonly #slots: AudioSlots;
  readonly #made = new Map<'playout' | 'full', MediaGst>();
  readonly #gate = new SilenceGate();
  #running: MediaGst | null = null;
  #withMicrophone = false;
  #muted = false;
  #closed = false;
  #volume = 60;
  #shiftMs = 0;
  #ownLevel = QUIET_DB;
  #farEndMs = Number.NEGATIVE_INFINITY;
  #stopTimers: (() => void)[] = [];
  #cancelRestart: (() => void) | null = null;
  #restartMs = RESTART_MS;
  #failed = false;
  #stopPresence: (() => void) | null = null;
  readonly #taps = new Map<'far' | 'near', Recording>();

  constructor(deps: AudioPipelineDeps) {
    this.#deps = deps;
    this.#slots = new AudioSlots(deps.slots);
    this.events = new TypedEmitter((error) => deps.log.error('listener failed', { kind: String(error) }));
    this.playoutDelayMs = playoutDelayMs(this.#plan(false));
  }

  /** Starts playing; idempotent. */
  start(): void {
    if (!this.#closed && !this.#running) this.#run();
  }

  /**
   * Opens or closes the microphone; playing pauses for about a tenth of a second.
   * @throws {DeviceUnavailableError} when the room has none.
   */
  setMicrophone(open: boolean): void {
    if (open && !this.#deps.devices.microphone)
      throw new DeviceUnavailableError('device/microphone-missing', 'No microphone');
    if (this.#closed || open === this.#withMicrophone) return;
    this.#withMicrophone = open;
    this.#halt();
    this.#run();
  }

  /** Lets go of microphone and speaker until `start` or `setMicrophone`. */
  stop(): void {
    this.#withMicrophone = false;
    this.#halt();
  }

  /** Muted: recorded and metered, but nothing is handed out to be sent. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
  }

  /** 0 to 100, on a curve that sounds even; returns what is set. */
  setVolume(percent: number): number {
    this.#volume = Math.max(0, Math.min(100, Math.round(Number.isFinite(percent) ? percent : this.#volume)));
    this.#running?.setNumber('playout', 'volume', gainOf(this.#volume));
    return this.#volume;
  }

  /** Plays a packet of a stream; false when no mixer input is free for it. */
  play(stream: string, packet: ReceivedOpus): boolean {
    if (!this.#running) return false;
    const placed = this.#slots.place(stream, packet.sequence, packet.timestamp, this.#deps.clock.nowMs());
    if (!placed) return false;
    this.#running.push(`slot${placed.slot}`, wrapRtp(OPUS_PAYLOAD_TYPE, placed, packet.payload));
    return true;
  }

  /** Plays a sound of our own through the speaker, at the room's volume; 16-bit mono at 48 kHz. Nothing while stopped. */
  playSound(sound: Int16Array): void {
    this.#running?.push('testsound', Buffer.from(sound.buffer, sound.byteOffset, sound.byteLength));
  }

  stopPlaying(stream: string): void {
    this.#slots.release(stream);
  }

  /**
   * Plays a sweep through the speaker, finds it in the microphone and aligns the echo canceller by it. Takes two seconds.
   * Null, and nothing changed, when there is no microphone or the sweep was not heard clearly.
   */
  async calibrate(): Promise<EchoDelay | null> {
    const gst = this.#running;
    if (!gst || !this.#withMicrophone) return null;
    const far = new Recording();
    const near = new Recording();
    this.#openTap(gst, 'far', far);
    this.#openTap(gst, 'near', near);
    await this.#wait(300);
    this.playSound(chirp(RATE));
    await this.#wait(1_500);
    far.close();
    near.close();
    if (this.#closed || this.#running !== gst) return null;
    gst.setBoolean('farvalve', 'drop', true);
    gst.setBoolean('nearvalve', 'drop', true);
    const latencyMs = gst.getNumber('farheader', 'latency-ms');
    const found = compare(far, near, latencyMs);
    if (!found || found.confidence < TRUSTED) return null;
    this.setAlignment(alignmentFor(found));
    return found;
  }

  /** Delays the echo canceller's reference; kept across restarts, to be stored with the room's configuration. */
  setAlignment(shiftMs: number): void {
    this.#shiftMs = Math.max(0, Math.min(1_000, Math.round(shiftMs)));
    this.#running?.setNumber('align', 'shift-ms', this.#shiftMs);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopPresence?.();
    this.#halt();
    this.events.clear();
  }

  #plan(withMicrophone: boolean): AudioPlan {
    const { devices, slots, jitterMs } = this.#deps;
    return { speaker: devices.speaker, microphone: withMicrophone ? devices.microphone : null, slots, jitterMs };
  }

  #run(): void {
    const gst = this.#pipeline();
    this.#running = gst;
    this.#stopPresence ??= this.#deps.presence?.onChange((isThere) => this.#plugged(isThere)) ?? null;
    gst.setNumber('playout', 'volume', gainOf(this.#volume));
    gst.setNumber('align', 'shift-ms', this.#shiftMs);
    gst.play();
    const { clock, devices } = this.#deps;
    this.#stopTimers.push(clock.every(LEVEL_PERIOD_MS, () => this.#reportLevels(gst)));
    this.#stopTimers.push(clock.after(WELL_AFTER_MS, () => this.#recovered()));
    if (!this.#withMicrophone) return;
    gst.pull('opus', (bytes) => bytes && gst === this.#running && this.#encoded(gst, bytes));
    this.#openEar(gst);
    const beeper = devices.microphone?.beeper ?? null;
    if (beeper !== null) this.#stopTimers.push(startBeeper(gst, beeper, clock));
  }

  #pipeline(): MediaGst {
    const kind = this.#withMicrophone ? 'full' : 'playout';
    const known = this.#made.get(kind);
    if (known) return known;
    const made = this.#deps.open(audioLaunch(this.#plan(this.#withMicrophone)));
    this.#made.set(kind, made);
    return made;
  }

  #halt(): void {
    for (const stop of this.#stopTimers.splice(0)) stop();
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    const gst = this.#running;
    this.#running = null;
    this.#taps.clear();
    gst?.stop();
    this.#deps.ear?.close();
    this.#tellFindings(this.#deps.watch?.end() ?? null);
  }

  #openEar(gst: MediaGst): void {
    const { ear, devices } = this.#deps;
    ear?.open();
    const array = devices.microphone?.array ?? null;
    if (!ear?.beam || !array) return;
    const feed = new ArrayFeed(gst, ear.beam, array.sampleRate);
    gst.pull('array', (bytes) => bytes && gst === this.#running && feed.handle(bytes));
  }

  #tellFindings(findings: SpeechFindings | null): void {
    if (findings) this.events.emit('findings', findings);
  }

  /** After the slots' levels: what the far end says counts from when it is played. */
  #watchMicrophone(gst: MediaGst, nowMs: number): void {
    const { watch, ear } = this.#deps;
    if (!this.#withMicrophone) return;
    const farEndSpeaks = nowMs - this.#farEndMs < FAR_END_MS;
    ear?.setFollows(!farEndSpeaks);
    if (!watch) return;
    const count = (name: string): number => gst.getNumber('rawmeter', name);
    const counts = {
      samples: count('samples'),
      energy: count('energy'),
      clipped: count('clipped'),
      changes: count('changes'),
    };
    this.#tellFindings(watch.look(counts, { muted: this.#muted, farEndSpeaks }, nowMs));
  }

  #fail(text: string): void {
    const isThere = this.#deps.presence?.isThere() ?? true;
    const afterMs = isThere ? this.#restartMs : null;
    this.#deps.log.warn('sound failed, trying again', { text: text.slice(0, 200), afterMs });
    this.#halt();
    this.#failed = true;
    this.events.emit('problem', 'device/sound-failed');
    if (afterMs === null) return;
    this.#restartIn(afterMs);
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MAX_MS);
  }

  /** What is running is left alone: that it fails is seen by itself, and it may have lost nothing that it uses. */
  #plugged(isThere: boolean): void {
    if (this.#running || !this.#failed) return;
    this.#cancelRestart?.();
    this.#cancelRestart = null;
    if (isThere) this.#restartIn(APPEARED_MS);
  }

  #restartIn(ms: number): void {
    this.#cancelRestart = this.#deps.clock.after(ms, () => this.#run());
  }

  #encoded(gst: MediaGst, bytes: Buffer): void {
    if (bytes.length <= HEADER_BYTES) return;
    const nowMs = this.#deps.clock.nowMs();
    const level = gst.getNumber('micmeter', 'level-db');
    this.#ownLevel = Math.max(this.#ownLevel, level);
    if (this.#gate.decide(level, nowMs) === 'drop' || this.#muted) return;
    this.events.emit('packet', { payload: bytes.subarray(HEADER_BYTES), captureUs: Number(bytes.readBigUInt64BE(8)) });
  }

  #reportLevels(gst: MediaGst): void {
    if (gst !== this.#running) return;
    const failure = gst.failure();
    if (failure !== null) {
      this.#fail(failure);
      return;
    }
    const nowMs = this.#deps.clock.nowMs();
    if (this.#ownLevel > QUIET_DB) this.events.emit('level', null, this.#ownLevel);
    this.#ownLevel = QUIET_DB;
    for (let slot = 0; slot < this.#deps.slots; slot++) {
      const stream = this.#slots.streamOf(slot);
      if (stream === null) continue;
      const level = gst.getNumber(`meter${slot}`, 'level-db');
      if (level > SPEECH_DB) {
        this.#slots.heard(slot, nowMs);
        this.#farEndMs = nowMs;
      }
      if (level > QUIET_DB) this.events.emit('level', stream, level);
    }
    this.#watchMicrophone(gst, nowMs);
  }

  /** Called once the pipeline has run without failing for a while. */
  #recovered(): void {
    if (!this.#failed) return;
    this.#failed = false;
    this.#restartMs = RESTART_MS;
    this.events.emit('problem', null);
  }

  /** The waiting pull of a shut tap stays: it is taken up again by the next calibration instead of waiting beside a second one. */
  #openTap(gst: MediaGst, name: 'far' | 'near', recording: Recording): void {
    gst.setBoolean(`${name}valve`, 'drop', false);
    const waiting = this.#taps.has(name);
    this.#taps.set(name, recording);
    if (waiting) return;
    gst.pull(`${name}tap`, (bytes) => {
      if (bytes) this.#taps.get(name)?.add(bytes);
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.after(ms, resolve));
  }
}

/** Sound of a tap with the time of its first sample. */
class Recording {
  readonly #chunks: { ptsNs: number; samples: Int16Array }[] = [];
  #open = true;

  add(bytes: Buffer): void {
    if (!this.#open || bytes.length <= HEADER_BYTES) return;
    const samples = new Int16Array((bytes.length - HEADER_BYTES) >> 1);
    for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(HEADER_BYTES + i * 2);
    this.#chunks.push({ ptsNs: Number(bytes.readBigUInt64BE(0)), samples });
  }

  close(): void {
    this.#open = false;
  }

  get startNs(): number | null {
    return this.#chunks[0]?.ptsNs ?? null;
  }

  /** Samples from `startNs` on, gaps as silence. */
  from(startNs: number): Float32Array {
    const last = this.#chunks.at(-1);
    if (!last) return new Float32Array(0);
    const position = (ptsNs: number): number => Math.round(((ptsNs - startNs) * RATE) / 1e9);
    const out = new Float32Array(Math.max(0, Math.min(5 * RATE, position(last.ptsNs) + last.samples.length)));
    for (const { ptsNs, samples } of this.#chunks) {
      const begin = position(ptsNs);
      for (const [i, sample] of samples.entries()) if (begin + i >= 0) out[begin + i] = sample / 32_768;
    }
    return out;
  }
}

/** The sound of time t is played at t + `latencyMs`, which the echo canceller knows by itself: only what comes on top counts. */
function compare(far: Recording, near: Recording, latencyMs: number): EchoDelay | null {
  if (far.startNs === null || near.startNs === null) return null;
  const startNs = Math.max(far.startNs + latencyMs * 1e6, near.startNs);
  return estimateEchoDelay(far.from(startNs - latencyMs * 1e6), near.from(startNs), RATE, 600);
}

/** Squared: a tenth of the way up the scale is as quiet as it looks. */
const gainOf = (percent: number): number => (percent / 100) ** 2;

/** Opens a measuring microphone's beep for 60 ms at every whole second of the wall clock. */
function startBeeper(gst: MediaGst, element: string, clock: Clock): () => void {
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(1_000 - (clock.wallMs() % 1_000), () => {
      gst.setNumber(element, 'volume', 1);
      cancel = clock.after(60, () => {
        gst.setNumber(element, 'volume', 0);
        next();
      });
    });
  };
  next();
  return () => {
    cancel();
    gst.setNumber(element, 'volume', 0);
  };
}
