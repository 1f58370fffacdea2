/**
 * Synthetic rooms for microphone arrays: a shoebox by the image method (Allen and Berkley 1979) with fractional delays, talkers in it
 * and noise. Everything follows from the seed.
 */
import type { ArrayGeometry } from '../../src/devices/array/geometry.ts';
import { SPEED_OF_SOUND } from '../../src/devices/array/geometry.ts';
import { RealFft } from '../../src/devices/array/real-fft.ts';
import { SPEECH_RATE, synthesizeSpeech } from '../../src/devices/speech.ts';

type Place = readonly [x: number, y: number, z: number];

export interface ArrayRoom {
  readonly sizeM: Place;
  readonly rt60S: number;
  readonly arrayM: Place;
}

export interface RoomTalker {
  /** As the array measures it. */
  readonly azimuthDeg: number;
  readonly distanceM: number;
  /** Mouth above the array. */
  readonly heightM: number;
  /** Samples at the array's rate; silence before and after is the talker's own. */
  readonly sound: Float64Array;
}

export interface RoomNoise {
  /** Power of the talkers at the microphones, room included and while they talk, over that of the noise. */
  readonly snrDb: number;
  /** `sensor`: independent and white at each microphone. `diffuse`: pink, from all around, as of fans. */
  readonly kind: 'sensor' | 'diffuse';
}

/** Half the width of the windowed sinc that makes fractional delays. */
const TAPS = 12;
const PHASES = 64;
/** Echoes are followed until they have decayed by this much of the direct sound's power; what is left is below the noise. */
const DEPTH_DB = 40;

/** mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What the lips add: they radiate like a differentiator. Brings the test voice near the mean spectrum of speech (Byrne et al. 1994). */
const LIPS = 0.95;

/**
 * The room's test voice at another rate, as it is in front of a mouth, starting `offsetS` into it and going round, with the hiss of
 * consonants, which the product's voice has none of. `speed` above 1 makes a smaller talker.
 */
export function talkerSound(sampleRate: number, seconds: number, offsetS: number, speed = 1): Float64Array {
  const voice = synthesizeSpeech();
  const count = voice.length / 2;
  const step = (SPEECH_RATE / sampleRate) * speed;
  const width = Math.max(1, Math.round(step));
  const random = seededRandom(Math.round(offsetS * 1000) + 1);
  const out = new Float64Array(Math.round(seconds * sampleRate));
  let [last, until, loud, lastVoice] = [0, 0, 0, 0];
  for (let i = 0; i < out.length; i++) {
    const at = offsetS * SPEECH_RATE + i * step;
    let sum = 0;
    for (let k = 0; k < width; k++) sum += voice.readInt16LE(2 * (Math.floor(at + k) % count)) / 32_768;
    if (i >= until) {
      until = i + Math.round((0.06 + 0.12 * random()) * sampleRate);
      loud = random() < 0.25 ? 0.02 : 0;
    }
    const white = random() - 0.5;
    const hiss = loud * (white - last);
    last = white;
    out[i] = sum / width - LIPS * lastVoice + hiss;
    lastVoice = sum / width;
  }
  return out;
}

