/**
 * Rooms whose loudspeaker is heard by their microphone: responses by the image method, levels as in a meeting, and the room itself
 * in real time, block by block. Everything follows from the seed.
 */
import type { ArrayGeometry } from '../../src/devices/array/geometry.ts';
import { SPEED_OF_SOUND } from '../../src/devices/array/geometry.ts';
import { RealFft } from '../../src/devices/array/real-fft.ts';
import { convolve, impulseResponses, seededRandom, talkerSound } from './array-room.ts';

export const ECHO_RATE = 48_000;
/** Speech at the microphone and at the loudspeaker's input, dBFS (a sine of full scale has -3), over its active frames. */
export const SPEECH_DBFS = -26;
const FRAME = ECHO_RATE / 50;

export type EchoRoomName = 'small' | 'large';
type Place = readonly [x: number, y: number, z: number];

/** The loudspeaker under the display, the microphone on the table, somebody at the table. */
const rooms = {
  small: {
    sizeM: [4, 3, 2.6],
    rt60S: 0.25,
    microphoneM: [1.7, 1.6, 0.75],
    speakerM: [0.4, 1.45, 1.1],
    talkerM: [2.5, 1.1, 1.2],
  },
  large: {
    sizeM: [10, 7, 3],
    rt60S: 0.6,
    microphoneM: [3.6, 3.4, 0.75],
    speakerM: [0.5, 3.1, 1.2],
    talkerM: [4.6, 2.6, 1.2],
  },
} as const satisfies Record<EchoRoomName, object>;

export interface EchoRoom {
  /** Loudspeaker to microphone. */
  readonly echo: Float64Array;
  /** When the direct sound of the loudspeaker arrives, ms. */
  readonly flightMs: number;
  /** Mouth to microphone. */
  readonly talker: Float64Array;
  readonly rt60S: number;
}

export function echoRoom(name: EchoRoomName, seed: number): EchoRoom {
  const { sizeM, rt60S, microphoneM, speakerM, talkerM } = rooms[name];
  const one: ArrayGeometry = {
    id: 'one',
    name: 'One microphone',
    channels: 1,
    sampleRate: ECHO_RATE,
    shape: 'linear',
    microphones: [{ channel: 0, xM: 0, yM: 0 }],
  };
  const room = { sizeM, rt60S, arrayM: microphoneM };
  const random = seededRandom(seed);
  const response = (from: Place): Float64Array => impulseResponses(one, room, from, random)[0] ?? new Float64Array(1);
  const distanceM = Math.hypot(...speakerM.map((x, axis) => x - (microphoneM[axis] ?? 0)));
  return {
    echo: response(speakerM),
    flightMs: (distanceM / SPEED_OF_SOUND) * 1000,
    talker: response(talkerM),
    rt60S,
  };
}

/** A talker's sound at `SPEECH_DBFS`. */
function voice(seconds: number, offsetS: number, speed: number): Float64Array {
  return levelled(talkerSound(ECHO_RATE, seconds, offsetS, speed), SPEECH_DBFS);
}

export interface EchoVoices {
  /** Both at 48,000 samples a second and at `SPEECH_DBFS`; they go round. */
  readonly far: Float64Array;
  readonly near: Float64Array;
}

/** Two test voices: talkers of different sizes. */
export function testVoices(): EchoVoices {
  return { far: voice(8, 0.7, 1), near: voice(8, 4.3, 1.2) };
}

/** From WAV files of 48 kHz, mono, 16 bits, with a header of 44 bytes: the far end says them in order, the room from the middle on. */
export function recordedVoices(files: readonly Buffer[]): EchoVoices {
  const sounds = files.map((file) =>
    Float64Array.from({ length: (file.length - 44) >> 1 }, (_, i) => file.readInt16LE(44 + i * 2) / 32_768),
  );
  const joined = (parts: readonly Float64Array[]): Float64Array =>
    levelled(withoutRumble(Float64Array.from(parts.flatMap((part) => [...part]))), SPEECH_DBFS);
  const half = sounds.length >> 1;
  return { far: joined(sounds), near: joined([...sounds.slice(half), ...sounds.slice(0, half)].toReversed()) };
}

/** No loudspeaker of a room plays what is below 100 Hz: a high-pass of the second order, twice. */
function withoutRumble(sound: Float64Array): Float64Array {
  return highPass(highPass(sound));
}

