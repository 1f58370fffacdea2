import { open, writeFile } from 'node:fs/promises';

export const SOUND_RATE = 48_000;

/** A WAV file of a tone, to be looped without a seam: a whole number of periods. */
export async function writeToneFile(path: string, hertz: number): Promise<void> {
  const samples = 2 * SOUND_RATE;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(SOUND_RATE, 24);
  wav.writeUInt32LE(SOUND_RATE * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i++)
    wav.writeInt16LE(Math.round(10_000 * Math.sin((2 * Math.PI * hertz * i) / SOUND_RATE)), 44 + i * 2);
  await writeFile(path, wav);
}

/** The last `seconds` of what a room with `heardPath` has played. */
export async function lastHeard(path: string, seconds: number): Promise<Float32Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const wanted = Math.min(size - (size % 2), Math.round(seconds * SOUND_RATE) * 2);
    const bytes = Buffer.alloc(wanted);
    await file.read(bytes, 0, wanted, size - (size % 2) - wanted);
    return Float32Array.from({ length: wanted / 2 }, (_, i) => bytes.readInt16LE(i * 2) / 32_768);
  } finally {
    await file.close();
  }
}

/** Root mean square, 0 to 1. */
export function loudness(sound: Float32Array): number {
  return Math.sqrt(sound.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, sound.length));
}
