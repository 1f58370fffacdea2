import assert from 'node:assert/strict';
import { addCameraControl } from '../../../src/devices/camera-device.ts';
import type { CameraControl } from '../../../src/devices/camera-control.ts';
import { DeviceRegistry } from '../../../src/devices/device-registry.ts';
import { TalkerSource } from '../../../src/devices/array/talker-source.ts';
import { CameraFraming, type FramingPlan } from '../../../src/devices/framing/camera-framing.ts';
import { TalkerRelay } from '../../../src/devices/framing/talker-directions.ts';
import { virtualVisca } from '../../../src/devices/virtual/virtual-equipment.ts';
import { startVirtualTalkers } from '../../../src/devices/virtual/virtual-talkers.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { digitalBench } from '../../support/digital-bench.ts';
import { pass, passUntil } from '../../support/manual-time.ts';

const plan: FramingPlan = {
  mode: 'follow',
  cameraDeg: 90,
  homePreset: 0,
  sectors: [
    { preset: 1, centreDeg: 60, halfWidthDeg: 20 },
    { preset: 2, centreDeg: 120, halfWidthDeg: 20 },
  ],
};

const fail = (error: unknown): never => {
  throw error;
};

function framed(camera: CameraControl, clock: ManualClock, isDigital: boolean, changes: Partial<FramingPlan> = {}) {
  const talkers = new TalkerRelay(fail);
  const far = { speaks: false };
  const framing = new CameraFraming({
    camera,
    followZoom: isDigital ? 150 : null,
    plan: { ...plan, ...changes },
    talkers,
    farEndSpeaks: () => far.speaks,
    clock,
    logger: silentLogger,
  });
  const registry = new DeviceRegistry(fail);
  addCameraControl(registry, camera, 'Camera', framing);
  framing.start();
  camera.start();
  const device = () => {
    const [found] = registry.snapshot;
    assert.ok(found);
    return found;
  };
  const codes = (): string[] => device().problems.map(({ code }) => code);
  const talk = (azimuthDeg: number | null): void =>
    talkers.handleTalker(azimuthDeg === null ? null : { azimuthDeg, confidence: 1 });
  return { talkers, far, framing, registry, device, codes, talk };
}

function digital(changes: Partial<FramingPlan> = {}) {
  const bench = digitalBench();
  return { ...bench, ...framed(bench.camera, bench.clock, true, changes) };
}

