import type { CameraAxis, CameraPosition } from '../camera-control.ts';
import type { Frame } from './crop.ts';
import { keepInside } from './crop.ts';
import { frameCentreOf } from './director.ts';

/** The largest zoom: of 720 lines 180 are left, which is what a small window shows. */
export const MOST_ZOOM = 4;
/** Of a zoom axis in percent. */
const PERCENT = 100;
const SHAPE = 9 / 16;

const axes = ['pan', 'tilt', 'zoom'] as const;
type AxisName = (typeof axes)[number];
type AbsoluteAxis = Extract<CameraAxis, { kind: 'absolute' }>;

/** Part of a picture as pan, tilt and zoom of the camera that takes it, through a lens without distortion. */
export class DigitalView {
  readonly #panViewDeg: number;
  readonly #tiltViewDeg: number;

  /** @param viewDeg what the camera sees from side to side, in degrees, more than 0 and less than 180. */
  constructor(viewDeg: number) {
    this.#panViewDeg = viewDeg;
    this.#tiltViewDeg = 2 * degrees(Math.atan(Math.tan(radians(viewDeg / 2)) * SHAPE));
  }

  /** Pan and tilt in degrees as far as the smallest frame reaches, zoom in percent. */
  get axes(): Readonly<Record<AxisName, AbsoluteAxis>> {
    const reach = (1 - 1 / MOST_ZOOM) / 2;
    const turning = (viewDeg: number): AbsoluteAxis => {
      const most = rounded(panOf(0.5 + reach, viewDeg));
      return { kind: 'absolute', min: -most, max: most, unit: 'degrees' };
    };
    return {
      pan: turning(this.#panViewDeg),
      tilt: turning(this.#tiltViewDeg),
      zoom: { kind: 'absolute', min: PERCENT, max: PERCENT * MOST_ZOOM, unit: 'steps' },
    };
  }

  positionOf({ x, y, size }: Frame): CameraPosition {
    return {
      pan: rounded(panOf(x, this.#panViewDeg)),
      tilt: rounded(panOf(1 - y, this.#tiltViewDeg)),
      zoom: rounded(PERCENT / size),
    };
  }

  /**
   * The frame for a position; axes that are null stay as in `now`. A zoom that is asked for holds, and the frame is shifted to
   * lie in the picture. A zoom that is not asked for gives way: a direction near the edge is seen with a smaller frame only.
   */
  frameOf(asked: CameraPosition, now: Frame): Frame {
    const { pan, tilt, zoom } = this.cut(asked);
    const x = pan === null ? now.x : frameCentreOf(pan, this.#panViewDeg);
    const y = tilt === null ? now.y : 1 - frameCentreOf(tilt, this.#tiltViewDeg);
    const roomOf = (centre: number): number => 2 * Math.min(centre, 1 - centre);
    const room = Math.min(pan === null ? 1 : roomOf(x), tilt === null ? 1 : roomOf(y));
    return keepInside({ x, y, size: zoom === null ? Math.min(now.size, room) : PERCENT / zoom }, MOST_ZOOM);
  }

  /** Cut to the ranges; what is no number is not asked for. */
  cut(asked: CameraPosition): CameraPosition {
    const range = this.axes;
    const part = (axis: AxisName): number | null => {
      const value = asked[axis];
      if (value === null || Number.isNaN(value)) return null;
      return Math.max(range[axis].min, Math.min(range[axis].max, value));
    };
    return { pan: part('pan'), tilt: part('tilt'), zoom: part('zoom') };
  }

  /** Whether the axes asked for are there, to half a degree and a hundredth of the zoom. */
  isAt(asked: CameraPosition, position: CameraPosition): boolean {
    return axes.every((axis) => {
      const [wanted, is] = [asked[axis], position[axis] ?? 0];
      return wanted === null || Math.abs(wanted - is) <= (axis === 'zoom' ? wanted / 100 : 0.5);
    });
  }
}

/** The inverse of `frameCentreOf`. */
function panOf(centre: number, viewDeg: number): number {
  return degrees(Math.atan((centre - 0.5) * 2 * Math.tan(radians(viewDeg / 2))));
}

const radians = (degree: number): number => (degree * Math.PI) / 180;
const degrees = (radian: number): number => (radian * 180) / Math.PI;
/** No minus zero. */
const rounded = (value: number): number => Math.round(value * 100) / 100 + 0;
