import assert from 'node:assert/strict';
import type { RoomDevice } from '../../../src/devices/room-device.ts';
import { equippedRoom } from '../../support/equipped-room.ts';
import type { EquippedRoom } from '../../support/equipped-room.ts';
import { emptySchedule, shownBooking } from '../../support/scripted-calendar.ts';
import { pass, passUntil, settle } from '../../support/manual-time.ts';

/** Longer than the first look of every driver. */
const BEGIN_MS = 8_000;

const codes = ({ registry }: EquippedRoom): string[] => registry.problems.map(({ code }) => code);

function deviceOf({ registry }: EquippedRoom, id: string): RoomDevice {
  const device = registry.find(id) ?? registry.snapshot.find(({ kind }) => kind === id);
  assert.ok(device, `there is ${id}`);
  return device;
}

async function started(...args: Parameters<typeof equippedRoom>): Promise<EquippedRoom> {
  const room = equippedRoom(...args);
  room.devices.start();
  await pass(room.clock, BEGIN_MS, 100);
  return room;
}

async function joined(room: EquippedRoom): Promise<void> {
  await passUntil(room.clock, room.room.join({ next: true }, { muted: false, cameraOff: false }));
  await pass(room.clock, 1_500, 50);
}

/** A finger on a button for a tenth of a second. */
async function press({ board, clock }: EquippedRoom, button: string): Promise<void> {
  board.drive(`button-${button}`, true);
  await pass(clock, 100, 20);
  board.drive(`button-${button}`, false);
  await pass(clock, 50, 10);
}

