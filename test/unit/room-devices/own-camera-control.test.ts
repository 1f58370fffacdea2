import assert from 'node:assert/strict';
import { addCameraControl } from '../../../src/devices/camera-device.ts';
import { DeviceRegistry } from '../../../src/devices/device-registry.ts';
import { uvcCamera } from '../../../src/devices/v4l2/open.ts';
import { v4l2Camera } from '../../../src/devices/v4l2/v4l2-camera.ts';
import { VirtualV4l2Camera } from '../../../src/devices/virtual/virtual-v4l2-camera.ts';
import { virtualCamera } from '../../../src/devices/virtual.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { OwnCameraControl } from '../../../src/room-devices/own-camera-control.ts';
import * as samples from '../../fixtures/v4l2/samples.ts';
import { digitalBench, type DigitalBench } from '../../support/digital-bench.ts';
import { pass } from '../../support/manual-time.ts';
import { memoryPresets } from '../../support/uvc-bench.ts';

const camera = (name: string) => v4l2Camera(`/dev/v4l/by-id/${name}-video-index0`, name, 'usb2', null);

describe("the control of the call's own camera", () => {
  let clock: ManualClock;
  let device: VirtualV4l2Camera;
  let registry: DeviceRegistry;
  let own: OwnCameraControl;

  beforeEach(() => {
    clock = new ManualClock();
    const nature = { controls: samples.roomCameraControls, formats: samples.webcamFormats, timings: null };
    device = new VirtualV4l2Camera(clock, { ...nature, answerMs: 10, latencyMs: 100 });
    registry = new DeviceRegistry((error) => {
      throw error;
    });
    const means = { clock, logger: silentLogger, random: () => 0.5 };
    const presets = { load: async () => new Map(), save: async () => undefined };
    own = new OwnCameraControl({
      add: (control, name) => addCameraControl(registry, control, name, null),
      makeDigital: null,
      showWhole: () => undefined,
      make: (each) => uvcCamera({ ...each, id: `${each.id}:control` }, device.run, presets, means),
      logger: silentLogger,
    });
  });

  const shown = () => registry.snapshot.find(({ kind }) => kind === 'camera-control');
  const connected = async (is: boolean): Promise<void> => {
    for (let ms = 0; ms < 60_000 && shown()?.connected !== is; ms += 100) await pass(clock, 100);
    assert.equal(shown()?.connected, is);
  };

  it('is there with the camera, and says what is wrong while the camera is not', async () => {
    own.update(camera('one'));
    await connected(true);
    assert.ok(shown()?.capabilities.actions.includes('move'));
    device.faults.isGone = true;
    own.update(null);
    await connected(false);
    device.faults.isGone = false;
    own.update(camera('one'));
    await connected(true);
    assert.deepEqual(shown()?.problems, []);
    await own.close();
    assert.deepEqual([registry.snapshot, clock.pending], [[], 0]);
  });

  it('goes over to another camera, and leaves nothing of the one before', async () => {
    own.update(camera('one'));
    await connected(true);
    own.update(camera('two'));
    assert.equal(registry.snapshot.length, 1);
    assert.equal(shown()?.id, 'v4l2:two:control');
    await connected(true);
    await own.close();
    own.update(camera('three'));
    assert.deepEqual([registry.snapshot, clock.pending], [[], 0]);
  });

  describe('without motors', () => {
    let whole = 0;
    let digital: DigitalBench[];

    beforeEach(async () => {
      await own.close();
      whole = 0;
      digital = [];
      own = new OwnCameraControl({
        add: (control, name) => addCameraControl(registry, control, name, null),
        makeDigital: () => {
          digital.push(digitalBench());
          return digital.at(-1)?.camera ?? assert.fail();
        },
        showWhole: () => void (whole += 1),
        make: (each) =>
          uvcCamera({ ...each, id: `${each.id}:control` }, device.run, memoryPresets(), {
            ...{ clock, logger: silentLogger, random: () => 0.5 },
          }),
        logger: silentLogger,
      });
    });

    const ids = (): string[] => registry.snapshot.map(({ id }) => id);
    const learn = (controls: string): void => {
      device = new VirtualV4l2Camera(clock, {
        ...{ controls, formats: '', timings: null },
        answerMs: 10,
        latencyMs: 0,
      });
    };

    it('one that its node can move is not cut', async () => {
      own.update(camera('one'));
      await connected(true);
      await pass(clock, 5_000);
      assert.deepEqual(ids(), ['v4l2:one:control']);
    });

    it('one that its node can set but not move is turned by a part of its picture, and follows its plugging', async () => {
      learn(samples.emptyControls);
      own.update(camera('one'));
      assert.deepEqual(ids(), ['v4l2:one:control'], 'nothing is known yet');
      await pass(clock, 5_000);
      assert.deepEqual(ids(), ['v4l2:one:control', 'v4l2:usb-camera:frame']);
      own.update(null);
      assert.equal(digital[0]?.camera.isReachable, false);
      own.update(camera('one'));
      assert.equal(digital[0]?.camera.isReachable, true);
      assert.equal(digital.length, 1);
      own.update(camera('two'));
      await pass(clock, 5_000);
      assert.deepEqual([digital.length, whole, ids().length], [2, 1, 2]);
    });

    it('a camera made of software is turned at once', async () => {
      own.update(virtualCamera());
      assert.deepEqual(ids(), ['v4l2:usb-camera:frame']);
      await own.close();
      assert.deepEqual([ids(), clock.pending, whole], [[], 0, 1]);
    });
  });
});
