import type { CameraCapabilities, CameraControl, CameraPosition } from './camera-control.ts';
import type { DeviceEntry, DeviceRegistry } from './device-registry.ts';
import type { CameraFraming } from './framing/camera-framing.ts';
import { KnownState } from './known-state.ts';
import { unverified } from './outcome.ts';
import { problemText } from './problem-texts.ts';
import type { DeviceActionName, DeviceActions, RoomDevice } from './room-device.ts';

/**
 * Puts a camera's control among the devices of the room, whatever it speaks: VISCA, UVC controls, a crop. The control and its
 * framing are started and closed by whoever made them. Returns the function that takes it out.
 */
export function addCameraControl(
  registry: DeviceRegistry,
  camera: CameraControl,
  name: string,
  framing: CameraFraming | null,
): () => void {
  let entry: DeviceEntry | null = null;
  const changed = (): void => entry?.changed();
  const state = new KnownState(changed);
  entry = registry.add({
    describe: () => describe(camera, name, state.all, framing),
    actions: actionsOf(camera, state, framing),
  });
  const off = [camera.on('reachable', changed), camera.on('problems', changed), camera.on('capabilities', changed)];
  if (framing)
    off.push(
      framing.on('change', changed),
      framing.on('moved', (position) => state.note(placeOf(position))),
    );
  return () => {
    for (const each of off) each();
    entry.remove();
  };
}

function describe(
  camera: CameraControl,
  name: string,
  known: RoomDevice['state'],
  framing: CameraFraming | null,
): RoomDevice {
  const modes = framing?.modes ?? [];
  const isChoice = modes.length > 1;
  const state = isChoice
    ? { ...known, framing: framing?.mode ?? null, framingRests: framing?.isResting ?? null }
    : known;
  return {
    id: camera.id,
    kind: 'camera-control',
    name,
    virtual: camera.virtual,
    connected: camera.isReachable,
    capabilities: {
      actions: [...actionNames(camera.capabilities), ...(isChoice ? (['framing'] as const) : [])],
      camera: camera.capabilities,
      framing: isChoice ? modes : [],
      display: null,
    },
    state,
    problems: [...camera.problems, ...(framing?.problems ?? [])].map(problemText),
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

const placeOf = ({ pan, tilt, zoom }: CameraPosition): RoomDevice['state'] => ({ pan, tilt, zoom });

function actionsOf(camera: CameraControl, state: KnownState, framing: CameraFraming | null): Partial<DeviceActions> {
  const byHand = (): void => framing?.movedByHand(null);
  return {
    power: (to) => state.learn(camera.setPower(to, null), (power) => ({ power })),
    move: async (velocity) => {
      byHand();
      camera.drive(velocity);
    },
    stop: () => {
      byHand();
      return state.learn(camera.stop(null), placeOf);
    },
    position: (to) => {
      byHand();
      return state.learn(camera.moveTo(to, null), placeOf);
    },
    home: () => {
      byHand();
      return state.learn(camera.home(null), placeOf);
    },
    recallPreset: (preset) => {
      framing?.movedByHand(preset);
      return state.learn(camera.recallPreset(preset, null), (position) => ({ ...placeOf(position), preset }));
    },
    framing: async (mode) => framing?.setMode(mode) ?? unverified('unsupported', null),
    storePreset: (preset) => camera.storePreset(preset, null),
    focus: (mode) => state.learn(camera.setFocus(mode, null), (focus) => ({ focus })),
    whiteBalance: (mode) => state.learn(camera.setWhiteBalance(mode, null), (whiteBalance) => ({ whiteBalance })),
    exposure: (mode) => state.learn(camera.setExposure(mode, null), (exposure) => ({ exposure })),
    powerLineFrequency: (to) =>
      state.learn(camera.setPowerLineFrequency(to, null), (powerLineFrequency) => ({ powerLineFrequency })),
  };
}
