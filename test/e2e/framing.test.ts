import assert from 'node:assert/strict';
import { readPng } from '../support/png.ts';
import { nativePlugin } from '../support/native-plugin.ts';
import { startRoom, type TestRoom } from '../support/room.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CAMERA = `/devices/${encodeURIComponent('virtual:camera:frame')}`;

/** Colour bars that a display shows, along a line above the clock in the middle of the picture. */
async function bars(room: TestRoom): Promise<number> {
  const picture = readPng(await room.picture());
  const { width, height } = picture;
  const at = (x: number): readonly number[] => picture.at(x, Math.round(height * 0.13));
  let edges = 0;
  for (let x = Math.round(width * 0.1); x < width * 0.9; x += 12) {
    const [here, there] = [at(x), at(Math.min(width - 1, x + 12))];
    if (here.some((value, i) => Math.abs(value - (there[i] ?? 0)) > 70)) edges++;
  }
  return edges;
}

describe('a part of the camera’s picture in a call', function () {
  this.timeout(90_000);
  let server: TestServer;
  const rooms: TestRoom[] = [];

  before(async () => {
    await nativePlugin();
    server = await startServer();
  });
  afterEach(async () => {
    for (const room of rooms.splice(0)) await room.close();
  });
  after(() => server.close());

  async function room(name: string, flags: readonly string[] = []): Promise<TestRoom> {
    const { url: serverUrl, certificatePath } = server;
    const started = await startRoom({ name, serverUrl, certificatePath, flags });
    rooms.push(started);
    return started;
  }

  it('chosen before the call: it is what the others see, and follows what is asked in the call', async () => {
    const { link } = await server.meeting();
    const [ana, ben] = await Promise.all([room('Ana'), room('Ben')]);
    await ana.until('the camera', ({ roomDevices }) => roomDevices.some(({ id }) => id === 'virtual:camera:frame'));
    const before = await ana.post(`${CAMERA}/position`, { pan: 12, zoom: 350 });
    assert.deepEqual(before, { kind: 'reached', value: { pan: 12, tilt: 0, zoom: 350 } });
    await ana.post(`${CAMERA}/preset`, { preset: 2, store: true });
    await Promise.all([ana.post('/call/join', { link }), ben.post('/call/join', { link })]);
    const shown = async (what: string, holds: (edges: number) => boolean): Promise<void> => {
      let last = -1;
      for (let i = 0; i < 60 && !holds(last); i++) {
        last = await bars(ben);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      assert.ok(holds(last), `${what}: ${last} edges of colour bars`);
    };
    const isPart = (edges: number): boolean => edges >= 1 && edges <= 4;
    const isWhole = (edges: number): boolean => edges >= 5;
    await ben.until('both', ({ call }) => call.participants.length === 2, 30_000);
    await ben.post('/call/layout', { mode: 'speaker', selfView: false });
    await shown('before the call', isPart);
    assert.deepEqual(await ana.post(`${CAMERA}/home`), { kind: 'reached', value: { pan: 0, tilt: 0, zoom: 100 } });
    await shown('home', isWhole);
    assert.deepEqual(await ana.post(`${CAMERA}/preset`, { preset: 2 }), before);
    await shown('the preset', isPart);
  });

  it('follows two talkers made of software', async () => {
    const ana = await room('Ana', ['--framing-mode', 'follow', '--virtual-talkers', 'turns']);
    const panOf = (state: {
      roomDevices: readonly { id: string; state: Readonly<Record<string, unknown>> }[];
    }): number => Number(state.roomDevices.find(({ id }) => id === 'virtual:camera:frame')?.state['pan']);
    await ana.until('one side', (state) => panOf(state) < -10, 20_000);
    await ana.until('the other side', (state) => panOf(state) > 10, 30_000);
    assert.deepEqual(await ana.post(`${CAMERA}/framing`, { mode: 'fixed' }), { kind: 'reached', value: 'fixed' });
  });
});
