import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import packageJson from '../package.json' with { type: 'json' };
import { loadOrCreateIdentity, readCertificates } from './call/identity-store.ts';
import { probeServer, registerMeeting } from './call/meeting-service.ts';
import type { CallProcessConfig } from './call/process/ipc.ts';
import { callProcessSpawner } from './call/process/spawn.ts';
import { CallSupervisor } from './call/supervisor.ts';
import type { CommandLine } from './config/command-line.ts';
import { deviceWishes } from './config/device-wishes.ts';
import { loadConfig } from './config/load.ts';
import type { Environment } from './config/paths.ts';
import type { Config } from './config/settings.ts';
import { anchorOf } from './crypto/link.ts';
import { controlWishes } from './config/control-wishes.ts';
import { arrayFileFor, chooseDevices } from './devices/choose.ts';
import type { ChosenDevices } from './devices/choose.ts';
import { helperAt } from './devices/controls/start-helper.ts';
import { framingWish } from './config/framing-wish.ts';
import { DigitalCamera } from './devices/framing/digital-camera.ts';
import { TalkerRelay } from './devices/framing/talker-directions.ts';
import { tuningOf } from './devices/array/respeaker-ear.ts';
import { DeviceRegistry } from './devices/device-registry.ts';
import type { Camera, Microphone } from './devices/device.ts';
import { wholeFrame, type Frame } from './devices/framing/crop.ts';
import { startVirtualTalkers } from './devices/virtual/virtual-talkers.ts';
import { MediaDevices } from './devices/media-devices.ts';
import { DeviceWatch, systemFolders } from './devices/device-watch.ts';
import { discoverDevices, systemRoots, type DeviceRoots, type FoundDevices } from './devices/discover.ts';
import { speechFile } from './devices/speech.ts';
import { uvcCamera } from './devices/v4l2/open.ts';
import { filePresetStore } from './devices/v4l2/preset-store.ts';
import { SignalWatch } from './devices/v4l2/signal-watch.ts';
import { signalOf } from './devices/v4l2/signal.ts';
import { runV4l2Ctl } from './devices/v4l2/run-v4l2-ctl.ts';
import type { V4l2Camera } from './devices/v4l2/v4l2-camera.ts';
import { keptFile } from './kiosk/kept-file.ts';
import { LogBuffer } from './kiosk/admin/log-buffer.ts';
import { AmbientFeed } from './kiosk/ambient-feed.ts';
import { createRoomActions } from './kiosk/api/room-actions.ts';
import type { DeviceSummary, RoomState } from './kiosk/room-state.ts';
import { writeFileAtomic } from './lib/atomic-file.ts';
import { fromBase64Url, toBase64Url } from './lib/bytes.ts';
import { systemClock } from './lib/clock.ts';
import { createLogger, errorFields } from './lib/log.ts';
import { makeDrivers } from './room-devices/drivers.ts';
import { FramedCameras } from './room-devices/framed-cameras.ts';
import { OwnCameraControl, type PluggedControl } from './room-devices/own-camera-control.ts';
import { WiredShare } from './room-devices/wired-share.ts';
import { openRoomCalendar } from './room-calendar.ts';
import { RoomDevices } from './room-devices.ts';
import { RoomPanels } from './room-panels.ts';

export interface ApplianceOptions {
  readonly environment: Environment;
  readonly commandLine: CommandLine;
  /** Ends the program in order; whoever started it starts it again. */
  readonly restart: () => void;
}

export interface Appliance {
  readonly panelUrl: string;
  close(): Promise<void>;
}

/**
 * The only place that constructs the room's parts: start in order, stop in reverse.
 * @throws {ConfigError} for a configuration or identity that cannot be used.
 */
