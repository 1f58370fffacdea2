import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { chooseDevices, type DeviceProblem, type DeviceWishes } from './devices/choose.ts';
import type { Camera } from './devices/device.ts';
import { cameraPresence, DeviceWatch, soundPresence, systemFolders } from './devices/device-watch.ts';
import { discoverDevices, systemRoots } from './devices/discover.ts';
import { speechFile } from './devices/speech.ts';
import { runV4l2Ctl } from './devices/v4l2/run-v4l2-ctl.ts';
import { usbCure } from './devices/v4l2/usb-cure.ts';
import { isV4l2Camera, withModes } from './devices/v4l2/v4l2-camera.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';
import { createNativeHandlerFactory } from './call/transport/native-handler.ts';
import { openNativeLink } from './call/transport/native-link.ts';
import { MachineLoadReader, machineSources } from './call/demand/machine-load.ts';
import { ThreadTimes } from './call/demand/thread-times.ts';
import { CameraSource } from './call/media/camera-source.ts';
import { alignmentFor } from './call/media/echo-delay.ts';
import { openMediaGst } from './call/media/media-gst.ts';
import { NativeEngine } from './call/media/native-engine.ts';
import { DECODING_THREADS } from './call/media/remote-decoder.ts';
import { GstRoomWindows } from './call/media/room-windows.ts';

export interface NativeEngineOptions {
  readonly config: {
    readonly devices: DeviceWishes;
    /** The room's echo delay as measured by `calibrateEcho`; 0 when it never was. */
    readonly playoutDelayMs: number;
    readonly cacheDirectory: string;
  };
  readonly clock: Clock;
  readonly log: Logger;
}

/** People heard at once. */
const AUDIO_SLOTS = 16;
/** Videos decoded at once: a page of 25 people, and on a second display a shared screen with a few more. */
const DECODERS = 30;

/** Finds the devices that the configuration asks for and makes the engine of one call on them. What is missing is logged and left out. */
export async function createNativeEngine({ config, clock, log }: NativeEngineOptions): Promise<NativeEngine> {
  const roots = systemRoots(process.env);
  const speechPath = await speechFile(config.cacheDirectory);
  const hasSession = roots.waylandDisplay !== null || roots.x11Display !== null;
  const chosen = chooseDevices(config.devices, await discoverDevices(roots), { speechPath, hasSession });
  const [camera, screen] = await Promise.all([chosen.devices.camera, chosen.devices.screen].map(inBestMode));
  const devices = { ...chosen.devices, camera: camera ?? null, screen: screen ?? null };
  const { problems } = chosen;
  const watched = new DeviceWatch({ roots, discover: discoverDevices, folders: systemFolders, clock, logger: log });
  for (const problem of problems) logProblem(log, problem);
  const open = openMediaGst;
  const random32 = (): number => randomBytes(4).readUInt32LE();
  const displays = [devices.display, devices.secondDisplay].filter((display) => display !== null);
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
        presence: isV4l2Camera(camera) ? cameraPresence(watched, camera.id) : null,
        cure: isV4l2Camera(camera) ? () => usbCure(roots, camera.path, clock) : null,
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
  });
  return engine;
}

/** Asking for the modes opens the camera's node, which is done once a call and before it is opened for pictures. */
async function inBestMode(camera: Camera | null): Promise<Camera | null> {
  return camera && withModes(camera, runV4l2Ctl);
}

/** Null for none and for one of software, which nobody unplugs. */
const idOf = (device: { readonly id: string; readonly virtual: boolean } | null): string | null =>
  device === null || device.virtual ? null : device.id;

function logProblem(log: Logger, problem: DeviceProblem): void {
  log.warn('a device is missing', { code: problem.code });
}
