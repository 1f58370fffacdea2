import type { CameraControl } from '../devices/camera-control.ts';
import type { Camera } from '../devices/device.ts';
import { isV4l2Camera, type V4l2Camera } from '../devices/v4l2/v4l2-camera.ts';
import type { Logger } from '../lib/log.ts';
import { errorFields } from '../lib/log.ts';

/** Control of a camera by its own node or of its picture, which comes and goes with it. */
export type PluggedControl = CameraControl & { handlePresence(isThere: boolean): void };

export interface OwnCameraDeps {
  /** Puts a control into the room; returns the function that takes it out. */
  readonly add: (control: CameraControl, name: string, isDigital: boolean) => () => void;
  /** Not started. */
  readonly make: (camera: V4l2Camera) => PluggedControl;
  /** Turns a camera without motors by showing a part of its picture; null where that is not wanted. Not started. */
  readonly makeDigital: ((camera: Camera) => PluggedControl) | null;
  /** Shows the whole picture again: what shows parts of it is gone. */
  readonly showWhole: () => void;
  readonly logger: Logger;
}

interface Held {
  readonly control: PluggedControl;
  readonly remove: () => void;
}

interface Current {
  readonly camera: Camera;
  /** Null for a camera that has no node. */
  readonly own: Held | null;
  digital: Held | null;
}

/**
 * Lets the camera that the call uses be moved and set, as it is plugged in and out, and another one in its place: by its own node,
 * and when that can move nothing, by showing a part of its picture.
 */
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
    if (camera === null || camera.id === this.#current?.camera.id) {
      for (const held of [this.#current?.own, this.#current?.digital]) held?.control.handlePresence(camera !== null);
      return;
    }
    void this.#drop();
    const current: Current = { camera, own: isV4l2Camera(camera) ? this.#addOwn(camera) : null, digital: null };
    this.#current = current;
    const control = current.own?.control;
    if (!control) return this.#standIn(current, true);
    const learnt = (): void => this.#standIn(current, isWithoutMotors(control));
    for (const event of ['capabilities', 'reachable', 'problems'] as const) control.on(event, learnt);
    control.start();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }

  #addOwn(camera: V4l2Camera): Held {
    const control = this.#deps.make(camera);
    return { control, remove: this.#deps.add(control, `${camera.name}, control`, false) };
  }

  /** @param isWanted null: not known yet, or not any more. */
  #standIn(current: Current, isWanted: boolean | null): void {
    const { makeDigital, add } = this.#deps;
    if (this.#closed || current !== this.#current || isWanted === null) return;
    if (!isWanted) return void this.#dropDigital(current);
    if (current.digital !== null || makeDigital === null) return;
    const control = makeDigital(current.camera);
    current.digital = { control, remove: add(control, `${current.camera.name}, digital`, true) };
    control.start();
  }

  async #dropDigital(current: Current): Promise<void> {
    const { digital } = current;
    if (digital === null) return;
    current.digital = null;
    await this.#end(digital);
    this.#deps.showWhole();
  }

  async #drop(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    await Promise.all([this.#dropDigital(current), current.own && this.#end(current.own)]);
  }

  async #end({ control, remove }: Held): Promise<void> {
    remove();
    await control
      .close()
      .catch((error: unknown) => this.#deps.logger.warn('a camera was not closed in order', errorFields(error)));
  }
}

/** Null while that is not known. Without the tool for its node nothing else can move it either. */
function isWithoutMotors(control: CameraControl): boolean | null {
  const { pan, tilt, zoom } = control.capabilities;
  const isToolMissing = control.problems.some(({ code }) => code === 'device/camera-tool-missing');
  if (!control.isReachable && !isToolMissing) return null;
  return [pan, tilt, zoom].every(({ kind }) => kind === 'none');
}
