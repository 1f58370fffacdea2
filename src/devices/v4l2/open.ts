import type { LinkMeans } from '../link/open-link.ts';
import type { PresetStore } from './preset-store.ts';
import type { RunV4l2Ctl } from './run-v4l2-ctl.ts';
import { UvcCamera } from './uvc-camera.ts';
import { uvcModelOf } from './uvc-models.ts';
import type { V4l2Camera } from './v4l2-camera.ts';

/** Who moves a camera repeats it several times a second; half a second of silence is a lost panel, not a slow one. */
const DEAD_MAN_MS = 500;

/** The control of a camera of discovery, by the controls of its own node. Not reached before its `start`. */
export function uvcCamera(
  { id, path, name }: Pick<V4l2Camera, 'id' | 'path' | 'name'>,
  run: RunV4l2Ctl,
  presets: PresetStore,
  { clock, logger, random }: LinkMeans,
): UvcCamera {
  const model = uvcModelOf(name);
  return new UvcCamera({
    id,
    path,
    model,
    run,
    presets,
    clock,
    logger,
    random,
    deadManMs: DEAD_MAN_MS,
    virtual: false,
  });
}
