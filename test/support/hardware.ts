import type { CameraControl } from '../../src/devices/camera-control.ts';
import type { DisplayControl } from '../../src/devices/display-control/display-control.ts';
import { displayControl } from '../../src/devices/display-control/open.ts';
import type { DisplaySettings } from '../../src/devices/display-control/open.ts';
import type { LinkMeans, Wiring } from '../../src/devices/link/open-link.ts';
import { runV4l2Ctl } from '../../src/devices/v4l2/run-v4l2-ctl.ts';
import { uvcCamera } from '../../src/devices/v4l2/open.ts';
import { viscaCamera } from '../../src/devices/visca/open.ts';
import type { ViscaSettings } from '../../src/devices/visca/open.ts';
import { memoryPresets } from './uvc-bench.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';

/**
 * The devices that contract suites run on besides the simulators, named by the environment:
 *
 * - `TEST_CAMERA=visca+serial:///dev/serial/by-id/usb-…?baud=9600&model=telycam`, `visca+tcp://192.0.2.7:5678`,
 *   `visca+udp://192.0.2.7:52381?header=yes`, `v4l2:///dev/v4l/by-id/usb-…-video-index0?name=PTZ%20Pro`
 * - `TEST_DISPLAY=mdc+serial:///dev/serial/by-id/usb-…`, `mdc+tcp://192.0.2.8:1515?id=1&pin=123456`, `pjlink://:password@192.0.2.9:4352`,
 *   `cec://vc4_hdmi/vc4-hdmi-0`, `lg+serial:///dev/serial/by-id/usb-…?id=1`
 * - `TEST_SERIAL=/dev/serial/by-id/usb-…`, with TX wired to RX
 */
const means: LinkMeans = { clock: systemClock, logger: silentLogger, random: Math.random };

/** @throws {Error} for an address that is none of the above. */
export function cameraSettings(address: string): ViscaSettings {
  const url = new URL(address);
  const [protocol, wire] = schemeOf(url);
  if (protocol !== 'visca') throw new Error(`no camera protocol ${protocol}`);
  const { searchParams } = url;
  return {
    wiring: wiringOf(url, wire),
    header: searchParams.get('header') === 'yes',
    address: Number(searchParams.get('address') ?? 1),
    model: searchParams.get('model') ?? 'generic',
  };
}

/** @throws {Error} for an address that is none of the above. */
export function displaySettings(address: string): DisplaySettings {
  const url = new URL(address);
  const [protocol, wire] = schemeOf(url);
  const { hostname: host, password } = url;
  const id = url.searchParams.get('id');
  const displayId = id === null ? null : Number(id);
  switch (protocol) {
    case 'mdc':
      return { kind: 'mdc', wiring: wiringOf(url, wire), displayId, pin: url.searchParams.get('pin') };
    case 'pjlink':
      return { kind: 'pjlink', host, port: Number(url.port || 4352), password: password === '' ? null : password };
    case 'cec':
      return { kind: 'cec', selection: { driver: host, adapter: url.pathname.slice(1) } };
    default:
      return { kind: 'table', table: protocol, wiring: wiringOf(url, wire), displayId };
  }
}

export async function cameraAt(address: string): Promise<CameraControl> {
  const url = new URL(address);
  if (url.protocol !== 'v4l2:') return viscaCamera(cameraSettings(address), means);
  const path = decodeURIComponent(url.pathname);
  return uvcCamera(
    { id: `v4l2:${path}`, path, name: url.searchParams.get('name') ?? '' },
    runV4l2Ctl,
    memoryPresets(),
    means,
  );
}

export function displayAt(address: string): Promise<DisplayControl> {
  return displayControl(displaySettings(address), means);
}

/** Real time, for benches of real devices. */
export const realTime = {
  until: <T>(promise: Promise<T>): Promise<T> => promise,
  pass: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
};

function schemeOf(url: URL): [string, string] {
  const [protocol = '', wire = ''] = url.protocol.slice(0, -1).split('+');
  return [protocol, wire];
}

function wiringOf(url: URL, wire: string): Wiring {
  const [host, port] = [url.hostname, Number(url.port)];
  switch (wire) {
    case 'serial':
      return { kind: 'serial', path: url.pathname, baudRate: Number(url.searchParams.get('baud') ?? 9_600) };
    case 'tcp':
      return { kind: 'tcp', host, port };
    case 'udp':
      return { kind: 'udp', host, port, localPort: null };
    default:
      throw new Error(`no wiring ${JSON.stringify(wire)}`);
  }
}
