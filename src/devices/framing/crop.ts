/** Part of a picture: centre and size as shares of the whole, 0 to 1. The shape of the picture is kept, so one size does for both sides. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** In whole pixels, even, as chroma at half resolution needs. */
export interface CropRectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface CropMotion {
  /** The largest zoom: 4 crops to a quarter of the width. */
  readonly mostZoom: number;
  /** Time in which nearly two thirds of a move are done. */
  readonly easeMs: number;
  /** Shares of the picture a second at most: whoever watches must not be dizzy. */
  readonly mostPerS: number;
}

export const wholeFrame: Frame = { x: 0.5, y: 0.5, size: 1 };
export const calmMotion: CropMotion = { mostZoom: 4, easeMs: 350, mostPerS: 0.6 };

/** Nearest frame that lies in the picture: not larger than it, not smaller than the zoom allows. What is no number counts as the middle. */
export function keepInside(frame: Frame, mostZoom: number): Frame {
  const size = clamp(number(frame.size, 1), 1 / Math.max(1, mostZoom), 1);
  const half = size / 2;
  return { x: clamp(number(frame.x, 0.5), half, 1 - half), y: clamp(number(frame.y, 0.5), half, 1 - half), size };
}

/** The frame `stepMs` later on the way from `now` to `wanted`: eased, with a bound on its speed, always inside the picture. */
export function easeFrame(now: Frame, wanted: Frame, stepMs: number, motion: CropMotion): Frame {
  const goal = keepInside(wanted, motion.mostZoom);
  const from = keepInside(now, motion.mostZoom);
  const share = 1 - Math.exp(-Math.max(0, stepMs) / motion.easeMs);
  const away = Math.max(Math.abs(goal.x - from.x), Math.abs(goal.y - from.y), Math.abs(goal.size - from.size));
  const mostStep = (motion.mostPerS * Math.max(0, stepMs)) / 1000;
  // All three slow down together, so that a move is a straight line.
  const slowed = away * share > mostStep ? mostStep / away : share;
  // What is left is less than a pixel of the largest picture.
  if (away < 1 / 8_000) return goal;
  const step = (a: number, b: number): number => a + slowed * (b - a);
  return keepInside(
    { x: step(from.x, goal.x), y: step(from.y, goal.y), size: step(from.size, goal.size) },
    motion.mostZoom,
  );
}

/** The rectangle of a frame in a picture of `width` times `height` (2 or more each): even, never outside. */
export function cropRectangle(frame: Frame, width: number, height: number): CropRectangle {
  const { x, y, size } = keepInside(frame, Infinity);
  const side = (whole: number): number => Math.max(2, even(whole * size));
  const [w, h] = [side(width), side(height)];
  const start = (centre: number, whole: number, part: number): number =>
    clamp(even(centre * whole - part / 2), 0, even(whole - part));
  return { left: start(x, width, w), top: start(y, height, h), width: w, height: h };
}

function even(pixels: number): number {
  return 2 * Math.floor((pixels + 1e-6) / 2);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function number(value: number, otherwise: number): number {
  return Number.isNaN(value) ? otherwise : value;
}
