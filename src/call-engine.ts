import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ArrayEar, type Ear } from './devices/array/ear.ts';
import { openUsbOf } from './devices/array/open-usb.ts';
import { RespeakerEar, tuningOf } from './devices/array/respeaker-ear.ts';
import { ARRAY_SILENT } from './devices/array/respeaker-poller.ts';
import { TalkerSource } from './devices/array/talker-source.ts';
import { arrayFileFor, chooseDevices, type DeviceProblem, type DeviceWishes } from './devices/choose.ts';
import type { Camera, Microphone } from './devices/device.ts';
import { cameraPresence, DeviceWatch, soundPresence, systemFolders } from './devices/device-watch.ts';
import { discoverDevices, systemRoots } from './devices/discover.ts';
import { MicrophoneWatch } from './devices/speech-watch/microphone-watch.ts';
import { type SpeechFindings, speechProblems } from './devices/speech-watch/speech-watch.ts';
import { speechFile } from './devices/speech.ts';
import { runV4l2Ctl } from './devices/v4l2/run-v4l2-ctl.ts';
import { endUsbCures, usbCure } from './devices/v4l2/usb-cure.ts';
import { bestMode } from './devices/v4l2/best-mode.ts';
import { isV4l2Camera, withModes } from './devices/v4l2/v4l2-camera.ts';
import type { Clock } from './lib/clock.ts';
import { errorFields, type Logger } from './lib/log.ts';
import { createNativeHandlerFactory } from './call/transport/native-handler.ts';
import { openNativeLink } from './call/transport/native-link.ts';
import { MachineLoadReader, machineSources } from './call/demand/machine-load.ts';
import { ThreadTimes } from './call/demand/thread-times.ts';
import { CameraSource, type CaptureSize } from './call/media/camera-source.ts';
import { alignmentFor } from './call/media/echo-delay.ts';
import { openMediaGst } from './call/media/media-gst.ts';
import { NativeEngine } from './call/media/native-engine.ts';
import { DECODING_THREADS } from './call/media/remote-decoder.ts';
import { GstRoomWindows } from './call/media/room-windows.ts';

export interface NativeEngineOptions {
  readonly config: {
    readonly devices: DeviceWishes;
    readonly cameraCapture: CaptureSize;
    /** The room's echo delay as measured by `calibrateEcho`; 0 when it never was. */
    readonly playoutDelayMs: number;
    readonly cacheDirectory: string;
    readonly stateDirectory: string;
  };
  readonly clock: Clock;
  readonly log: Logger;
  /** Something is wrong with a device of the call since now (true), or no longer. */
  readonly onProblem: (code: string, present: boolean) => void;
}

/** People heard at once. */
const AUDIO_SLOTS = 16;
/** Videos decoded at once: a page of 25 people, and on a second display a shared screen with a few more. */
const DECODERS = 30;

