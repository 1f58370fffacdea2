/**
 * The room's own sound pipeline in a synthetic room: what its loudspeaker plays comes back through the room's response to its
 * microphone, in real time and to the sample, together with a voice in the room and the microphone's noise.
 */
import { AudioPipeline } from '../../src/call/media/audio-pipeline.ts';
import type { EchoDelay } from '../../src/call/media/echo-delay.ts';
import type { MediaGst } from '../../src/call/media/media-gst.ts';
import type { Microphone, Speaker } from '../../src/devices/device.ts';
import { virtualSpeaker } from '../../src/devices/virtual.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { seededRandom } from './array-room.ts';
import { ECHO_RATE, StreamConvolver } from './echo-room.ts';

const PACKET_SAMPLES = ECHO_RATE / 50;
const HEADER_BYTES = 16;
/** The pipeline tells its latency once the microphone gives sound; it stays then. */
const SETTLE_MS = 1_000;
/** `audiobuffersplit` believes a jump of its input's time after a second. */
const JUMP_MS = 1_500;

const speaker: Speaker = {
  ...virtualSpeaker(),
  sink:
    'tee name=ear ear. ! queue ! fakesink sync=true ' +
    'ear. ! queue ! ptsheader name=earheader ! appsink name=heard sync=false async=false max-buffers=500',
};

/** `air` takes bare samples without gaps, `airshift` says when the first of them is heard. */
const microphone: Microphone = {
  id: 'echo',
  name: 'Echo',
  virtual: true,
  source:
    'appsrc name=air is-live=true format=bytes max-bytes=0 ! ' +
    `rawaudioparse pcm-format=s16le sample-rate=${ECHO_RATE} num-channels=1 ! ptsshift name=airshift ! ` +
    'queue max-size-time=3000000000 max-size-buffers=0 max-size-bytes=0 ! clocksync ! queue',
  beeper: null,
  array: null,
  card: null,
};

/** What is sent, before it is coded. */
const tapped = (launch: string): string =>
  launch.replace('audiometer name=micmeter', 'audiometer name=micmeter ! tee name=sent') +
  '\nsent. ! queue ! ptsheader ! appsink name=clean sync=false async=false max-buffers=500';

export interface LiveScript {
  /** Loudspeaker to microphone, direct sound and all. */
  readonly response: Float64Array;
  /** Between a sound's way out of the pipeline and its way into the room: buffers of sound cards, ms. */
  readonly bulkMs: number;
  /** Samples of what is said in the room, as the microphone hears it. */
  readonly near: Float64Array;
  /** Opus packets of 20 ms, null where nothing comes. */
  readonly far: readonly (Buffer | null)[];
  readonly noiseDbfs: number;
  /** What the loudspeaker makes of a sample. */
  readonly loudspeaker: (sample: number) => number;
}

/** Same moment, same index: 48,000 a second, from when the room was switched on. */
export interface EchoRecording {
  /** At the microphone, without voice and noise. */
  readonly echo: Float64Array;
  readonly sent: Float64Array;
}

type Open = (launch: string) => MediaGst;

export class EchoRig {
  readonly audio: AudioPipeline;
  readonly #script: LiveScript;
  readonly #gst: () => MediaGst;
  readonly #convolver: StreamConvolver;
  readonly #random = seededRandom(11);
  readonly #length: number;
  readonly #recording: EchoRecording;
  /** When the loudspeaker's first sample left the pipeline. */
  #firstNs: number | null = null;
  #shiftMs = 0;
  #latencyMs = 0;
  /** Sample of the loudspeaker at which the script begins. */
  #begin = Infinity;
  #heard = 0;
  #made = 0;
  #packets = 0;
  #dropped = 0;
  #done: () => void = () => undefined;

  constructor(open: Open, script: LiveScript) {
    let last: MediaGst | null = null;
    this.audio = new AudioPipeline({
      open: (launch) => (last = open(tapped(launch))),
      clock: systemClock,
      log: silentLogger,
      devices: { microphone, speaker },
      slots: 2,
      watch: null,
      ear: null,
      presence: null,
      jitterMs: 60,
    });
    this.#gst = () => {
      if (!last) throw new Error('not started');
      return last;
    };
    this.#script = script;
    this.#convolver = new StreamConvolver(script.response);
    this.#length = script.near.length;
    const silence = (): Float64Array => new Float64Array(this.#length);
    this.#recording = { echo: silence(), sent: silence() };
  }

