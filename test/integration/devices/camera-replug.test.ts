import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CameraSource } from '../../../src/call/media/camera-source.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { cameraPresence, DeviceWatch, systemFolders, type Folders } from '../../../src/devices/device-watch.ts';
import { discoverDevices } from '../../../src/devices/discover.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { eventually } from '../../support/eventually.ts';

const blind: Folders = { ...systemFolders, watch: () => null };

/** A pipeline that gives pictures while the node behind the camera's link is there. */
function pipelineOn(path: string): MediaGst {
  let playing = false;
  return {
    play: () => (playing = true),
    stop: () => (playing = false),
    setNumber: () => undefined,
    setBoolean: () => undefined,
    setString: () => undefined,
    getNumber: () => (playing && existsSync(path) ? Math.floor(performance.now() / 33) : 0),
    push: () => undefined,
    pull: () => undefined,
    failure: () => (playing && !existsSync(path) ? 'Could not read from resource.' : null),
  };
}

describe('a camera that is unplugged during a call', () => {
  for (const [how, folders] of [
    ['with notifications', systemFolders],
    ['where nothing notifies', blind],
  ] as const) {
    it(`${how}: its picture is back within 3 s of its node, and the problem is over`, async () => {
      const root = await mkdtemp(join(tmpdir(), 'replug-'));
      const roots = {
        ...{ dev: join(root, 'dev'), proc: join(root, 'proc'), sys: join(root, 'sys'), run: join(root, 'run') },
        ...{ waylandDisplay: null, x11Display: null },
      };
      const path = join(root, 'dev/v4l/by-id/usb-a-video-index0');
      const plug = async (): Promise<void> => {
        await mkdir(join(root, 'dev/v4l/by-id'), { recursive: true });
        await writeFile(join(root, 'dev/video0'), '');
        await symlink('../../video0', path);
      };
      await plug();
      const watched = new DeviceWatch({
        roots,
        discover: discoverDevices,
        folders,
        clock: systemClock,
        logger: silentLogger,
      });
      const [camera] = (await discoverDevices(roots)).cameras;
      assert.ok(camera);
      const told: (string | null)[] = [];
      const source = new CameraSource({
        open: () => pipelineOn(path),
        clock: systemClock,
        log: silentLogger,
        camera,
        source: 'camera',
        capture: 'as-sent',
        listeners: { onLayer: () => undefined, onProblem: (code) => told.push(code) },
        presence: cameraPresence(watched, camera.id),
        cure: null,
      });
      try {
        source.start();
        await eventually('the watch', 5_000, () => watched.found !== null);
        await rm(join(root, 'dev/v4l'), { recursive: true });
        await rm(join(root, 'dev/video0'));
        await eventually('the problem', 5_000, () => told.at(-1) === 'device/camera-gone');
        await eventually('that the watch knows', 5_000, () => watched.found?.cameras.length === 0);
        await plug();
        const backMs = await eventually('the picture', 10_000, () => told.at(-1) === null);
        assert.ok(backMs <= 3_000, `${backMs} ms`);
        assert.equal(source.problem, null);
      } finally {
        source.stop();
        await rm(root, { recursive: true });
      }
    });
  }
});