/** What all channels of the array's stream hear, interleaved, 16 bits; other channels than the microphones' are silent. */
export function hearInRoom(
  geometry: ArrayGeometry,
  room: ArrayRoom,
  talkers: readonly RoomTalker[],
  noise: RoomNoise,
  seed: number,
): Int16Array {
  const random = seededRandom(seed);
  const length = Math.max(...talkers.map((talker) => talker.sound.length));
  const channels = geometry.microphones.map(() => new Float64Array(length));
  for (const talker of talkers) addTalker(geometry, room, talker, channels, random);
  addNoise(geometry, channels, noise, random);
  const peak = Math.max(...channels.map((channel) => channel.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
  const out = new Int16Array(length * geometry.channels);
  geometry.microphones.forEach(({ channel }, m) => {
    for (let i = 0; i < length; i++)
      out[i * geometry.channels + channel] = Math.round(((channels[m]?.[i] ?? 0) / peak) * 12_000);
  });
  return out;
}

/** Impulse responses from one place to each microphone. */
export function impulseResponses(
  geometry: ArrayGeometry,
  room: ArrayRoom,
  sourceM: Place,
  random: () => number,
): Float64Array[] {
  const reflection = reflectionFor(room, sourceM);
  const reachM = reachOf(room);
  const length = Math.ceil((reachM / SPEED_OF_SOUND) * geometry.sampleRate) + 2 * TAPS;
  const responses = geometry.microphones.map(() => new Float64Array(length));
  eachImage(room, sourceM, reachM, (x, y, z, bounces) => {
    // Perfect mirrors make sweeping echoes that no furnished room has: images are moved by a few centimetres.
    const shake = bounces === 0 ? 0 : 0.08;
    const image: Place = [x + shake * (random() - 0.5), y + shake * (random() - 0.5), z + shake * (random() - 0.5)];
    addImage(geometry, room, image, reflection ** bounces, responses);
  });
  return responses;
}

/** Seconds in which the energy that is still to come falls by 60 dB, by its fall from -5 to -25 dB (T20 of ISO 3382-2). */
export function decayTimeS(energy: ArrayLike<number>, perSecond: number): number {
  const remaining = Float64Array.from(energy);
  for (let i = remaining.length - 2; i >= 0; i--) remaining[i] = (remaining[i] ?? 0) + (remaining[i + 1] ?? 0);
  const whole = remaining[0] ?? 0;
  const from = remaining.findIndex((left) => left < whole * 10 ** -0.5);
  const to = remaining.findIndex((left) => left < whole * 10 ** -2.5);
  return ((to < 0 ? remaining.length : to) - from) * (3 / perSecond);
}

function reachOf(room: ArrayRoom): number {
  return SPEED_OF_SOUND * (room.rt60S * (DEPTH_DB / 60) + 0.01);
}

/** Sabine's and Eyring's formulas are off by a third in a shoebox: the walls are found by the decay that they make. */
function reflectionFor(room: ArrayRoom, sourceM: Place): number {
  const arrivals: { readonly ms: number; readonly bounces: number; readonly energy: number }[] = [];
  const reachM = 1.6 * reachOf(room);
  eachImage(room, sourceM, reachM, (x, y, z, bounces) => {
    const distance = Math.hypot(x - room.arrayM[0], y - room.arrayM[1], z - room.arrayM[2]);
    if (distance < reachM)
      arrivals.push({ ms: Math.floor((distance / SPEED_OF_SOUND) * 1000), bounces, energy: 1 / distance ** 2 });
  });
  let [low, high] = [0.2, 0.999];
  for (let step = 0; step < 14; step++) {
    const reflection = (low + high) / 2;
    const energy = new Float64Array(Math.ceil((reachM / SPEED_OF_SOUND) * 1000) + 1);
    for (const arrival of arrivals)
      energy[arrival.ms] = (energy[arrival.ms] ?? 0) + arrival.energy * reflection ** (2 * arrival.bounces);
    if (decayTimeS(energy, 1000) < room.rt60S) low = reflection;
    else high = reflection;
  }
  return (low + high) / 2;
}

function eachImage(
  { sizeM: [lx, ly, lz] }: ArrayRoom,
  [sx, sy, sz]: Place,
  reachM: number,
  use: (x: number, y: number, z: number, bounces: number) => void,
): void {
  const [nx, ny, nz] = [lx, ly, lz].map((side) => Math.ceil(reachM / (2 * side))) as [number, number, number];
  for (let x = -nx; x <= nx; x++)
    for (let y = -ny; y <= ny; y++)
      for (let z = -nz; z <= nz; z++)
        for (let mirror = 0; mirror < 8; mirror++) {
          const [px, py, pz] = [mirror & 1, (mirror >> 1) & 1, mirror >> 2];
          const bounces = Math.abs(2 * x - px) + Math.abs(2 * y - py) + Math.abs(2 * z - pz);
          use((1 - 2 * px) * sx + 2 * x * lx, (1 - 2 * py) * sy + 2 * y * ly, (1 - 2 * pz) * sz + 2 * z * lz, bounces);
        }
}

function addImage(
  geometry: ArrayGeometry,
  room: ArrayRoom,
  [x, y, z]: Place,
  gain: number,
  responses: readonly Float64Array[],
): void {
  const [ax, ay, az] = room.arrayM;
  if (Math.hypot(x - ax, y - ay, z - az) > reachOf(room) - 0.2) return;
  geometry.microphones.forEach(({ xM, yM }, m) => {
    const distance = Math.hypot(x - ax - xM, y - ay - yM, z - az);
    const response = responses[m];
    if (response) addDelayed(response, (distance / SPEED_OF_SOUND) * geometry.sampleRate, gain / distance);
  });
}

const sincTable = Array.from({ length: PHASES + 1 }, (_, phase) =>
  Float64Array.from({ length: 2 * TAPS }, (_unused, tap) => {
    const t = tap - TAPS + 1 - phase / PHASES;
    const sinc = Math.abs(t) < 1e-9 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
    return Math.abs(t) >= TAPS ? 0 : sinc * (0.5 + 0.5 * Math.cos((Math.PI * t) / TAPS));
  }),
);

function addDelayed(response: Float64Array, delay: number, gain: number): void {
  const whole = Math.floor(delay);
  const position = (delay - whole) * PHASES;
  const phase = Math.floor(position);
  const [low, high] = [sincTable[phase], sincTable[phase + 1]];
  const share = position - phase;
  for (let tap = 0; tap < 2 * TAPS; tap++) {
    const at = whole + tap - TAPS + 1;
    if (at < 0 || at >= response.length) continue;
    const value = (low?.[tap] ?? 0) * (1 - share) + (high?.[tap] ?? 0) * share;
    response[at] = (response[at] ?? 0) + gain * value;
  }
}

function addTalker(
  geometry: ArrayGeometry,
  room: ArrayRoom,
  talker: RoomTalker,
  channels: readonly Float64Array[],
  random: () => number,
): void {
  const angle = (talker.azimuthDeg * Math.PI) / 180;
  const [ax, ay, az] = room.arrayM;
  const level = Math.sqrt(talker.distanceM ** 2 - talker.heightM ** 2);
  const source: Place = [ax + level * Math.cos(angle), ay + level * Math.sin(angle), az + talker.heightM];
  if (source.some((x, axis) => x < 0.2 || x > (room.sizeM[axis] ?? 0) - 0.2))
    throw new Error('the talker is in the wall');
  impulseResponses(geometry, room, source, random).forEach((response, m) => {
    const heard = convolve(talker.sound, response);
    const channel = channels[m];
    if (channel) for (let i = 0; i < talker.sound.length; i++) channel[i] = (channel[i] ?? 0) + (heard[i] ?? 0);
  });
}

/** Longer than `sound` by the response and by padding to a power of two. */
export function convolve(sound: Float64Array, response: Float64Array): Float64Array {
  const size = 2 ** Math.ceil(Math.log2(sound.length + response.length));
  const fft = new RealFft(size);
  const [a, b] = [fft.createSpectrum(), fft.createSpectrum()];
  const padded = new Float64Array(size);
  padded.set(sound);
  fft.forward(padded, a);
  padded.fill(0).set(response);
  fft.forward(padded, b);
  for (let at = 0; at <= size; at += 2) {
    const [ar, ai, br, bi] = [a[at] ?? 0, a[at + 1] ?? 0, b[at] ?? 0, b[at + 1] ?? 0];
    a[at] = ar * br - ai * bi;
    a[at + 1] = ar * bi + ai * br;
  }
  fft.inverse(a, padded);
  return padded;
}

function addNoise(
  geometry: ArrayGeometry,
  channels: readonly Float64Array[],
  noise: RoomNoise,
  random: () => number,
): void {
  const length = channels[0]?.length ?? 0;
  const parts = noise.kind === 'sensor' ? channels.map(() => white(length, random)) : diffuse(geometry, length, random);
  const gain = Math.sqrt(
    speechPower(channels[0] ?? new Float64Array(1)) /
      powerOf(parts[0] ?? new Float64Array(1)) /
      10 ** (noise.snrDb / 10),
  );
  channels.forEach((channel, m) => {
    for (let i = 0; i < length; i++) channel[i] = (channel[i] ?? 0) + gain * (parts[m]?.[i] ?? 0);
  });
}

/** Pink noise from 64 directions spread over the sphere, whose sum is as coherent between microphones as a diffuse field. */
export function diffuse(geometry: ArrayGeometry, length: number, random: () => number): Float64Array[] {
  const size = 2 ** Math.ceil(Math.log2(length));
  const fft = new RealFft(size);
  const spectra = geometry.microphones.map(() => fft.createSpectrum());
  const source = fft.createSpectrum();
  for (let k = 0; k < 64; k++) {
    const [up, around] = [1 - (2 * (k + 0.5)) / 64, k * 2.399963];
    const flat = Math.sqrt(1 - up * up);
    fft.forward(white(size, random), source);
    geometry.microphones.forEach(({ xM, yM }, m) => {
      const leadS = (flat * (xM * Math.cos(around) + yM * Math.sin(around))) / SPEED_OF_SOUND;
      addShifted(source, spectra[m], (2 * Math.PI * leadS * geometry.sampleRate) / size, size);
    });
  }
  return spectra.map((spectrum) => {
    const samples = new Float64Array(size);
    fft.inverse(spectrum, samples);
    return samples.subarray(0, length);
  });
}

function addShifted(source: Float64Array, target: Float64Array | undefined, phasePerBin: number, size: number): void {
  if (target === undefined) return;
  for (let bin = 1; bin < size / 2; bin++) {
    const scale = 1 / Math.sqrt(bin + size / 400);
    const [c, s] = [Math.cos(phasePerBin * bin) * scale, Math.sin(phasePerBin * bin) * scale];
    const [re, im] = [source[2 * bin] ?? 0, source[2 * bin + 1] ?? 0];
    target[2 * bin] = (target[2 * bin] ?? 0) + re * c - im * s;
    target[2 * bin + 1] = (target[2 * bin + 1] ?? 0) + re * s + im * c;
  }
}

function white(length: number, random: () => number): Float64Array {
  return Float64Array.from({ length }, () => random() + random() + random() - 1.5);
}

function powerOf(samples: Float64Array): number {
  return samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
}

/** Mean power of the blocks of 20 ms in which there is speech: those within 25 dB of the loudest. */
function speechPower(samples: Float64Array): number {
  const blocks: number[] = [];
  for (let at = 0; at + 320 <= samples.length; at += 320) blocks.push(powerOf(samples.subarray(at, at + 320)));
  const most = Math.max(...blocks);
  const loud = blocks.filter((power) => power > most / 316);
  return loud.reduce((sum, power) => sum + power, 0) / loud.length;
}
