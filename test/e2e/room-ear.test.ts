import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RoomState } from '../../src/kiosk/room-state.ts';
import { eventually } from '../support/eventually.ts';
import { startRoom, type TestRoom } from '../support/room.ts';
import { startServer } from '../support/server.ts';

const TALKS = 'device/talking-while-muted';

/** Root mean square of the last two seconds of bare samples at 48 kHz, dB below full scale. */
async function loudnessOf(path: string): Promise<number> {
  const bytes = (await readFile(path).catch(() => Buffer.alloc(0))).subarray(-2 * 2 * 48_000);
  let sum = 0;
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += (bytes.readInt16LE(i) / 32_768) ** 2;
  return 10 * Math.log10(sum / Math.max(1, bytes.length / 2) + 1e-12);
}

describe('a room with a microphone array in a call', function () {
  this.timeout(120_000);

  it('is heard through its beam, and told when it speaks while muted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heard-'));
    const heardPath = join(folder, 'heard.raw');
    const server = await startServer();
    const rooms: TestRoom[] = [];
    try {
      const { link } = await server.meeting();
      const common = { serverUrl: server.url, certificatePath: server.certificatePath };
      const array = await startRoom({ name: 'Array', microphone: 'array:60', ...common });
      rooms.push(array);
      const listener = await startRoom({ name: 'Listener', microphone: 'flash', heardPath, ...common });
      rooms.push(listener);
      await array.post('/call/join', { link });
      await listener.post('/call/join', { link });
      const inCall = ({ call }: RoomState): boolean => call.phase === 'in-call' && call.participants.length === 2;
      await Promise.all(rooms.map((room) => room.until('both in the call', inCall, 30_000)));
      await listener.until(
        'the array speaks',
        ({ call }) => call.participants.some(({ name, speaking }) => name === 'Array' && speaking),
        20_000,
      );
      await eventually('sound is heard', 20_000, async () => (await loudnessOf(heardPath)) > -45);
      const problems = (state: RoomState): string[] => state.call.problems.map(({ code }) => code);
      assert.deepEqual(problems(await array.state()), []);
      // While the far end speaks, what the array hears may be the loudspeaker, and is not held against the people.
      await listener.post('/call/mute', { muted: true });
      await array.post('/call/mute', { muted: true });
      const muted = await array.until('told so', (state) => problems(state).includes(TALKS), 15_000);
      const problem = muted.call.problems.find(({ code }) => code === TALKS);
      assert.ok(problem?.message.includes('muted') && problem.action !== '');
      await array.post('/call/mute', { muted: false });
      await array.until('taken back', (state) => problems(state).length === 0, 5_000);
    } finally {
      for (const room of rooms) await room.close();
      await server.close();
      await rm(folder, { recursive: true });
    }
  });
});
