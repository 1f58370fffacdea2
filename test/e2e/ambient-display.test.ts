import assert from 'node:assert/strict';
import { startRoom } from '../support/room.ts';
import { startServer } from '../support/server.ts';
import { readPng } from '../support/png.ts';
import { eventually } from '../support/eventually.ts';

/** Bright pixels of the lower right, where the code for phones is. */
function brightIn(png: Buffer): number {
  const pixels = readPng(png);
  const { width, height } = pixels;
  let bright = 0;
  for (let y = height - 330; y < height - 60; y++)
    for (let x = width - 290; x < width - 60; x++) if (pixels.at(x, y)[1] > 200) bright++;
  return bright;
}

describe('the display of a room between calls', function () {
  this.timeout(90_000);

  it('shows how to come in by phone, gives way to the call, and shows it again', async () => {
    const server = await startServer();
    const common = { serverUrl: server.url, certificatePath: server.certificatePath };
    const room = await startRoom({ name: 'Monet', ...common });
    const shows = async (): Promise<boolean> => {
      const png = await room.picture();
      return png.readUInt32BE(0) === 0x89504e47 && brightIn(png) > 15_000;
    };
    try {
      await eventually('the code for phones is shown', 30_000, shows);
      const { link } = await server.meeting();
      await room.post('/call/join', { link });
      await room.until('in the call', ({ call }) => call.phase === 'in-call', 20_000);
      await eventually('the call is shown', 10_000, async () => !(await shows()));
      await room.post('/call/leave');
      await eventually('the code is shown again', 30_000, shows);
      const own = await room.get<{ link: string }>('/meetings/own');
      assert.ok(!room.output().includes(own.link.split('#')[1] ?? 'no secret'), 'no link is logged');
    } finally {
      await room.close();
      await server.close();
    }
  });
});
