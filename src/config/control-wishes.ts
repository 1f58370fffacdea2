import { ConfigError } from '../lib/errors.ts';
import { parseDeviceAddress } from './device-address.ts';
import type { DeviceAddress } from './device-address.ts';
import { parseWeekRange } from './power-range.ts';
import type { WeekRange } from './power-range.ts';
import type { Config, SettingKey } from './settings.ts';

export type ControlWiring =
  | { readonly kind: 'serial'; readonly path: string; readonly baudRate: number }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'udp'; readonly host: string; readonly port: number; readonly localPort: null };

export type DisplayWish =
  | { readonly kind: 'virtual'; readonly protocol: 'mdc' | 'pjlink' | 'lg' }
  | {
      readonly kind: 'mdc';
      readonly wiring: ControlWiring;
      readonly displayId: number | null;
      readonly pin: string | null;
    }
  | { readonly kind: 'pjlink'; readonly host: string; readonly port: number; readonly password: string | null }
  | { readonly kind: 'cec'; readonly selection: { readonly driver: string; readonly adapter: string } }
  | {
      readonly kind: 'table';
      readonly table: string;
      readonly wiring: ControlWiring;
      readonly displayId: number | null;
    };

export interface PlanWish {
  readonly ranges: readonly WeekRange[];
  readonly timeZone: string;
  readonly wakesOnPresence: boolean;
  readonly emptyStandbyMs: number | null;
}

export type CameraWish =
  | { readonly kind: 'virtual' }
  | {
      readonly kind: 'visca';
      readonly wiring: ControlWiring;
      readonly header: boolean;
      readonly address: number;
      readonly model: string;
    };

export const buttonNames = ['mute', 'join', 'leave', 'volumeUp', 'volumeDown'] as const;
export type ButtonName = (typeof buttonNames)[number];
export const lightNames = ['free', 'busy', 'mute', 'inCall', 'problem'] as const;
export type LightName = (typeof lightNames)[number];

/** Name of a line or its offset within the chip; null: none. */
export type LineWish = string | number | null;

export interface GpioWish {
  readonly kind: 'libgpiod' | 'virtual';
  /** Null: any chip that has the line. */
  readonly chip: string | null;
  readonly buttons: Readonly<Record<ButtonName, LineWish>>;
  readonly buttonOptions: { readonly activeLow: boolean; readonly bias: Config['gpio.buttonsBias'] };
  readonly lights: Readonly<Record<LightName, LineWish>>;
  readonly lightsActiveLow: boolean;
  readonly presence: LineWish;
  readonly presenceActiveLow: boolean;
}

/** What moves, switches and signals in this room; null for what the configuration does not want. */
export interface ControlWishes {
  readonly display: DisplayWish | null;
  readonly plan: PlanWish;
  readonly camera: CameraWish | null;
  readonly gpio: GpioWish | null;
  readonly surface: { readonly kind: 'virtual' } | ControlWiring | null;
  readonly speakerphone: 'hidraw' | 'toggling' | 'stating' | 'lightless' | null;
}

/** All virtual or all real, as `devices` says. @throws {ConfigError} config/incomplete for an address that is needed and not given. */
export function controlWishes(config: Config, machineTimeZone: string): ControlWishes {
  const plan = planWish(config, machineTimeZone);
  return config.devices === 'virtual'
    ? { ...virtualWishes(config), plan }
    : {
        display: displayWish(config),
        plan,
        camera: cameraWish(config),
        gpio: config['gpio.driver'] === 'none' ? null : gpioWish(config),
        surface: config['surface.address'] === 'none' ? null : wiring(config, 'surface', ['serial', 'tcp']),
        speakerphone: config['speakerphone.muteSync'] ? 'hidraw' : null,
      };
}

function virtualWishes(config: Config): Omit<ControlWishes, 'plan'> {
  const display = config['virtual.displayControl'];
  const speakerphone = config['virtual.speakerphone'];
  return {
    display: display === 'none' ? null : { kind: 'virtual', protocol: display },
    camera: config['virtual.cameraControl'] === 'none' ? null : { kind: 'virtual' },
    gpio: config['virtual.gpio'] === 'none' ? null : virtualBoard,
    surface: config['virtual.surface'] === 'none' ? null : { kind: 'virtual' },
    speakerphone: speakerphone === 'none' ? null : speakerphone,
  };
}

