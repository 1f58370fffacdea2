import type { FramingWish } from '../config/framing-wish.ts';
import type { CameraControl } from '../devices/camera-control.ts';
import { addCameraControl } from '../devices/camera-device.ts';
import type { DeviceRegistry } from '../devices/device-registry.ts';
import { CameraFraming } from '../devices/framing/camera-framing.ts';
import type { TalkerDirections } from '../devices/framing/talker-directions.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';

export interface FramedCamerasDeps {
  readonly registry: DeviceRegistry;
  readonly wish: FramingWish;
  readonly talkers: TalkerDirections;
  readonly farEndSpeaks: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A part of the picture is turned only when it is smaller than the whole: a third is left to each side. */
const FOLLOW_ZOOM_PERCENT = 150;

/** Puts cameras that can be turned into the room, each with its way of framing. */
export class FramedCameras {
  readonly #deps: FramedCamerasDeps;

  constructor(deps: FramedCamerasDeps) {
    this.#deps = deps;
  }

  /** The control is started and closed by whoever made it. Returns the function that takes it out. */
  add(camera: CameraControl, name: string, isDigital: boolean): () => void {
    const { registry, wish, talkers, farEndSpeaks, clock, logger } = this.#deps;
    const followZoom = isDigital ? FOLLOW_ZOOM_PERCENT : null;
    const framing = new CameraFraming({ camera, followZoom, plan: wish, talkers, farEndSpeaks, clock, logger });
    const remove = addCameraControl(registry, camera, name, framing);
    framing.start();
    return () => {
      framing.close();
      remove();
    };
  }
}
