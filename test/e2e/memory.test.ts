import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { openCrowd } from '../support/crowd.ts';
import { watchMemory } from '../support/memory-watch.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import { childrenOf } from '../support/processes.ts';
import { startRoom } from '../support/room.ts';
import { startServer, type TestServer } from '../support/server.ts';

const PEOPLE = 4;
const SETTLE_MS = 10_000;
const WATCH_MS = 24_000;
/**
 * Wide, because so short a look still sees pools and heaps take their size: keeping all packets that come would be about 4 MB,
 * keeping decoded pictures hundreds. `npm run bench -- soak` measures properly.
 */
const MOST_GROWTH_MB = 16;

describe('memory of a call', function () {
  this.timeout(60_000);
  let server: TestServer;
  const closers: (() => Promise<unknown>)[] = [];

  before(async () => {
    await nativePlugin();
    server = await startServer();
    closers.push(() => server.close());
  });
  after(async () => {
    for (const close of closers.toReversed()) await close();
  });

  it('does not grow while four people are seen and heard', async () => {
    const { link } = await server.meeting();
    const room = await startRoom({
      name: 'Salle Monet',
      serverUrl: server.url,
      certificatePath: server.certificatePath,
    });
    closers.push(() => room.close());
    await room.post('/call/join', { link });
    const crowd = await openCrowd(link, await readFile(server.certificatePath, 'utf8'), PEOPLE);
    closers.push(() => crowd.close());
    await room.until(
      'four videos',
      ({ call }) => call.stats.filter(({ framesDecoded }) => (framesDecoded ?? 0) > 30).length === PEOPLE,
      20_000,
    );
    const [pid = 0] = await childrenOf(room.pid);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const trend = await watchMemory({ pid, forMs: WATCH_MS, windows: 4, heapReport: null, onWindow: () => undefined });
    const [startMb = 0, , , endMb = 0] = trend.windows.map(({ resident }) => resident);
    const { call } = await room.state();
    assert.ok(
      call.stats.some(({ direction, framesEncoded }) => direction === 'send' && (framesEncoded ?? 0) > 500),
      'the room sends as well',
    );
    console.log(
      `      ${startMb.toFixed(0)} MB, ${(endMb - startMb).toFixed(1)} MB more after ${(WATCH_MS * 0.75) / 1_000} s`,
    );
    assert.ok(endMb - startMb <= MOST_GROWTH_MB, `${startMb} to ${endMb} MB`);
  });
});
