import { writeFile } from 'node:fs/promises';

const RATE = 48_000;
const SECONDS = 20;
const HARMONICS = 12;

/**
 * A voice that never pauses, as a WAV file that Chromium plays in a loop for its microphone: a pure tone would be taken for noise
 * and suppressed.
 */
export async function writeTestVoice(path: string): Promise<string> {
  const bytes = Buffer.alloc(44 + RATE * SECONDS * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(RATE * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(bytes.length - 44, 40);
  let phase = 0;
  for (let i = 0; i < RATE * SECONDS; i++) {
    const turn = (hertz: number): number => Math.sin((2 * Math.PI * hertz * i) / RATE);
    phase += (2 * Math.PI * (180 + 40 * turn(0.7) + 15 * turn(5.5))) / RATE;
    let sum = 0;
    for (let n = 1; n <= HARMONICS; n++) sum += Math.sin(n * phase) / n ** (1.2 + 0.4 * turn(1.3));
    bytes.writeInt16LE(Math.round(9_000 * sum * (0.75 + 0.25 * turn(3.5))), 44 + i * 2);
  }
  await writeFile(path, bytes);
  return path;
}