/** Finds the devices that the configuration asks for and makes the engine of one call on them. What is missing is logged and left out. */
export async function createNativeEngine(options: NativeEngineOptions): Promise<NativeEngine> {
  const { config, clock, log, onProblem } = options;
  const roots = systemRoots(process.env);
  const cures = join(config.stateDirectory, 'switched-off-usb');
  // What is switched on now is found by the watch when it is there.
  for (const usb of await endUsbCures(roots, cures)) log.warn('a USB device was still switched off', { usb });
  const speechPath = await speechFile(config.cacheDirectory);
  const arrayPath = await arrayFileFor(config.devices, config.cacheDirectory);
  const hasSession = roots.waylandDisplay !== null || roots.x11Display !== null;
  const chosen = chooseDevices(config.devices, await discoverDevices(roots), { speechPath, arrayPath, hasSession });
  const [camera, screen] = await Promise.all([chosen.devices.camera, chosen.devices.screen].map(inBestMode));
  const devices = { ...chosen.devices, camera: camera ?? null, screen: screen ?? null };
  const { problems } = chosen;
  const watched = new DeviceWatch({ roots, discover: discoverDevices, folders: systemFolders, clock, logger: log });
  for (const problem of problems) logProblem(log, problem);
  const open = openMediaGst;
  const random32 = (): number => randomBytes(4).readUInt32LE();
  const displays = [devices.display, devices.secondDisplay].filter((display) => display !== null);
  const talkers = new TalkerSource((error) => log.error('a listener of talkers failed', errorFields(error)));
  const takesDirections = config.devices.microphoneArray !== 'off';
  const ear = takesDirections || devices.microphone?.array ? earOf(devices.microphone, talkers, options) : null;
  const engine = new NativeEngine({
    devices,
    clock,
    log,
    random32,
    monotonicUs: () => Number(process.hrtime.bigint() / 1_000n),
    handlerFactory: createNativeHandlerFactory({
      clock,
      logger: log,
      randomU32: random32,
      openLink: openNativeLink,
      bindAddress: null,
    }),
    loadReader: () => new MachineLoadReader(machineSources),
    decodeThreads: new ThreadTimes(DECODING_THREADS),
    cores: availableParallelism(),
    openAudio: open,
    soundPresence: soundPresence(watched, idOf(devices.microphone), idOf(devices.speaker)),
    openCamera: (camera, source, listeners) =>
      new CameraSource({
        ...{ open, clock, log, camera, source, listeners },
        capture: source === 'camera' && hasFullHd(camera) ? config.cameraCapture : 'as-sent',
        presence: isV4l2Camera(camera) ? cameraPresence(watched, camera.id) : null,
        cure: isV4l2Camera(camera) ? () => usbCure(roots, camera.path, clock, cures) : null,
      }),
    display:
      displays.length === 0
        ? null
        : new GstRoomWindows({
            open,
            clock,
            log: log.child('display'),
            displays,
            decoders: DECODERS,
            selfView: devices.camera !== null,
          }),
    audioSlots: AUDIO_SLOTS,
    echoAlignmentMs: alignmentFor({ delayMs: config.playoutDelayMs, confidence: 1 }),
    watch: new MicrophoneWatch(() => ear?.hears ?? null),
    ear,
    talkers,
  });
  engine.onFindings((findings) => tellFindings(findings, onProblem));
  return engine;
}

/** Directions out of the sound of all channels where there are some, else what the board says by itself. */
function earOf(
  microphone: Microphone | null,
  talkers: TalkerSource,
  { clock, log, onProblem }: NativeEngineOptions,
): Ear | null {
  if (microphone?.array) return new ArrayEar({ geometry: microphone.array, clock, talkers });
  const usb = microphone?.card?.usb;
  const quirkOf = tuningOf(microphone?.card ?? null);
  if (!usb || !quirkOf) return null;
  return new RespeakerEar({
    openUsb: () => openUsbOf(usb),
    quirkOf,
    clock,
    log: log.child('array'),
    talkers,
    onProblem: (present) => onProblem(ARRAY_SILENT, present),
  });
}

function tellFindings(findings: SpeechFindings, onProblem: NativeEngineOptions['onProblem']): void {
  for (const what of Object.keys(speechProblems) as (keyof SpeechFindings)[])
    onProblem(speechProblems[what], findings[what]);
}

/** Asking for the modes opens the camera's node, which is done once a call and before it is opened for pictures. */
async function inBestMode(camera: Camera | null): Promise<Camera | null> {
  return camera && withModes(camera, runV4l2Ctl);
}

/** A camera that has no such mode would be scaled up and down again for nothing. */
function hasFullHd(camera: Camera): boolean {
  if (!isV4l2Camera(camera)) return true;
  const mode = bestMode({ width: 1_920, height: 1_080, framesPerSecond: 30, bus: camera.bus }, camera.modes ?? []);
  return mode !== null && mode.width >= 1_920 && mode.height >= 1_080 && (mode.framesPerSecond ?? 0) >= 24;
}

/** Null for none and for one of software, which nobody unplugs. */
const idOf = (device: { readonly id: string; readonly virtual: boolean } | null): string | null =>
  device === null || device.virtual ? null : device.id;

function logProblem(log: Logger, problem: DeviceProblem): void {
  log.warn('a device is missing', { code: problem.code });
}