export async function startAppliance({ environment, commandLine, restart }: ApplianceOptions): Promise<Appliance> {
  const { stateDirectory, cacheDirectory } = environment;
  for (const directory of [stateDirectory, cacheDirectory]) await mkdir(directory, { recursive: true, mode: 0o700 });
  const config = await loadConfig(
    commandLine.configFile ?? environment.configFile,
    stateDirectory,
    commandLine.overrides,
  );
  const wishes = controlWishes(config, machineTimeZone());
  const logBuffer = new LogBuffer(() => systemClock.wallMs());
  const log = createLogger('room', config['log.level'], (line) => {
    process.stdout.write(`${line}\n`);
    logBuffer.push(line);
  });
  const identity = await loadOrCreateIdentity(
    { deviceKey: config['identity.deviceKey'], deviceCertificate: config['identity.deviceCertificate'] },
    config['room.name'],
    Date.now(),
  );
  const authority = fromBase64Url(identity.authority) ?? new Uint8Array(0);
  const anchors = await readCertificates(config['identity.trustAnchors']);
  const trustedCertificates = await Promise.all(
    config['meetingServer.trustedCertificates'].map((path) => readFile(path, 'utf8')),
  );
  const echo = await readEchoDelay(join(stateDirectory, 'echo.json'), config['audio.playoutDelayMs']);
  const callConfig = (): CallProcessConfig => ({
    roomName: config['room.name'],
    devices: deviceWishes(config),
    cameraCapture: config['framing.capture'],
    playoutDelayMs: echo.delayMs(),
    mostVolume: config['audio.mostVolume'],
    trustedCertificates,
    // A room believes its own organisation without being told.
    identity: { device: identity, trustAnchors: [authority, ...anchors].map(toBase64Url) },
    logLevel: config['log.level'],
    cacheDirectory,
    stateDirectory,
  });
  const supervisor = new CallSupervisor({
    spawn: callProcessSpawner(callConfig, process.env),
    clock: systemClock,
    log: log.child('supervisor'),
  });
  const registry = new DeviceRegistry((error) => log.error('listener failed', errorFields(error)));
  const media = new MediaDevices(registry, systemClock);
  const roots = systemRoots(process.env);
  const choose = await chooserOf(config, cacheDirectory, roots);
  media.update(choose(await discoverDevices(roots)));
  const panels = new RoomPanels({
    ...{ config, stateDirectory, logBuffer, restart },
    version: packageJson.version,
    clock: systemClock,
    log: log.child('kiosk'),
    probeServer: () => probeServer(config['meetingServer.url'], trustedCertificates),
  });
  const calendar = await openRoomCalendar({
    ...{ config, stateDirectory, cacheDirectory, machineTimeZone: machineTimeZone(), call: supervisor },
    ...{ clock: systemClock, random: Math.random, logger: log.child('calendar') },
  });
  const actions = createRoomActions({
    supervisor,
    version: packageJson.version,
    roomName: config['room.name'],
    devices: () => deviceSummaries(config, media),
    problems: () => registry.problems,
    panels: {
      pairing: () => panels.pairing,
      problems: () => panels.problems,
      onChange: (listener) => panels.onChange(listener),
    },
    calendar,
    roomDevices: {
      snapshot: () => registry.snapshot,
      onChange: (listener) => registry.events.on('change', listener),
      act: (id, name, ...args) => registry.act(id, name, ...args),
      touched: () => roomDevices.touched(),
    },
    meetings: {
      origin: config['meetingServer.url'],
      anchor: anchorOf(authority),
      register: (origin, meeting) => registerMeeting(origin, meeting, trustedCertificates),
      own: keptFile(join(stateDirectory, 'own-meeting')),
    },
    saveEchoDelay: echo.save,
    randomBytes,
  });
  const means = { clock: systemClock, logger: log.child('devices'), random: Math.random };
  const gpioHelper = helperAt(environment.gpioHelper ?? 'incamera-gpio', [], process.env);
  const drivers = await makeDrivers(wishes, means, gpioHelper);
  const framing = framingWish(config);
  const talkers = new TalkerRelay((error) => log.error('listener failed', errorFields(error)));
  const farEndSpeaks = (): boolean => supervisor.state.participants.some(({ self, speaking }) => speaking && !self);
  const cameras = new FramedCameras({ ...means, registry, wish: framing, talkers, farEndSpeaks });
  const roomDevices = new RoomDevices({
    ...means,
    wishes,
    drivers,
    registry,
    room: actions,
    onOccupied: (isOccupied) => calendar?.setOccupied(isOccupied),
    cameras,
    showBlack: (black) => supervisor.setBlack(black),
  });
  const port = await panels.start(actions);
  const ambient = new AmbientFeed({
    clock: systemClock,
    log: log.child('ambient'),
    mode: config['display.ambient'],
    room: actions,
    show: (picture) => supervisor.setAmbient(picture),
    notice: (text) => supervisor.setNotice(text),
  });
  void supervisor.start().catch(() => undefined);
  ambient.start();
  roomDevices.start();
  const control = (camera: V4l2Camera): PluggedControl => uvcCamera(controlOf(camera), runV4l2Ctl, presets, means);
  const presets = filePresetStore((id) => join(stateDirectory, `${fileNameOf(id)}.presets.json`));
  const show = (frame: Frame): Promise<Frame> => supervisor.setCameraFrame(frame);
  const digital = ({ id, virtual }: Camera): PluggedControl =>
    new DigitalCamera({ ...means, id: `${id}:frame`, virtual, viewDeg: framing.viewDeg, show, presets });
  const ownCamera = new OwnCameraControl({
    add: (camera, name, isDigital) => cameras.add(camera, name, isDigital),
    make: control,
    makeDigital: framing.digital ? digital : null,
    showWhole: () => void show(wholeFrame).catch(() => undefined),
    logger: means.logger,
  });
  const silenceTalkers = framing.virtualTalkers
    ? startVirtualTalkers(talkers, framing.cameraDeg, systemClock)
    : talkers.follow(supervisor.talkers);
  const wiredShare = new WiredShare({
    room: actions,
    watch: ({ path }) => new SignalWatch({ ...means, read: () => signalOf(path, runV4l2Ctl), times: null }),
    logger: means.logger,
  });
  const watch = new DeviceWatch({ ...means, roots, discover: discoverDevices, folders: systemFolders });
  const endWatch = watch.onChange(({ found }) => {
    const chosen = choose(found);
    media.update(chosen);
    // A camera on its own control line is not moved by two.
    if (wishes.camera === null) ownCamera.update(chosen.devices.camera);
    wiredShare.update(chosen.devices.screen);
    if (!framing.virtualTalkers) talkers.handlePresence(tellsDirections(chosen.devices.microphone));
    roomDevices.plugged();
  });
  log.info('ready', { panel: `http://localhost:${port}`, devices: config.devices });
  return {
    panelUrl: `http://localhost:${port}`,
    close: async () => {
      ambient.close();
      panels.close();
      endWatch();
      silenceTalkers();
      wiredShare.close();
      await ownCamera.close();
      await roomDevices.close();
      await calendar?.close();
      await supervisor.close();
      media.close();
    },
  };
}

