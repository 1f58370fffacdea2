import { UsageError } from '../lib/errors.ts';
import { TypedEmitter } from '../lib/events.ts';
import type { DeviceActionName, DeviceActions, RoomDevice, RoomDeviceProblem } from './room-device.ts';

/** What a driver, or whatever speaks for one, brings to the registry. */
export interface DeviceSource {
  /** As it is now; called after each `changed`. `actions` of the capabilities is filled in from `actions` below. */
  describe(): RoomDevice;
  readonly actions: Partial<DeviceActions>;
}

export interface DeviceEntry {
  /** The source would describe itself otherwise now, perhaps. */
  changed(): void;
  /** Takes it out of the room; idempotent. */
  remove(): void;
}

export interface DeviceRegistryEvents {
  added: [device: RoomDevice];
  changed: [device: RoomDevice, before: RoomDevice];
  removed: [device: RoomDevice];
  /** After each of the others. */
  change: [];
}

interface Held {
  readonly source: DeviceSource;
  device: RoomDevice;
}

/**
 * Every device of the room, and the one way to ask something of it.
 *
 * INVARIANTS
 * - One entry an id. What is told as changed differs from what was told before.
 * - After `remove` nothing is told of a device, and it can be asked nothing.
 */
export class DeviceRegistry {
  readonly events: TypedEmitter<DeviceRegistryEvents>;
  readonly #held = new Map<string, Held>();

  constructor(onListenerError: (error: unknown) => void) {
    this.events = new TypedEmitter(onListenerError);
  }

  /** Sorted by kind and id as they came; plain data. */
  get snapshot(): readonly RoomDevice[] {
    return [...this.#held.values()].map(({ device }) => device);
  }

  /** Of all devices, each code once, the oldest first. */
  get problems(): readonly RoomDeviceProblem[] {
    const all = this.snapshot.flatMap(({ problems }) => problems).sort((a, b) => a.since - b.since);
    return all.filter(({ code }, index) => all.findIndex((each) => each.code === code) === index);
  }

  find(id: string): RoomDevice | null {
    return this.#held.get(id)?.device ?? null;
  }

  /** @throws {UsageError} device/id-taken. */
  add(source: DeviceSource): DeviceEntry {
    const device = describe(source);
    if (this.#held.has(device.id)) throw new UsageError('device/id-taken', `There is a device ${device.id} already`);
    const held = { source, device };
    this.#held.set(device.id, held);
    this.events.emit('added', device);
    this.events.emit('change');
    return { changed: () => this.#changed(held), remove: () => this.#remove(held) };
  }

  /** @throws {UsageError} device/unknown, device/action-unsupported, and what the action throws. */
  async act<N extends DeviceActionName>(
    id: string,
    name: N,
    ...args: Parameters<DeviceActions[N]>
  ): Promise<Awaited<ReturnType<DeviceActions[N]>>> {
    const held = this.#held.get(id);
    if (held === undefined) throw new UsageError('device/unknown', 'There is no such device in this room');
    const action = held.source.actions[name];
    if (action === undefined || !held.device.capabilities.actions.includes(name))
      throw new UsageError('device/action-unsupported', `The ${held.device.name} cannot do this`);
    // TypeScript does not see that the arguments belong to the action of the same name.
    const call = action as (...args: Parameters<DeviceActions[N]>) => ReturnType<DeviceActions[N]>;
    return await call(...args);
  }

  #changed(held: Held): void {
    const before = held.device;
    if (this.#held.get(before.id) !== held) return;
    const device = { ...describe(held.source), id: before.id };
    if (JSON.stringify(device) === JSON.stringify(before)) return;
    held.device = device;
    this.events.emit('changed', device, before);
    this.events.emit('change');
  }

  #remove(held: Held): void {
    if (this.#held.get(held.device.id) !== held) return;
    this.#held.delete(held.device.id);
    this.events.emit('removed', held.device);
    this.events.emit('change');
  }
}

function describe(source: DeviceSource): RoomDevice {
  const device = source.describe();
  const actions = device.capabilities.actions.filter((name) => source.actions[name] !== undefined);
  return { ...device, capabilities: { ...device.capabilities, actions } };
}
