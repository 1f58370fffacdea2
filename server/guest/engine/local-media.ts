import { DeviceUnavailableError } from '../../../src/lib/errors.ts';
import { TypedEmitter } from '../../../src/lib/events.ts';
import type { DeviceKind, DeviceList, DeviceTrouble, LocalDevices } from '../call-controller.ts';
import { LevelMeter } from './level-meter.ts';

export interface LocalMediaEvents {
  changed: [];
  /** Loudness of the microphone, 0 to 1. */
  level: [level: number];
  /** The track of a source is another one now; null: it has none. */
  track: [kind: DeviceKind, track: MediaStreamTrack | null];
  /** A device was lost while in use, or came back by itself. */
  trouble: [kind: DeviceKind, trouble: DeviceTrouble | null];
}

interface Slot {
  track: MediaStreamTrack | null;
  chosen: string | null;
  trouble: DeviceTrouble | null;
  options: DeviceList['options'];
  /** Somebody needs it: it is opened again when it comes back. */
  wanted: boolean;
}

/**
 * Camera and microphone of this browser, for the check before joining and for the call. A device that was unplugged is opened
 * again, or another one instead, as soon as there is one. INVARIANT: openings of a kind run one after the other.
 */
export class LocalMedia implements LocalDevices {
  readonly events: TypedEmitter<LocalMediaEvents>;
  readonly #devices: MediaDevices;
  readonly #slots: Record<DeviceKind, Slot>;
  readonly #opening: Record<DeviceKind, Promise<void>> = { camera: Promise.resolve(), microphone: Promise.resolve() };
  readonly #meter: LevelMeter;
  #preview: MediaStream | null = null;

  constructor(
    devices: MediaDevices,
    chosen: Readonly<Record<DeviceKind, string | null>>,
    onListenerError: (error: unknown) => void,
  ) {
    this.#devices = devices;
    this.events = new TypedEmitter(onListenerError);
    this.#meter = new LevelMeter((level) => this.events.emit('level', level));
    const slot = (kind: DeviceKind): Slot => ({
      track: null,
      chosen: chosen[kind],
      trouble: null,
      options: [],
      wanted: false,
    });
    this.#slots = { camera: slot('camera'), microphone: slot('microphone') };
    devices.addEventListener('devicechange', () => void this.#handleDeviceChange());
  }

  get camera(): DeviceList {
    return this.#slots.camera;
  }

  get microphone(): DeviceList {
    return this.#slots.microphone;
  }

  get preview(): MediaStream | null {
    return this.#preview;
  }

  async startPreview(wanted: { camera: boolean; microphone: boolean }): Promise<void> {
    if (wanted.camera && wanted.microphone) await this.#openTogether();
    await Promise.all(
      (['camera', 'microphone'] as const).map((kind) =>
        wanted[kind] ? this.acquire(kind).catch(() => undefined) : this.drop(kind),
      ),
    );
    this.#meter.watch(this.#slots.microphone.track);
  }

  stopPreview(): void {
    this.#meter.watch(null);
  }

  async choose(kind: DeviceKind, id: string): Promise<void> {
    const slot = this.#slots[kind];
    slot.chosen = id;
    if (!slot.wanted) return this.events.emit('changed');
    this.#setTrack(kind, null);
    await this.acquire(kind).catch(() => undefined);
  }

  /**
   * The live track of a device, opened if need be.
   * @throws {DeviceUnavailableError} guest/device-blocked, guest/device-missing or guest/device-busy.
   */
  async acquire(kind: DeviceKind): Promise<MediaStreamTrack> {
    const slot = this.#slots[kind];
    slot.wanted = true;
    this.#opening[kind] = this.#opening[kind].then(() => this.#open(kind));
    await this.#opening[kind];
    if (slot.track) return slot.track;
    throw new DeviceUnavailableError(troubleCodes[slot.trouble ?? 'missing'], `The ${kind} cannot be opened`);
  }

  /** Lets go of a device: its light goes out. */
  async drop(kind: DeviceKind): Promise<void> {
    this.#slots[kind].wanted = false;
    await this.#opening[kind];
    // Asked for again while it was being opened: it stays.
    if (!this.#isWanted(kind)) this.#setTrack(kind, null);
  }

  #isWanted(kind: DeviceKind): boolean {
    return this.#slots[kind].wanted;
  }

  /** Both at once where neither is open: the person is asked once. What goes wrong is found out one by one afterwards. */
  async #openTogether(): Promise<void> {
    const { camera, microphone } = this.#slots;
    if (camera.track || microphone.track) return;
    camera.wanted = microphone.wanted = true;
    const [video, audio] = [constraintsOf('camera', camera.chosen), constraintsOf('microphone', microphone.chosen)];
    const stream = await this.#devices.getUserMedia({ ...video, ...audio }).catch(() => null);
    for (const track of stream?.getTracks() ?? []) {
      const kind = track.kind === 'video' ? 'camera' : 'microphone';
      const slot = this.#slots[kind];
      if (!slot.wanted || slot.track) track.stop();
      else this.#setTrack(kind, track);
      slot.chosen = track.getSettings().deviceId ?? slot.chosen;
      this.#setTrouble(kind, null);
    }
    await this.#list();
  }

