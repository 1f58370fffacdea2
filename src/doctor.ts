/** `incamera doctor`: every device, what it can do, its state, and what is wrong with what to do about it. */
import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { CommandLine } from './config/command-line.ts';
import { controlWishes } from './config/control-wishes.ts';
import type { ControlWishes, ControlWiring } from './config/control-wishes.ts';
import { deviceWishes } from './config/device-wishes.ts';
import { loadConfig } from './config/load.ts';
import type { Environment } from './config/paths.ts';
import type { Config } from './config/settings.ts';
import { parseListenAddress } from './config/value-types.ts';
import { chooseDevices } from './devices/choose.ts';
import { DeviceRegistry } from './devices/device-registry.ts';
import type { DeviceReport } from './devices/device-report.ts';
import { reportText } from './devices/device-report.ts';
import { discoverDevices } from './devices/discover.ts';
import type { DeviceRoots, FoundDevices } from './devices/discover.ts';
import { findSpeakerphones } from './devices/hid/hidraw.ts';
import { hasOnlySysfs } from './devices/controls/sysfs-gpio.ts';
import { MediaDevices } from './devices/media-devices.ts';
import { problemText } from './devices/problem-texts.ts';
import { nothingToAsk } from './devices/room-device.ts';
import type { RoomDevice, RoomDeviceKind, RoomDeviceProblem } from './devices/room-device.ts';
import type { Clock } from './lib/clock.ts';
import { isENOENT } from './lib/errors.ts';

export interface DoctorOptions {
  readonly environment: Environment;
  readonly commandLine: CommandLine;
  readonly json: boolean;
  readonly roots: DeviceRoots;
  readonly clock: Clock;
  readonly write: (text: string) => void;
}

const ANSWER_MS = 3_000;

/** Returns the exit code: 0, or 1 when something is wrong. @throws {ConfigError} for a configuration that cannot be used. */
export async function runDoctor(options: DoctorOptions): Promise<0 | 1> {
  const { environment, commandLine, json, roots, clock, write } = options;
  const path = commandLine.configFile ?? environment.configFile;
  const config = await loadConfig(path, environment.stateDirectory, commandLine.overrides);
  const wishes = controlWishes(config, 'UTC');
  const report = (await askDaemon(config)) ?? (await lookAtMachine(config, wishes, roots, clock));
  write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  return report.problems.length === 0 ? 0 : 1;
}

const problemSchema = v.object({ code: v.string(), message: v.string(), action: v.string(), since: v.number() });

/** No more than is needed to know that it is a room and what its problems are. */
const stateSchema = v.object({
  roomDevices: v.array(v.looseObject({ id: v.string(), problems: v.array(problemSchema) })),
  problems: v.array(problemSchema),
  call: v.object({ problems: v.array(problemSchema) }),
});

/** Null when no room answers at the panel's address. */
async function askDaemon(config: Config): Promise<DeviceReport | null> {
  const address = parseListenAddress(config['panel.listen']);
  if (address === null || address.port === 0) return null;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const url = `http://${host}:${address.port}/api/v1/state`;
  const answer: unknown = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    .then(
      (response) => response.json(),
      () => null,
    )
    .catch(() => null);
  const state = v.safeParse(stateSchema, answer);
  if (!state.success) return null;
  const { roomDevices, problems, call } = state.output;
  // The room's own version of this program made them.
  const devices = roomDevices as unknown as readonly RoomDevice[];
  return { source: 'daemon', devices, problems: onceEach([...problems, ...call.problems]) };
}

/** Reads directories and asks for permissions; opens no device. */
async function lookAtMachine(
  config: Config,
  wishes: ControlWishes,
  roots: DeviceRoots,
  clock: Clock,
): Promise<DeviceReport> {
  const found = await discoverDevices(roots);
  const registry = new DeviceRegistry((error) => {
    throw error;
  });
  const media = new MediaDevices(registry, clock);
  const hasSession = roots.x11Display !== null || roots.waylandDisplay !== null;
  media.update(chooseDevices(deviceWishes(config), found, { speechPath: '', arrayPath: '', hasSession }));
  const unused = config.devices === 'virtual' ? [] : unusedDevices(found, registry.snapshot);
  const devices = [...registry.snapshot, ...unused, ...(await wishedDevices(wishes, roots, clock))];
  return { source: 'machine', devices, problems: onceEach(devices.flatMap(({ problems }) => problems)) };
}

