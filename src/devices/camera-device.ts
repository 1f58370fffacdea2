import type { CameraCapabilities, CameraControl, CameraPosition } from './camera-control.ts';
import type { DeviceEntry, DeviceRegistry } from './device-registry.ts';
import { KnownState } from './known-state.ts';
import { problemText } from './problem-texts.ts';
import type { DeviceActionName, DeviceActions, RoomDevice } from './room-device.ts';

/**
 * Puts a camera's control among the devices of the room, whatever it speaks: VISCA, UVC controls, a crop. The control is started
 * and closed by whoever made it. Returns the function that takes it out.
 */
export function addCameraControl(registry: DeviceRegistry, camera: CameraControl, name: string): () => void {
  let entry: DeviceEntry | null = null;
  const changed = (): void => entry?.changed();
  const state = new KnownState(changed);
  entry = registry.add({ describe: () => describe(camera, name, state.all), actions: actionsOf(camera, state) });
  const off = [camera.on('reachable', changed), camera.on('problems', changed), camera.on('capabilities', changed)];
  return () => {
    for (const each of off) each();
    entry.remove();
  };
}

function describe(camera: CameraControl, name: string, state: RoomDevice['state']): RoomDevice {
  return {
    id: camera.id,
    kind: 'camera-control',
    name,
    virtual: camera.virtual,
    connected: camera.isReachable,
    capabilities: { actions: actionNames(camera.capabilities), camera: camera.capabilities, display: null },
    state,
    problems: camera.problems.map(problemText),
  };
}

function actionNames(can: CameraCapabilities): DeviceActionName[] {
  const axes = [can.pan, can.tilt, can.zoom];
  const names: [DeviceActionName, boolean][] = [
    ['power', can.power],
    ['move', axes.some(({ kind }) => kind !== 'none')],
    ['stop', axes.some(({ kind }) => kind !== 'none')],
    ['position', axes.some(({ kind }) => kind === 'absolute')],
    ['home', can.home],
    ['recallPreset', can.presets !== null],
    ['storePreset', can.presets !== null],
    ['focus', can.focus.length > 0],
    ['whiteBalance', can.whiteBalance.length > 0],
    ['exposure', can.exposure.length > 0],
    ['powerLineFrequency', can.powerLineFrequency.length > 0],
  ];
  return names.filter(([, able]) => able).map(([action]) => action);
}

function actionsOf(camera: CameraControl, state: KnownState): Partial<DeviceActions> {
  const place = ({ pan, tilt, zoom }: CameraPosition): RoomDevice['state'] => ({ pan, tilt, zoom });
  return {
    power: (to) => state.learn(camera.setPower(to, null), (power) => ({ power })),
    move: async (velocity) => camera.drive(velocity),
    stop: () => state.learn(camera.stop(null), place),
    position: (to) => state.learn(camera.moveTo(to, null), place),
    home: () => state.learn(camera.home(null), place),
    recallPreset: (preset) =>
      state.learn(camera.recallPreset(preset, null), (position) => ({ ...place(position), preset })),
    storePreset: (preset) => camera.storePreset(preset, null),
    focus: (mode) => state.learn(camera.setFocus(mode, null), (focus) => ({ focus })),
    whiteBalance: (mode) => state.learn(camera.setWhiteBalance(mode, null), (whiteBalance) => ({ whiteBalance })),
    exposure: (mode) => state.learn(camera.setExposure(mode, null), (exposure) => ({ exposure })),
    powerLineFrequency: (to) =>
      state.learn(camera.setPowerLineFrequency(to, null), (powerLineFrequency) => ({ powerLineFrequency })),
  };
}
