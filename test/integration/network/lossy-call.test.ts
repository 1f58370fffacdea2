import assert from 'node:assert/strict';
import * as mediasoup from 'mediasoup';
import type { types as server } from 'mediasoup';
import type { MeetingRouter } from '../../../server/media/meeting-media.ts';
import { Viewer } from '../../../server/media/viewer.ts';
import { mediaCodecs } from '../../../server/media/codecs.ts';
import type { MediaGst } from '../../../src/call/media/media-gst.ts';
import { virtualCamera } from '../../../src/devices/virtual.ts';
import { eventually } from '../../support/eventually.ts';
import { epochKeys, openTestRoom, type TestRoom } from '../../support/media-room.ts';
import { nativePlugin } from '../../support/native-plugin.ts';
import { NetworkEmulator } from '../../support/network-emulator.ts';
import { ANNOUNCED_ADDRESS } from '../../support/relayed-candidates.ts';
import { freePort } from '../../support/room.ts';
import { replaySound } from '../../support/replayed-sound.ts';
import { openTestCamera, type SeenPicture } from '../../support/test-video.ts';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('an encrypted video whose line or layers are taken away', function () {
  this.timeout(60_000);
  let worker: server.Worker;
  let router: server.Router;
  let mediaServer: server.WebRtcServer;
  let emulator: NetworkEmulator;
  let ana: TestRoom;
  let ben: TestRoom;
  let seen: SeenPicture[];
  /** How much slower encoding seems to be. */
  let slow = 1;

  before(async () => {
    await nativePlugin();
    const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
    worker = await mediasoup.createWorker({ logLevel: 'none', ...(workerBin ? { workerBin } : {}) });
    router = await worker.createRouter({ mediaCodecs });
    const port = await freePort();
    const listenInfos = [{ protocol: 'udp', ip: '127.0.0.1', announcedAddress: ANNOUNCED_ADDRESS, port }] as const;
    mediaServer = await worker.createWebRtcServer({ listenInfos: [...listenInfos] });
    const target = { address: '127.0.0.1', port };
    emulator = await NetworkEmulator.open({ targets: [target], address: ANNOUNCED_ADDRESS, ports: 'same' });
  });
  beforeEach(async () => {
    const none = { camera: null, screen: null, microphone: null, speaker: null, display: null, secondDisplay: null };
    const silent = (): MediaGst => replaySound([]);
    slow = 1;
    const openCamera: typeof openTestCamera = (camera, source, listeners) =>
      openTestCamera(camera, source, {
        ...listeners,
        onLayer: (layer) => listeners.onLayer({ ...layer, encodeUs: layer.encodeUs * slow }),
      });
    const camera = virtualCamera();
    ana = await openTestRoom(router, 'ana', { ...none, camera }, silent, { openCamera }, mediaServer);
    ben = await openTestRoom(router, 'ben', none, silent, {}, mediaServer);
    const keys = epochKeys(1, ['ana', 'ben']);
    await Promise.all([ana.engine.setKeys(keys('ana')), ben.engine.setKeys(keys('ben'))]);
    const producer = await ana.produce('camera');
    const { info, consumer } = await ben.consume('ana', 'camera', producer);
    // What signalling and the meeting server do with a sender's limit.
    const of = {
      peer: 'ana',
      source: 'camera' as const,
      producer,
      router: {} as MeetingRouter,
      viewers: new Set<Viewer>(),
      limit: null,
    };
    const viewer = new Viewer(consumer, of);
    ana.engine.events.on('limited', (_source, layers) => {
      Object.assign(of, { limit: layers });
      void viewer.followLimit();
    });
    seen = ben.windows.seen.get(info.consumer) ?? [];
    await eventually('full size', 10_000, async () => {
      const [received] = await ben.engine.stats();
      return received?.width === 1_280;
    });
  });
  afterEach(async () => {
    emulator.change('all', { up: { loss: 0, delayMs: 0 }, down: { loss: 0, delayMs: 0 } });
    await ana.close();
    await ben.close();
  });
  after(() => {
    emulator.close();
    worker.close();
  });

  /** The longest time without a picture since then, ms. */
  const longestGap = (sinceMs: number): number => {
    const times = [...seen.map(({ atMs }) => atMs).filter((atMs) => atMs >= sinceMs), performance.now()];
    return Math.max(...times.map((atMs, i) => atMs - (times[i - 1] ?? sinceMs)));
  };

  it('goes on under 5 % of loss and 100 ms there and back', async () => {
    emulator.change('all', { up: { loss: 0.025, delayMs: 25 }, down: { loss: 0.025, delayMs: 25 } });
    await sleep(2_000);
    const [fromMs, from] = [performance.now(), seen.length];
    await sleep(5_000);
    const fps = ((seen.length - from) * 1_000) / (performance.now() - fromMs);
    const gapMs = longestGap(fromMs);
    console.log(`      ${fps.toFixed(1)} pictures a second, longest gap ${gapMs.toFixed(0)} ms`);
    assert.ok(fps >= 15, `${fps} pictures a second`);
    assert.ok(gapMs <= 1_000, `${gapMs} ms without a picture`);
  });

  it('goes on, smaller, when the sender’s processor does not manage more and the sender says so', async () => {
    await sleep(1_000);
    const fromMs = performance.now();
    slow = 12;
    await eventually('less', 5_000, async () => (await ben.engine.stats())[0]?.width !== 1_280);
    await sleep(1_500);
    const gapMs = longestGap(fromMs);
    console.log(`      longest gap ${gapMs.toFixed(0)} ms`);
    assert.ok(gapMs <= 1_000, `${gapMs} ms without a picture`);
  });

  it('is shown again, smaller, when the sender stops the layer that is watched, and grows again with it', async () => {
    await sleep(1_000);
    const fromMs = performance.now();
    ana.engine.setDemand('camera', { spatial: 0, temporal: 2 });
    await sleep(5_500);
    const gapMs = longestGap(fromMs);
    const [small] = await ben.engine.stats();
    console.log(`      longest gap ${gapMs.toFixed(0)} ms`);
    assert.equal(small?.width, 320);
    // mediasoup by itself notices that a layer stopped after 2.5 to 4 s; a sender that stops one unasked must tell the server.
    assert.ok(gapMs <= 4_500, `${gapMs} ms without a picture`);
    ana.engine.setDemand('camera', { spatial: 2, temporal: 2 });
    const grownMs = await eventually('full size again', 5_000, async () => {
      const [received] = await ben.engine.stats();
      return received?.width === 1_280;
    });
    console.log(`      full size again after ${grownMs.toFixed(0)} ms`);
  });
});