function unusedDevices(found: FoundDevices, used: readonly RoomDevice[]): RoomDevice[] {
  const kinds: [RoomDeviceKind, readonly { id: string; name: string }[]][] = [
    ['camera', found.cameras],
    ['microphone', found.microphones],
    ['speaker', found.speakers],
    ['display', found.displays],
  ];
  return kinds.flatMap(([kind, all]) =>
    all
      .filter(({ id }) => !used.some((each) => each.kind === kind && each.id.endsWith(`:${id}`)))
      .map(({ id, name }) => plain({ id: `${kind}:${id}`, kind, name, connected: true, state: { used: false } })),
  );
}

async function wishedDevices(wishes: ControlWishes, roots: DeviceRoots, clock: Clock): Promise<RoomDevice[]> {
  const { display, camera, gpio, surface, speakerphone } = wishes;
  const since = clock.wallMs();
  const devices: Promise<RoomDevice>[] = [];
  const add = (kind: RoomDeviceKind, name: string, wish: object & { kind: string }): void => {
    const wiring =
      'wiring' in wish ? (wish.wiring as ControlWiring) : (wish as { kind: string } & Partial<ControlWiring>);
    devices.push(wiredDevice(kind, name, wish.kind, wiring, since));
  };
  if (display !== null) add('display-control', 'Display control', display);
  if (camera !== null) add('camera-control', 'Camera control', camera);
  if (surface !== null) add('control-surface', 'Control system', surface);
  if (gpio !== null) devices.push(gpioDevice(gpio.kind === 'virtual', roots, since));
  if (speakerphone !== null) devices.push(speakerphoneDevice(speakerphone !== 'hidraw', roots, since));
  return Promise.all(devices);
}

async function wiredDevice(
  kind: RoomDeviceKind,
  name: string,
  driver: string,
  wiring: { readonly kind: string; readonly path?: string; readonly host?: string; readonly port?: number },
  since: number,
): Promise<RoomDevice> {
  const { path, host, port } = wiring;
  const address = path ?? (host === undefined ? driver : `${host}:${port ?? ''}`);
  const code = path === undefined ? null : await portProblem(path);
  const virtual = driver === 'virtual';
  const state = { driver, ...(virtual ? {} : { address }), asked: false };
  const connected = virtual || (path !== undefined && code === null);
  return plain({ id: `${kind}:${address}`, kind, name, virtual, connected, state, problems: problemsOf(code, since) });
}

async function portProblem(path: string): Promise<string | null> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return isENOENT(error) ? 'device/node-missing' : 'device/link-not-opened';
  }
}

async function gpioDevice(virtual: boolean, { dev, sys }: DeviceRoots, since: number): Promise<RoomDevice> {
  const chips = (await readdir(dev).catch(() => [])).filter((name) => /^gpiochip\d+$/.test(name));
  const first = chips[0];
  const bySysfs = !virtual && (await hasOnlySysfs(dev, join(sys, 'class/gpio')));
  const problem = first === undefined ? 'device/node-missing' : await portProblem(join(dev, first));
  const code = virtual || bySysfs ? null : problem;
  return plain({
    id: 'gpio',
    kind: 'button',
    name: 'Buttons, lights and sensor on GPIO',
    virtual,
    connected: code === null,
    state: { chips: virtual ? 1 : chips.length, bySysfs, asked: false },
    problems: problemsOf(code, since),
  });
}

async function speakerphoneDevice(virtual: boolean, { sys, dev }: DeviceRoots, since: number): Promise<RoomDevice> {
  const [first] = virtual ? [] : await findSpeakerphones(join(sys, 'class/hidraw'));
  const missing = virtual || first ? null : 'device/speakerphone-missing';
  const code = first === undefined ? missing : await portProblem(join(dev, first.node));
  const name = first?.name ?? 'Speakerphone';
  const connected = code === null;
  return plain({
    id: 'speakerphone',
    kind: 'speakerphone',
    name,
    virtual,
    connected,
    problems: problemsOf(code, since),
  });
}

function plain(device: Partial<RoomDevice> & Pick<RoomDevice, 'id' | 'kind' | 'name' | 'connected'>): RoomDevice {
  return { virtual: false, capabilities: nothingToAsk, state: {}, problems: [], ...device };
}

function problemsOf(code: string | null, sinceMs: number): RoomDeviceProblem[] {
  return code === null ? [] : [problemText({ code, sinceMs })];
}

function onceEach(problems: readonly RoomDeviceProblem[]): RoomDeviceProblem[] {
  return problems.filter(({ code }, index) => problems.findIndex((each) => each.code === code) === index);
}
