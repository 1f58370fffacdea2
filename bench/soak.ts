/**
 * Memory of a room's call process in a call with four remote videos and voices, while it sends its own: is it flat?
 *
 *   npm run bench -- soak [--minutes 30]
 */
import { readFile } from 'node:fs/promises';
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
const WINDOW_MS = 30_000;
/** Six megabytes in half an hour: a room in calls all day grows by less than a tenth of what it takes. */
const FLAT_MB_PER_HOUR = 12;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const forMs = Number(values.minutes) * 60_000;
if (!(forMs >= 60_000)) throw new Error('--minutes takes a number from 1');

const server = await startServer();
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
  const trend = await watchMemory(pid, forMs - settleMs, windows, (atMs, mb) =>
    process.stdout.write(`soak: minute ${((settleMs + atMs) / 60_000).toFixed(1).padStart(5)}  ${mb.toFixed(1)} MB\n`),
  );
  const { call } = await room.state();
  const videos = call.stats.filter(({ direction, source }) => direction === 'receive' && source === 'camera');
  if (videos.length !== PEOPLE) throw new Error(`the call has ${videos.length} videos`);
  const flat = trend.slopeMbPerHour <= FLAT_MB_PER_HOUR;
  process.stdout.write(
    `soak: ${values.minutes} min, ${PEOPLE} remote videos of ${videos.map(({ width, height }) => `${width}×${height}`).join(', ')}\n`,
  );
  process.stdout.write(
    `soak: ${trend.startMb.toFixed(1)} MB to ${trend.endMb.toFixed(1)} MB, slope ${trend.slopeMbPerHour.toFixed(1)} MB/h: ${flat ? 'flat' : 'NOT flat'} (at most ${FLAT_MB_PER_HOUR})\n`,
  );
  process.exitCode = flat ? 0 : 1;
} finally {
  await crowd.close();
  await room.close();
  await server.close();
}