function highPass(sound: Float64Array): Float64Array {
  const w = Math.tan((Math.PI * 100) / ECHO_RATE);
  const scale = 1 / (1 + Math.SQRT2 * w + w * w);
  const [a1, a2] = [2 * (w * w - 1) * scale, (1 - Math.SQRT2 * w + w * w) * scale];
  const out = new Float64Array(sound.length);
  for (let i = 0; i < sound.length; i++) {
    const [x1, x2] = [sound[i - 1] ?? 0, sound[i - 2] ?? 0];
    out[i] = scale * ((sound[i] ?? 0) - 2 * x1 + x2) - a1 * (out[i - 1] ?? 0) - a2 * (out[i - 2] ?? 0);
  }
  return out;
}

/** As `response` brings it to the microphone, at `SPEECH_DBFS` there. */
export function heardVoice(sound: Float64Array, response: Float64Array): Float64Array {
  return levelled(convolve(sound, response).slice(0, sound.length), SPEECH_DBFS);
}

/** `response` such that `sound` has `dbfs` at the microphone. */
export function responseAt(response: Float64Array, sound: Float64Array, dbfs: number): Float64Array {
  const gain = 10 ** ((dbfs - activeLevelDb(convolve(sound, response))) / 20);
  return response.map((x) => x * gain);
}

/** Mean power of the frames of 20 ms that are within 25 dB of the loudest: close to the active level of ITU-T P.56. */
function activeLevelDb(sound: Float64Array): number {
  const powers: number[] = [];
  for (let at = 0; at + FRAME <= sound.length; at += FRAME)
    powers.push(sound.subarray(at, at + FRAME).reduce((sum, x) => sum + x * x, 0) / FRAME);
  const most = Math.max(...powers);
  const loud = powers.filter((power) => power > most / 316);
  return 10 * Math.log10(loud.reduce((sum, power) => sum + power, 0) / loud.length);
}

function levelled(sound: Float64Array, dbfs: number): Float64Array {
  const gain = 10 ** ((dbfs - activeLevelDb(sound)) / 20);
  return sound.map((x) => x * gain);
}

const BLOCK = 512;

/** Convolution of a stream in blocks of 512 samples, uniformly partitioned: what has been pushed comes out at most a block later. */
export class StreamConvolver {
  readonly #fft = new RealFft(2 * BLOCK);
  readonly #partitions: readonly Float64Array[];
  readonly #history: Float64Array[];
  readonly #window = new Float64Array(2 * BLOCK);
  readonly #sum = this.#fft.createSpectrum();
  readonly #time = new Float64Array(2 * BLOCK);
  #filled = 0;
  #newest = 0;

  constructor(response: Float64Array) {
    const count = Math.ceil(response.length / BLOCK);
    this.#partitions = Array.from({ length: count }, (_, i) => {
      const padded = new Float64Array(2 * BLOCK);
      padded.set(response.subarray(i * BLOCK, (i + 1) * BLOCK));
      const spectrum = this.#fft.createSpectrum();
      this.#fft.forward(padded, spectrum);
      return spectrum;
    });
    this.#history = this.#partitions.map(() => this.#fft.createSpectrum());
  }

  /** Calls `out` with each block of 512 samples that is complete; the array is used again. */
  push(samples: Float64Array, out: (block: Float64Array) => void): void {
    for (const sample of samples) {
      this.#window[BLOCK + this.#filled++] = sample;
      if (this.#filled === BLOCK) out(this.#convolve());
    }
  }

  #convolve(): Float64Array {
    const count = this.#partitions.length;
    this.#newest = (this.#newest + count - 1) % count;
    const newest = this.#history[this.#newest];
    if (newest) this.#fft.forward(this.#window, newest);
    this.#sum.fill(0);
    for (const [i, partition] of this.#partitions.entries())
      addProduct(this.#sum, this.#history[(this.#newest + i) % count], partition);
    this.#fft.inverse(this.#sum, this.#time);
    this.#window.copyWithin(0, BLOCK);
    this.#filled = 0;
    return this.#time.subarray(BLOCK);
  }
}

function addProduct(sum: Float64Array, a: Float64Array | undefined, b: Float64Array): void {
  if (!a) return;
  for (let at = 0; at <= 2 * BLOCK; at += 2) {
    const [ar, ai, br, bi] = [a[at] ?? 0, a[at + 1] ?? 0, b[at] ?? 0, b[at + 1] ?? 0];
    sum[at] = (sum[at] ?? 0) + ar * br - ai * bi;
    sum[at + 1] = (sum[at + 1] ?? 0) + ar * bi + ai * br;
  }
}