describe('the devices of a room', () => {
  let bench: EquippedRoom;
  afterEach(() => passUntil(bench.clock, bench.devices.close()));

  it('are all there, connected and without problems', async () => {
    bench = await started();
    assert.deepEqual(codes(bench), []);
    const off = bench.registry.snapshot.filter(({ connected }) => !connected).map(({ id }) => id);
    assert.deepEqual(off, []);
    const kinds = new Set(bench.registry.snapshot.map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), [
      'button',
      'camera',
      'camera-control',
      'control-surface',
      'display-control',
      'light',
      'microphone',
      'presence-sensor',
      'speakerphone',
    ]);
  });

  it('mute-button: asks the call at the first edge, and shows it at once on light and speakerphone', async () => {
    bench = await started();
    await joined(bench);
    bench.board.drive('button-mute', true);
    await settle();
    assert.deepEqual(bench.room.asked.at(-1), ['mute', true]);
    assert.equal(bench.board.level('light-mute'), true);
    assert.equal(bench.speakerphone.speakerphone.muted, true);
    await pass(bench.clock, 100, 10);
    assert.equal(bench.room.call.microphoneMuted, true);
    bench.board.drive('button-mute', false);
    await press(bench, 'mute');
    assert.deepEqual([bench.room.call.microphoneMuted, bench.board.level('light-mute')], [false, false]);
    assert.equal(bench.speakerphone.speakerphone.muted, false);
  });

  it('mute-refused: light and speakerphone go back to what the room is', async () => {
    bench = await started();
    await joined(bench);
    bench.room.refuses = true;
    await press(bench, 'mute');
    await pass(bench.clock, 200, 20);
    assert.deepEqual([bench.board.level('light-mute'), bench.speakerphone.speakerphone.muted], [false, false]);
  });

  for (const kind of ['stating', 'toggling'] as const)
    it(`a ${kind} speakerphone mutes the room, and the room the speakerphone`, async () => {
      bench = await started({}, kind);
      await joined(bench);
      bench.speakerphone.speakerphone.press();
      await pass(bench.clock, 100, 10);
      assert.deepEqual([bench.room.call.microphoneMuted, bench.board.level('light-mute')], [true, true]);
      await passUntil(bench.clock, bench.room.setMuted(false));
      await pass(bench.clock, 2_000, 50);
      assert.equal(bench.speakerphone.speakerphone.muted, false);
      assert.deepEqual(codes(bench), []);
    });

  it('join, leave and volume buttons do what they say, quick presses of volume add up', async () => {
    bench = await started();
    await press(bench, 'leave');
    await press(bench, 'volumeUp');
    assert.equal(bench.room.asked.length, 0);
    await press(bench, 'join');
    await pass(bench.clock, 100, 10);
    assert.equal(bench.room.call.phase, 'in-call');
    for (const _ of [1, 2, 3]) {
      bench.board.drive('button-volumeUp', true);
      bench.clock.advance(16);
      bench.board.drive('button-volumeUp', false);
      bench.clock.advance(16);
    }
    await pass(bench.clock, 100, 10);
    assert.equal(bench.room.call.volume, 75);
    await press(bench, 'volumeDown');
    assert.equal(bench.room.call.volume, 70);
    await press(bench, 'leave');
    assert.equal(bench.room.call.phase, 'idle');
    assert.deepEqual(
      bench.room.asked.map(([what]) => what),
      ['join', 'volume', 'volume', 'volume', 'volume', 'leave'],
    );
  });

  it('lights follow the call, with patterns measured on their lines', async () => {
    bench = await started();
    const { board, clock, room } = bench;
    const lit = (): string[] =>
      ['free', 'busy', 'mute', 'inCall', 'problem'].filter((name) => board.level(`light-${name}`));
    assert.deepEqual(lit(), ['free']);
    room.set({ phase: 'connecting' });
    const from = board.trace.length;
    await pass(clock, 4_000, 50);
    const edges = board.trace.slice(from).filter(({ line }) => line === 'light-inCall');
    assert.ok(edges.length >= 7 && edges.length <= 9, `blinks twice a second, ${edges.length} edges in 4 s`);
    room.set({ phase: 'in-call', microphoneMuted: true });
    await settle();
    assert.deepEqual(lit(), ['busy', 'mute', 'inCall']);
    bench.plugMedia({ camera: false });
    const broken = board.trace.length;
    await pass(clock, 2_000, 25);
    const flashes = board.trace.slice(broken).filter(({ line }) => line === 'light-problem').length;
    assert.ok(flashes >= 15, `blinks fast, ${flashes} edges in 2 s`);
    bench.plugMedia({ camera: true });
    await settle();
    assert.deepEqual(lit(), ['busy', 'mute', 'inCall']);
  });

  it('the light says busy while the room is booked, and devices tell whether somebody is there', async () => {
    bench = await started();
    const { board, clock, room } = bench;
    const busy = (): unknown[] => [board.level('light-free'), board.level('light-busy')];
    room.schedule = { ...emptySchedule, busyUntil: clock.wallMs() + 60_000 };
    room.set({});
    await settle();
    assert.deepEqual(busy(), [false, true]);
    assert.equal(room.isOccupied, false, 'a booking is nobody yet');
    room.schedule = emptySchedule;
    room.set({});
    await settle();
    assert.deepEqual(busy(), [true, false]);
    board.drive('presence', true);
    await pass(clock, 3_000, 50);
    assert.deepEqual([room.isOccupied, ...busy()], [true, false, true]);
  });

  it('the display wakes outside the plan while a meeting that can be joined is near', async () => {
    bench = await started({ 'displayControl.plan': ['Mon-Fri 18:00-19:00'] });
    const { clock, room, display } = bench;
    await pass(clock, 60_000, 500);
    assert.equal(display.device.isOn, false);
    const soon = { ...shownBooking, phase: 'soon', canJoin: true } as const;
    room.schedule = { ...emptySchedule, bookings: [soon] };
    room.set({});
    await pass(clock, 60_000, 500);
    assert.equal(display.device.isOn, true);
    room.schedule = { ...emptySchedule, bookings: [{ ...soon, phase: 'running' }] };
    room.set({});
    await pass(clock, 60_000, 500);
    assert.equal(display.device.isOn, false, 'nobody has come');
  });

  it('the display sleeps outside the plan, wakes for a person and for a call, and may be switched by hand', async () => {
    bench = await started({ 'displayControl.plan': ['Mon-Fri 18:00-19:00'] });
    const { display, clock, board, room, registry } = bench;
    await pass(clock, 20_000, 500);
    assert.equal(display.device.isOn, false);
    const { id } = deviceOf(bench, 'display-control');
    assert.deepEqual(
      { ...deviceOf(bench, id).state },
      { power: 'standby', wanted: 'standby', verified: true, black: false, reason: 'outside-schedule' },
    );
    board.drive('presence', true);
    await pass(clock, 10_000, 500);
    assert.deepEqual([display.device.isOn, deviceOf(bench, id).state['reason']], [true, 'presence']);
    board.drive('presence', false);
    await pass(clock, 4.5 * 60_000, 500);
    assert.equal(display.device.isOn, true);
    await pass(clock, 60_000, 500);
    assert.equal(display.device.isOn, false);
    room.set({ phase: 'in-call' });
    await pass(clock, 10_000, 500);
    assert.deepEqual([display.device.isOn, deviceOf(bench, id).state['reason']], [true, 'call']);
    room.set({ phase: 'idle' });
    const off = await passUntil(clock, registry.act(id, 'power', 'standby'));
    assert.deepEqual(off, { kind: 'reached', value: 'standby' });
    await pass(clock, 5_000, 500);
    assert.deepEqual([display.device.isOn, deviceOf(bench, id).state['reason']], [false, 'by-hand']);
  });

  it('a display that does not do it is told so: no answer, another state', async () => {
    bench = await started();
    const { display, clock, registry } = bench;
    const { id } = deviceOf(bench, 'display-control');
    display.device.faults.ignoresCommands = true;
    const ignored = await passUntil(clock, registry.act(id, 'power', 'standby'));
    assert.deepEqual(ignored, { kind: 'unverified', reason: 'differs', value: 'on' });
    assert.equal(deviceOf(bench, id).state['black'], true);
    display.cable.unplug();
    await pass(clock, 60_000, 500);
    const unplugged = await passUntil(clock, registry.act(id, 'power', 'on'));
    assert.deepEqual(unplugged, { kind: 'unverified', reason: 'no-answer', value: null });
  });

  it('a display that does not go to standby, or does not say so, is black between calls', async () => {
    bench = await started({ 'displayControl.plan': ['Mon-Fri 10:00-10:30'] });
    const { display, black, room, clock } = bench;
    assert.deepEqual(black, []);
    display.device.faults.ignoresCommands = true;
    await pass(clock, 31 * 60_000, 500);
    assert.equal(black.at(-1), true);
    assert.equal(display.device.isOn, true);
    room.set({ phase: 'connecting' });
    assert.equal(black.at(-1), false);
    room.set({ phase: 'idle' });
    // Whoever was in the call may still be there.
    await pass(clock, 20 * 60_000, 500);
    assert.equal(black.at(-1), true);
    display.device.faults.ignoresCommands = false;
    await pass(clock, 11 * 60_000, 500);
    assert.deepEqual([display.device.isOn, black.at(-1)], [false, false]);
  });

  it('without a control of the display, black is its standby', async () => {
    bench = await started({ 'displayControl.plan': ['Mon-Fri 10:00-10:30'], 'virtual.displayControl': 'none' });
    const { black, clock, devices } = bench;
    await pass(clock, 31 * 60_000, 500);
    assert.deepEqual(black, [true]);
    await joined(bench);
    assert.deepEqual(black, [true, false]);
    await bench.room.leave();
    await pass(clock, 20 * 60_000, 500);
    assert.deepEqual(black, [true, false, true]);
    devices.touched();
    await pass(clock, 2_000, 500);
    assert.deepEqual(black, [true, false, true, false]);
  });

  it('asks the display for more than its power, and notes what it reached', async () => {
    bench = await started();
    const { id } = deviceOf(bench, 'display-control');
    const volume = await passUntil(bench.clock, bench.registry.act(id, 'volume', 33));
    assert.deepEqual(volume, { kind: 'reached', value: 33 });
    assert.equal(deviceOf(bench, id).state['volume'], 33);
    await assert.rejects(bench.registry.act(id, 'move', { pan: 0, tilt: 0, zoom: 0 }), {
      code: 'device/action-unsupported',
    });
    await assert.rejects(bench.registry.act('nobody', 'stop'), { code: 'device/unknown' });
  });

  it('a control system sees and drives the room, camera presets included', async () => {
    bench = await started();
    const { surface, camera, clock } = bench;
    await joined(bench);
    surface.device.heard = '';
    surface.device.say('mute on');
    surface.device.say('preset store 3');
    surface.device.say('volume 40');
    await pass(clock, 3_000, 20);
    assert.match(
      surface.device.heard,
      /state mute on\r\n[^]*ok mute on\r\n[^]*ok preset store 3\r\n[^]*ok volume 40\r\n/,
    );
    assert.ok(camera.device.heard.includes('01043f0103'));
    camera.cable.unplug();
    await pass(clock, 30_000, 100);
    surface.device.say('preset 3');
    await pass(clock, 20_000, 100);
    assert.match(surface.device.heard, /state problems device\/camera-control-unreachable\r\n/);
    assert.match(surface.device.heard, /error failed device\/not-done\r\n/);
  });

  it('the camera follows the talker in a call, by choice of the control system, and not the far end', async () => {
    bench = await started({ 'framing.mode': 'follow', 'framing.cameraDeg': 0 });
    const { surface, talkers, registry, room, clock } = bench;
    const camera = deviceOf(bench, 'camera-control').id;
    const pan = (): number => Number(registry.find(camera)?.state['pan']);
    assert.deepEqual(codes(bench), ['device/framing-no-talkers']);
    surface.device.say('framing follow');
    await pass(clock, 500);
    assert.match(surface.device.heard, /state framing none\r\n[^]*error failed device\/no-framing\r\n/);
    talkers.handlePresence(true);
    await pass(clock, 500);
    surface.device.say('framing fixed');
    await pass(clock, 500);
    assert.match(surface.device.heard, /state framing follow\r\n[^]*state framing fixed\r\n[^]*ok framing fixed\r\n/);
    await joined(bench);
    talkers.handleTalker({ azimuthDeg: 340, confidence: 1 });
    await pass(clock, 10_000, 50);
    assert.ok(Number.isNaN(pan()), 'nobody has turned it yet');
    surface.device.say('framing follow');
    await pass(clock, 10_000, 50);
    assert.ok(Math.abs(pan() - 20) < 1, `${pan()}`);
    const [self] = room.call.participants;
    assert.ok(self);
    room.set({ participants: [self, { ...self, peer: 'far', self: false, speaking: true }] });
    talkers.handleTalker({ azimuthDeg: 30, confidence: 1 });
    await pass(clock, 15_000, 50);
    assert.ok(Math.abs(pan() - 20) < 1, `${pan()}`);
    surface.device.say('preset store 3');
    surface.device.say('preset 3');
    room.set({ participants: [self] });
    await pass(clock, 30_000, 50);
    assert.equal(registry.find(camera)?.state['framingRests'], true);
    assert.ok(Math.abs(pan() - 20) < 1, 'it stays where it was sent by hand');
  });

  it('what is unplugged is a problem until it is back: camera, display, board, speakerphone, control system, microphone', async () => {
    bench = await started();
    const { camera, display, board, speakerphone, surface, clock } = bench;
    for (const { cable } of [camera, display, surface]) cable.unplug();
    board.fail(true);
    speakerphone.unplug();
    bench.plugMedia({ microphone: false });
    await pass(clock, 120_000, 500);
    assert.deepEqual(codes(bench).sort(), [
      'device/camera-control-unreachable',
      'device/display-control-unreachable',
      'device/display-power-unverified',
      'device/gpio-failed',
      'device/microphone-missing',
      'device/speakerphone-missing',
      'device/surface-unreachable',
    ]);
    assert.ok(bench.registry.problems.every(({ message, action }) => message !== '' && action !== ''));
    for (const { cable } of [camera, display, surface]) cable.plug();
    board.fail(false);
    speakerphone.plug();
    bench.plugMedia({ microphone: true });
    await pass(clock, 90_000, 500);
    assert.deepEqual(codes(bench), []);
    assert.equal(board.level('light-free'), true);
    await joined(bench);
    await press(bench, 'mute');
    assert.equal(speakerphone.speakerphone.muted, true);
  });

  it('closed-while-asked: what waits is answered at once', async () => {
    bench = await started();
    const { registry, clock, display } = bench;
    display.cable.deaf = true;
    const asked = registry.act(deviceOf(bench, 'display-control').id, 'power', 'standby');
    await settle();
    const before = clock.nowMs();
    await passUntil(clock, bench.devices.close());
    assert.equal((await asked).kind, 'unverified');
    assert.ok(clock.nowMs() - before <= 2_000);
  });

  it('closed: lights are dark, every line, link and node is given back, and nobody is listening', async () => {
    bench = await started();
    await joined(bench);
    await passUntil(bench.clock, bench.devices.close());
    bench.media.close();
    await pass(bench.clock, 20_000, 500);
    assert.equal(bench.clock.pending, 0);
    assert.deepEqual(
      bench.pairs.map(({ cable }) => cable.openLinks),
      [0, 0, 0],
    );
    assert.deepEqual([bench.speakerphone.isOpen, bench.room.listeners, bench.registry.snapshot], [false, 0, []]);
    assert.equal(bench.board.level('light-busy'), false);
  });
});
