/** Pictures that can be told apart on a display: each of one shade of grey, the next of the next shade. */
import { createRequire } from 'node:module';
import type gstreamer from 'gstreamer-superficial';
import { systemClock } from '../../src/lib/clock.ts';

const WIDTH = 320;
const HEIGHT = 180;
const FRAMES_PER_SECOND = 30;
const SHADES = 8;

/** Luminance of the `n`th picture of a counted video. */
export const shadeOf = (n: number): number => 80 + 18 * (n % SHADES);

export interface EncodedPicture {
  readonly data: Buffer;
  readonly key: boolean;
}

/** VP9 pictures of the shades `of` gives, the first a key picture. */
export async function encodeShades(pictures: number, of: (n: number) => number): Promise<EncodedPicture[]> {
  const binding = createRequire(import.meta.url)('gstreamer-superficial') as typeof gstreamer;
  const pipeline = new binding.Pipeline(
    `appsrc name=in format=time is-live=true do-timestamp=true caps=video/x-raw,format=I420,width=${WIDTH},height=${HEIGHT},framerate=30/1 ! ` +
      'vp9enc deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=100000 target-bitrate=2000000 ! appsink name=out sync=false',
  );
  const [input, output] = [pipeline.findChild('in'), pipeline.findChild('out')];
  if (!input || !output) throw new Error('no pipeline');
  pipeline.play();
  const encoded: EncodedPicture[] = [];
  for (let n = 0; n < pictures; n++) {
    const raw = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, 128);
    raw.fill(of(n), 0, WIDTH * HEIGHT);
    input.push?.(raw);
    encoded.push(
      await new Promise((resolve, reject) => {
        output.pull?.((bytes: Buffer | null) =>
          bytes ? resolve({ data: Buffer.from(bytes), key: n === 0 }) : reject(new Error('nothing was encoded')),
        );
      }),
    );
  }
  pipeline.stop();
  return encoded;
}

/** Gives the pictures over and over in time, the next one or, after `restart`, the first. */
export function play(
  pictures: readonly EncodedPicture[],
  show: (picture: EncodedPicture) => void,
): { restart(): void; stop(): void } {
  let at = 0;
  let dueMs = performance.now();
  let stop = systemClock.after(0, () => next());
  const next = (): void => {
    dueMs += 1_000 / FRAMES_PER_SECOND;
    stop = systemClock.after(Math.max(0, dueMs - performance.now()), next);
    const picture = pictures[at % pictures.length];
    at++;
    if (picture) show(picture);
  };
  return { restart: () => void (at = 0), stop: () => stop() };
}
