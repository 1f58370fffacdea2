import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { CameraPosition } from '../../../../src/devices/camera-control.ts';
import { decodePresets, filePresetStore } from '../../../../src/devices/v4l2/preset-store.ts';
import type { UvcCamera } from '../../../../src/devices/v4l2/uvc-camera.ts';
import * as samples from '../../../fixtures/v4l2/samples.ts';
import { pass, passUntil } from '../../../support/manual-time.ts';
import { uvcBench, type UvcBench } from '../../../support/uvc-bench.ts';

const nowhere: CameraPosition = { pan: null, tilt: null, zoom: null };

async function started(controls: string, cardName?: string): Promise<UvcBench> {
  const bench = uvcBench(controls, cardName);
  bench.camera.start();
  await pass(bench.clock, 100);
  assert.ok(bench.camera.isReachable);
  bench.device.runs.length = 0;
  return bench;
}

const writes = ({ device }: UvcBench): string[] => device.runs.filter((run) => run.startsWith('--set-ctrl='));
const codes = (camera: UvcCamera): string[] => camera.problems.map(({ code }) => code);

/** A finger on the panel for `ms`, saying where to every 100 ms. */
async function hold({ clock, camera }: UvcBench, ms: number, pan: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 100) {
    camera.drive({ pan, tilt: pan / 3, zoom: pan / 2 });
    await pass(clock, 100);
  }
}

