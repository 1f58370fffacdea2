import type { ButtonName, ControlWishes } from './config/control-wishes.ts';
import type { ButtonEvent } from './devices/controls/button.ts';
import type { RoomLights } from './devices/controls/led.ts';
import { ledPatterns } from './devices/controls/led.ts';
import { PresenceWatch } from './devices/controls/presence-watch.ts';
import { ProblemList } from './devices/control-problem.ts';
import type { DeviceRegistry } from './devices/device-registry.ts';
import { addDisplayControl } from './devices/display-device.ts';
import type { DisplayControl, PowerWish } from './devices/display-control/display-control.ts';
import { DisplayPower } from './devices/display-control/display-power.ts';
import { PlannedPower } from './devices/display-control/planned-power.ts';
import type { FindSpeakerphone } from './devices/hid/speakerphone.ts';
import { Speakerphone } from './devices/hid/speakerphone.ts';
import type { ReopeningLink } from './devices/link/reopening-link.ts';
import { problemText } from './devices/problem-texts.ts';
import { nothingToAsk } from './devices/room-device.ts';
import { SurfaceSession } from './devices/surface/surface-session.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';
import { errorFields } from './lib/log.ts';
import type { DrivenRoom } from './room-devices/driven-room.ts';
import { isBooked, isInCall, isMeetingNear } from './room-devices/driven-room.ts';
import type { Drivers } from './room-devices/drivers.ts';
import type { FramedCameras } from './room-devices/framed-cameras.ts';
import { GpioControls } from './room-devices/gpio-controls.ts';
import { RoomMute } from './room-devices/room-mute.ts';
import { surfaceActions } from './room-devices/surface-adapter.ts';

export interface RoomDevicesDeps {
  readonly wishes: ControlWishes;
  /** Started and closed here. */
  readonly drivers: Drivers;
  readonly registry: DeviceRegistry;
  readonly room: DrivenRoom;
  /** Whether the displays should be black while there is no call; called with each change. */
  readonly showBlack: (black: boolean) => void;
  readonly cameras: FramedCameras;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive), as `Math.random`. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Somebody is in the room now, or nobody is any more. */
  readonly onOccupied: (isOccupied: boolean) => void;
}

const VOLUME_STEP = 5;
const MISSING = /^device\/.*-(missing|failed)$/;

/**
 * Connects the room's devices to the room: buttons and speakerphone to mute, join, leave and volume; lights, the display's
 * power and control surfaces to its state. Nothing is opened before `start`.
 *
 * INVARIANTS
 * - What devices show follows from the room's state and what was asked last, never from the way it came about.
 * - After `close` no line, link, node or timer is left.
 */
export class RoomDevices {
  readonly #deps: RoomDevicesDeps;
  readonly #mute: RoomMute;
  readonly #presence: PresenceWatch;
  readonly #gpio: GpioControls | null;
  readonly #planned: PlannedPower;
  readonly #speakerphone: Speakerphone | null;
  readonly #starts: (() => void)[] = [];
  /** In the order of closing. */
  readonly #ends: (() => Promise<void> | void)[] = [];
  #black = false;
  #volume: number | null = null;
  #updating = false;
  #updateAgain = false;
  #volumeAsked = 0;
  #closing: Promise<void> | null = null;

