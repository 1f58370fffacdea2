/**
 * Memory of a room's call process in a call with four remote videos and voices, while it sends its own: is it flat?
 *
 *   npm run bench -- soak [--minutes 30]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCrowd } from '../test/support/crowd.ts';
import { watchMemory } from '../test/support/memory-watch.ts';
import { childrenOf } from '../test/support/processes.ts';
import { startRoom } from '../test/support/room.ts';
import { startServer } from '../test/support/server.ts';

const PEOPLE = 4;
/** Pools, decoders and the JavaScript heap take their size in the first minutes. */
const SETTLE_SHARE = 0.2;
const SETTLE_MOST_MS = 300_000;
/** Longer than from one full garbage collection to the next, between which the heap gains some 30 MB. */
const WINDOW_MS = 180_000;
/** Six megabytes in half an hour: a room in calls all day grows by less than a tenth of what it takes. */
const FLAT_MB_PER_HOUR = 12;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const forMs = Number(values.minutes) * 60_000;
if (!(forMs >= 60_000)) throw new Error('--minutes takes a number from 1');

const server = await startServer();
const reports = await mkdtemp(join(tmpdir(), 'incamera-heap-'));
process.env['HEAP_REPORT'] = reports;
process.env['NODE_OPTIONS'] = `--import=${new URL('../test/support/heap-report.ts', import.meta.url).href}`;
const room = await startRoom({
  name: 'Soak',
  serverUrl: server.url,
  certificatePath: server.certificatePath,
  microphone: 'speech',
});
const { link } = await server.meeting();
await room.post('/call/join', { link });
const crowd = await openCrowd(link, await readFile(server.certificatePath, 'utf8'), PEOPLE);
try {
  await room.until(
    'four videos',
    ({ call }) => call.stats.filter(({ framesDecoded }) => (framesDecoded ?? 0) > 30).length === PEOPLE,
    60_000,
  );
  const [pid = 0] = await childrenOf(room.pid);
  const settleMs = Math.min(SETTLE_MOST_MS, forMs * SETTLE_SHARE);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const windows = Math.max(4, Math.round((forMs - settleMs) / WINDOW_MS));
  const trend = await watchMemory({
    pid,
    forMs: forMs - settleMs,
    windows,
    heapReport: join(reports, String(pid)),
    onWindow: (atMs, low) => {
      const at = ((settleMs + atMs) / 60_000).toFixed(1).padStart(5);
      print(
        `minute ${at}  ${low.resident.toFixed(1)} MB, without JavaScript's heap ${low.native.toFixed(1)}; heap used ${low.heapUsed.toFixed(1)}, buffers outside it ${low.external.toFixed(1)}`,
      );
    },
  });
  const { call } = await room.state();
  const videos = call.stats.filter(({ direction, source }) => direction === 'receive' && source === 'camera');
  if (videos.length !== PEOPLE) throw new Error(`the call has ${videos.length} videos`);
  const slope = trend.slopeMbPerHour('resident');
  const flat = slope <= FLAT_MB_PER_HOUR;
  print(
    `${values.minutes} min, ${PEOPLE} remote videos of ${videos.map(({ width, height }) => `${width}×${height}`).join(', ')}`,
  );
  print(
    `${trend.windows[0]?.resident.toFixed(1)} MB to ${trend.windows.at(-1)?.resident.toFixed(1)} MB, slope ${slope.toFixed(1)} MB/h, ` +
      `without JavaScript's heap ${trend.slopeMbPerHour('native').toFixed(1)} MB/h: ${flat ? 'flat' : 'NOT flat'} (at most ${FLAT_MB_PER_HOUR})`,
  );
  process.exitCode = flat ? 0 : 1;
} finally {
  await crowd.close();
  await room.close();
  await server.close();
  await rm(reports, { recursive: true, force: true });
}

function print(line: string): void {
  process.stdout.write(`soak: ${line}\n`);
}