  async #open(kind: DeviceKind): Promise<void> {
    const slot = this.#slots[kind];
    if (!slot.wanted || slot.track?.readyState === 'live') return;
    try {
      const track = await this.#openChosen(kind);
      if (this.#isWanted(kind)) this.#setTrack(kind, track);
      else track.stop();
      slot.chosen = track.getSettings().deviceId ?? slot.chosen;
      this.#setTrouble(kind, null);
    } catch (error) {
      this.#setTrack(kind, null);
      this.#setTrouble(kind, troubleOf(error));
    }
    await this.#list();
  }

  async #openChosen(kind: DeviceKind): Promise<MediaStreamTrack> {
    const { chosen } = this.#slots[kind];
    try {
      return await this.#openOne(kind, chosen);
    } catch (error) {
      // The remembered device is not there now: any other is better than none.
      if (chosen === null || troubleOf(error) === 'blocked') throw error;
      return await this.#openOne(kind, null);
    }
  }

  async #openOne(kind: DeviceKind, id: string | null): Promise<MediaStreamTrack> {
    const stream = await this.#devices.getUserMedia(constraintsOf(kind, id));
    const track = stream.getTracks()[0];
    if (!track) throw new DOMException('no track', 'NotFoundError');
    return track;
  }

  #setTrack(kind: DeviceKind, track: MediaStreamTrack | null): void {
    const slot = this.#slots[kind];
    if (slot.track === track) return;
    slot.track?.stop();
    slot.track = track;
    if (track) {
      track.contentHint = kind === 'camera' ? 'motion' : 'speech';
      track.addEventListener('ended', () => this.#handleEnded(kind, track));
    }
    if (kind === 'camera') this.#preview = track ? new MediaStream([track]) : null;
    else if (this.#meter.watching) this.#meter.watch(track);
    this.events.emit('track', kind, track);
    this.events.emit('changed');
  }

  #setTrouble(kind: DeviceKind, trouble: DeviceTrouble | null): void {
    const slot = this.#slots[kind];
    if (slot.trouble === trouble) return;
    slot.trouble = trouble;
    this.events.emit('trouble', kind, trouble);
    this.events.emit('changed');
  }

  #handleEnded(kind: DeviceKind, track: MediaStreamTrack): void {
    if (this.#slots[kind].track !== track) return;
    this.#setTrack(kind, null);
    this.#setTrouble(kind, 'missing');
    void this.acquire(kind).catch(() => undefined);
  }

  async #handleDeviceChange(): Promise<void> {
    await this.#list();
    for (const kind of ['camera', 'microphone'] as const) {
      const slot = this.#slots[kind];
      if (slot.wanted && !slot.track) await this.acquire(kind).catch(() => undefined);
    }
  }

  async #list(): Promise<void> {
    const all = await this.#devices.enumerateDevices().catch(() => []);
    const of = (kind: MediaDeviceKind): DeviceList['options'] =>
      all
        .filter((each) => each.kind === kind && each.deviceId !== '')
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.#slots.camera.options = of('videoinput');
    this.#slots.microphone.options = of('audioinput');
    this.events.emit('changed');
  }
}

export const troubleCodes: Readonly<Record<DeviceTrouble, string>> = {
  blocked: 'guest/device-blocked',
  missing: 'guest/device-missing',
  busy: 'guest/device-busy',
};

function constraintsOf(kind: DeviceKind, id: string | null): MediaStreamConstraints {
  const device = id === null ? {} : { deviceId: { exact: id } };
  if (kind === 'camera')
    return { video: { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } } };
  return {
    audio: {
      ...device,
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      channelCount: { ideal: 1 },
    },
  };
}

function troubleOf(error: unknown): DeviceTrouble {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'blocked';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'busy';
}
