/**
 * Echo cancellation in synthetic rooms (image method). The delay is found by the product's own calibration in its whole sound pipeline,
 * in real time; the canceller then runs with that alignment, alone and as fast as it can, and in two rooms in the whole pipeline.
 * `npm run bench -- echo`; `-- echo FOLDER` takes the voices from the WAV files of a folder, 48 kHz, mono, 16 bits.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openMediaGst } from '../src/call/media/media-gst.ts';
import { type EchoVoices, recordedVoices, testVoices } from '../test/support/echo-room.ts';
import {
  type DelayFigures,
  type EchoFigures,
  type EchoScenario,
  measureDelays,
  measureEcho,
  measureEchoLive,
  prepareEcho,
} from '../test/support/echo-scenarios.ts';

const rooms = ['small', 'large'] as const;
const bulksMs = [30, 80, 150, 250];
const times = { talkS: 8, farS: 11 };
const folder = process.argv[2];
const voices = folder === undefined ? testVoices() : await voicesOf(folder);

let missed = 0;
const delays = new Map<string, DelayFigures[]>();
for (const room of rooms) {
  const found = await measureDelays(openMediaGst, room, bulksMs);
  delays.set(room, found);
  for (const { trueMs, foundMs, alignmentMs } of found) {
    if (foundMs === null || Math.abs(foundMs - trueMs) > 10) missed++;
    console.log(
      `echo: ${room} room, delay ${trueMs.toFixed(1)} ms: found ${foundMs?.toFixed(1) ?? 'nothing'}, aligned by ${alignmentMs} ms`,
    );
  }
}
for (const room of rooms)
  for (const [echoDb, distortion] of [
    [0, 0],
    [-10, 0],
    [0, 1],
  ] as const)
    for (const bulkMs of bulksMs) {
      const scenario = { room, bulkMs, echoDb, distortion };
      const figures = await measureEcho(prepareEcho(scenario, voices, times), alignmentOf(scenario));
      // Distortion is reported, not asked for.
      if (distortion === 0) judge(figures);
      print('', scenario, figures);
    }
for (const [room, bulkMs] of [
  ['small', 80],
  ['large', 250],
] as const) {
  const scenario = { room, bulkMs, echoDb: 0, distortion: 0 };
  const script = prepareEcho(scenario, voices, times);
  try {
    const figures = await measureEchoLive(openMediaGst, script, alignmentOf(scenario));
    judge(figures);
    print('whole pipeline, ', scenario, figures);
  } catch (error) {
    missed++;
    console.log(`echo: whole pipeline, ${room} room: ${String(error)}`);
  }
}
console.log(missed === 0 ? 'echo: as asked: 10 ms, 30 dB, 3 dB' : `echo: ${missed} figures missed`);
process.exit(missed === 0 ? 0 : 1);

function alignmentOf({ room, bulkMs }: EchoScenario): number {
  return delays.get(room)?.[bulksMs.indexOf(bulkMs)]?.alignmentMs ?? 0;
}

function judge({ returnLossDb, lossDb }: EchoFigures): void {
  if (!(returnLossDb >= 30)) missed++;
  if (!(lossDb <= 3)) missed++;
}

function print(how: string, { room, bulkMs, echoDb, distortion }: EchoScenario, figures: EchoFigures): void {
  const { returnLossDb, firstDb, lossDb, cutShare, longestCutMs } = figures;
  console.log(
    `echo: ${how}${room} room, ${bulkMs} ms, echo ${echoDb} dB${distortion > 0 ? ', distorted' : ''}: ` +
      `${returnLossDb.toFixed(1)} dB removed after 3 s (${firstDb.toFixed(1)} before), voice against it ${(-lossDb).toFixed(1)} dB, ` +
      `cut ${(cutShare * 100).toFixed(1)} % of frames, longest ${longestCutMs} ms`,
  );
}

async function voicesOf(path: string): Promise<EchoVoices> {
  const names = (await readdir(path)).filter((name) => name.endsWith('.wav') && !name.includes('Noise')).toSorted();
  return recordedVoices(await Promise.all(names.map((name) => readFile(join(path, name)))));
}