describe('turning a camera without motors to the talker', () => {
  it('without an array there is no choice; where the settings want to follow, that is a problem', async () => {
    const { device, codes, talkers } = digital();
    assert.deepEqual(codes(), ['device/framing-no-talkers']);
    assert.deepEqual(device().capabilities.framing, []);
    assert.ok(!device().capabilities.actions.includes('framing'));
    talkers.handlePresence(true);
    assert.deepEqual(codes(), []);
    assert.deepEqual(device().capabilities.framing, ['fixed', 'presets', 'follow']);
    assert.equal(device().state['framing'], 'follow');
    const fixed = digital({ mode: 'fixed' });
    assert.deepEqual(fixed.codes(), []);
  });

  it('shows who speaks, then the other one, and the whole picture after long silence; then no timer is left', async () => {
    const { clock, camera, talkers, talk, device } = digital();
    talkers.handlePresence(true);
    assert.equal(clock.pending, 0);
    talk(70);
    await pass(clock, 5_000, 20);
    const { pan, zoom } = device().state;
    assert.equal(zoom, 150);
    assert.ok(Number(pan) > 10 && Number(pan) <= 20, `${pan}`);
    talk(115);
    await pass(clock, 10_000, 20);
    assert.ok(Number(device().state['pan']) < -10);
    talk(null);
    await pass(clock, 60_000, 50);
    assert.deepEqual((await camera.state(null)).position, { pan: 0, tilt: 0, zoom: 100 });
    assert.equal(clock.pending, 0);
  });

  it('turned by hand: stays for two minutes, or until following is chosen again', async () => {
    const { clock, camera, talkers, talk, registry, device, framing } = digital();
    talkers.handlePresence(true);
    talk(70);
    await pass(clock, 6_000, 20);
    await passUntil(clock, registry.act(camera.id, 'position', { pan: -20, tilt: 0, zoom: 200 }));
    assert.equal(device().state['framingRests'], true);
    await pass(clock, 100_000, 50);
    assert.equal((await camera.state(null)).position.pan, -20);
    await pass(clock, 30_000, 50);
    assert.equal(device().state['framingRests'], false);
    const { position } = await camera.state(null);
    assert.ok(Number(position.pan) > 10 && position.zoom === 200, JSON.stringify(position));
    await passUntil(clock, registry.act(camera.id, 'home'));
    assert.equal(framing.isResting, true);
    assert.deepEqual(await registry.act(camera.id, 'framing', 'follow'), { kind: 'reached', value: 'follow' });
    await pass(clock, 12_000, 50);
    assert.ok(Number((await camera.state(null)).position.pan) > 10);
  });

  it('stands while the far end speaks, and in the mode fixed', async () => {
    const { clock, camera, talkers, talk, far, registry, shown } = digital();
    talkers.handlePresence(true);
    far.speaks = true;
    talk(60);
    await pass(clock, 20_000, 50);
    assert.equal(shown.length, 1);
    far.speaks = false;
    assert.deepEqual(await registry.act(camera.id, 'framing', 'fixed'), { kind: 'reached', value: 'fixed' });
    await pass(clock, 20_000, 50);
    assert.equal(shown.length, 1);
    assert.equal(clock.pending, 0);
  });

  it('shows presets by direction; one that was never stored is left alone', async () => {
    const { clock, camera, talkers, talk } = digital({ mode: 'presets' });
    talkers.handlePresence(true);
    await passUntil(clock, camera.moveTo({ pan: -15, tilt: 0, zoom: 250 }, null));
    await camera.storePreset(2, null);
    talk(60);
    await pass(clock, 10_000, 50);
    assert.equal((await camera.state(null)).position.pan, -15);
    await passUntil(clock, camera.home(null));
    talk(125);
    await pass(clock, 10_000, 50);
    assert.deepEqual((await camera.state(null)).position, { pan: -15, tilt: 0, zoom: 250 });
  });

  it('the array goes: the problem is there, nothing is followed, and it comes back with the array', async () => {
    const { clock, talkers, talk, codes, device, camera } = digital();
    talkers.handlePresence(true);
    talk(70);
    await pass(clock, 6_000, 20);
    talkers.handlePresence(false);
    assert.deepEqual(codes(), ['device/framing-no-talkers']);
    talk(120);
    await pass(clock, 60_000, 50);
    assert.ok(Number((await camera.state(null)).position.pan) > 10);
    talkers.handlePresence(true);
    assert.deepEqual([codes(), device().state['framing']], [[], 'follow']);
    talk(120);
    await pass(clock, 12_000, 50);
    assert.ok(Number((await camera.state(null)).position.pan) < -10);
  });

  it('two talkers made of software are shown in turn', async () => {
    const { clock, talkers, camera } = digital();
    const silence = startVirtualTalkers(talkers, plan.cameraDeg, clock);
    const pans: number[] = [];
    for (let i = 0; i < 4; i++) {
      await pass(clock, 9_500, 50);
      pans.push(Math.sign((await camera.state(null)).position.pan ?? 0));
      await pass(clock, 500, 50);
    }
    assert.deepEqual(pans, [-1, 1, -1, 1]);
    silence();
    assert.equal(talkers.isThere, false);
  });

  it('takes what a TalkerSource tells, as it is', async () => {
    const { clock, talkers, device } = digital();
    const source = new TalkerSource(fail);
    talkers.handlePresence(true);
    const end = talkers.follow({
      current: source.current,
      onTalker: (listener) => source.events.on('talker', listener),
    });
    for (let i = 0; i < 60; i++) {
      source.see({ speech: true, direction: { azimuthDeg: 72, confidence: 1 } }, clock.nowMs());
      await pass(clock, 100, 20);
    }
    assert.ok(Number(device().state['pan']) > 10);
    assert.deepEqual(talkers.current, source.current);
    end();
    source.see({ speech: false, direction: null }, clock.nowMs() + 10_000);
    assert.equal(source.current, null);
    assert.notEqual(talkers.current, null);
  });

  it('a camera that comes while somebody speaks is turned to them', async () => {
    const { clock, camera, talkers, talk, framing, far } = digital();
    talkers.handlePresence(true);
    talk(70);
    framing.close();
    const later = new CameraFraming({
      ...{ camera, followZoom: 150, plan, talkers, clock, logger: silentLogger },
      farEndSpeaks: () => far.speaks,
    });
    later.start();
    await pass(clock, 5_000, 20);
    assert.ok(Number((await camera.state(null)).position.pan) > 10);
    later.close();
    assert.equal(clock.pending, 0);
  });

  it('closed: nothing is heard and no timer is left', async () => {
    const { clock, talkers, talk, framing, camera } = digital();
    talkers.handlePresence(true);
    talk(70);
    framing.movedByHand(null);
    framing.close();
    await camera.close();
    talk(100);
    assert.equal(clock.pending, 0);
  });
});

describe('turning a camera with motors to the talker', () => {
  it('sends it to the direction and keeps tilt and zoom; silence turns it ahead', async () => {
    const clock = new ManualClock();
    const means = { clock, logger: silentLogger, random: () => 0.5 };
    const { control } = virtualVisca(means);
    const { talkers, talk, device } = framed(control, clock, false);
    talkers.handlePresence(true);
    for (let ms = 0; ms < 30_000 && !control.isReachable; ms += 100) await pass(clock, 100);
    const { pan } = control.capabilities;
    assert.ok(pan.kind === 'absolute' && pan.unit === 'degrees');
    assert.ok(device().capabilities.framing.includes('follow'));
    await passUntil(clock, control.moveTo({ pan: 0, tilt: 5, zoom: 1_000 }, null));
    talk(60);
    await pass(clock, 8_000, 50);
    const { position } = await passUntil(clock, control.state(null));
    assert.ok(Math.abs((position.pan ?? 0) - 30) < 0.5, JSON.stringify(position));
    assert.ok(Math.abs((position.tilt ?? 0) - 5) < 0.5 && position.zoom === 1_000);
    talk(null);
    await pass(clock, 40_000, 50);
    const after = await passUntil(clock, control.state(null));
    assert.ok(Math.abs(after.position.pan ?? 9) < 0.5 && after.position.zoom === 1_000);
    await passUntil(clock, control.close());
  });
});
