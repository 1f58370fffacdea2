import assert from 'node:assert/strict';
import { CallSupervisor } from '../../../src/call/supervisor.ts';
import { DeviceRegistry } from '../../../src/devices/device-registry.ts';
import { problemText } from '../../../src/devices/problem-texts.ts';
import type { RoomDevice } from '../../../src/devices/room-device.ts';
import { nothingToAsk } from '../../../src/devices/room-device.ts';
import { createRoomActions } from '../../../src/kiosk/api/room-actions.ts';
import type { RoomState } from '../../../src/kiosk/room-state.ts';
import { ManualClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';

const none = { camera: null, screen: null, microphone: null, speaker: null, display: null, secondDisplay: null };

describe('the actions of a room with devices', () => {
  it('push what becomes of a device, and its problem as long as it lasts', () => {
    const registry = new DeviceRegistry((error) => {
      throw error;
    });
    const supervisor = new CallSupervisor({
      spawn: () => {
        throw new Error('there is no call here');
      },
      clock: new ManualClock(),
      log: silentLogger,
    });
    const actions = createRoomActions({
      supervisor,
      version: '0',
      roomName: 'Room',
      devices: () => ({ mode: 'virtual', ...none }),
      problems: () => registry.problems,
      panels: { pairing: () => null, problems: () => [], onChange: () => () => undefined },
      calendar: null,
      roomDevices: {
        snapshot: () => registry.snapshot,
        onChange: (listener) => registry.events.on('change', listener),
        act: (id, name, ...args) => registry.act(id, name, ...args),
        touched: () => undefined,
      },
      meetings: {
        origin: 'https://localhost:4443',
        anchor: null,
        register: async () => undefined,
        own: { read: async () => null, write: async () => undefined },
      },
      saveEchoDelay: async () => undefined,
      randomBytes: (length) => new Uint8Array(length),
    });
    const pushed: RoomState[] = [];
    const off = actions.onState((state) => pushed.push(state));
    let problems: RoomDevice['problems'] = [];
    const describeIt = (): RoomDevice => ({
      id: 'surface:a',
      kind: 'control-surface',
      name: 'Control system',
      virtual: true,
      connected: problems.length === 0,
      capabilities: nothingToAsk,
      state: {},
      problems,
    });
    const entry = registry.add({ describe: describeIt, actions: {} });
    problems = [problemText({ code: 'device/surface-unreachable', sinceMs: 7 })];
    entry.changed();
    problems = [];
    entry.changed();
    assert.deepEqual(
      pushed.map(({ roomDevices, problems: shown }) => [roomDevices[0]?.connected, shown.map(({ code }) => code)]),
      [
        [true, []],
        [false, ['device/surface-unreachable']],
        [true, []],
      ],
    );
    off();
    entry.remove();
    assert.equal(pushed.length, 3);
    assert.deepEqual(actions.devices(), []);
  });
});
