import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TONE_HERTZ } from '../../src/call/media/check-tone.ts';
import type { RoomState } from '../../src/kiosk/room-state.ts';
import { startRoom } from '../support/room.ts';
import { startServer } from '../support/server.ts';
import { lastHeard, SOUND_RATE } from '../support/sound-files.ts';
import { toneStrength } from '../support/tone.ts';

describe('the devices of a room are checked from its panel', function () {
  this.timeout(90_000);

  it('shows picture and level, plays its notes, and gives way to a call at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'check-'));
    const heardPath = join(folder, 'heard.raw');
    const server = await startServer();
    const room = await startRoom({
      name: 'Checked',
      serverUrl: server.url,
      certificatePath: server.certificatePath,
      heardPath,
    });
    try {
      await room.post('/check/start');
      const seen = (state: RoomState): boolean => (state.check?.picture ?? 0) > 2 && (state.check?.level ?? 0) > 0.2;
      const { check } = await room.until('a picture and a voice', seen);
      const response = await fetch(`${room.url}/api/v1/check/picture.jpg?${check?.picture ?? 0}`);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.equal(Buffer.from(await response.arrayBuffer()).readUInt16BE(0), 0xffd8);
      await room.post('/check/tone');
      const sound = await lastHeard(heardPath, 2);
      for (const hertz of TONE_HERTZ)
        assert.ok(strongest(sound, hertz) > 0.8, `${hertz} Hz in ${strongest(sound, hertz)}`);

      const { link } = await server.meeting();
      await room.post('/call/join', { link });
      assert.equal((await room.state()).check, null);
      await room.until('in the call', ({ call }) => call.phase === 'in-call', 20_000);
      const refused = await fetch(`${room.url}/api/v1/check/start`, { method: 'POST' });
      assert.equal(refused.status, 409);
      assert.deepEqual((await room.state()).call.problems, []);

      await room.post('/call/leave');
      await room.post('/check/start');
      await room.until('a picture again', (state) => (state.check?.picture ?? 0) > (check?.picture ?? 0), 20_000);
      await room.post('/check/stop');
      assert.equal((await room.state()).check, null);
      assert.equal((await fetch(`${room.url}/api/v1/check/picture.jpg`)).status, 404);
    } finally {
      await room.close();
      await server.close();
      await rm(folder, { recursive: true });
    }
  });
});

/** Of the tenths of a second, the one with most of this tone. */
function strongest(sound: Float32Array, hertz: number): number {
  const size = SOUND_RATE / 10;
  const parts = Array.from({ length: Math.floor(sound.length / size) }, (_, i) =>
    sound.slice(i * size, (i + 1) * size),
  );
  return Math.max(...parts.map((part) => toneStrength(part, SOUND_RATE, hertz)));
}
