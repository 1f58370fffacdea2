import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const SPEECH_RATE = 48_000;
const SECONDS = 8;
/** Formants of a, e, i, o, u in Hz (Peterson and Barney 1952, male averages). */
const vowels = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
] as const;

/**
 * Speech-like sound as interleaved 16-bit mono at 48 kHz: a glottal pulse train through three moving formants, in
 * syllables of about a quarter of a second with pauses, so that noise suppression and silence detection take it for a voice.
 * The same bytes on every machine; starts and ends in silence, so it loops without a click.
 */
export function synthesizeSpeech(): Buffer {
  const samples = SECONDS * SPEECH_RATE;
  const out = Buffer.alloc(samples * 2);
  const random = lcg(7);
  let phase = 0;
  let syllableEnd = 0;
  let [syllableStart, pitch, loud, vowel] = [0, 120, 0, vowels[0] as readonly number[]];
  const filters = [resonator(), resonator(), resonator()];
  for (let i = 0; i < samples; i++) {
    if (i >= syllableEnd) {
      syllableStart = i;
      const pause = random() < 0.22 || i === 0 || i > samples - 0.5 * SPEECH_RATE;
      syllableEnd = i + Math.round((0.16 + 0.14 * random()) * SPEECH_RATE);
      [pitch, loud, vowel] = [
        105 + 45 * random(),
        pause ? 0 : 0.6 + 0.4 * random(),
        vowels[Math.floor(random() * 5)] ?? vowels[0],
      ];
    }
    const at = (i - syllableStart) / (syllableEnd - syllableStart);
    phase += (pitch * (1.06 - 0.12 * at)) / SPEECH_RATE;
    let source = phase >= 1 ? 1 : 0;
    if (phase >= 1) phase -= 1;
    source += (random() - 0.5) * 0.02;
    let value = 0;
    for (const [k, filter] of filters.entries()) value += filter(source, vowel[k] ?? 0, 60 + 40 * k) / (1 + k);
    const envelope = loud * Math.sin(Math.PI * at) ** 0.7;
    out.writeInt16LE(Math.round(Math.max(-1, Math.min(1, value * envelope * 0.9)) * 32_000 * 0.5), i * 2);
  }
  return out;
}

/** Renders the sound once into `directory`; returns the file's path. */
export async function speechFile(directory: string): Promise<string> {
  const path = join(directory, 'speech-1-48000-mono-s16le.raw');
  const size = await stat(path).then(
    (s) => s.size,
    () => 0,
  );
  if (size === SECONDS * SPEECH_RATE * 2) return path;
  await mkdir(directory, { recursive: true });
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, synthesizeSpeech());
  await rename(partial, path);
  return path;
}

/** Two-pole resonator whose peak gain is about 1. */
function resonator(): (input: number, frequency: number, bandwidth: number) => number {
  let [y1, y2] = [0, 0];
  return (input, frequency, bandwidth) => {
    const r = Math.exp((-Math.PI * bandwidth) / SPEECH_RATE);
    const y = input + 2 * r * Math.cos((2 * Math.PI * frequency) / SPEECH_RATE) * y1 - r * r * y2;
    [y2, y1] = [y1, y];
    return y * 0.08;
  };
}

function lcg(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
}
