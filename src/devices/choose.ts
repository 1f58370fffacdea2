import { chooseArray, withArray } from './array/array-cards.ts';
import type { Camera, Display, Microphone, RoomDevices, Speaker } from './device.ts';
import type { FoundDevices } from './discover.ts';
import {
  flashCamera,
  flashMicrophone,
  recordingSpeaker,
  toneMicrophone,
  virtualCamera,
  virtualDisplay,
  virtualMicrophone,
  virtualSpeaker,
} from './virtual.ts';
import { virtualArray, virtualArrayFile, virtualTalker } from './virtual/virtual-array.ts';

/**
 * What the configuration asks for, each: `auto` (the first real one), `none`, an id of discovery, or a virtual device:
 * `virtual`, for the camera also `virtual:flash`, for the microphone also `virtual:flash`, `virtual:tone:<Hz>` and
 * `virtual:array:<azimuth>[:walking]`, for the speaker also `virtual:file:<absolute path>`.
 */
export interface DeviceWishes {
  readonly camera: string;
  /** The HDMI grabber; `auto` means none, because nothing tells a grabber from a camera. */
  readonly screen: string;
  readonly microphone: string;
  readonly speaker: string;
  readonly display: string;
  /** `auto`: the first one that is not `display`. */
  readonly secondDisplay: string;
  /** Whether the microphone is taken as an array: `auto` (where its card is known as one), `off`, or the id of a geometry. */
  readonly microphoneArray: string;
}

export const realDevices: DeviceWishes = {
  camera: 'auto',
  screen: 'none',
  microphone: 'auto',
  speaker: 'auto',
  display: 'auto',
  secondDisplay: 'none',
  microphoneArray: 'auto',
};
export const virtualDevices: DeviceWishes = {
  camera: 'virtual',
  screen: 'none',
  microphone: 'virtual',
  speaker: 'virtual',
  display: 'virtual',
  secondDisplay: 'none',
  microphoneArray: 'auto',
};

/** A device that is missing, or a microphone that is not the array it should be, in a person's words. */
export interface DeviceProblem {
  readonly code:
    | `device/${'camera' | 'screen' | 'microphone' | 'speaker' | 'display' | 'second-display'}-missing`
    | typeof ARRAY_UNFIT;
  readonly message: string;
  readonly action: string;
}

export interface ChosenDevices {
  readonly devices: RoomDevices;
  readonly problems: readonly DeviceProblem[];
}

/** Code of the problem that the microphone has not the channels of the array that the configuration names. */
export const ARRAY_UNFIT = 'device/array-unfit';

/** What virtual devices need of the machine. */
export interface VirtualMeans {
  /** File rendered by `speechFile`. */
  readonly speechPath: string;
  /** File rendered by `virtualArrayFile`; null unless the wish for the microphone is a virtual array. */
  readonly arrayPath: string | null;
  /** Whether a window can be opened. */
  readonly hasSession: boolean;
}

/**
 * Configuration and what is plugged in → the devices of a call. A wish that nothing fulfils leaves null and a problem:
 * a virtual device never stands in for a real one.
 */
export function chooseDevices(wishes: DeviceWishes, found: FoundDevices, means: VirtualMeans): ChosenDevices {
  const problems: DeviceProblem[] = [];
  const screenId = wishes.screen === 'auto' ? 'none' : wishes.screen;
  const cameras = found.cameras.filter((camera) => camera.id !== screenId);
  const screen = choose<Camera>(screenId, found.cameras, cameraByName);
  const camera = choose<Camera>(wishes.camera, cameras, cameraByName);
  const plain = choose<Microphone>(wishes.microphone, found.microphones, (name) => microphoneByName(name, means));
  const microphone = plain && asArray(plain, wishes.microphoneArray, problems);
  const speaker = choose<Speaker>(wishes.speaker, found.speakers, speakerByName);
  const displayByName = (name: string): Display | null =>
    name === 'virtual' ? virtualDisplay(means.hasSession) : null;
  const display = choose<Display>(wishes.display, found.displays, displayByName);
  const others = found.displays.filter((each) => each.id !== display?.id);
  const secondDisplay = choose<Display>(wishes.secondDisplay, others, displayByName);
  if (camera === undefined) problems.push(missing('camera', wishes.camera));
  if (screen === undefined) problems.push(missing('screen', screenId));
  if (microphone === undefined) problems.push(missing('microphone', wishes.microphone));
  if (speaker === undefined) problems.push(missing('speaker', wishes.speaker));
  if (display === undefined) problems.push(missing('display', wishes.display));
  if (secondDisplay === undefined) problems.push(missing('second-display', wishes.secondDisplay));
  return {
    devices: {
      camera: camera ?? null,
      screen: screen ?? null,
      microphone: microphone ?? null,
      speaker: speaker ?? null,
      display: display ?? null,
      secondDisplay: secondDisplay ?? null,
    },
    problems,
  };
}

