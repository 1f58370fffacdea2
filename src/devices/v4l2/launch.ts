import { quoteLaunchValue } from '../launch.ts';
import type { ChosenMode } from './best-mode.ts';
import { pixelFormats } from './pixel-formats.ts';

interface Size {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/**
 * Ends in raw video, whatever the camera gives. A colon links every pad that decodebin ever makes: an exclamation mark links its
 * first only, and a pipeline that is stopped and started again, as after a failure, would give nothing.
 */
export function cameraFragment(path: string, caps: string): string {
  return `v4l2src device=${quoteLaunchValue(path)} ! capsfilter caps=${quoteLaunchValue(caps)} ! decodebin : identity`;
}

/** For a camera of which nothing is known: compressed first, since over USB 2 raw 720p comes at 10 pictures a second or less. */
export function guessedCaps({ width, height, framesPerSecond }: Size): string {
  const size = `width=${width},height=${height},framerate=${framesPerSecond}/1`;
  return `image/jpeg,${size};video/x-raw,${size};image/jpeg;video/x-raw`;
}

/**
 * Exactly this mode; behind it other widths, for the case that the camera comes back on another bus and has lost the mode.
 * v4l2src takes what is nearest to the first size, and among formats of that size any: so no other format has this one's.
 */
export function exactCaps({ fourcc, width, height, framesPerSecond }: ChosenMode): string {
  const rate = framesPerSecond === null ? '' : `,framerate=${fractionOf(framesPerSecond)}`;
  const exact = `${pixelFormats[fourcc]?.caps ?? 'video/x-raw'},width=${width},height=${height}${rate}`;
  const others = [...(width > 1 ? [`[1,${width - 1}]`] : []), `[${width + 1},32767]`];
  const fallbacks = ['image/jpeg', 'video/x-raw'].flatMap((kind) => others.map((range) => `${kind},width=${range}`));
  return [exact, ...fallbacks].join(';');
}

/** The fraction behind thousandths: whole, of NTSC (n x 1000/1001), or the decimals themselves. */
export function fractionOf(framesPerSecond: number): string {
  const whole = Math.round(framesPerSecond);
  if (whole > 0 && Math.abs(framesPerSecond - whole) < 0.002) return `${whole}/1`;
  const ntsc = Math.round((framesPerSecond * 1_001) / 1_000);
  if (Math.abs(framesPerSecond - (ntsc * 1_000) / 1_001) < 0.002) return `${ntsc * 1_000}/1001`;
  const [above, below] = [Math.round(framesPerSecond * 1_000), 1_000];
  const common = commonDivisor(above, below);
  return `${above / common}/${below / common}`;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
