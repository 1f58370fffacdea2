import { idleCallState } from '../../src/call/call-state.ts';
import type { CallState, Participant } from '../../src/call/call-state.ts';
import { controlWishes } from '../../src/config/control-wishes.ts';
import type { ControlWishes } from '../../src/config/control-wishes.ts';
import { validateConfig } from '../../src/config/validate.ts';
import type { VirtualGpio } from '../../src/devices/controls/virtual-gpio.ts';
import { framingWish } from '../../src/config/framing-wish.ts';
import { TalkerRelay } from '../../src/devices/framing/talker-directions.ts';
import { FramedCameras } from '../../src/room-devices/framed-cameras.ts';
import { chooseDevices, realDevices } from '../../src/devices/choose.ts';
import type { FoundDevices } from '../../src/devices/discover.ts';
import { DeviceRegistry } from '../../src/devices/device-registry.ts';
import { MediaDevices } from '../../src/devices/media-devices.ts';
import {
  virtualBoardOf,
  virtualMdc,
  virtualSpeakerphoneOf,
  virtualSurface,
  virtualVisca,
} from '../../src/devices/virtual/virtual-equipment.ts';
import type { VirtualPair } from '../../src/devices/virtual/virtual-equipment.ts';
import type { RoomState } from '../../src/kiosk/room-state.ts';
import { ManualClock } from '../../src/lib/clock.ts';
import { UsageError } from '../../src/lib/errors.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { RoomDevices } from '../../src/room-devices.ts';
import type { DrivenRoom } from '../../src/room-devices/driven-room.ts';
import { linesOf } from '../../src/room-devices/drivers.ts';

/** A call answers like its process does: a little later. */
const ANSWER_MS = 20;

const self: Participant = {
  peer: 'self',
  name: null,
  kind: 'room',
  verification: { kind: 'unverified' },
  self: true,
  speaking: false,
  microphone: 'on',
  camera: 'on',
  sharing: false,
  handRaised: false,
};

/** A room without media: its call is whatever it is told to be. */
export class PlainRoom implements DrivenRoom {
  call: CallState = idleCallState;
  schedule: RoomState['schedule'] = null;
  /** As the devices tell it. */
  isOccupied = false;
  /** What it was asked, without its arguments' defaults. */
  readonly asked: unknown[][] = [];
  /** The call refuses everything. */
  refuses = false;
  readonly #clock: ManualClock;
  readonly #registry: DeviceRegistry;
  readonly #media: MediaDevices;
  readonly #listeners = new Set<(state: RoomState) => void>();

  constructor(clock: ManualClock, registry: DeviceRegistry, media: MediaDevices) {
    this.#clock = clock;
    this.#registry = registry;
    this.#media = media;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  readonly state = (): RoomState => {
    const devices = this.#media.chosen?.devices;
    const { camera = null, microphone = null, speaker = null, display = null } = devices ?? {};
    return {
      version: '0',
      room: { name: 'Room' },
      call: this.call,
      devices: { mode: 'auto', camera, screen: null, microphone, speaker, display, secondDisplay: null },
      roomDevices: this.#registry.snapshot,
      pairing: null,
      check: null,
      next: null,
      schedule: this.schedule,
      problems: this.#registry.problems,
    };
  };

  readonly onState = (listener: (state: RoomState) => void): (() => void) => {
    this.#listeners.add(listener);
    const off = this.#registry.events.on('change', () => listener(this.state()));
    return () => {
      this.#listeners.delete(listener);
      off();
    };
  };

  set(call: Partial<CallState>): void {
    this.call = { ...this.call, ...call };
    for (const listener of [...this.#listeners]) listener(this.state());
  }

  readonly setMuted = (muted: boolean): Promise<boolean> =>
    this.#inCall('mute', muted, () => this.set({ microphoneMuted: muted }));
  readonly setCameraOff = (off: boolean): Promise<boolean> =>
    this.#inCall('camera', off, () => this.set({ cameraOff: off }));
  readonly setVolume = (percent: number): Promise<number> =>
    this.#inCall('volume', percent, () => this.set({ volume: percent }));

  readonly join: DrivenRoom['join'] = async (target, options) => {
    this.asked.push(['join', target]);
    if (this.call.phase !== 'idle') throw new UsageError('call/busy', 'This room is in a call already');
    this.set({ ...idleCallState, phase: 'connecting', microphoneMuted: options.muted, participants: [self] });
    await this.#later();
    // Somebody may have left meanwhile.
    if (this.state().call.phase === 'connecting') this.set({ phase: 'in-call' });
  };

  readonly leave = async (): Promise<void> => {
    this.asked.push(['leave']);
    this.set(idleCallState);
  };

  async #inCall<T>(what: string, value: T, take: () => void): Promise<T> {
    this.asked.push([what, value]);
    await this.#later();
    if (this.refuses || this.call.phase === 'idle') throw new UsageError('call/not-in-call', 'There is no call now');
    take();
    return value;
  }

  #later(): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ANSWER_MS, resolve));
  }
}

