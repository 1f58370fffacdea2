import { basename } from 'node:path';
import type { Camera } from '../device.ts';
import { bestMode, type CameraBus } from './best-mode.ts';
import type { VideoMode } from './formats.ts';
import { parseFormats } from './formats.ts';
import { cameraFragment, exactCaps, guessedCaps } from './launch.ts';
import type { RunV4l2Ctl } from './run-v4l2-ctl.ts';

/** A camera of the kernel's. */
export interface V4l2Camera extends Camera {
  /** Its stable link, as `/dev/v4l/by-id/usb-…-video-index0`. */
  readonly path: string;
  readonly bus: CameraBus;
  /** Null where nothing is known of them. */
  readonly modes: readonly VideoMode[] | null;
}

const READ_TIMEOUT_MS = 2_000;

export function isV4l2Camera(camera: Camera): camera is V4l2Camera {
  return 'path' in camera && typeof camera.path === 'string' && 'bus' in camera;
}

/** `modes`: null where nothing is known of them, which leaves the choice to GStreamer. */
export function v4l2Camera(path: string, name: string, bus: CameraBus, modes: readonly VideoMode[] | null): V4l2Camera {
  return {
    id: `v4l2:${basename(path).replace(/-video-index0$/, '')}`,
    name,
    virtual: false,
    path,
    bus,
    modes,
    source: (size) => {
      const mode = modes && bestMode({ ...size, bus }, modes);
      return cameraFragment(path, mode ? exactCaps(mode) : guessedCaps(size));
    },
  };
}

/**
 * The same camera, opened in the mode that suits best of those it tells of. One that is not V4L2, is gone, does not answer or
 * tells of none is returned as it is. Opens the node, which moves nothing.
 */
export async function withModes(camera: Camera, run: RunV4l2Ctl): Promise<Camera> {
  if (!isV4l2Camera(camera)) return camera;
  const modes = await readModes(run, camera.path);
  return modes.length === 0 ? camera : v4l2Camera(camera.path, camera.name, camera.bus, modes);
}

/** Formats, sizes and rates of the camera at `path`; empty when they cannot be had. */
export async function readModes(run: RunV4l2Ctl, path: string): Promise<VideoMode[]> {
  const result = await run(['--device', path, '--list-formats-ext'], READ_TIMEOUT_MS);
  return result.kind === 'output' ? parseFormats(result.output) : [];
}
