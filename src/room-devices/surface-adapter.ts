import type { DeviceRegistry } from '../devices/device-registry.ts';
import { framingModeNames } from '../devices/framing/camera-framing.ts';
import type { Outcome } from '../devices/outcome.ts';
import type { RoomDevice } from '../devices/room-device.ts';
import type { SurfaceActions, SurfaceState } from '../devices/surface/surface-actions.ts';
import { DeviceUnavailableError, UsageError } from '../lib/errors.ts';
import type { DrivenRoom } from './driven-room.ts';

const calls = {
  idle: 'idle',
  connecting: 'joining',
  securing: 'joining',
  'in-call': 'in-call',
  rejoining: 'reconnecting',
  leaving: 'in-call',
} as const;

/** The room as a control system sees it. Presets are those of the first camera that has any. */
export function surfaceActions(room: DrivenRoom, registry: DeviceRegistry): SurfaceActions {
  return {
    setMuted: async (muted) => void (await room.setMuted(muted)),
    setCameraOn: async (on) => void (await room.setCameraOff(!on)),
    join: (link) => room.join(link === null ? { next: true } : { link }, { muted: false, cameraOff: false }),
    leave: () => room.leave(),
    setVolume: async (percent) => void (await room.setVolume(percent)),
    recallPreset: async (preset) => verified(await registry.act(presetCamera(registry), 'recallPreset', preset)),
    storePreset: async (preset) => verified(await registry.act(presetCamera(registry), 'storePreset', preset)),
    setFraming: async (mode) => verified(await registry.act(framedCamera(registry), 'framing', mode)),
    state: () => surfaceState(room, registry),
    onState: (listener) => room.onState(listener),
  };
}

function surfaceState(room: DrivenRoom, registry: DeviceRegistry): SurfaceState {
  const { call, problems } = room.state();
  return {
    call: calls[call.phase],
    isMuted: call.microphoneMuted,
    isCameraOn: !call.cameraOff,
    volume: call.volume,
    participants: call.participants.filter(({ self }) => !self).length,
    framing: framingOf(registry),
    problems: [...new Set([...call.problems, ...problems].map(({ code }) => code))],
  };
}

/** @throws {UsageError} device/no-presets */
function presetCamera(registry: DeviceRegistry): string {
  const camera = registry.snapshot.find(({ capabilities }) => capabilities.actions.includes('recallPreset'));
  if (camera === undefined) throw new UsageError('device/no-presets', 'No camera of this room has presets');
  return camera.id;
}

/** @throws {UsageError} device/no-framing */
function framedCamera(registry: DeviceRegistry): string {
  const camera = registry.snapshot.find(isFramed);
  if (camera === undefined) throw new UsageError('device/no-framing', 'No camera of this room can follow anybody');
  return camera.id;
}

function framingOf(registry: DeviceRegistry): SurfaceState['framing'] {
  const mode = registry.snapshot.find(isFramed)?.state['framing'];
  return framingModeNames.find((name) => name === mode) ?? null;
}

const isFramed = ({ capabilities }: RoomDevice): boolean => capabilities.actions.includes('framing');

/** A controller is told of what was not done; that a device cannot be asked whether it has done it is no failure. */
function verified(outcome: Outcome<unknown>): void {
  if (outcome.kind === 'reached' || outcome.reason === 'cannot-read') return;
  throw new DeviceUnavailableError('device/not-done', 'The device did not do it', {
    context: { reason: outcome.reason },
  });
}