/** Null: not wanted; undefined: wanted and missing. */
function choose<D extends { id: string }>(
  wish: string,
  real: readonly D[],
  virtual: (name: string) => D | null,
): D | null | undefined {
  if (wish === 'none') return null;
  if (wish === 'auto') return real[0];
  if (wish === 'virtual' || wish.startsWith('virtual:')) return virtual(wish) ?? undefined;
  return real.find((device) => device.id === wish);
}

function cameraByName(name: string): Camera | null {
  if (name === 'virtual') return virtualCamera();
  return name === 'virtual:flash' ? flashCamera() : null;
}

/** The file of a wished virtual array, rendered if need be; null when none is wished. */
export async function arrayFileFor(wishes: DeviceWishes, directory: string): Promise<string | null> {
  const talker = virtualTalker(wishes.microphone);
  return talker && virtualArrayFile(directory, talker);
}

/** A virtual microphone is what its name says. */
function asArray(microphone: Microphone, wish: string, problems: DeviceProblem[]): Microphone {
  if (microphone.virtual) return microphone;
  const choice = chooseArray(wish, microphone.card);
  if (choice.kind === 'array') return withArray(microphone, choice.geometry);
  if (choice.kind === 'unfit')
    problems.push({
      code: ARRAY_UNFIT,
      message:
        'The microphone does not have the channels of the array that the settings name: it is used as an ordinary one.',
      action: 'Choose another array or microphone in the settings; some boards need the firmware with raw channels.',
    });
  return microphone;
}

function microphoneByName(name: string, means: VirtualMeans): Microphone | null {
  if (name === 'virtual') return virtualMicrophone(means.speechPath);
  if (name === 'virtual:flash') return flashMicrophone();
  const talker = virtualTalker(name);
  if (talker) return means.arrayPath === null ? null : virtualArray(means.arrayPath, talker);
  const hertz = /^virtual:tone:(\d{2,5})$/.exec(name)?.[1];
  return hertz !== undefined && Number(hertz) >= 20 && Number(hertz) <= 20_000 ? toneMicrophone(Number(hertz)) : null;
}

function speakerByName(name: string): Speaker | null {
  if (name === 'virtual') return virtualSpeaker();
  const path = /^virtual:file:(\/.+)$/.exec(name)?.[1];
  return path === undefined ? null : recordingSpeaker(path);
}

const words = {
  camera: ['camera', 'Plug in a USB camera'],
  screen: ['HDMI grabber', 'Plug in the HDMI grabber'],
  microphone: ['microphone', 'Plug in a USB microphone or speakerphone'],
  speaker: ['speaker', 'Plug in a speaker or speakerphone'],
  display: ['display', 'Connect a display and switch it on'],
  'second-display': ['second display', 'Connect it and switch it on'],
} as const;

function missing(kind: keyof typeof words, wish: string): DeviceProblem {
  const [word, action] = words[kind];
  const which =
    wish === 'auto' ? `No ${word} is connected.` : `The ${word} that the configuration names is not connected.`;
  return {
    code: `device/${kind}-missing`,
    message: which,
    action: wish === 'auto' ? `${action}.` : `${action}, or choose another one in the settings.`,
  };
}