  /** Opens the microphone; sound takes as long through the room as the script says from when this is done. */
  async start(): Promise<void> {
    this.audio.setVolume(100);
    this.audio.setMicrophone(true);
    const gst = this.#gst();
    this.#shiftMs = this.#script.bulkMs;
    gst.setNumber('airshift', 'shift-ms', this.#shiftMs);
    gst.pull('heard', (bytes) => bytes && this.#hear(gst, bytes));
    gst.pull('clean', (bytes) => bytes && this.#send(bytes));
    for (let tries = 0; tries < 100 && gst.getNumber('earheader', 'latency-ms') === 0; tries++) await sleep(50);
    await sleep(SETTLE_MS + JUMP_MS);
  }

  calibrate(): Promise<EchoDelay | null> {
    return this.audio.calibrate();
  }

  /** From when this is done the echo takes `ms` more. */
  async addDelay(ms: number): Promise<void> {
    this.#shiftMs += ms;
    this.#gst().setNumber('airshift', 'shift-ms', this.#shiftMs);
    await sleep(JUMP_MS);
  }

  /** Plays the script. @throws {Error} when a busy machine has dropped more than a fifth of a second on the way to the loudspeaker. */
  async play(): Promise<EchoRecording> {
    this.#dropped = 0;
    this.#begin = this.#heard;
    await new Promise<void>((resolve) => (this.#done = resolve));
    if (this.#dropped > ECHO_RATE / 5) throw new Error(`dropped ${this.#dropped} samples: too busy`);
    return this.#recording;
  }

  close(): void {
    this.audio.close();
  }

  #hear(gst: MediaGst, bytes: Buffer): void {
    const ptsNs = Number(bytes.readBigUInt64BE(0));
    this.#firstNs ??= ptsNs;
    this.#followLatency(gst);
    // What a busy machine drops is silence in the room.
    const dropped = Math.round(((ptsNs - this.#firstNs) * ECHO_RATE) / 1e9) - this.#heard;
    if (dropped > 0) this.#dropped += dropped;
    const samples = new Float64Array(Math.max(0, dropped) + ((bytes.length - HEADER_BYTES) >> 1));
    for (let i = Math.max(0, dropped), at = HEADER_BYTES; i < samples.length; i++, at += 2)
      samples[i] = this.#script.loudspeaker(bytes.readInt16LE(at) / 32_768);
    this.#heard += samples.length;
    this.#convolver.push(samples, (block) => this.#make(gst, block));
    const played = this.#heard - this.#begin;
    for (; this.#packets * PACKET_SAMPLES < played; this.#packets++) this.#play(this.#packets);
    if (played > this.#length + ECHO_RATE) this.#done();
  }

  /** Sound of time t is played at t plus the latency, which may change until everything runs. */
  #followLatency(gst: MediaGst): void {
    const latencyMs = gst.getNumber('earheader', 'latency-ms');
    if (latencyMs === this.#latencyMs) return;
    this.#shiftMs += latencyMs - this.#latencyMs;
    this.#latencyMs = latencyMs;
    gst.setNumber('airshift', 'shift-ms', this.#shiftMs);
  }

  #make(gst: MediaGst, echo: Float64Array): void {
    const { near, noiseDbfs } = this.#script;
    const bytes = Buffer.alloc(echo.length * 2);
    const noise = 10 ** (noiseDbfs / 20) * 2;
    for (const [i, sample] of echo.entries()) {
      const at = this.#made++ - this.#begin;
      const hiss = noise * (this.#random() + this.#random() + this.#random() - 1.5);
      const whole = Math.max(-1, Math.min(0.9999, sample + (near[at] ?? 0) + hiss));
      bytes.writeInt16LE(Math.round(whole * 32_767), i * 2);
      if (at >= 0 && at < this.#length) this.#recording.echo[at] = sample;
    }
    gst.push('air', bytes);
  }

  #play(index: number): void {
    const payload = this.#script.far[index];
    if (payload) this.audio.play('far', { sequence: index & 0xffff, timestamp: index * PACKET_SAMPLES, payload });
  }

  #send(bytes: Buffer): void {
    if (this.#firstNs === null || this.#begin === Infinity) return;
    const sinceNs = Number(bytes.readBigUInt64BE(0)) - this.#firstNs - this.#shiftMs * 1e6;
    const from = Math.round((sinceNs * ECHO_RATE) / 1e9) - this.#begin;
    for (let i = 0; HEADER_BYTES + i * 2 + 1 < bytes.length; i++) {
      const at = from + i;
      if (at >= 0 && at < this.#length) this.#recording.sent[at] = bytes.readInt16LE(HEADER_BYTES + i * 2) / 32_768;
    }
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