describe('moving a UVC camera', () => {
  it('a camera that wedges when flooded is not, however it is driven', async () => {
    const flood = async (bench: UvcBench): Promise<boolean> => {
      bench.device.faults.wedgeMs = 250;
      for (let i = 0; i < 40; i++) {
        bench.camera.drive({ pan: Math.sin(i), tilt: Math.cos(i), zoom: Math.sin(i / 3) });
        if (i % 7 === 0) void bench.camera.moveTo({ ...nowhere, pan: i }, null);
        await pass(bench.clock, 60, 5);
      }
      await passUntil(bench.clock, bench.camera.stop(null));
      return bench.device.isWedged;
    };
    assert.equal(await flood(await started(samples.roomCameraControls, 'PTZ Pro Camera')), false);
    assert.equal(await flood(await started(samples.roomCameraControls, 'USB Camera')), true, 'the flood was none');
  });

  it('speeds told for one direction only are not used where places are known: left is as fast as right', async () => {
    const bench = await started(samples.obsbotControls);
    const { clock, camera } = bench;
    await hold(bench, 1_000, 1);
    const right = (await passUntil(clock, camera.stop(null))).value?.pan ?? 0;
    await hold(bench, 1_000, -1);
    const back = (await passUntil(clock, camera.stop(null))).value?.pan ?? 0;
    assert.ok(right > 20, `${right}`);
    assert.ok(Math.abs(back) <= right / 5, `${right} and back to ${back}`);
    assert.ok(!writes(bench).some((run) => run.includes('speed')));
  });

  it('a speed of one step is that step, in each direction', async () => {
    const bench = await started(samples.speedOnlyControls);
    assert.deepEqual(bench.camera.capabilities.pan, { kind: 'speed-only' });
    bench.camera.drive({ pan: -0.1, tilt: 0.2, zoom: 0 });
    await pass(bench.clock, 100);
    assert.deepEqual(writes(bench), ['--set-ctrl=pan_speed=-1,tilt_speed=1']);
    await passUntil(bench.clock, bench.camera.stop(null));
    assert.equal(writes(bench).at(-1), '--set-ctrl=pan_speed=0,tilt_speed=0');
  });

  it('stop-lost: sent again until it is taken, and said meanwhile', async () => {
    const bench = await started(samples.speedOnlyControls);
    const { clock, camera, device } = bench;
    await hold(bench, 200, 1);
    device.faults.loseWrites = 3;
    const seen: string[][] = [];
    camera.on('problems', () => seen.push(codes(camera)));
    await passUntil(clock, camera.stop(null));
    await pass(clock, 3_000);
    assert.equal(device.isMoving, false);
    assert.deepEqual(codes(camera), []);
    assert.ok(seen.flat().includes('device/camera-not-stopped'), JSON.stringify(seen));
  });

  it('unplugged-while-moving: the stop is sent when it is back', async () => {
    const bench = await started(samples.roomCameraControls);
    await hold(bench, 300, 1);
    bench.device.faults.isFailing = true;
    await pass(bench.clock, 20_000);
    assert.ok(codes(bench.camera).includes('device/camera-control-unreachable'));
    bench.device.faults.isFailing = false;
    await pass(bench.clock, 20_000);
    assert.equal(bench.device.isMoving, false);
    assert.deepEqual(codes(bench.camera), []);
  });

  it('of several places asked for in a row, the last counts and the others say so', async () => {
    const bench = await started(samples.roomCameraControls);
    const asked = [10, 20, 30, 40].map((pan) => bench.camera.moveTo({ ...nowhere, pan }, null));
    const outcomes = await passUntil(bench.clock, Promise.all(asked));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.kind === 'reached' ? outcome.value.pan : outcome.reason)),
      ['superseded', 'superseded', 'superseded', 40],
    );
    assert.equal(writes(bench).length, 1);
  });

  it('says so when the camera does not go where it was sent', async () => {
    const { clock, camera, device } = await started(samples.roomCameraControls);
    device.faults.ignoresCommands = true;
    const outcome = await passUntil(clock, camera.moveTo({ ...nowhere, pan: 20 }, null));
    assert.deepEqual(outcome, { kind: 'unverified', reason: 'differs', value: { pan: 0, tilt: 0, zoom: 0 } });
  });

  it('goes to places on its steps, within its range', async () => {
    const bench = await started(samples.roomCameraControls);
    const outcome = await passUntil(bench.clock, bench.camera.moveTo({ pan: 10.4, tilt: 500, zoom: -3 }, null));
    assert.deepEqual(outcome, { kind: 'reached', value: { pan: 10, tilt: 90, zoom: 0 } });
  });

  it('focus is driven towards far and near, and ends by itself', async () => {
    const { clock, camera, device } = await started(samples.roomCameraControls);
    await passUntil(clock, camera.setFocus('manual', null));
    device.runs.length = 0;
    camera.driveFocus(1);
    await pass(clock, 3_000);
    const far = device.runs.filter((run) => run.startsWith('--set-ctrl=focus_absolute='));
    assert.ok(far.length >= 3 && far.length <= 7, `${far.length}`);
    assert.ok(
      far.every((run) => Number(run.split('=').at(-1)) < 100),
      far.join(),
    );
  });
});

