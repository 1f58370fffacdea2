import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { captureCard } from './capture-card.ts';
import type { Camera, CaptureCard, Display, Microphone, Speaker } from './device.ts';
import { quoteLaunchValue } from './launch.ts';
import type { CameraBus } from './v4l2/best-mode.ts';
import { v4l2Camera } from './v4l2/v4l2-camera.ts';

/** Where discovery looks; tests give a miniature tree. */
export interface DeviceRoots {
  readonly dev: string;
  readonly proc: string;
  readonly sys: string;
  /** `WAYLAND_DISPLAY` and `DISPLAY` of this process, null when unset. */
  readonly waylandDisplay: string | null;
  readonly x11Display: string | null;
}

export const systemRoots = (env: NodeJS.ProcessEnv): DeviceRoots => ({
  dev: '/dev',
  proc: '/proc',
  sys: '/sys',
  waylandDisplay: env['WAYLAND_DISPLAY'] || null,
  x11Display: env['DISPLAY'] || null,
});

export interface FoundDevices {
  readonly cameras: readonly Camera[];
  readonly microphones: readonly Microphone[];
  readonly speakers: readonly Speaker[];
  readonly displays: readonly Display[];
  readonly serialPorts: readonly SerialPort[];
}

/** A serial adapter, by its link in `/dev/serial/by-id`. */
export interface SerialPort {
  readonly id: string;
  readonly path: string;
}

/** What is plugged in now, sorted by stable id. Reads directories only: opens no device, moves nothing, never throws for what is missing. */
export async function discoverDevices(roots: DeviceRoots): Promise<FoundDevices> {
  const [cameras, pcms, displays, serialPorts] = await Promise.all([
    findCameras(roots),
    findPcms(roots),
    findDisplays(roots),
    findSerialPorts(roots),
  ]);
  return {
    cameras,
    microphones: pcms.filter((pcm) => pcm.capture).map(toMicrophone),
    speakers: pcms.filter((pcm) => pcm.playback).map(toSpeaker),
    displays,
    serialPorts,
  };
}

/** Video nodes that are codecs or image processors, not cameras, by the kernel's name for them (Raspberry Pi). */
const notCameras = [/^bcm2835-codec/, /^bcm2835-isp/, /^rpivid/, /^rpi-hevc/, /^pispbe/, /^rp1-cfe/, /^unicam/];

/**
 * Cameras by `/dev/v4l/by-id`; by `/dev/v4l/by-path` for those without an id of their own or with one that another
 * camera of the same model carries too (udev keeps a single link then).
 */
async function findCameras(roots: DeviceRoots): Promise<Camera[]> {
  const byId = await videoLinks(join(roots.dev, 'v4l/by-id'));
  const byPath = await videoLinks(join(roots.dev, 'v4l/by-path'));
  const links = new Map([...byPath, ...byId]);
  const found = await Promise.all(
    [...links].map(async ([node, link]) => {
      const name = await readText(join(roots.sys, 'class/video4linux', node, 'name'));
      if (name !== null && notCameras.some((pattern) => pattern.test(name))) return null;
      return v4l2Camera(link, name ?? 'Camera', await busOf(roots, node), null);
    }),
  );
  return found.filter((camera) => camera !== null).sort(byStableId);
}

/** Node name (`video0`) → path of the stable link. Capture streams are index 0; the others carry metadata. */
async function videoLinks(directory: string): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const entry of await list(directory)) {
    if (!entry.endsWith('-video-index0')) continue;
    // usbv2/usbv3 aliases of newer systemd name the same port twice: the plain form sorts first and wins.
    const target = await readlink(join(directory, entry)).catch(() => null);
    if (target !== null && !links.has(basename(target))) links.set(basename(target), join(directory, entry));
  }
  return links;
}

/** The USB device above a video node's interface, as `/sys/devices/…/usb1/1-2`; null for a camera of another bus. */
export async function usbFolderOf(roots: DeviceRoots, node: string): Promise<string | null> {
  const face = await realpath(join(roots.sys, 'class/video4linux', node, 'device')).catch(() => null);
  if (face === null || (await readText(join(face, 'bInterfaceNumber'))) === null) return null;
  return dirname(face);
}

async function busOf(roots: DeviceRoots, node: string): Promise<CameraBus> {
  const folder = await usbFolderOf(roots, node);
  if (folder === null) return 'other';
  // Megabits a second; USB 3 begins at 5000.
  return Number(await readText(join(folder, 'speed'))) >= 5_000 ? 'usb3' : 'usb2';
}

interface Pcm {
  readonly card: string;
  readonly device: number;
  readonly name: string;
  readonly playback: boolean;
  readonly capture: boolean;
  readonly captures: CaptureCard | null;
}

