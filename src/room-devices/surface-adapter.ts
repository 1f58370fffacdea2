import type { DeviceRegistry } from '../devices/device-registry.ts';
import type { Outcome } from '../devices/outcome.ts';
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
    state: () => surfaceState(room),
    onState: (listener) => room.onState(listener),
  };
}

function surfaceState(room: DrivenRoom): SurfaceState {
  const { call, problems } = room.state();
  return {
    call: calls[call.phase],
    isMuted: call.microphoneMuted,
    isCameraOn: !call.cameraOff,
    volume: call.volume,
    participants: call.participants.filter(({ self }) => !self).length,
    problems: [...new Set([...call.problems, ...problems].map(({ code }) => code))],
  };
}

/** @throws {UsageError} device/no-presets */
function presetCamera(registry: DeviceRegistry): string {
  const camera = registry.snapshot.find(({ capabilities }) => capabilities.actions.includes('recallPreset'));
  if (camera === undefined) throw new UsageError('device/no-presets', 'No camera of this room has presets');
  return camera.id;
}

/** A controller is told of what was not done; that a device cannot be asked whether it has done it is no failure. */
function verified(outcome: Outcome<unknown>): void {
  if (outcome.kind === 'reached' || outcome.reason === 'cannot-read') return;
  throw new DeviceUnavailableError('device/not-done', 'The device did not do it', {
    context: { reason: outcome.reason },
  });
}
