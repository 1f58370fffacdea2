/** From tap to first decoded remote picture: ten joins of one room to another, the parts broken down. Prints medians. */
import { startRoom } from '../test/support/room.ts';
import { startServer } from '../test/support/server.ts';

const JOINS = 10;

const server = await startServer();
const options = { serverUrl: server.url, certificatePath: server.certificatePath };
const [host, joiner] = await Promise.all([
  startRoom({ ...options, name: 'Host' }),
  startRoom({ ...options, name: 'Joiner' }),
]);
try {
  const { link } = await server.meeting();
  await host.post('/call/join', { link });
  await host.until('the host is in the call', ({ call }) => call.phase === 'in-call');
  const rows: Record<string, number>[] = [];
  for (let index = 0; index < JOINS; index++) rows.push(await measureJoin(link));
  const keys = ['enteredMs', 'keyedMs', 'firstPictureMs', 'tapToPictureMs'];
  process.stdout.write(`join, ${JOINS} times, room to room on one machine, ms\n`);
  process.stdout.write(`${'step'.padEnd(18)}${'min'.padStart(8)}${'median'.padStart(8)}${'max'.padStart(8)}\n`);
  for (const key of keys) {
    const values = rows.map((row) => row[key] ?? Number.NaN).sort((a, b) => a - b);
    const median = ((values[JOINS / 2 - 1] ?? 0) + (values[JOINS / 2] ?? 0)) / 2;
    const cells = [values[0] ?? 0, median, values.at(-1) ?? 0].map((value) => String(Math.round(value)).padStart(8));
    process.stdout.write(`${key.padEnd(18)}${cells.join('')}\n`);
  }
} finally {
  await Promise.all([host.close(), joiner.close()]);
  await server.close();
}

async function measureJoin(link: string): Promise<Record<string, number>> {
  await joiner.until('a spare is warm', ({ call }) => call.phase === 'idle');
  // The panel is idle between two calls for longer than the spare needs to warm up.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  const seen = joiner.output().length;
  const tap = performance.now();
  await joiner.post('/call/join', { link });
  let line: string | undefined;
  while (!line) {
    if (performance.now() - tap > 20_000)
      throw new Error(`no picture within 20 s:\n${joiner.output().slice(seen).slice(-3_000)}`);
    line = joiner
      .output()
      .slice(seen)
      .match(/first picture .*\n/)?.[0];
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const tapToPictureMs = performance.now() - tap;
  const parts = Object.fromEntries(
    [...line.matchAll(/(\w+Ms)=(\d+)/g)].map(([, key = '', value]) => [key, Number(value)]),
  );
  await joiner.post('/call/leave');
  return { ...parts, tapToPictureMs };
}