/** ALSA's devices by card id: the id stays with the model, the card's number moves with the order of plugging. */
async function findPcms(roots: DeviceRoots): Promise<Pcm[]> {
  const cards = new Map<number, { id: string; name: string }>();
  for (const line of lines(await readText(join(roots.proc, 'asound/cards')))) {
    const match = /^\s*(\d+) \[(\S+)\s*\]: \S+ - (.+)$/.exec(line);
    if (match) cards.set(Number(match[1]), { id: match[2] ?? '', name: (match[3] ?? '').trim() });
  }
  const pcms: Pcm[] = [];
  for (const line of lines(await readText(join(roots.proc, 'asound/pcm')))) {
    const match = /^(\d+)-(\d+): ([^:]*):/.exec(line);
    const card = match && cards.get(Number(match[1]));
    if (!match || !card || card.id === 'Loopback') continue;
    const [playback, capture] = [/: playback \d/.test(line), /: capture \d/.test(line)];
    const folder = join(roots.proc, `asound/card${Number(match[1])}`);
    pcms.push({
      card: card.id,
      device: Number(match[2]),
      name: `${card.name} ${(match[3] ?? '').trim()}`,
      playback,
      capture,
      captures: capture ? await captureCard(folder, Number(match[2])) : null,
    });
  }
  return pcms.sort((a, b) => compare(a.card, b.card) || a.device - b.device);
}

const alsaId = (pcm: Pcm): string => `alsa:${pcm.card}:${pcm.device}`;
// "plughw" converts rates and channels that the hardware does not have.
const alsaDevice = (pcm: Pcm): string => quoteLaunchValue(`plughw:CARD=${pcm.card},DEV=${pcm.device}`);

function toMicrophone(pcm: Pcm): Microphone {
  const source = `alsasrc device=${alsaDevice(pcm)} buffer-time=60000 latency-time=10000`;
  return { id: alsaId(pcm), name: pcm.name, virtual: false, source, beeper: null, array: null, card: pcm.captures };
}

function toSpeaker(pcm: Pcm): Speaker {
  const sink = `alsasink device=${alsaDevice(pcm)} buffer-time=60000 latency-time=10000 sync=true`;
  return { id: alsaId(pcm), name: pcm.name, virtual: false, sink };
}

/** The session's display when there is a session (its compositor owns the connectors), else the connected DRM connectors. */
async function findDisplays(roots: DeviceRoots): Promise<Display[]> {
  const connectors = await findConnectors(roots);
  const { width, height } = connectors[0] ?? { width: 1920, height: 1080 };
  if (roots.waylandDisplay !== null) {
    const sink = `waylandsink fullscreen=true display=${quoteLaunchValue(roots.waylandDisplay)} sync=true`;
    return [{ id: 'wayland', name: 'Wayland session', virtual: false, width, height, inSession: true, sink }];
  }
  if (roots.x11Display !== null) {
    const sink = `ximagesink display=${quoteLaunchValue(roots.x11Display)} sync=true`;
    return [{ id: 'x11', name: 'X11 session', virtual: false, width, height, inSession: true, sink }];
  }
  return connectors;
}

async function findConnectors(roots: DeviceRoots): Promise<Display[]> {
  const drm = join(roots.sys, 'class/drm');
  const displays: Display[] = [];
  for (const entry of await list(drm)) {
    const connector = /^card\d+-(.+)$/.exec(entry)?.[1];
    if (connector === undefined || (await readText(join(drm, entry, 'status')))?.trim() !== 'connected') continue;
    const mode = /^(\d+)x(\d+)/.exec((await readText(join(drm, entry, 'modes'))) ?? '');
    const number = /^\d+$/.exec((await readText(join(drm, entry, 'connector_id')))?.trim() ?? '')?.[0];
    displays.push({
      id: `drm:${connector}`,
      name: connector,
      virtual: false,
      width: mode ? Number(mode[1]) : 1920,
      height: mode ? Number(mode[2]) : 1080,
      inSession: false,
      sink: `kmssink ${number === undefined ? '' : `connector-id=${number} `}sync=true`,
    });
  }
  return displays.sort(byStableId);
}

async function findSerialPorts(roots: DeviceRoots): Promise<SerialPort[]> {
  const folder = join(roots.dev, 'serial/by-id');
  return (await list(folder)).map((entry) => ({ id: `serial:${entry}`, path: join(folder, entry) }));
}

async function list(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(() => [])).sort(compare);
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (text) => text.trimEnd(),
    () => null,
  );
}

const lines = (text: string | null): string[] => (text ?? '').split('\n');
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byStableId = (a: { id: string }, b: { id: string }): number => compare(a.id, b.id);