describe('setting a UVC camera', () => {
  it('a level first takes the mode from automatic, in a command of its own', async () => {
    const bench = await started(samples.roomCameraControls);
    const { clock, camera } = bench;
    assert.deepEqual(await passUntil(clock, camera.setLevel('temperature', 5_149, null)), {
      kind: 'reached',
      value: 5_100,
    });
    assert.deepEqual(writes(bench), [
      '--set-ctrl=white_balance_automatic=0',
      '--set-ctrl=white_balance_temperature=5100',
    ]);
    assert.equal((await passUntil(clock, camera.setLevel('exposureTime', 1e9, null))).value, 2_500);
    assert.equal((await passUntil(clock, camera.setLevel('focus', 7, null))).value, 5);
    const state = await passUntil(clock, camera.state(null));
    assert.deepEqual([state.whiteBalance, state.exposure, state.focus], ['manual', 'manual', 'manual']);
  });

  it('a webcam whose automatic exposure is called aperture priority has auto, and no iris', async () => {
    const { clock, camera } = await started(samples.oldWebcamControls);
    assert.deepEqual(camera.capabilities.exposure, ['auto', 'manual']);
    assert.equal((await passUntil(clock, camera.state(null))).exposure, 'auto');
  });

  it('a camera that lists everything from 0 to 0 can do nothing of it', async () => {
    const { camera } = await started(samples.emptyControls);
    const { pan, tilt, zoom, presets, home, focusDrive } = camera.capabilities;
    assert.deepEqual(
      [pan.kind, tilt.kind, zoom.kind, presets, home, focusDrive],
      ['none', 'none', 'none', null, false, false],
    );
  });

  it('held by another program: not now', async () => {
    const { clock, camera, device } = await started(samples.roomCameraControls);
    device.faults.isBusy = true;
    assert.deepEqual(await passUntil(clock, camera.setFocus('manual', null)), {
      kind: 'unverified',
      reason: 'not-now',
      value: null,
    });
    assert.ok(camera.isReachable);
  });

  it('answers that make no sense are no position', async () => {
    const { clock, camera, device } = await started(samples.roomCameraControls);
    device.faults.babbles = true;
    assert.deepEqual((await passUntil(clock, camera.state(null))).position, nowhere);
    assert.deepEqual(await passUntil(clock, camera.moveTo({ ...nowhere, pan: 1 }, null)), {
      kind: 'unverified',
      reason: 'cannot-read',
      value: null,
    });
  });
});

describe('presets kept for a camera', () => {
  it('outlive the driver; what was never stored is refused', async () => {
    const first = await started(samples.roomCameraControls);
    await passUntil(first.clock, first.camera.moveTo({ pan: -30, tilt: 5, zoom: 8_000 }, null));
    await passUntil(first.clock, first.camera.storePreset(3, null));
    const kept = await first.presets.load('v4l2:usb-camera');
    const second = await started(samples.roomCameraControls);
    await second.presets.save('v4l2:usb-camera', kept);
    assert.deepEqual(await passUntil(second.clock, second.camera.recallPreset(3, null)), {
      kind: 'reached',
      value: { pan: -30, tilt: 5, zoom: 8_000 },
    });
    const never = await passUntil(second.clock, second.camera.recallPreset(4, null));
    assert.deepEqual(never, { kind: 'unverified', reason: 'refused', value: null });
  });

  it('a store that fails is said, and nothing is claimed', async () => {
    const { clock, camera, presets } = await started(samples.roomCameraControls);
    presets.save = () => Promise.reject(new Error('disk full'));
    assert.equal((await passUntil(clock, camera.storePreset(1, null))).kind, 'unverified');
    assert.equal((await passUntil(clock, camera.recallPreset(1, null))).kind, 'unverified');
  });

  it('stand in a file, which may be damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'presets-'));
    try {
      const store = filePresetStore((id) => join(folder, `${id.replaceAll(/[^\w-]/g, '_')}.json`));
      const presets = new Map([[7, { pan: 1, tilt: null, zoom: 3 }]]);
      await store.save('v4l2:a/b', presets);
      assert.deepEqual(await store.load('v4l2:a/b'), presets);
      const path = join(folder, 'v4l2_a_b.json');
      await writeFile(path, (await readFile(path, 'utf8')).slice(0, 20));
      assert.deepEqual(await store.load('v4l2:a/b'), new Map());
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('decode whatever stands there', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        for (const [preset, place] of decodePresets(text)) {
          assert.ok(Number.isInteger(preset) && preset >= 0 && preset < 1_000);
          assert.ok(Object.values(place).some((value) => value !== null));
        }
      }),
    );
  });
});

