import type { CameraControl } from '../devices/camera-control.ts';
import { addCameraControl } from '../devices/camera-device.ts';
import type { Camera } from '../devices/device.ts';
import type { DeviceRegistry } from '../devices/device-registry.ts';
import { isV4l2Camera, type V4l2Camera } from '../devices/v4l2/v4l2-camera.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';

/** Control of a camera by its own node, which comes and goes with it. */
export type PluggedControl = CameraControl & { handlePresence(isThere: boolean): void };

export interface OwnCameraDeps {
  readonly registry: DeviceRegistry;
  /** Not started. */
  readonly make: (camera: V4l2Camera) => PluggedControl;
  readonly logger: Logger;
}

interface Current {
  readonly camera: string;
  readonly control: PluggedControl;
  readonly remove: () => void;
}

/** Lets the camera that the call uses be moved and set by its own node, as it is plugged in and out, and another one in its place. */
export class OwnCameraControl {
  readonly #deps: OwnCameraDeps;
  #current: Current | null = null;
  #closed = false;

  constructor(deps: OwnCameraDeps) {
    this.#deps = deps;
  }

  /** The camera that a call would use now; null: none is there. One that went is kept, so that its problem is seen. */
  update(camera: Camera | null): void {
    if (this.#closed) return;
    const own = camera !== null && isV4l2Camera(camera) ? camera : null;
    if (own === null || own.id === this.#current?.camera) {
      this.#current?.control.handlePresence(own !== null);
      return;
    }
    void this.#drop();
    const control = this.#deps.make(own);
    const remove = addCameraControl(this.#deps.registry, control, `${own.name}, control`);
    this.#current = { camera: own.id, control, remove };
    control.start();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  async #drop(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    current?.remove();
    await current?.control
      .close()
      .catch((error: unknown) => this.#deps.logger.warn('a camera was not closed in order', errorFields(error)));
  }
}