export interface EquippedRoom {
  readonly clock: ManualClock;
  readonly registry: DeviceRegistry;
  readonly media: MediaDevices;
  /** Where people speak. */
  readonly talkers: TalkerRelay;
  readonly room: PlainRoom;
  readonly devices: RoomDevices;
  /** What the displays were told to show between calls, in order. */
  readonly black: readonly boolean[];
  readonly wishes: ControlWishes;
  readonly display: ReturnType<typeof virtualMdc>;
  readonly camera: ReturnType<typeof virtualVisca>;
  readonly board: VirtualGpio;
  readonly speakerphone: ReturnType<typeof virtualSpeakerphoneOf>;
  readonly surface: ReturnType<typeof virtualSurface>;
  readonly pairs: readonly VirtualPair<unknown, unknown>[];
  /** Plugs in or out what a call uses. */
  plugMedia(found: Partial<Record<'camera' | 'microphone', boolean>>): void;
}

/** A Thursday, 10 o'clock in Paris. */
const START = Date.UTC(2026, 10, 26, 9, 0);

/** Every kind of virtual device in one room, put together as the daemon does it, in a time that tests move. */
export function equippedRoom(
  settings: Record<string, unknown> = {},
  speakerphoneKind: Parameters<typeof virtualSpeakerphoneOf>[0] = 'stating',
): EquippedRoom {
  const clock = new ManualClock(START);
  const means = { clock, logger: silentLogger, random: () => 0.5 };
  const virtual = {
    devices: 'virtual',
    'virtual.displayControl': 'mdc',
    'virtual.cameraControl': 'visca',
    'virtual.gpio': 'board',
    'virtual.speakerphone': speakerphoneKind,
    'virtual.surface': 'silent',
  };
  const wishes = controlWishes(validateConfig({ ...virtual, ...settings }, '/s'), 'Europe/Paris');
  const registry = new DeviceRegistry((error) => {
    throw error;
  });
  const media = new MediaDevices(registry, clock);
  const room = new PlainRoom(clock, registry, media);
  const [display, camera, surface] = [virtualMdc(means), virtualVisca(means), virtualSurface(means)];
  if (wishes.gpio === null) throw new Error('the room has no board');
  const board = virtualBoardOf(means, 'virtual', linesOf(wishes.gpio));
  const speakerphone = virtualSpeakerphoneOf(speakerphoneKind, means);
  const drivers = {
    display: wishes.display === null ? null : display.control,
    camera: camera.control,
    gpio: board,
    findSpeakerphone: speakerphone.find,
    surface: surface.control,
  };
  const plugged = { camera: true, microphone: true };
  const plugMedia: EquippedRoom['plugMedia'] = (found) => {
    Object.assign(plugged, found);
    const wanted = { ...realDevices, speaker: 'none', display: 'none' };
    media.update(
      chooseDevices(wanted, foundDevices(plugged), { speechPath: '/s', arrayPath: null, hasSession: false }),
    );
  };
  plugMedia({});
  const black: boolean[] = [];
  const showBlack = (to: boolean): void => void black.push(to);
  const onOccupied = (isOccupied: boolean): void => void (room.isOccupied = isOccupied);
  const talkers = new TalkerRelay((error) => {
    throw error;
  });
  const wish = framingWish(validateConfig({ ...virtual, ...settings }, '/s'));
  const farEndSpeaks = (): boolean => room.call.participants.some((each) => each.speaking && !each.self);
  const cameras = new FramedCameras({ ...means, registry, wish, talkers, farEndSpeaks });
  const devices = new RoomDevices({ ...means, wishes, drivers, registry, room, cameras, showBlack, onOccupied });
  const pairs = [display, camera, surface];
  return {
    clock,
    registry,
    media,
    talkers,
    room,
    devices,
    black,
    wishes,
    display,
    camera,
    board,
    speakerphone,
    surface,
    pairs,
    plugMedia,
  };
}

function foundDevices(plugged: { camera: boolean; microphone: boolean }): FoundDevices {
  const camera = { id: 'v4l2:a', name: 'A', virtual: false, source: () => '' };
  const microphone = { id: 'alsa:b', name: 'B', virtual: false, source: '', beeper: null, array: null, card: null };
  return {
    cameras: plugged.camera ? [camera] : [],
    microphones: plugged.microphone ? [microphone] : [],
    speakers: [],
    displays: [],
    serialPorts: [],
  };
}
