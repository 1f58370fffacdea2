import type { DeviceEntry, DeviceRegistry } from './device-registry.ts';
import type { DisplayCapabilities, DisplayControl } from './display-control/display-control.ts';
import type { DisplayPower } from './display-control/display-power.ts';
import type { PlannedPower } from './display-control/planned-power.ts';
import { KnownState } from './known-state.ts';
import { problemText } from './problem-texts.ts';
import type { DeviceActionName, DeviceActions, RoomDevice } from './room-device.ts';

export interface DisplayParts {
  readonly display: DisplayControl;
  readonly power: DisplayPower;
  readonly planned: PlannedPower;
}

/** Puts a display's control among the devices of the room; its parts are started and closed by whoever made them. */
export function addDisplayControl(registry: DeviceRegistry, parts: DisplayParts, name: string): () => void {
  const { display, power, planned } = parts;
  let entry: DeviceEntry | null = null;
  const changed = (): void => entry?.changed();
  const known = new KnownState(changed);
  entry = registry.add({ describe: () => describe(parts, name, known.all), actions: actionsOf(parts, known) });
  const off = [
    display.on('reachable', changed),
    display.on('problems', changed),
    power.on('state', changed),
    power.on('problems', changed),
    planned.onReason(changed),
  ];
  return () => {
    for (const each of off) each();
    entry.remove();
  };
}

function describe({ display, power, planned }: DisplayParts, name: string, known: RoomDevice['state']): RoomDevice {
  const { wanted, actual, isVerified, needsBlack } = power.state;
  return {
    id: display.id,
    kind: 'display-control',
    name,
    virtual: display.virtual,
    connected: display.isReachable,
    capabilities: { actions: actionNames(display.capabilities), camera: null, display: display.capabilities },
    state: { ...known, power: actual, wanted, verified: isVerified, black: needsBlack, reason: planned.reason },
    problems: [...display.problems, ...power.problems].map(problemText),
  };
}

function actionNames(can: DisplayCapabilities): DeviceActionName[] {
  const names: [DeviceActionName, boolean][] = [
    ['power', can.power],
    ['input', can.inputs.length > 0],
    ['volume', can.volume === 'absolute'],
    ['mute', can.mute],
    ['blank', can.blank],
  ];
  return names.filter(([, able]) => able).map(([action]) => action);
}

function actionsOf({ display, planned }: DisplayParts, known: KnownState): Partial<DeviceActions> {
  return {
    power: (to) => {
      // So that the plan does not take it back within the minute.
      planned.askByHand(to);
      return display.setPower(to, null);
    },
    input: (to) => known.learn(display.setInput(to, null), (input) => ({ input })),
    volume: (percent) => known.learn(display.setVolume(percent, null), (volume) => ({ volume })),
    mute: (to) => known.learn(display.setMuted(to, null), (muted) => ({ muted })),
    blank: (to) => known.learn(display.setBlanked(to, null), (blanked) => ({ blanked })),
  };
}