/** A raw array whose geometry is known, or one that computes directions itself. */
const tellsDirections = (microphone: Microphone | null): boolean =>
  microphone !== null && (microphone.array !== null || tuningOf(microphone.card) !== null);

/** The camera and its control are two devices of the room. */
const controlOf = ({ id, path, name }: V4l2Camera): Pick<V4l2Camera, 'id' | 'path' | 'name'> => ({
  id: `${id}:control`,
  path,
  name,
});

const fileNameOf = (id: string): string => id.replaceAll(/[^\w.-]+/g, '_').slice(0, 120);

/** What a call would use of what is plugged in; the call process opens devices by itself when it needs them. */
async function chooserOf(
  config: Config,
  cacheDirectory: string,
  roots: DeviceRoots,
): Promise<(found: FoundDevices) => ChosenDevices> {
  const means = {
    speechPath: await speechFile(cacheDirectory),
    arrayPath: await arrayFileFor(deviceWishes(config), cacheDirectory),
    hasSession: roots.x11Display !== null || roots.waylandDisplay !== null,
  };
  return (found) => chooseDevices(deviceWishes(config), found, means);
}

/** What the panel says of them. */
function deviceSummaries(config: Config, { chosen }: MediaDevices): RoomState['devices'] {
  const summary = (device: DeviceSummary | null | undefined): DeviceSummary | null =>
    device ? { name: device.name, virtual: device.virtual } : null;
  return {
    mode: config.devices,
    camera: summary(chosen?.devices.camera),
    screen: summary(chosen?.devices.screen),
    microphone: summary(chosen?.devices.microphone),
    speaker: summary(chosen?.devices.speaker),
    display: summary(chosen?.devices.display),
    secondDisplay: summary(chosen?.devices.secondDisplay),
  };
}

const machineTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What a calibration found wins over the configuration, which is for rooms measured by other means. */
async function readEchoDelay(
  path: string,
  configuredMs: number,
): Promise<{ delayMs: () => number; save: (delayMs: number) => Promise<void> }> {
  const schema = v.pipe(
    v.string(),
    v.parseJson(),
    v.object({ delayMs: v.pipe(v.number(), v.minValue(0), v.maxValue(1_000)) }),
  );
  const kept = v.safeParse(schema, await readFile(path, 'utf8').catch(() => ''));
  let delayMs = kept.success ? kept.output.delayMs : configuredMs;
  return {
    delayMs: () => delayMs,
    save: async (found) => {
      delayMs = found;
      await writeFileAtomic(path, `${JSON.stringify({ delayMs: found })}\n`, 0o600);
    },
  };
}
