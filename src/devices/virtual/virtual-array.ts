import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArrayGeometry, arrayGeometry, SPEED_OF_SOUND } from '../array/geometry.ts';
import type { Microphone } from '../device.ts';
import { quoteLaunchValue } from '../launch.ts';
import { SPEECH_RATE, synthesizeSpeech } from '../speech.ts';

/** Where the talker of a virtual array is: stays at an azimuth, or walks round the array anticlockwise from it. */
export interface VirtualTalker {
  /** 0 to 359, as `TalkerDirection.azimuthDeg`. */
  readonly azimuthDeg: number;
  readonly walks: boolean;
}

const GEOMETRY = 'respeaker-usb-4';
/** One turn in four rounds of the test voice: somebody who walks at 0.3 m/s, 1.5 m from the array. */
const ROUNDS_OF_A_WALK = 4;
/** The lips radiate like a differentiator, without which the test voice has little above 1 kHz. */
const LIPS = 0.95;
const LIPS_GAIN = 6;
/** Amplitude of the microphones' own noise, -66 dB below full scale. */
const NOISE = 30;

/** `array:<azimuth>` or `array:<azimuth>:walking`; null for anything else. */
export function virtualTalker(wish: string): VirtualTalker | null {
  const match = /^virtual:array:(\d{1,3})(:walking)?$/.exec(wish);
  const azimuthDeg = Number(match?.[1] ?? NaN);
  return azimuthDeg < 360 ? { azimuthDeg, walks: match?.[2] !== undefined } : null;
}

/**
 * What the array hears of the test voice in the open, interleaved, 16 bits, all channels of its stream, a loop without a click: a far
 * field, no room, and independent noise. The channel that the firmware processes holds what the first microphone hears.
 */
export function synthesizeArray({ azimuthDeg, walks }: VirtualTalker): Int16Array {
  const geometry = arrayGeometry(GEOMETRY);
  const voice = lipSound(synthesizeSpeech());
  const step = SPEECH_RATE / geometry.sampleRate;
  const count = (voice.length / step) * (walks ? ROUNDS_OF_A_WALK : 1);
  const out = new Int16Array(count * geometry.channels);
  const noise = noiseOf(11);
  for (let i = 0; i < count; i++) {
    const angle = ((azimuthDeg + (walks ? (360 * i) / count : 0)) * Math.PI) / 180;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    for (const { channel, xM, yM } of geometry.microphones) {
      // Sound reaches the microphone nearer to its source earlier.
      const lead = ((xM * x + yM * y) / SPEED_OF_SOUND) * SPEECH_RATE;
      const sample = meanAround(voice, i * step + lead, step) + noise();
      out[i * geometry.channels + channel] = Math.max(-32_768, Math.min(32_767, Math.round(sample)));
    }
    out[i * geometry.channels] = out[i * geometry.channels + 1] ?? 0;
  }
  return out;
}

/** Renders it once into `directory`; returns the file's path. */
export async function virtualArrayFile(directory: string, talker: VirtualTalker): Promise<string> {
  const walk = talker.walks ? '-walking' : '';
  const path = join(directory, `array-1-${GEOMETRY}-${talker.azimuthDeg}${walk}.raw`);
  if (await stat(path).catch(() => null)) return path;
  await mkdir(directory, { recursive: true });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, new Uint8Array(synthesizeArray(talker).buffer));
  await rename(partial, path);
  return path;
}

/** `path`: from `virtualArrayFile`. */
export function virtualArray(path: string, talker: VirtualTalker): Microphone {
  const geometry: ArrayGeometry = arrayGeometry(GEOMETRY);
  const { sampleRate, channels } = geometry;
  const where = `${talker.azimuthDeg}°${talker.walks ? ', walking' : ''}`;
  return {
    id: `virtual:microphone:array:${talker.azimuthDeg}${talker.walks ? ':walking' : ''}`,
    name: `Test voice in front of a microphone array, ${where}`,
    virtual: true,
    source:
      `multifilesrc location=${quoteLaunchValue(path)} loop=true ! ` +
      `rawaudioparse pcm-format=s16le sample-rate=${sampleRate} num-channels=${channels} ! ` +
      `audiobuffersplit output-buffer-duration=1/100 ! clocksync`,
    beeper: null,
    array: geometry,
    card: null,
  };
}

function lipSound(voice: Buffer): Float64Array {
  const at = (i: number): number => voice.readInt16LE(2 * ((i + voice.length / 2) % (voice.length / 2)));
  return Float64Array.from({ length: voice.length / 2 }, (_, i) => LIPS_GAIN * (at(i) - LIPS * at(i - 1)));
}

/** Mean of `width` samples from `from` on, which lies between two samples and goes round: a low-pass for a lower rate. */
function meanAround(voice: Float64Array, from: number, width: number): number {
  const whole = Math.floor(from);
  const share = from - whole;
  let sum = 0;
  for (let k = 0; k < width; k++) {
    const left = voice[(whole + k + voice.length) % voice.length] ?? 0;
    const right = voice[(whole + k + 1 + voice.length) % voice.length] ?? 0;
    sum += left + share * (right - left);
  }
  return sum / width;
}

function noiseOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return NOISE * (state / 2_147_483_648 - 1);
  };
}