  constructor(deps: RoomDevicesDeps) {
    this.#deps = deps;
    const { drivers, room, clock, logger } = deps;
    this.#mute = new RoomMute(room, logger, () => this.#update());
    this.#presence = new PresenceWatch({
      clock,
      motion: () => this.#gpio?.motion ?? null,
      onChange: () => this.#update(),
    });
    this.#gpio = this.#makeGpio();
    this.#planned = drivers.display === null ? this.#planBlack() : this.#addDisplay(drivers.display);
    this.#speakerphone = drivers.findSpeakerphone === null ? null : this.#addSpeakerphone(drivers.findSpeakerphone);
    this.#addCamera();
    if (drivers.surface !== null) this.#addSurface(drivers.surface);
  }

  start(): void {
    const { room } = this.#deps;
    this.#presence.start();
    this.#ends.unshift(
      room.onState(() => this.#update()),
      () => this.#presence.close(),
    );
    for (const start of this.#starts) start();
    this.#update();
  }

  /** Somebody has touched the panel: the display wakes. */
  touched(): void {
    this.#presence.touched();
    this.#update();
  }

  /** USB devices may have come or gone: whoever watches plugging says so, and nothing waits for the next look. */
  plugged(): void {
    this.#speakerphone?.look();
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const end of this.#ends) {
      try {
        await end();
      } catch (error) {
        this.#deps.logger.warn('a device was not closed in order', errorFields(error));
      }
    }
  }

  // The parts

  #makeGpio(): GpioControls | null {
    const { drivers, wishes, registry, clock, random, logger } = this.#deps;
    if (drivers.gpio === null || wishes.gpio === null) return null;
    const gpio = new GpioControls({
      lines: drivers.gpio,
      wish: wishes.gpio,
      registry,
      clock,
      random,
      logger,
      onButton: (name, event) => this.#handleButton(name, event),
      onMotion: () => this.#presence.look(),
    });
    this.#starts.push(() => gpio.start());
    this.#ends.push(() => gpio.close());
    return gpio;
  }

  #addDisplay(display: DisplayControl): PlannedPower {
    const { registry, clock, logger, wishes } = this.#deps;
    const power = new DisplayPower({ display, clock, logger });
    power.on('state', ({ needsBlack }) => this.#setBlack(needsBlack));
    const planned = new PlannedPower({ plan: wishes.plan, power, clock });
    const remove = addDisplayControl(registry, { display, power, planned, clock }, 'Display control');
    this.#starts.push(() => {
      display.start();
      planned.start();
    });
    this.#ends.push(async () => {
      planned.close();
      power.close();
      remove();
      await display.close();
    });
    return planned;
  }

  /** Without a control of the display, black is what there is of standby. */
  #planBlack(): PlannedPower {
    const { clock, wishes } = this.#deps;
    const power = { want: (to: PowerWish) => this.#setBlack(to === 'standby') };
    const planned = new PlannedPower({ plan: wishes.plan, power, clock });
    this.#starts.push(() => planned.start());
    this.#ends.push(() => planned.close());
    return planned;
  }

  #setBlack(black: boolean): void {
    if (this.#black === black) return;
    this.#black = black;
    this.#deps.showBlack(black);
  }

  #addCamera(): void {
    const { drivers, cameras } = this.#deps;
    const { camera } = drivers;
    if (camera === null) return;
    const remove = cameras.add(camera, 'Camera control', false);
    this.#starts.push(() => camera.start());
    this.#ends.push(async () => {
      remove();
      await camera.close();
    });
  }

  #addSpeakerphone(find: FindSpeakerphone): Speakerphone {
    const { registry, clock, random, logger } = this.#deps;
    const speakerphone = new Speakerphone({
      find,
      clock,
      random,
      logger,
      muteRoom: (muted) => this.#mute.set(muted),
      onChange: () => entry.changed(),
    });
    const entry = registry.add({
      actions: {},
      describe: () => ({
        id: 'speakerphone',
        kind: 'speakerphone',
        name: speakerphone.found?.name ?? 'Speakerphone',
        virtual: speakerphone.found?.virtual ?? this.#deps.wishes.speakerphone !== 'hidraw',
        connected: speakerphone.isConnected,
        capabilities: nothingToAsk,
        state: { mute: speakerphone.syncState, identity: speakerphone.found?.id ?? null },
        problems: speakerphone.problems.map(problemText),
      }),
    });
    this.#starts.push(() => speakerphone.look());
    this.#ends.push(async () => {
      await speakerphone.close();
      entry.remove();
    });
    return speakerphone;
  }

  #addSurface(link: ReopeningLink): void {
    const { registry, room, clock, logger, wishes } = this.#deps;
    const session = new SurfaceSession({ link, actions: surfaceActions(room, registry), clock, logger });
    const problems = new ProblemList(clock, () => entry.changed());
    const entry = registry.add({
      actions: {},
      describe: () => ({
        id: `surface:${link.id}`,
        kind: 'control-surface',
        name: 'Control system',
        virtual: wishes.surface?.kind === 'virtual',
        connected: link.isOpen,
        capabilities: nothingToAsk,
        state: {},
        problems: problems.list.map(problemText),
      }),
    });
    const heard = (isDown: boolean): void => {
      problems.set('device/surface-unreachable', isDown);
      entry.changed();
    };
    const off = [link.on('open', () => heard(false)), link.on('down', () => heard(true))];
    this.#starts.push(() => session.start());
    this.#ends.push(async () => {
      for (const each of off) each();
      await session.close();
      entry.remove();
    });
  }

  // What people do

  #handleButton(name: ButtonName, event: ButtonEvent): void {
    if (event !== 'press') return;
    this.#presence.touched();
    const { room } = this.#deps;
    const isIdle = room.state().call.phase === 'idle';
    switch (name) {
      case 'mute':
        this.#mute.set(!this.#mute.muted);
        return this.#update();
      case 'join':
        if (isIdle) this.#ask(name, room.join({ next: true }, { muted: false, cameraOff: false }));
        return;
      case 'leave':
        if (!isIdle) this.#ask(name, room.leave());
        return;
      default:
        if (!isIdle) this.#stepVolume(name === 'volumeUp' ? VOLUME_STEP : -VOLUME_STEP);
    }
  }

  /** Presses in quick succession add up, although the call has not answered the first. */
  #stepVolume(by: number): void {
    const { room } = this.#deps;
    const volume = Math.max(0, Math.min(100, (this.#volume ?? room.state().call.volume) + by));
    this.#volume = volume;
    const asked = ++this.#volumeAsked;
    this.#ask(
      'volume',
      room.setVolume(volume).finally(() => {
        if (asked === this.#volumeAsked) this.#volume = null;
      }),
    );
  }

  #ask(what: string, asked: Promise<unknown>): void {
    asked.catch((error: unknown) => this.#deps.logger.info('a button did nothing', { ...errorFields(error), what }));
  }

  // What devices show

  /** What devices show is part of the room's state: showing it may bring about the next update. */
  #update(): void {
    this.#updateAgain = true;
    if (this.#updating) return;
    this.#updating = true;
    try {
      while (this.#updateAgain && this.#closing === null) {
        this.#updateAgain = false;
        this.#show();
      }
    } finally {
      this.#updating = false;
    }
  }

  #show(): void {
    const { room } = this.#deps;
    const state = room.state();
    const inCall = isInCall(state);
    this.#presence.setInCall(inCall);
    this.#deps.onOccupied(this.#presence.isOccupied);
    this.#gpio?.show(ledPatterns(this.#lights(state, inCall)));
    this.#speakerphone?.setCall(inCall, this.#mute.muted);
    this.#planned.setOccupancy(this.#occupancy(state, inCall));
  }

  #lights(state: ReturnType<DrivenRoom['state']>, inCall: boolean): RoomLights {
    const { phase } = state.call;
    const codes = [...state.call.problems, ...state.problems].map(({ code }) => code);
    const isBroken = codes.some((code) => MISSING.test(code));
    return {
      busy: inCall || isBooked(state) || this.#presence.isOccupied,
      calling: phase === 'connecting' || phase === 'securing',
      inCall: phase === 'in-call' || phase === 'rejoining',
      muted: inCall && this.#mute.muted,
      // The level of the microphone is known to the call process only.
      talkingWhileMuted: state.call.problems.some(({ code }) => code === 'device/talking-while-muted'),
      problem: codes.length === 0 ? 'none' : isBroken ? 'broken' : 'degraded',
    };
  }

  /** Without a working sensor nobody can be said to be absent, but a touch still says that somebody is there. */
  #occupancy(state: ReturnType<DrivenRoom['state']>, inCall: boolean): Parameters<PlannedPower['setOccupancy']>[0] {
    const { isOccupied, sinceMs } = this.#presence;
    const hasSensor = this.#gpio !== null && this.#gpio.motion !== null;
    return {
      isInCall: inCall,
      isExpected: isMeetingNear(state) || (!hasSensor && isOccupied),
      presence: hasSensor ? { isPresent: isOccupied, sinceMs } : null,
    };
  }
}
