/**
 * What showing a part of the camera's picture costs, against other ways to do it, and what larger pictures of the camera cost.
 * Processor time of 300 pictures of motion JPEG, as fast as they go. `npm run bench -- framing`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaGst } from '../src/call/media/media-gst.ts';
import { nativePlugin } from '../test/support/native-plugin.ts';

const PICTURES = 300;
const sizes = { '1280x720': [1_280, 720], '1920x1080': [1_920, 1_080] } as const;
const toSent = 'video/x-raw,format=I420,width=1280,height=720';
const part = 'frame="0.4 0.5 0.6"';

await nativePlugin();
const { openMediaGst } = await import('../src/call/media/media-gst.ts');
const folder = await mkdtemp(join(tmpdir(), 'incamera-framing-'));

async function cpuMs(launch: string): Promise<number> {
  const gst: MediaGst = openMediaGst(`buswatch name=bus ${launch}`);
  const before = process.cpuUsage();
  gst.play();
  while (gst.failure() === null) await new Promise((resolve) => setTimeout(resolve, 10));
  const { user, system } = process.cpuUsage(before);
  const failure = gst.failure();
  gst.stop();
  if (failure !== 'end of stream') throw new Error(failure ?? 'no end');
  return (user + system) / 1_000 / PICTURES;
}

const cases = {
  '1280x720': {
    'the whole picture': `pictureframe width=1280 height=720`,
    'a part of 768x432': `pictureframe width=1280 height=720 ${part}`,
    'a part, videocrop and videoscale': `videocrop left=256 right=256 top=144 bottom=144 ! videoscale ! ${toSent}`,
    'a part, compositor': `compositor sink_0::xpos=-426 sink_0::ypos=-240 sink_0::width=2133 sink_0::height=1200 ! ${toSent}`,
  },
  '1920x1080': {
    'the whole picture': `pictureframe width=1280 height=720`,
    'a part of 1152x648': `pictureframe width=1280 height=720 ${part}`,
    'the whole picture, videoscale': `videoscale ! ${toSent}`,
  },
} as const;

for (const size of ['1280x720', '1920x1080'] as const) {
  const [width, height] = sizes[size];
  const path = join(folder, `${size}.avi`);
  await cpuMs(
    `videotestsrc pattern=zone-plate kx2=8 ky2=6 kt=2 num-buffers=${PICTURES} ! ` +
      `video/x-raw,format=I420,width=${width},height=${height},framerate=30/1 ! jpegenc quality=80 ! avimux ! filesink location=${path}`,
  );
  const decoded = `filesrc location=${path} ! avidemux ! jpegdec ! video/x-raw,format=I420`;
  // The least of three: whatever else the machine does only adds.
  const least = async (launch: string): Promise<number> => {
    const all = [];
    for (let i = 0; i < 3; i++) all.push(await cpuMs(launch));
    return Math.min(...all);
  };
  const base = await least(`${decoded} ! fakesink`);
  console.log(`framing: ${size}: decoding ${base.toFixed(2)} ms a picture`);
  for (const [name, launch] of Object.entries(cases[size])) {
    const ms = (await least(`${decoded} ! ${launch} ! fakesink`)) - base;
    console.log(
      `framing: ${size}: ${name}: ${ms.toFixed(2)} ms a picture more, ${(ms * 3).toFixed(1)} % of a core at 30`,
    );
  }
}
await rm(folder, { recursive: true });
process.exit(0);