/** Every line there can be, named after what it is for. */
export const virtualBoard: GpioWish = {
  kind: 'virtual',
  chip: 'virtual',
  buttons: {
    mute: 'button-mute',
    join: 'button-join',
    leave: 'button-leave',
    volumeUp: 'button-volumeUp',
    volumeDown: 'button-volumeDown',
  },
  buttonOptions: { activeLow: false, bias: 'as-is' },
  lights: {
    free: 'light-free',
    busy: 'light-busy',
    mute: 'light-mute',
    inCall: 'light-inCall',
    problem: 'light-problem',
  },
  lightsActiveLow: false,
  presence: 'presence',
  presenceActiveLow: false,
};

function planWish(config: Config, machineTimeZone: string): PlanWish {
  const zone = config['displayControl.timeZone'];
  const minutes = config['displayControl.emptyStandbyMinutes'];
  const ranges = config['displayControl.plan'].map(parseWeekRange).filter((range) => range !== null);
  return {
    ranges: ranges.length > 0 ? ranges : [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 0 }],
    timeZone: zone === 'auto' ? machineTimeZone : zone,
    wakesOnPresence: config['displayControl.wakeOnPresence'],
    emptyStandbyMs: minutes === 0 ? null : minutes * 60_000,
  };
}

function displayWish(config: Config): DisplayWish | null {
  const kind = config['displayControl.kind'];
  const id = config['displayControl.id'];
  const displayId = id === 'auto' ? null : Number(id);
  switch (kind) {
    case 'none':
      return null;
    case 'mdc': {
      const pin = config['displayControl.pin'] || null;
      // A PIN on a cable would be a mistake that nothing shows.
      const kinds = pin === null ? (['serial', 'tcp'] as const) : (['tcp'] as const);
      return { kind, wiring: wiring(config, 'displayControl', kinds), displayId, pin };
    }
    case 'pjlink': {
      const { host, port } = address(config, 'displayControl.address', ['tcp']);
      return { kind, host, port, password: config['displayControl.password'] || null };
    }
    case 'cec': {
      const { driver, adapter } = address(config, 'displayControl.address', ['cec']);
      return { kind, selection: { driver, adapter } };
    }
    default:
      return { kind: 'table', table: kind, wiring: wiring(config, 'displayControl', ['serial', 'tcp']), displayId };
  }
}

function cameraWish(config: Config): CameraWish | null {
  if (config['cameraControl.kind'] === 'none') return null;
  return {
    kind: 'visca',
    wiring: wiring(config, 'cameraControl', ['serial', 'tcp', 'udp']),
    header: config['cameraControl.header'],
    address: config['cameraControl.number'],
    model: config['cameraControl.model'],
  };
}

function gpioWish(config: Config): GpioWish {
  const line = (key: `gpio.${`button.${ButtonName}` | `light.${LightName}` | 'presence'}`): LineWish => {
    const name = config[key];
    if (name === 'none') return null;
    return /^\d{1,6}$/.test(name) ? Number(name) : name;
  };
  const each = <N extends string>(names: readonly N[], read: (name: N) => LineWish): Record<N, LineWish> =>
    Object.fromEntries(names.map((name) => [name, read(name)])) as Record<N, LineWish>;
  const chip = config['gpio.chip'];
  return {
    kind: 'libgpiod',
    chip: chip === 'any' ? null : chip,
    buttons: each(buttonNames, (name) => line(`gpio.button.${name}`)),
    buttonOptions: { activeLow: config['gpio.buttonsActiveLow'], bias: config['gpio.buttonsBias'] },
    lights: each(lightNames, (name) => line(`gpio.light.${name}`)),
    lightsActiveLow: config['gpio.lightsActiveLow'],
    presence: line('gpio.presence'),
    presenceActiveLow: config['gpio.presenceActiveLow'],
  };
}

type Wired = 'displayControl' | 'cameraControl' | 'surface';

function wiring(config: Config, part: Wired, kinds: readonly ('serial' | 'tcp' | 'udp')[]): ControlWiring {
  const found = address(config, `${part}.address`, kinds);
  if (found.kind === 'serial') return { ...found, baudRate: Number(config[`${part}.baudRate`]) };
  const { host, port } = found;
  return found.kind === 'tcp' ? { kind: 'tcp', host, port } : { kind: 'udp', host, port, localPort: null };
}

/** @throws {ConfigError} config/incomplete */
function address<K extends DeviceAddress['kind']>(
  config: Config,
  key: SettingKey & `${Wired}.address`,
  kinds: readonly K[],
): Extract<DeviceAddress, { kind: K }> {
  const found = parseDeviceAddress(config[key]);
  if (found === null || !kinds.some((kind) => kind === found.kind))
    throw new ConfigError('config/incomplete', `${key} must begin with ${kinds.join(': or ')}: for what is configured`);
  return found as Extract<DeviceAddress, { kind: K }>;
}