describe('a UVC camera that goes and comes', () => {
  it('one transfer that fails does not make it unreachable', async () => {
    const { clock, camera, device } = await started(samples.roomCameraControls);
    const seen: boolean[] = [];
    camera.on('reachable', (isReachable) => seen.push(isReachable));
    device.faults.loseWrites = 1;
    assert.equal((await passUntil(clock, camera.setFocus('manual', null))).kind, 'unverified');
    await pass(clock, 10_000);
    assert.deepEqual(seen, []);
    assert.deepEqual(codes(camera), []);
  });

  it('gone for an hour: asked now and then, never in a tight loop, and back at once when told', async () => {
    const { clock, camera, device } = await started(samples.roomCameraControls);
    device.unplug();
    camera.handlePresence(false);
    assert.equal(camera.isReachable, false);
    device.runs.length = 0;
    await pass(clock, 3_600_000, 500);
    assert.ok(device.runs.length > 300 && device.runs.length < 1_000, `${device.runs.length}`);
    device.plug();
    camera.handlePresence(true);
    await pass(clock, 50);
    assert.ok(camera.isReachable);
  });

  it('says since when', async () => {
    const { clock, camera, device } = await started(samples.roomCameraControls);
    device.unplug();
    const atMs = clock.wallMs();
    await pass(clock, 20_000);
    const [problem] = camera.problems;
    assert.ok(problem && problem.sinceMs >= atMs && problem.sinceMs < atMs + 6_000);
  });

  it('says that the tool is missing', async () => {
    const { clock, camera, device } = uvcBench(samples.roomCameraControls);
    device.faults.isMissing = true;
    camera.start();
    await pass(clock, 200);
    assert.deepEqual(codes(camera), ['device/camera-tool-missing']);
    device.faults.isMissing = false;
    await pass(clock, 20_000);
    assert.deepEqual(codes(camera), []);
  });

  it('a thousand random faults: a program at a time, every promise settles, it stands, and nothing is left', async () => {
    for (const [controls, cardName] of [
      [samples.roomCameraControls, 'USB Camera'],
      [samples.obsbotControls, 'PTZ Pro Camera'],
    ] as const) {
      let seed = 11;
      const random = (): number => (seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
      const bench = await started(controls, cardName);
      const { clock, camera, device } = bench;
      const asked: Promise<unknown>[] = [];
      const events: (() => void)[] = [
        () => device.unplug(),
        () => device.plug(),
        () => camera.handlePresence(!device.faults.isGone),
        () => (device.faults.isFailing = random() < 0.3),
        () => (device.faults.isSilent = random() < 0.2),
        () => (device.faults.isBusy = random() < 0.3),
        () => (device.faults.babbles = random() < 0.2),
        () => (device.faults.loseWrites = Math.floor(random() * 4)),
        () => camera.drive({ pan: random() * 2 - 1, tilt: random() * 2 - 1, zoom: random() * 2 - 1 }),
        () => camera.driveFocus(random() * 2 - 1),
        () => void asked.push(camera.stop(null)),
        () => void asked.push(camera.moveTo({ pan: random() * 100, tilt: 0, zoom: null }, null)),
        () => void asked.push(camera.setPowerLineFrequency('50 Hz', null)),
        () => void asked.push(camera.storePreset(1, null)),
        () => void asked.push(camera.recallPreset(1, null)),
        () => void asked.push(camera.state(null)),
      ];
      for (let i = 0; i < 1_000; i++) {
        events[Math.floor(random() * events.length)]?.();
        await pass(clock, random() * 300, 50);
        assert.ok(device.running <= 1);
      }
      Object.assign(device.faults, { isFailing: false, isSilent: false, isBusy: false, babbles: false, loseWrites: 0 });
      device.plug();
      await pass(clock, 60_000, 100);
      await passUntil(clock, Promise.all(asked));
      assert.equal(camera.isReachable, true);
      assert.deepEqual(camera.problems, []);
      assert.equal(device.isMoving, false);
      const outcome = await passUntil(clock, camera.setPowerLineFrequency('60 Hz', null));
      assert.deepEqual(outcome, { kind: 'reached', value: '60 Hz' });
      await passUntil(clock, camera.close());
      await pass(clock, 5_000, 100);
      assert.equal(clock.pending, 0);
      assert.equal(device.running, 0);
    }
  });
});
