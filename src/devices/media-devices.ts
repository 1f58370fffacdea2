import type { Clock } from '../lib/clock.ts';
import { ARRAY_UNFIT } from './choose.ts';
import type { ChosenDevices, DeviceProblem } from './choose.ts';
import type { DeviceEntry, DeviceRegistry } from './device-registry.ts';
import type { RoomDevices } from './device.ts';
import { nothingToAsk } from './room-device.ts';
import type { RoomDevice, RoomDeviceKind } from './room-device.ts';

type Role = keyof RoomDevices;

const kinds = {
  camera: 'camera',
  screen: 'screen',
  microphone: 'microphone',
  speaker: 'speaker',
  display: 'display',
  secondDisplay: 'display',
} as const satisfies Record<Role, RoomDeviceKind>;

const missingNames: Record<Role, string> = {
  camera: 'Camera',
  screen: 'HDMI grabber',
  microphone: 'Microphone',
  speaker: 'Speaker',
  display: 'Display',
  secondDisplay: 'Second display',
};

/**
 * Cameras, microphones, speakers and displays of the room, as they were last found. Whoever watches plugging calls `update` with
 * what `chooseDevices` says then; a device that is wanted and missing stays in the list with its problem.
 */
export class MediaDevices {
  readonly #registry: DeviceRegistry;
  readonly #clock: Clock;
  readonly #entries = new Map<Role, { entry: DeviceEntry; device: RoomDevice }>();
  #chosen: ChosenDevices | null = null;

  constructor(registry: DeviceRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** What a call would use now; null before the first `update`. */
  get chosen(): ChosenDevices | null {
    return this.#chosen;
  }

  update(chosen: ChosenDevices): void {
    this.#chosen = chosen;
    for (const role of Object.keys(kinds) as Role[]) this.#set(role, this.#describe(role, chosen));
  }

  close(): void {
    for (const { entry } of this.#entries.values()) entry.remove();
    this.#entries.clear();
  }

  #describe(role: Role, { devices, problems }: ChosenDevices): RoomDevice | null {
    const device = devices[role];
    const problem = problems.find(({ code }) => codesOf(role).includes(code));
    if (device === null && problem === undefined) return null;
    return {
      // The same device may stand in two places: a test picture as camera and as screen.
      id: `${role}:${device?.id ?? 'missing'}`,
      kind: kinds[role],
      name: device?.name ?? missingNames[role],
      virtual: device?.virtual ?? false,
      connected: device !== null,
      capabilities: nothingToAsk,
      state: {},
      problems: problem === undefined ? [] : [{ ...problem, since: this.#since(role) }],
    };
  }

  /** When it was first found missing. */
  #since(role: Role): number {
    return this.#entries.get(role)?.device.problems[0]?.since ?? this.#clock.wallMs();
  }

  #set(role: Role, device: RoomDevice | null): void {
    const held = this.#entries.get(role);
    if (held !== undefined && JSON.stringify(held.device) === JSON.stringify(device)) return;
    held?.entry.remove();
    this.#entries.delete(role);
    if (device === null) return;
    this.#entries.set(role, { device, entry: this.#registry.add({ describe: () => device, actions: {} }) });
  }
}

/** A device is missing, or is there and not as wished: never both. */
function codesOf(role: Role): readonly DeviceProblem['code'][] {
  const missing = `device/${role === 'secondDisplay' ? 'second-display' : role}-missing` as const;
  return role === 'microphone' ? [missing, ARRAY_UNFIT] : [missing];
}
