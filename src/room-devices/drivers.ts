import type { ControlWishes, GpioWish } from '../config/control-wishes.ts';
import type { CameraControl } from '../devices/camera-control.ts';
import type { GpioLines } from '../devices/controls/gpio-lines.ts';
import { KernelGpio } from '../devices/controls/kernel-gpio.ts';
import type { StartHelper } from '../devices/controls/start-helper.ts';
import { hasOnlySysfs, loadOnoff, SysfsGpio } from '../devices/controls/sysfs-gpio.ts';
import type { DisplayControl } from '../devices/display-control/display-control.ts';
import { displayControl } from '../devices/display-control/open.ts';
import { hidrawFinder } from '../devices/hid/find-speakerphone.ts';
import type { FindSpeakerphone } from '../devices/hid/speakerphone.ts';
import { openerOf, reopening } from '../devices/link/open-link.ts';
import type { LinkMeans } from '../devices/link/open-link.ts';
import type { ReopeningLink } from '../devices/link/reopening-link.ts';
import { viscaCamera } from '../devices/visca/open.ts';

/** The room's drivers, made and not started: nothing has been opened, nothing has moved. */
export interface Drivers {
  readonly display: DisplayControl | null;
  readonly camera: CameraControl | null;
  readonly gpio: GpioLines | null;
  readonly findSpeakerphone: FindSpeakerphone | null;
  readonly surface: ReopeningLink | null;
}

/**
 * What the configuration wishes, virtual drivers only where it says so.
 * @param gpioHelper starts `incamera-gpio`. @throws {UsageError} for a serial path that moves.
 */
export async function makeDrivers(wishes: ControlWishes, means: LinkMeans, gpioHelper: StartHelper): Promise<Drivers> {
  return {
    display: await displayOf(wishes, means),
    camera: await cameraOf(wishes, means),
    gpio: wishes.gpio === null ? null : await gpioOf(wishes.gpio, means, gpioHelper),
    findSpeakerphone: await speakerphoneOf(wishes, means),
    surface: await surfaceOf(wishes, means),
  };
}

/** Virtual devices are loaded only where they are wanted. */
const virtual = (): Promise<typeof import('../devices/virtual/virtual-equipment.ts')> =>
  import('../devices/virtual/virtual-equipment.ts');

async function displayOf({ display }: ControlWishes, means: LinkMeans): Promise<DisplayControl | null> {
  if (display === null) return null;
  if (display.kind !== 'virtual') return displayControl(display, means);
  const { virtualLg, virtualMdc, virtualPjlink } = await virtual();
  return { mdc: virtualMdc, pjlink: virtualPjlink, lg: virtualLg }[display.protocol](means).control;
}

async function cameraOf({ camera }: ControlWishes, means: LinkMeans): Promise<CameraControl | null> {
  if (camera === null) return null;
  return camera.kind === 'virtual' ? (await virtual()).virtualVisca(means).control : viscaCamera(camera, means);
}

const SYSFS = '/sys/class/gpio';

async function gpioOf(wish: GpioWish, means: LinkMeans, helper: StartHelper): Promise<GpioLines> {
  if (wish.kind === 'virtual') return (await virtual()).virtualBoardOf(means, wish.chip ?? 'virtual', linesOf(wish));
  if (await hasOnlySysfs('/dev', SYSFS)) return new SysfsGpio(SYSFS, loadOnoff, means.clock);
  return new KernelGpio(helper, means.clock);
}

/** Every line that a wish names. */
export function linesOf({ buttons, lights, presence }: GpioWish): string[] {
  const lines = [...Object.values(buttons), ...Object.values(lights), presence];
  return lines.filter((line) => line !== null).map(String);
}

async function speakerphoneOf({ speakerphone }: ControlWishes, means: LinkMeans): Promise<FindSpeakerphone | null> {
  if (speakerphone === null) return null;
  if (speakerphone === 'hidraw') return hidrawFinder('/sys/class/hidraw', '/dev', means.clock);
  return (await virtual()).virtualSpeakerphoneOf(speakerphone, means).find;
}

async function surfaceOf({ surface }: ControlWishes, means: LinkMeans): Promise<ReopeningLink | null> {
  if (surface === null) return null;
  if (surface.kind === 'virtual') return (await virtual()).virtualSurface(means).control;
  return reopening(await openerOf(surface, means.logger), 'always', null, means);
}
