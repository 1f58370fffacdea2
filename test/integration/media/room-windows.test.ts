import assert from 'node:assert/strict';
import * as mediasoup from 'mediasoup';
import type { types as server } from 'mediasoup';
import { mediaCodecs } from '../../../server/media/codecs.ts';
import { CameraSource } from '../../../src/call/media/camera-source.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { GstRoomWindows } from '../../../src/call/media/room-windows.ts';
import { virtualCamera, virtualDisplay } from '../../../src/devices/virtual.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { epochKeys, openTestRoom, type TestRoom } from '../../support/media-room.ts';
import { nativePlugin } from '../../support/native-plugin.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('camera and room display', function () {
  this.timeout(60_000);
  let open: (launch: string) => MediaGst;
  let worker: server.Worker;
  let router: server.Router;
  const rooms: TestRoom[] = [];
  const common = { clock: systemClock, log: silentLogger };

  before(async () => {
    await nativePlugin();
    ({ openMediaGst: open } = await import('../../../src/call/media/media-gst.ts'));
    const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
    worker = await mediasoup.createWorker({ logLevel: 'none', ...(workerBin ? { workerBin } : {}) });
    router = await worker.createRouter({ mediaCodecs });
  });
  afterEach(async () => {
    for (const room of rooms.splice(0)) await room.close();
  });
  after(() => worker.close());

  async function room(peer: string): Promise<TestRoom> {
    const display = virtualDisplay(false);
    const devices = {
      camera: virtualCamera(),
      screen: null,
      microphone: null,
      speaker: null,
      display,
      secondDisplay: null,
    };
    const made = await openTestRoom(router, peer, devices, open, {
      openCamera: (camera, source, listeners) =>
        new CameraSource({
          ...common,
          open,
          camera,
          source,
          capture: 'as-sent',
          listeners,
          presence: null,
          cure: null,
        }),
      display: new GstRoomWindows({ ...common, open, displays: [display], decoders: 4, selfView: true }),
    });
    rooms.push(made);
    made.engine.warmUp();
    return made;
  }

  it('shows the remote video with its name, stops at clearKeys, and comes back with new keys', async () => {
    const [ana, ben] = [await room('ana'), await room('ben')];
    const first = epochKeys(1, ['ana', 'ben']);
    await Promise.all([ana.engine.setKeys(first('ana')), ben.engine.setKeys(first('ben'))]);
    const firstFrame = new Promise<string>((resolve) => ben.engine.events.on('firstFrame', resolve));
    const { info } = await ben.consume('ana', 'camera', await ana.produce('camera'));
    // For the self-view; nobody watches it, so nothing is encoded.
    await ben.engine.open('camera');
    ben.engine.setStatus({
      room: 'Board room',
      code: '12345 67890 12345 67890 12345 67890',
      warning: null,
      notice: null,
    });
    ben.engine.setPeople([
      {
        peer: 'ana',
        name: '<b>Ana & "Co"\u202e',
        verified: true,
        speaking: true,
        muted: true,
        cameraOn: true,
        self: false,
      },
    ]);
    assert.equal(await firstFrame, info.consumer);
    assert.deepEqual(
      ben.engine.videoWindows().map(({ consumer, hidden, width }) => ({ consumer, hidden, large: width > 900 })),
      [{ consumer: info.consumer, hidden: false, large: true }],
    );
    const decoded = async (): Promise<number> =>
      (await ben.engine.stats()).find((s) => s.id === info.consumer)?.framesDecoded ?? 0;
    await sleep(1_000);
    const from = await decoded();
    const cpu = process.cpuUsage();
    await sleep(3_000);
    const used = process.cpuUsage(cpu);
    const fps = ((await decoded()) - from) / 3;
    console.log(
      `      ${fps.toFixed(1)} frames a second, both ends with displays ${((used.user + used.system) / 30_000).toFixed(0)} % of a core`,
    );
    assert.ok(fps >= 24);
    const shown = await ben.engine.snapshot(1);
    assert.equal(Buffer.from(shown.subarray(1, 4)).toString(), 'PNG');
    if (process.env['KEEP_SNAPSHOT']) (await import('node:fs')).writeFileSync(process.env['KEEP_SNAPSHOT'], shown);
    ben.engine.clearKeys();
    await sleep(500);
    const dark = await ben.engine.snapshot(1);
    assert.ok(dark.length < shown.length * 0.8, `${dark.length} of ${shown.length} bytes`);
    const stopped = await decoded();
    await sleep(500);
    assert.equal(await decoded(), stopped);
    const second = epochKeys(2, ['ana', 'ben']);
    await Promise.all([ana.engine.setKeys(second('ana')), ben.engine.setKeys(second('ben'))]);
    await sleep(1_000);
    assert.ok((await decoded()) > stopped + 10);
  });

  it('encodes nothing while nobody watches or the camera is off, and comes back with a key picture', async () => {
    const [ana, ben] = [await room('ana'), await room('ben')];
    const keys = epochKeys(1, ['ana', 'ben']);
    await Promise.all([ana.engine.setKeys(keys('ana')), ben.engine.setKeys(keys('ben'))]);
    await ben.consume('ana', 'camera', await ana.produce('camera'));
    const encoded = async (): Promise<number> => (await ana.engine.stats())[0]?.framesEncoded ?? 0;
    await sleep(1_000);
    assert.ok((await encoded()) > 15);
    for (const [off, on] of [
      [() => ana.engine.setDemand('camera', null), () => ana.engine.setDemand('camera', { spatial: 2, temporal: 2 })],
      [() => ana.engine.setMuted('camera', true), () => ana.engine.setMuted('camera', false)],
    ] as const) {
      await off();
      await sleep(200);
      const before = await encoded();
      await sleep(500);
      assert.equal(await encoded(), before);
      await on();
      await sleep(700);
      assert.ok((await encoded()) > before + 5);
    }
    assert.equal(
      (await ben.engine.stats()).find((s) => s.source === 'camera' && s.direction === 'receive')?.framesRejected,
      0,
    );
  });
});
