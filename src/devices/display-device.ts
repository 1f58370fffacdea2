import type { Clock } from '../lib/clock.ts';
import type { DeviceEntry, DeviceRegistry } from './device-registry.ts';
import type { DisplayCapabilities, DisplayControl } from './display-control/display-control.ts';
import type { DisplayPower } from './display-control/display-power.ts';
import type { PlannedPower } from './display-control/planned-power.ts';
import type { PowerState, PowerWish } from './display-control/display-control.ts';
import { KnownState } from './known-state.ts';
import { waitFor } from './link/wait.ts';
import { reached, unverified } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { problemText } from './problem-texts.ts';
import type { DeviceActionName, DeviceActions, RoomDevice } from './room-device.ts';

export interface DisplayParts {
  readonly display: DisplayControl;
  readonly power: DisplayPower;
  readonly planned: PlannedPower;
  readonly clock: Clock;
}

/** Telling and reading back; whoever asks from the panel waits 15 s. */
const POWER_MS = 12_000;

/** Puts a display's control among the devices of the room; its parts are started and closed by whoever made them. */
export function addDisplayControl(registry: DeviceRegistry, parts: DisplayParts, name: string): () => void {
  const { display, power, planned } = parts;
  const abort = new AbortController();
  let entry: DeviceEntry | null = null;
  const changed = (): void => entry?.changed();
  const known = new KnownState(changed);
  entry = registry.add({
    describe: () => describe(parts, name, known.all),
    actions: actionsOf(parts, known, abort.signal),
  });
  const off = [
    display.on('reachable', changed),
    display.on('problems', changed),
    power.on('state', changed),
    power.on('problems', changed),
    planned.onReason(changed),
  ];
  return () => {
    abort.abort(new Error('the display is let go of'));
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
    capabilities: {
      actions: actionNames(display.capabilities),
      camera: null,
      framing: [],
      display: display.capabilities,
    },
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

function actionsOf(parts: DisplayParts, known: KnownState, signal: AbortSignal): Partial<DeviceActions> {
  const { display } = parts;
  return {
    power: (to) => setPower(parts, to, signal),
    input: (to) => known.learn(display.setInput(to, null), (input) => ({ input })),
    volume: (percent) => known.learn(display.setVolume(percent, null), (volume) => ({ volume })),
    mute: (to) => known.learn(display.setMuted(to, null), (muted) => ({ muted })),
    blank: (to) => known.learn(display.setBlanked(to, null), (blanked) => ({ blanked })),
  };
}

/** By way of the plan, which would take it back within the minute, and would be in the way of a second voice on the wire. */
async function setPower(
  { planned, power, clock }: DisplayParts,
  to: PowerWish,
  signal: AbortSignal,
): Promise<Outcome<PowerState>> {
  planned.askByHand(to);
  const settled = (): Outcome<PowerState> | null => {
    const { wanted, actual, isVerified } = power.state;
    if (wanted !== to) return unverified('superseded', actual);
    return isVerified && actual !== null ? reached(actual) : null;
  };
  const now = settled();
  if (now !== null) return now;
  const outcome = await waitFor<Outcome<PowerState>>(clock, POWER_MS, signal, (settle) =>
    power.on('state', () => {
      const then = settled();
      if (then !== null) settle(then);
    }),
  ).catch(() => ({ kind: 'timeout' }) as const);
  if (outcome.kind === 'value') return outcome.value;
  const { actual } = power.state;
  return unverified(actual === null ? 'no-answer' : 'differs', actual);
}
